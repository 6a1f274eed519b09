"""Azure resources that nothing uses, by an inventory beside the bill."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from outlay.savings.detectors.azure.words import CATEGORY, MACHINES, PROVIDER, quoted_meter
from outlay.savings.detectors.billed import billed, finding, lacking, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.readings import STATES, readings
from outlay.savings.detectors.reckon import monthly
from outlay.savings.detectors.unattached import DAYS, unattached
from outlay.savings.model import Evidence, Finding, Insufficient

_DISKS = (
    f"{CATEGORY} = 'Storage' AND contains(lower(ResourceId), '/microsoft.compute/disks/') "
    # Site Recovery keeps seeds and replicas of disks that are attached to nothing until a failover.
    "AND NOT contains(lower(ResourceId), '/disks/asrseeddisk-') "
    "AND NOT coalesce(list_contains(list_transform(map_keys(Tags), lambda k: lower(k)), "
    "'asr-replicadisk'), false)"
)
_ADDRESSES = (
    f"{CATEGORY} = 'Virtual Network' AND {quoted_meter('public ip')} "
    "AND contains(lower(ResourceId), '/publicipaddresses/')"
)


def _disks(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    return unattached(DISK_UNATTACHED, facts, settings, _DISKS, "disk")


def _addresses(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    return unattached(PUBLIC_IP_IDLE, facts, settings, _ADDRESSES, "public address")


def _stopped(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """Machines that are billed on days on which the inventory saw them stopped all day."""
    window = window_of(facts, VM_STOPPED)
    recent = window.last(int(settings.number("days")))
    bills = billed(facts, PROVIDER, recent, MACHINES)
    known = readings(facts, "running", recent, bills, STATES)
    for one in bills:
        if not one.still(recent) or monthly(one.open, recent.days) < settings.minimum_saving:
            continue
        reading = known.get(one.resource)
        if reading is None:
            yield lacking(
                VM_STOPPED, one, recent, f"running: not measured in the last {recent.days} days"
            )
        elif reading.highest > 0:
            continue
        elif reading.days < recent.days or one.days < recent.days:
            continue  # it was stopped, or billed, on a part of the days: not for so long yet
        else:
            yield from finding(
                VM_STOPPED, one, recent,
                title=f"Deallocate {one.name}: stopped for {recent.days} days and still billed",
                saving=monthly(one.open, recent.days),
                saving_list=monthly(one.open_list, recent.days),
                current="Stopped, not deallocated", recommended="Deallocate, or delete",
                where=one.where(x_MeterCategory="Virtual Machines"),
                evidence=(
                    Evidence("Highest state of running", reading.highest, "",
                             f"utilization running, {reading.statistic}"),
                    Evidence("Hours billed meanwhile", one.quantity, "hours", "ConsumedQuantity"),
                ),
                reasons=("its disks and addresses go on costing until they are deleted too",),
            )  # fmt: skip


DISK_UNATTACHED = Detector(
    id="azure-disk-unattached",
    title="Managed disk attached to nothing",
    provider=PROVIDER,
    service="Storage",
    inputs=("daily", "utilization"),
    metrics=("attached",),
    window_days=30,
    minimum_days=7,
    predicate=(
        "A managed disk is billed, and every inventory of the last 15 days (at least 7 of them) "
        "found it attached to no machine."
    ),
    formula="All of the disk's effective cost that no commitment pays, as a month of 30 days.",
    verification="No charge has the disk's ResourceId any more.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="high",
    rollback=False,
    risk="The data is gone with the disk: take a snapshot first where nobody knows what it holds.",
    exclusions=(
        "replicas and seeds of Site Recovery (tag ASR-ReplicaDisk, name asrseeddisk-): attached "
        "to nothing by design",
        "disks without an inventory: they cannot be judged",
        "disks that are not billed any more, or since fewer than 7 days",
    ),
    parameters=(DAYS,),
    source="Azure Optimization Engine, UnattachedDisks",
    find=_disks,
)

PUBLIC_IP_IDLE = Detector(
    id="azure-public-ip-idle",
    title="Public address attached to nothing",
    provider=PROVIDER,
    service="Virtual Network",
    inputs=("daily", "utilization"),
    metrics=("attached",),
    window_days=30,
    minimum_days=7,
    predicate=(
        "A public address is billed, and every inventory of the last 15 days (at least 7 of them) "
        "found it attached to nothing."
    ),
    formula="All of the address's effective cost, as a month of 30 days.",
    verification="No charge has the address's ResourceId any more.",
    action="Delete",
    group="existence",
    effort="VeryLow",
    confidence="high",
    rollback=False,
    risk="The address cannot be had again: look for it in allow lists and DNS first.",
    exclusions=(
        "addresses without an inventory: they cannot be judged",
        "addresses that are not billed any more, or since fewer than 7 days",
    ),
    parameters=(DAYS,),
    source="Azure Optimization Engine, OrphanedPublicIP",
    find=_addresses,
)

VM_STOPPED = Detector(
    id="azure-vm-stopped-allocated",
    title="Virtual machine stopped but not deallocated",
    provider=PROVIDER,
    service="Virtual Machines",
    inputs=("daily", "utilization"),
    metrics=("running",),
    window_days=30,
    minimum_days=7,
    predicate=(
        "On each of the last 7 days a machine's hours were billed, and the inventory saw it "
        "stopped all day: it was shut down from within, and Azure keeps its place and bills it."
    ),
    formula="The machine's effective cost of those days that no commitment pays, as 30 days.",
    verification="No charge of Virtual Machines has the machine's ResourceId any more.",
    action="Stop",
    group="existence",
    effort="VeryLow",
    confidence="high",
    risk="A deallocated machine may not find a place again while its size is scarce in the region.",
    exclusions=(
        "machines without an inventory of their state: they cannot be judged",
        "machines that ran at any time in those days, or were not billed on each of them",
        "spot machines",
        "hours that a reservation or savings plan pays",
    ),
    parameters=(
        Parameter("days", Decimal(7), "How long it must have been stopped", "days",
                  least=Decimal(1), most=Decimal(30)),
    ),
    source="Azure Optimization Engine, StoppedVMs",
    find=_stopped,
)  # fmt: skip

DETECTORS = (DISK_UNATTACHED, PUBLIC_IP_IDLE, VM_STOPPED)
