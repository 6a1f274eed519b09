"""GCP Recommender: answers of its API (``recommendations``) and of ``gcloud recommender
recommendations list --format json``.

An amount is Google's Money: ``units`` a text, ``nanos`` an integer of the same sign, negative for a
saving, over a duration (``2592000s``) that is brought to 30 days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.expression import text_literal
from outlay.money import MONEY_CONTEXT
from outlay.money.quotients import rounded
from outlay.savings.model import MONTH_DAYS, PURCHASES, Action, Evidence, Finding
from outlay.savings.native.model import Asked, Format, Item, NativeError, Told
from outlay.savings.native.values import currency, day, each, kind_of, mapping, names_any, text
from outlay.savings.native.words import EFFORT_OF, GOOGLE, group_of, title_of, unsaved

_MONTH = MONTH_DAYS * 86_400
_SUBTYPES: dict[str, Action] = {
    "CHANGE_MACHINE_TYPE": "Rightsize",
    "STOP_VM": "Stop",
    "SNAPSHOT_AND_DELETE_DISK": "Delete",
    "DELETE_DISK": "Delete",
    "DELETE_ADDRESS": "Delete",
    "DELETE_IMAGE": "Delete",
    "STOP_INSTANCE": "Stop",
    "DELETE_INSTANCE": "Delete",
    "DOWNSIZE": "Rightsize",
}
_RECOMMENDERS: tuple[tuple[str, Action], ...] = (
    ("UsageCommitmentRecommender", "PurchaseCommittedUse"),
    ("SpendBasedCommitmentRecommender", "PurchaseCommittedUse"),
    ("capacityCommitments", "PurchaseCommittedUse"),
    ("MachineTypeRecommender", "Rightsize"),
    ("OverprovisionedRecommender", "Rightsize"),
    ("IdleResourceRecommender", "Delete"),
    ("IdleRecommender", "Stop"),
)
_LIVE = ("ACTIVE", "CLAIMED", "STATE_UNSPECIFIED", "")
_SERVICES = {
    "compute.googleapis.com": "Compute Engine",
    "sqladmin.googleapis.com": "Cloud SQL",
    "run.googleapis.com": "Cloud Run",
    "bigquery.googleapis.com": "BigQuery",
    "storage.googleapis.com": "Cloud Storage",
    "container.googleapis.com": "Kubernetes Engine",
}
_ZONE = re.compile(r"([a-z]+-[a-z]+[0-9]+)-[a-z]")
_NAME = re.compile(r"/recommenders/([^/]+)/recommendations/([^/]+)$")
_NANOS = Decimal("0.000000001")


def _items(document: Any) -> Any:
    return document.get("recommendations") if isinstance(document, Mapping) else document


def _recognised(document: Any) -> bool:
    items = _items(document)
    if not isinstance(items, list):
        return False
    if not items:
        return isinstance(document, Mapping) and set(document) <= {
            "recommendations",
            "nextPageToken",
        }
    return all(isinstance(one, Mapping) and _NAME.search(text(one.get("name"))) for one in items)


def read(document: Any, asked: Asked) -> Iterator[Item]:
    """The recommendations of a page."""
    for place, item in each(_items(document), asked.file, "recommendations"):
        name = text(item.get("name"))
        yield _item(item, name, f"{asked.file}: {place} ({name or 'without name'})")


def _item(item: Mapping[str, Any], name: str, where: str) -> Item:
    content = mapping(item.get("content"))
    overview = mapping(content.get("overview"))
    resource = _resource(content, overview, item)
    short = name.rpartition("/")[2] or name
    state = text(mapping(item.get("stateInfo")).get("state")).upper()
    if state not in _LIVE:
        return Told(short, f"its state is {state}: it is settled at Google", resource)
    impact = mapping(item.get("primaryImpact"))
    if text(impact.get("category")) not in ("COST", ""):
        return Told(short, f"its impact is {text(impact['category'])}, not cost", resource)
    projection = impact.get("costProjection")
    if not isinstance(projection, Mapping) or not isinstance(projection.get("cost"), Mapping):
        return unsaved(short, resource, None)
    cost = _money(projection["cost"], f"{where}: primaryImpact.costProjection.cost")
    code = currency(projection["cost"].get("currencyCode"), f"{where}: currencyCode")
    if not code:
        raise NativeError(f"{where}: currencyCode is missing; a code such as USD is expected")
    seconds = _seconds(projection.get("duration"), f"{where}: costProjection.duration")
    saving = _month(-cost, seconds)
    if saving <= 0:
        return unsaved(short, resource, saving)
    evidence = Evidence("cost projection", cost, code, f"over {seconds} s, negative is a saving")
    return _finding(item, overview, name, where, resource, saving, code, evidence)


def _money(given: Mapping[str, Any], where: str) -> Decimal:
    """Google's Money as one number; NativeError when units and nanos differ in sign."""
    units, nanos = given.get("units", "0"), given.get("nanos", 0)
    if isinstance(units, int) and not isinstance(units, bool):
        units = str(units)
    if not isinstance(units, str) or not re.fullmatch(r"-?[0-9]{1,17}", units.strip()):
        raise NativeError(f"{where}.units is {units!r}; whole units as a text are expected ('-1')")
    if isinstance(nanos, bool) or not isinstance(nanos, int) or abs(nanos) >= 1_000_000_000:
        raise NativeError(
            f"{where}.nanos is {nanos!r} ({kind_of(nanos)}); an integer between -999999999 and "
            "999999999 is expected"
        )
    whole = int(units)
    if whole and nanos and (whole < 0) != (nanos < 0):
        raise NativeError(f"{where}: units {whole} and nanos {nanos} differ in sign")
    return MONEY_CONTEXT.add(Decimal(whole), MONEY_CONTEXT.multiply(Decimal(nanos), _NANOS))


