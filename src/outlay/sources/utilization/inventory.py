"""Inventories: what the clouds say is attached and what runs, a day at a time.

One list is what was true when it was fetched; that a volume is attached to nothing for two weeks
is what the lists of two weeks say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from outlay.sources.utilization.rows import Record, inventory_day, record

_LISTS = ("Volumes", "Addresses", "Reservations")
_GOOGLE = ("compute#disk", "compute#instance", "compute#address")


def is_inventory(document: object) -> bool:
    """Whether it is an answer of EC2's describe calls, of Azure Resource Graph or of gcloud."""
    if not isinstance(document, dict):
        return False
    if any(isinstance(document.get(one), list) for one in _LISTS):
        return True
    return _is_graph(document) or document.get("kind") in _GOOGLE


def _is_graph(document: Mapping[str, Any]) -> bool:
    rows = document.get("data")
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(
            isinstance(one, dict)
            and str(one.get("id", "")).lower().startswith("/subscriptions/")
            and "type" in one
            for one in rows
        )
    )


def inventory(document: Mapping[str, Any], name: str) -> Iterator[Record]:
    """What is attached (1) or not (0), and what runs (1) or is stopped (0), on one day."""
    start, end = inventory_day(document, name)
    for metric, state, facts in _facts(document):
        yield record(metric, "average", start, end, int(state), **facts)


_Fact = tuple[str, bool, dict[str, Any]]


def _facts(document: Mapping[str, Any]) -> Iterator[_Fact]:
    for volume in document.get("Volumes") or ():
        yield "attached", bool(volume.get("Attachments")), {
            **_aws(volume.get("VolumeId"), volume.get("AvailabilityZone"), "ebs-volume"),
        }  # fmt: skip
    for address in document.get("Addresses") or ():
        attached = any(
            address.get(one) for one in ("AssociationId", "InstanceId", "NetworkInterfaceId")
        )
        yield "attached", attached, {
            **_aws(address.get("AllocationId") or address.get("PublicIp"), None, "elastic-ip"),
            "ResourceName": address.get("PublicIp"),
        }  # fmt: skip
    for reservation in document.get("Reservations") or ():
        for instance in reservation.get("Instances") or ():
            state = str((instance.get("State") or {}).get("Name") or "")
            zone = (instance.get("Placement") or {}).get("AvailabilityZone")
            if state in ("terminated", "shutting-down"):
                continue  # it is gone
            yield "running", state in ("running", "pending"), {
                **_aws(instance.get("InstanceId"), zone, "ec2-instance"),
                "SubAccountId": reservation.get("OwnerId"),
                "ResourceName": _tag(instance, "Name"),
            }  # fmt: skip
    for row in document.get("data") or ():
        yield from _graph(row)
    if document.get("kind") in _GOOGLE:
        yield _gcloud(document)


def _aws(resource: object, zone: object, kind: str) -> dict[str, Any]:
    return {
        "ResourceId": resource, "ServiceProviderName": "AWS", "ResourceType": kind,
        "RegionId": str(zone)[:-1] if zone else None,
    }  # fmt: skip


def _tag(instance: Mapping[str, Any], key: str) -> str | None:
    tags = instance.get("Tags") or ()
    return next((str(one.get("Value")) for one in tags if one.get("Key") == key), None)


def _disk(row: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    state = str(facts.get("diskState") or "")
    return bool(row.get("managedBy")) if not state else state.lower() != "unattached"


def _address(_row: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("ipConfiguration") or facts.get("natGateway"))


_GRAPH: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]] = {
    "microsoft.compute/disks": _disk,
    "microsoft.network/publicipaddresses": _address,
    "microsoft.network/networkinterfaces": lambda _row, facts: bool(
        facts.get("virtualMachine") or facts.get("privateEndpoint")
    ),
}


def _graph(row: Mapping[str, Any]) -> Iterator[_Fact]:
    """A row of Azure Resource Graph; a kind that says nothing of this is passed over."""
    kind, facts = str(row["type"]).lower(), row.get("properties") or {}
    resource = str(row["id"]).lower()
    common = {
        "ResourceId": resource, "ServiceProviderName": "Microsoft", "ResourceType": kind,
        "SubAccountId": "/".join(resource.split("/")[:3]), "RegionId": row.get("location"),
        "ResourceName": row.get("name"),
    }  # fmt: skip
    if kind in _GRAPH:
        yield "attached", _GRAPH[kind](row, facts), common
    elif kind == "microsoft.compute/virtualmachines":
        view = ((facts.get("extended") or {}).get("instanceView") or {}).get("powerState") or {}
        state = str(view.get("code") or row.get("powerState") or "")
        if state:
            yield "running", state.lower().endswith(("running", "starting")), common


def _gcloud(row: Mapping[str, Any]) -> _Fact:
    link = str(row.get("selfLink") or "")
    _, found, path = link.partition("/projects/")
    zone = str(row.get("zone") or row.get("region") or "").rsplit("/", 1)[-1]
    common = {
        "ResourceId": f"//compute.googleapis.com/projects/{path}" if found else row.get("name"),
        "ServiceProviderName": "Google Cloud", "ResourceName": row.get("name"),
        "SubAccountId": path.split("/", 1)[0] if found else None, "RegionId": zone,
        "ResourceType": str(row["kind"]).removeprefix("compute#"),
    }  # fmt: skip
    if row["kind"] == "compute#instance":
        return "running", str(row.get("status")) in ("RUNNING", "PROVISIONING", "STAGING"), common
    return "attached", bool(row.get("users")) or row.get("status") == "IN_USE", common
