"""Azure's virtual machines: a size too large, and a generation too old."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.azure.fleet import Machine, list_prices
from outlay.savings.detectors.azure.fleet import machines as machines_of
from outlay.savings.detectors.azure.words import PROVIDER
from outlay.savings.detectors.billed import Window, finding, part, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.readings import Reading, readings
from outlay.savings.detectors.rightsizing import LIMITS, Peaks, Step, all_peaks, rightsized
from outlay.savings.model import Evidence, Finding, Insufficient

_CATEGORY = "Virtual Machines"


def _rightsize(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    window = window_of(facts, VM_RIGHTSIZE)
    machines = list(machines_of(facts, window))
    measured = _measured(facts, window, machines)
    for machine in machines:
        one, size = machine.billed, machine.size
        if not size.in_proportion or one.open <= 0 or one.span(window) < VM_RIGHTSIZE.minimum_days:
            continue
        steps = [Step(small.name, small.number, size.number) for small in size.smaller()]
        where = one.where(x_MeterCategory=_CATEGORY)
        yield from rightsized(
            VM_RIGHTSIZE, measured, settings, window, one, size.name, steps, where
        )


def _measured(facts: Facts, window: Window, machines: Sequence[Machine]) -> Peaks:
    """Peaks; where Azure Monitor tells the memory that is available instead of the share that is
    used, the share follows from the size."""
    bills = [machine.billed for machine in machines]
    peaks = all_peaks(facts, window, bills)
    free = readings(facts, "memory_available", window, bills, ("minimum",))
    memory = dict(peaks["memory"])
    for machine in machines:
        reading, whole = free.get(machine.billed.resource), machine.size.memory
        if reading and whole and machine.billed.resource not in memory:
            used = rounded(100 - Fraction(reading.lowest) * 100 / whole, 2)
            memory[machine.billed.resource] = Reading(
                "minimum of what is available", used, used, reading.days
            )
    return {**peaks, "memory": memory}


def _previous(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    window = window_of(facts, VM_PREVIOUS)
    prices = list_prices(facts, window)
    for machine in machines_of(facts, window):
        one, size, target = machine.billed, machine.size, machine.size.successor()
        if target is None or one.open <= 0 or one.span(window) < VM_PREVIOUS.minimum_days:
            continue
        key = (one.region, one.currency, machine.windows)
        own, new = prices.get((size.name, *key)), prices.get((target.name, *key))
        if own and new:
            kept = Fraction(new) / Fraction(own)
            told: tuple[Evidence, ...] = (
                Evidence(f"List price of an hour of {size.name}", own, one.currency,
                         "the bill's ListCost by hour"),
                Evidence(f"List price of an hour of {target.name}", new, one.currency,
                         "the bill's ListCost by hour"),
            )  # fmt: skip
            confidence, why = "high", "both prices are in the bill, of the same region"
        else:
            percent = settings.number("assumed_saving")
            kept = 1 - Fraction(percent) / 100
            told = (Evidence("Assumed saving", percent, "percent", "parameter assumed_saving"),)
            confidence = "low"
            why = f"the bill has no price of {target.name} in {one.region}: look it up first"
        if kept >= 1:
            continue  # newer, and not cheaper
        yield from finding(
            VM_PREVIOUS, one, window,
            title=f"Move {one.name} from {size.name} to {target.name}",
            saving=part(one.open, 1 - kept, one.span(window)),
            saving_list=part(one.open_list, 1 - kept, one.span(window)),
            current=size.name, recommended=target.name,
            where=one.where(x_MeterCategory=_CATEGORY),
            evidence=told, reasons=(why,), confidence=confidence,
        )  # fmt: skip


VM_RIGHTSIZE = Detector(
    id="azure-vm-rightsize",
    title="Virtual machine larger than its work",
    provider=PROVIDER,
    service="Virtual Machines",
    inputs=("daily", "utilization"),
    metrics=("cpu", "memory", "memory_available"),
    window_days=30,
    minimum_days=14,
    predicate=(
        "The highest daily peaks of processors and of memory (p99, else p98, p95 or maximum), over "
        "at least 14 days, would stay within 60 % and 80 % on a smaller size of the same series."
    ),
    formula=(
        "The machine's effective cost that no commitment pays, as a month, times the share of "
        "processors that go: within a series the price follows the processors."
    ),
    verification=(
        "The machine's charges are of the smaller size and fall by the share; its peaks stay below "
        "the limits."
    ),
    action="Rightsize",
    group="size",
    effort="Medium",
    confidence="medium",
    restart=True,
    risk=(
        "A smaller size has fewer data disks, network cards and less throughput of disks: see that "
        "what is attached fits."
    ),
    exclusions=(
        "machines without peaks of processors or of memory: they cannot be judged (an average "
        "hides peaks)",
        "series whose sizes and prices are not in proportion (A, B, D v2, L, M, N) and constrained "
        "sizes",
        "spot machines, and machines whose size changed within the window",
        "hours that a reservation or savings plan pays: it would be paid on",
    ),
    parameters=LIMITS,
    source="Azure Advisor (limits after a resize of 60 % for what faces users)",
    find=_rightsize,
)

VM_PREVIOUS = Detector(
    id="azure-vm-previous-generation",
    title="Virtual machine of an older generation",
    provider=PROVIDER,
    service="Virtual Machines",
    inputs=("daily",),
    window_days=30,
    minimum_days=7,
    predicate=(
        "A machine is of series D or E of version 2, 3 or 4, or F of version 1, for which there is "
        "a size of version 5 (F: 2) with as many processors."
    ),
    formula=(
        "The machine's effective cost that no commitment pays, as a month, times 1 - new price / "
        "old price, both by the hour at list from the bill's own charges of the region; where the "
        "bill lacks one of them, times 5 % (parameter)."
    ),
    verification="The machine's charges are of the newer size, and an hour costs less.",
    action="Upgrade",
    group="size",
    effort="Low",
    confidence="medium",
    restart=True,
    risk=(
        "Version 5 has no temporary disk unless the size's name has a d: see that nothing is "
        "written to it."
    ),
    exclusions=(
        "newer sizes that are not cheaper by the bill's prices",
        "hours that a reservation or savings plan pays: a reservation is of one series",
        "spot machines, and machines whose size changed within the window",
        "sizes without a like in version 5",
    ),
    parameters=(
        Parameter("assumed_saving", Decimal(5),
                  "What the newer size saves where the bill has no price of it", "percent",
                  least=Decimal(0), most=Decimal(50)),
    ),
    source="AWS Cloud Intelligence Dashboards (5 % for a previous generation); Azure size series",
    find=_previous,
)  # fmt: skip

DETECTORS = (VM_RIGHTSIZE, VM_PREVIOUS)
