"""Google Cloud resources that nothing uses: addresses, forwarding rules, snapshots and disks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from outlay.savings.detectors.billed import Window, billed, finding, lacking, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.gcp.words import PROVIDER, SKU
from outlay.savings.detectors.reckon import monthly
from outlay.savings.detectors.unattached import DAYS, unattached
from outlay.savings.model import Evidence, Finding, Insufficient

_ADDRESSES = f"ServiceName = 'Compute Engine' AND regexp_matches({SKU}, '^Static Ip Charge', 'i')"
_RULES = f"regexp_matches({SKU}, 'Forwarding Rule', 'i')"
_PROCESSED = f"regexp_matches({SKU}, 'Data Process', 'i')"
_SNAPSHOTS = f"regexp_matches({SKU}, 'Snapshot', 'i') AND contains(ResourceId, '/snapshots/')"
_DISKS = (
    f"regexp_matches({SKU}, 'PD Capacity', 'i') AND contains(ResourceId, '/disks/') "
    # Clusters make and remove the disks of their volumes themselves.
    "AND x_Cluster IS NULL AND NOT regexp_matches(ResourceId, '/disks/(pvc|gke)-', 'i')"
)
_HISTORY_DAYS = 400


def _addresses(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """Google charges a reserved address by this SKU only while nothing uses it."""
    window = window_of(facts, STATIC_IP)
    recent = window.last(int(settings.number("days")))
    for one in billed(facts, PROVIDER, recent, _ADDRESSES, measure="PricingQuantity"):
        if one.days < recent.days or one.open <= 0:
            continue
        yield from finding(
            STATIC_IP, one, recent,
            title=f"Release the address {one.name}: reserved and unused for {recent.days} days",
            saving=monthly(one.open, recent.days),
            saving_list=monthly(one.open_list, recent.days),
            current="Reserved, used by nothing", recommended="Release",
            evidence=(Evidence("Hours charged as unused", one.quantity, "hours",
                               "PricingQuantity of Static Ip Charge"),),
            reasons=(f"it was charged as unused on each of the last {recent.days} days",),
        )  # fmt: skip


def _rules(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """A forwarding rule is idle where the bill tells the data of other rules and none of it."""
    window = window_of(facts, LOAD_BALANCER)
    processed = billed(facts, PROVIDER, window, _PROCESSED, measure="PricingQuantity")
    busy = {one.resource for one in processed if one.quantity > 0}
    for one in billed(facts, PROVIDER, window, _RULES, measure="PricingQuantity"):
        if one.resource in busy or one.span(window) < LOAD_BALANCER.minimum_days:
            continue
        if not one.still(window) or monthly(one.open, one.span(window)) < settings.minimum_saving:
            continue
        if not busy:
            yield lacking(
                LOAD_BALANCER, one, window,
                "data processed: the bill has it for no forwarding rule at all",
            )  # fmt: skip
            continue
        days = one.span(window)
        yield from finding(
            LOAD_BALANCER, one, window,
            title=f"Delete the forwarding rule {one.name}: no data went through it in {days} days",
            saving=monthly(one.open, days), saving_list=monthly(one.open_list, days),
            current="No data processed", recommended="Delete, with its backends",
            evidence=(Evidence("Hours charged", one.quantity, "hours", "PricingQuantity"),
                      Evidence("Data processed", Decimal(0), "gibibyte", "no charge of the rule"),
                      Evidence("Rules with data processed", Decimal(len(busy)), "rules",
                               "charges of data processed in the window")),
            reasons=("other rules of the bill have charges of data processed, this one has none",),
        )  # fmt: skip


def _snapshots(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """The first day of a snapshot's charges tells its age, at least."""
    window = window_of(facts, SNAPSHOT)
    age = int(settings.number("age"))
    long = Window(window.end - timedelta(days=_HISTORY_DAYS), window.end)
    born = {
        (one.resource, one.currency): one.first
        for one in billed(facts, PROVIDER, long, _SNAPSHOTS, view="history")
    }
    for one in billed(facts, PROVIDER, window, _SNAPSHOTS, measure="PricingQuantity"):
        first = born.get((one.resource, one.currency), one.first)
        old = (window.end - first).days
        if old < age or not one.still(window) or one.open <= 0:
            continue
        yield from finding(
            SNAPSHOT, one, window,
            title=f"Delete the snapshot {one.name}, {old} days old",
            saving=monthly(one.open, one.span(window)),
            saving_list=monthly(one.open_list, one.span(window)),
            current=f"At least {old} days old", recommended="Delete",
            evidence=(Evidence("Days since its first charge", Decimal(old), "days",
                               f"ChargePeriodStart, {first}"),),
            reasons=(f"its first charge is of {first}",
                     "blocks that newer snapshots share go on being stored: it may save less"),
        )  # fmt: skip


