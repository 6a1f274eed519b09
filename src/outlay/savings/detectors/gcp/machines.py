"""Google Cloud's machines: sizes too large, a generation too old, nights and weekends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.savings.detectors.billed import Billed, billed, finding, lacking, part, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.gcp.words import CORES, MACHINES, PROVIDER, SKU, machine_type
from outlay.savings.detectors.reckon import monthly
from outlay.savings.detectors.rightsizing import LIMITS, Step, all_peaks, rightsized
from outlay.savings.detectors.schedules import SCHEDULE, Running, schedules
from outlay.savings.model import Evidence, Finding, Insufficient

_CORE_HOURS = f"CASE WHEN {CORES} THEN PricingQuantity END"
_EXTRAS = f"regexp_matches({SKU}, 'GPU|SSD backed Local|TPU', 'i')"
_E2_MOST = 32


def _where(one: Billed) -> str:
    """The machine's own charges: its disks and addresses are resources of their own."""
    return one.where(ServiceName="Compute Engine")


def _rightsize(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    window = window_of(facts, VM_RIGHTSIZE)
    extras = {one.resource for one in billed(facts, PROVIDER, window, _EXTRAS)}
    bills = billed(facts, PROVIDER, window, MACHINES, by=("x_InstanceType",))
    measured = all_peaks(facts, window, bills)
    changed = _several(bills)
    for one in bills:
        if one.resource in extras or one.resource in changed or not one.still(window):
            continue
        if one.span(window) < VM_RIGHTSIZE.minimum_days:
            continue
        if monthly(one.open, one.span(window)) < settings.minimum_saving:
            continue
        own = machine_type(one.more["x_InstanceType"])
        if own is None:
            if not one.more["x_InstanceType"]:
                yield lacking(VM_RIGHTSIZE, one, window, _NO_TYPE)
            continue
        steps = [Step(small.name, small.processors, own.processors) for small in own.smaller()]
        yield from rightsized(
            VM_RIGHTSIZE, measured, settings, window, one, own.name, steps, _where(one)
        )


_NO_TYPE = "the machine's type: the bill has no system label compute.googleapis.com/machine_spec"


def _several(bills: list[Billed]) -> set[str]:
    """Machines of more than one type in the window: their peaks are of both."""
    count = Counter(one.resource for one in bills)
    return {resource for resource, types in count.items() if types > 1}


def _previous(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """What N1 costs after sustained use against E2's price, which has no such discount."""
    window = window_of(facts, VM_PREVIOUS)
    first = f"{MACHINES} AND regexp_matches({SKU}, '^N1 ', 'i')"
    extras = {one.resource for one in billed(facts, PROVIDER, window, _EXTRAS)}
    ratio = Fraction(settings.number("price_ratio")) / 100
    for one in billed(facts, PROVIDER, window, first, measure=_CORE_HOURS):
        if one.resource in extras or not one.still(window) or one.open <= 0:
            continue
        if one.span(window) < VM_PREVIOUS.minimum_days:
            continue
        if one.quantity > _E2_MOST * 24 * one.days:
            continue  # E2 has 32 processors at most
        kept = Fraction(one.open_contracted) * ratio / Fraction(one.open)
        if kept >= 1:
            continue  # sustained use makes N1 as cheap
        yield from finding(
            VM_PREVIOUS, one, window,
            title=f"Move {one.name} from N1 to E2",
            saving=part(one.open, 1 - kept, one.span(window)),
            current="N1", recommended="E2, as many processors and memory",
            where=_where(one),
            evidence=(
                Evidence("Cost before credits", one.open_contracted, one.currency,
                         "ContractedCost"),
                Evidence("Price of E2, of N1's", settings.number("price_ratio"), "percent",
                         "parameter price_ratio"),
            ),
            reasons=("sustained use discounts of N1 are taken off before: E2 has none",),
        )  # fmt: skip


def _processors(one: Billed) -> int | None:
    found = machine_type(one.more["x_InstanceType"])
    return found.processors if found else None


_RUNNING = Running(
    MACHINES,
    _CORE_HOURS,
    by=("x_InstanceType",),
    units=_processors,
    # Sustained use falls with the hours, so what stays is reckoned without it.
    after=lambda one: one.open_contracted,
    where=_where,
)


def _hours(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    return schedules(HOURS, facts, settings, window_of(facts, HOURS), _RUNNING)


VM_RIGHTSIZE = Detector(
    id="gcp-vm-rightsize",
    title="Machine larger than its work",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily", "utilization"),
    metrics=("cpu", "memory"),
    window_days=30,
    minimum_days=14,
    predicate=(
        "The highest daily peaks of processors (p99, else p98, p95 or maximum) and of memory "
        "(maximum, else p99), over at least 14 days, would stay within 60 % and 80 % on a smaller "
        "type of the same family."
    ),
    formula=(
        "The effective cost of the machine's cores and memory that no commitment pays, as a month, "
        "times the share of processors that go."
    ),
    verification=(
        "The machine's hours of cores and memory fall by the share; its peaks stay below the "
        "limits."
    ),
    action="Rightsize",
    group="size",
    effort="Medium",
    confidence="medium",
    restart=True,
    risk="Smaller types have less network and fewer operations of disks.",
    exclusions=(
        "machines without peaks of processors or of memory: they cannot be judged (memory needs "
        "the Ops Agent, except on E2)",
        "nodes of clusters, spot machines, machines with GPUs, TPUs or local SSDs",
        "custom types, families other than N1, N2, N2D, E2 and T2D, machines whose type changed "
        "within the window",
        "what a commitment pays: it would be paid on",
    ),
    parameters=LIMITS,
    source="Google Cloud Recommender, MachineType; limits as Azure Advisor's for users' services",
    find=_rightsize,
)

VM_PREVIOUS = Detector(
    id="gcp-vm-previous-generation",
    title="Machine of the first generation",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate=(
        "A machine has cores of N1, 32 at most, and as many of E2 would cost less even without "
        "the sustained use discount that N1 has."
    ),
    formula=(
        "Effective cost that no commitment pays, less the cost before credits × 69 % (what E2 "
        "costs, of N1), as a month."
    ),
    verification="The machine's charges are of E2, and an hour of a core costs less.",
    action="Upgrade",
    group="size",
    effort="Medium",
    confidence="medium",
    restart=True,
    risk="E2 shares processors of several makes: measure what needs even speed.",
    exclusions=(
        "machines with GPUs or local SSDs, which E2 has not, and of more than 32 processors",
        "nodes of clusters, spot machines",
        "what a commitment pays: commitments are of one family",
    ),
    parameters=(
        Parameter("price_ratio", Decimal(69), "What E2 costs, of N1's price", "percent",
                  least=Decimal(1), most=Decimal(100)),
    ),
    source="Google's list prices: a core of E2 0.021811 USD an hour, of N1 0.031611 (us-central1)",
    find=_previous,
)  # fmt: skip

HOURS = Detector(
    id="gcp-nonproduction-hours",
    title="Machine of no production that runs at night and at weekends",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily",),
    window_days=28,
    minimum_days=14,
    predicate=(
        "A machine whose environment is no production ran for at least 23 hours on each day of "
        "four weeks."
    ),
    formula=(
        "Effective cost that no commitment pays, less the cost before credits × 60 hours a week / "
        "hours that it ran, as a month: fewer hours earn no sustained use discount."
    ),
    verification="The machine's hours of cores and memory fall to those of the schedule.",
    action="Schedule",
    group="hours",
    effort="Low",
    confidence="medium",
    restart=True,
    risk="Whoever works at night or runs jobs there must be able to start it.",
    exclusions=(
        "production, and machines whose environment is not known",
        "machines that rest on any day of the window, nodes of clusters, spot machines",
        "machines whose type the bill does not name: how long they ran cannot be told",
        "what a commitment pays: it would be paid on",
        "everything, where no virtual tag tells environments",
    ),
    parameters=SCHEDULE,
    source="OptScale, instances_for_shutdown",
    find=_hours,
)

DETECTORS = (VM_RIGHTSIZE, VM_PREVIOUS, HOURS)
