"""Resources that an inventory finds attached to nothing: disks and addresses of several clouds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outlay.savings.detectors.billed import billed, finding, lacking, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.readings import STATES, readings
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import Evidence, Finding, Insufficient

METRIC = "attached"

DAYS = Parameter(
    "days", Decimal(15), "How long it must have been attached to nothing", "days",
    least=Decimal(1), most=Decimal(90),
)  # fmt: skip
"""Google's recommender waits for 15 days; a disk between two machines is none that is forgotten."""


def unattached(
    detector: Detector, facts: Facts, settings: Settings, what: str, noun: str
) -> Iterator[Finding | Insufficient]:
    """Resources that the SQL condition `what` takes and no reading of the last `days` days saw
    attached; one that was measured on fewer than the detector's least days cannot be judged."""
    window = window_of(facts, detector)
    days = int(settings.number("days"))
    recent = window.last(days)
    least = min(detector.minimum_days, recent.days)
    worth = settings.minimum_saving
    bills = billed(facts, detector.provider, window, what)
    known = readings(facts, METRIC, recent, bills, STATES)
    for one in bills:
        if not one.still(window) or one.span(window) < detector.minimum_days:
            continue
        if monthly(one.open, one.span(window)) < worth:
            continue  # nothing to save, whatever the inventory says
        reading = known.get(one.resource)
        if reading is None or reading.days < least:
            seen = "not measured" if reading is None else f"measured on {reading.days} days"
            yield lacking(
                detector, one, window,
                f"attached: {seen} in the last {recent.days} days; {least} days are needed",
            )  # fmt: skip
        elif reading.highest <= 0:
            yield from finding(
                detector, one, window,
                title=f"Delete the {noun} {one.name}: attached to nothing for {recent.days} days",
                saving=monthly(one.open, one.span(window)),
                saving_list=monthly(one.open_list, one.span(window)),
                current="Attached to nothing", recommended="Delete",
                evidence=(
                    Evidence("Highest state of being attached", reading.highest, "",
                             f"utilization attached, {reading.statistic}"),
                    Evidence("Days with an inventory", Decimal(reading.days), "days",
                             f"of the last {recent.days}"),
                ),
                reasons=(f"the inventory of {reading.days} days found it attached on none",),
            )  # fmt: skip