def _disks(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    return unattached(DISK_UNATTACHED, facts, settings, _DISKS, "disk")


STATIC_IP = Detector(
    id="gcp-static-ip-idle",
    title="Reserved address that nothing uses",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily",),
    window_days=30,
    minimum_days=15,
    predicate=(
        "On each of the last 15 days an address was charged by a SKU that begins with Static Ip "
        "Charge: Google charges it only while nothing uses the address."
    ),
    formula="The address's effective cost of those days, as a month of 30 days.",
    verification="No charge of Static Ip Charge has the address's ResourceId any more.",
    action="Delete",
    group="existence",
    effort="VeryLow",
    confidence="high",
    rollback=False,
    risk="The address cannot be had again: look for it in allow lists and DNS first.",
    exclusions=(
        "addresses of machines and forwarding rules: they have SKUs of their own",
        "addresses that were in use on any of the days",
        "standard exports, whose lines name no resource",
    ),
    parameters=(
        Parameter("days", Decimal(15), "How long it must have been unused", "days",
                  least=Decimal(1), most=Decimal(30)),
    ),
    source="Google Cloud Recommender, idle IP addresses (15 days)",
    find=_addresses,
)  # fmt: skip

LOAD_BALANCER = Detector(
    id="gcp-load-balancer-idle",
    title="Forwarding rule without traffic",
    provider=PROVIDER,
    service="Networking",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate=(
        "A forwarding rule was charged for at least 14 days to the end of the window, and has no "
        "charge of data processed in 30 days, while other rules of the bill have."
    ),
    formula="All of the rule's effective cost, as a month of 30 days.",
    verification="No charge has the rule's ResourceId any more.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="medium",
    risk="A rule may stand by for a failover or be kept for its address.",
    exclusions=(
        "rules with any data processed in the window",
        "bills that tell the data of no rule at all: they cannot be judged",
        "Google bills five rules of a project for the price of one: the last ones may save less",
    ),
    source="Flexera policy templates (30 days without traffic)",
    find=_rules,
)

SNAPSHOT = Detector(
    id="gcp-snapshot-old",
    title="Old snapshot of a disk",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily",),
    window_days=30,
    minimum_days=30,
    predicate="A snapshot of a disk is charged whose first charge is at least 180 days old.",
    formula="All of the snapshot's effective cost, as a month of 30 days.",
    verification="No charge has the snapshot's ResourceId any more.",
    action="Delete",
    group="existence",
    effort="VeryLow",
    confidence="medium",
    rollback=False,
    risk="Rules of retention may ask for it.",
    exclusions=(
        "snapshots that are younger by the bill (of which up to 400 days are looked at)",
        "images, and snapshots that are not charged any more",
    ),
    parameters=(
        Parameter("age", Decimal(180), "From which age on a snapshot is old", "days",
                  least=Decimal(30), most=Decimal(400)),
    ),
    source="Flexera policy templates (old snapshots)",
    find=_snapshots,
)  # fmt: skip

DISK_UNATTACHED = Detector(
    id="gcp-disk-unattached",
    title="Persistent disk attached to nothing",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily", "utilization"),
    metrics=("attached",),
    window_days=30,
    minimum_days=7,
    predicate=(
        "A persistent disk is billed, and every inventory of the last 15 days (at least 7 of them) "
        "found it attached to no machine."
    ),
    formula="All of the disk's effective cost, as a month of 30 days.",
    verification="No charge has the disk's ResourceId any more.",
    action="Delete",
    group="existence",
    effort="Low",
    confidence="high",
    rollback=False,
    risk="The data is gone with the disk: a snapshot of it costs a fraction.",
    exclusions=(
        "volumes and nodes of Kubernetes clusters (names pvc-, gke-): the cluster removes them",
        "disks without an inventory: they cannot be judged",
        "disks that are not billed any more, or since fewer than 7 days",
    ),
    parameters=(DAYS,),
    source="Google Cloud Recommender, idle persistent disks (15 days)",
    find=_disks,
)

DETECTORS = (STATIC_IP, LOAD_BALANCER, SNAPSHOT, DISK_UNATTACHED)
