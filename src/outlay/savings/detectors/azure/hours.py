"""Azure's virtual machines of no production that run day and night."""

from __future__ import annotations

from collections.abc import Iterator

from outlay.savings.detectors.azure.words import MACHINES, PROVIDER
from outlay.savings.detectors.billed import window_of
from outlay.savings.detectors.contract import Detector, Facts, Settings
from outlay.savings.detectors.schedules import SCHEDULE, Running, schedules
from outlay.savings.model import Finding, Insufficient

_RUNNING = Running(
    MACHINES, "ConsumedQuantity", where=lambda one: one.where(x_MeterCategory="Virtual Machines")
)


def _hours(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    return schedules(HOURS, facts, settings, window_of(facts, HOURS), _RUNNING)


HOURS = Detector(
    id="azure-nonproduction-hours",
    title="Virtual machine of no production that runs at night and at weekends",
    provider=PROVIDER,
    service="Virtual Machines",
    inputs=("daily",),
    window_days=28,
    minimum_days=14,
    predicate=(
        "A machine whose environment is no production was billed for at least 23 hours on each day "
        "of four weeks."
    ),
    formula=(
        "The machine's effective cost that no commitment pays × (1 - 60 hours a week / hours that "
        "it ran), as a month."
    ),
    verification="The hours billed of the machine fall to those of the schedule.",
    action="Schedule",
    group="hours",
    effort="Low",
    confidence="medium",
    restart=True,
    risk="Whoever works at night or runs jobs there must be able to start it.",
    exclusions=(
        "production, and machines whose environment is not known",
        "machines that rest on any day of the window",
        "spot machines",
        "hours that a reservation or savings plan pays: they would be paid on",
        "everything, where no virtual tag tells environments",
    ),
    parameters=SCHEDULE,
    source="OptScale, instances_for_shutdown; Cloud Custodian, off-hours",
    find=_hours,
)

DETECTORS = (HOURS,)
