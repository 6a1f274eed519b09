"""Windows licences that Azure bills with the hour, where a company may have its own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from outlay.savings.detectors.azure.fleet import list_prices, machines
from outlay.savings.detectors.azure.words import PROVIDER
from outlay.savings.detectors.billed import finding, part, window_of
from outlay.savings.detectors.contract import Detector, Facts, Settings
from outlay.savings.model import Confidence, Evidence, Finding, Insufficient


def _licences(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """The part of an hour that is the licence: its price less that of the same size without."""
    window = window_of(facts, HYBRID)
    prices = list_prices(facts, window)
    for machine in machines(facts, window):
        one, size = machine.billed, machine.size
        if not machine.windows or one.span(window) < HYBRID.minimum_days or one.open <= 0:
            continue
        with_ = prices.get((size.name, one.region, one.currency, True))
        bare = prices.get((size.name, one.region, one.currency, False))
        if not with_ or not bare:
            continue  # the bill does not say what the licence costs
        licence = 1 - Fraction(bare) / Fraction(with_)
        if licence <= 0:
            continue
        confidence: Confidence = "low"
        yield from finding(
            HYBRID, one, window,
            title=f"Use own Windows licences for {one.name} (Azure Hybrid Benefit)",
            saving=part(one.open, licence, one.span(window)),
            saving_list=part(one.open_list, licence, one.span(window)),
            current="Licence by the hour", recommended="Azure Hybrid Benefit",
            where=one.where(x_MeterCategory="Virtual Machines"),
            evidence=(
                Evidence(f"List price of an hour of {size.name} with Windows", with_,
                         one.currency, "the bill's ListCost by hour"),
                Evidence(f"List price of an hour of {size.name} without", bare, one.currency,
                         "the bill's ListCost by hour"),
            ),
            reasons=("whether there are licences with Software Assurance is not on the bill",),
            confidence=confidence,
        )  # fmt: skip


HYBRID = Detector(
    id="azure-hybrid-benefit",
    title="Windows licence paid by the hour",
    provider=PROVIDER,
    service="Virtual Machines",
    inputs=("daily",),
    window_days=30,
    minimum_days=7,
    predicate=(
        "A machine's hours are of a meter with Windows, and the bill also has the price of the "
        "same size without, in the same region."
    ),
    formula=(
        "The machine's effective cost that no commitment pays, as a month, times 1 - price without "
        "Windows / price with it, both by the hour at list from the bill."
    ),
    verification="The machine's charges are of the meter without Windows, and lower by the share.",
    action="Configure",
    group="configuration",
    effort="Low",
    confidence="low",
    risk=(
        "It takes own licences of Windows Server with Software Assurance for at least 8 cores a "
        "machine; what they cost is not on this bill."
    ),
    exclusions=(
        "machines whose size has no price without Windows on the bill",
        "spot machines, and machines whose size changed within the window",
        "hours that a reservation pays: their licence is a charge of its own",
    ),
    source="Microsoft FinOps hubs, VMsWithoutAHB",
    find=_licences,
)

DETECTORS = (HYBRID,)