def _seconds(value: Any, where: str) -> int:
    found = text(value) or f"{_MONTH}s"
    match = re.fullmatch(r"([0-9]{1,12})(\.0+)?s", found)
    if match is None or not int(match[1]):
        raise NativeError(f"{where} is {found[:30]!r}; whole seconds are expected ('2592000s')")
    return int(match[1])


def _month(amount: Decimal, seconds: int) -> Decimal:
    """An amount over so many seconds as one of 30 days: exact where it is one, else in cents."""
    return amount if seconds == _MONTH else rounded(Fraction(amount) * _MONTH / seconds, 2)


def _resource(
    content: Mapping[str, Any], overview: Mapping[str, Any], item: Mapping[str, Any]
) -> str:
    if text(overview.get("resource")):
        return text(overview["resource"])
    for group in content.get("operationGroups") or ():
        for operation in mapping(group).get("operations") or ():
            found = mapping(operation)
            if text(found.get("action")) in ("remove", "replace", "test"):
                return text(found.get("resource"))
    targets = item.get("targetResources")
    return text(targets[0]) if isinstance(targets, list) and targets else ""


def _finding(
    item: Mapping[str, Any],
    overview: Mapping[str, Any],
    name: str,
    where: str,
    resource: str,
    saving: Decimal,
    code: str,
    evidence: Evidence,
) -> Finding:
    match = _NAME.search(name)
    recommender = match[1] if match else ""
    subtype = text(item.get("recommenderSubtype"))
    action = _action(recommender, subtype)
    bought = action in PURCHASES
    if not bought and not resource:
        raise NativeError(f"{where}: content.overview.resource is missing: it names no resource")
    project = (
        _part(resource, "projects") or _part(name, "projects") or _part(name, "billingAccounts")
    )
    place = text(overview.get("location")) or _part(name, "locations")
    region = zone[1] if (zone := _ZONE.fullmatch(place)) else place
    short = resource.rpartition("/")[2]
    kind = resource.split("/")[-2] if resource.count("/") > 2 else ""
    current, after = _machines(overview)
    refreshed: date | None = day(item.get("lastRefreshTime"))
    service = next((s for host, s in _SERVICES.items() if host in resource), "")
    description = text(item.get("description"))
    scope = f"{_covers(recommender)} commitments of {project}{f' in {region}' if region else ''}"
    return Finding(
        tool="gcp-recommender",
        detector=f"{recommender}.{subtype}",
        provider=GOOGLE,
        action=action,
        title=description or title_of(action, short, current, after),
        currency=code,
        monthly_saving=saving,
        basis="GCP Recommender: 30 days, at the prices that Google applies to the billing account",
        native_id=name,
        account=project,
        region=region,
        service=service,
        resource="" if bought else resource,
        resource_name="" if bought else short,
        resource_type=kind,
        scope=scope if bought else "",
        where=_bought(project, region) if bought else _charges(resource),
        group=group_of(action, kind),
        current=current,
        recommended=after or (description if bought else ""),
        evidence=(evidence,),
        end_day=refreshed,
        reasons=(description,) if description else (),
        effort=EFFORT_OF.get(action, "Medium"),
        restart=True if action == "Rightsize" and kind == "instances" else None,
        detail={"priority": text(item.get("priority")), "etag": text(item.get("etag"))},
    )


def _covers(recommender: str) -> str:
    """Whose usage a commitment covers: ``Compute`` of ``google.compute.commitment.…``."""
    parts = recommender.split(".")
    found = parts[1] if len(parts) > 1 else "compute"
    return "Compute" if found == "compute" else found


def _action(recommender: str, subtype: str) -> Action:
    if subtype in _SUBTYPES:
        return _SUBTYPES[subtype]
    return next((action for word, action in _RECOMMENDERS if word in recommender), "Configure")


def _machines(overview: Mapping[str, Any]) -> tuple[str, str]:
    """The machine types now and as advised; '' where they are not said."""
    now, then = (
        text(mapping(overview.get(key)).get("name")).rpartition("/")[2]
        for key in ("currentMachineType", "recommendedMachineType")
    )
    return now, then


def _part(path: str, after: str) -> str:
    """The part of a path that follows another: the project of ``…/projects/acme/zones/…``."""
    parts = path.split("/")
    return parts[parts.index(after) + 1] if after in parts[:-1] else ""


def _charges(resource: str) -> str:
    """The charges of a resource: bills name it with its zone, without it, or in the singular."""
    host, mark, _ = resource.partition("/projects/")
    project, short = _part(resource, "projects"), "/".join(resource.split("/")[-2:])
    if not mark or not project or short.startswith("projects/"):
        return names_any("ResourceId", (resource,))
    begin = text_literal(f"{host}/projects/{project}/")
    return (
        f"starts_with(ResourceId, {begin}) AND ends_with(ResourceId, {text_literal(f'/{short}')})"
    )


def _bought(project: str, region: str) -> str:
    if not project:
        return ""
    parts = (
        names_any("SubAccountId", (project,)),
        names_any("RegionId", (region,)),
        "ChargeCategory = 'Usage' AND PricingCategory = 'Standard'",
    )
    return " AND ".join(part for part in parts if part)


FORMATS = (
    Format(
        "gcp-recommender",
        "GCP Recommender",
        GOOGLE,
        "json",
        "pages of the API (`recommendations`), or what `gcloud recommender recommendations list "
        "--format json` prints",
        _recognised,
        read,
    ),
)
