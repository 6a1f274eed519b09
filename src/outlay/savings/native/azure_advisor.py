"""Azure Advisor: recommendations of its REST API and of ``az advisor recommendation list``.

All values of ``extendedProperties`` are texts, and some are absent; ``savingsAmount`` is a month's,
``annualSavingsAmount`` a year's. Advice to buy comes once a scope, term and look-back; reservations
and savings plans for the same usage exclude each other. Advice without an amount is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.expression import text_literal
from outlay.money.quotients import rounded
from outlay.savings.model import PURCHASES, Action, Confidence, Evidence, Finding
from outlay.savings.native.model import Asked, Format, Item, NativeError, Told
from outlay.savings.native.values import amount, currency, each, mapping, names_any, text, window
from outlay.savings.native.words import AZURE, EFFORT_OF, group_of, title_of, unsaved

_SAVINGS_PLAN = "89515250-1243-43d1-b4e7-f9437cedffd8"
_RESERVED_VM = "84b1a508-fc21-49da-979e-96894f1665df"
_VM = "e10b1381-5f0a-47ff-8c7b-37bd13d7c974"
_ADVICE: dict[str, Action] = {
    _SAVINGS_PLAN: "PurchaseSavingsPlans",
    _RESERVED_VM: "PurchaseReservedInstances",
    _VM: "Rightsize",
    "48eda464-1485-4dcf-a674-d0905df5054a": "Delete",  # disks that are not attached
    "39a8510f-5bbf-4304-9bcd-4106c996473b": "Delete",  # App Service plans without an app
}
_WORDS: tuple[tuple[str, Action], ...] = (
    ("savings plan", "PurchaseSavingsPlans"),
    ("reserved", "PurchaseReservedInstances"),
    ("reservation", "PurchaseReservedInstances"),
    ("shutdown", "Stop"),
    ("shut down", "Stop"),
    ("right-size", "Rightsize"),
    ("rightsize", "Rightsize"),
    ("resize", "Rightsize"),
    ("not been attached", "Delete"),
    ("unused", "Delete"),
    ("delete", "Delete"),
    ("idle", "Delete"),
    ("snapshot", "ChangeStorageClass"),
)
_COMPUTE = ("", "virtualmachines", "appservice", "functions", "containerinstances", "savingsplan")
_IMPACT: dict[str, Confidence] = {"High": "high", "Medium": "medium", "Low": "low"}
_MONTHS = 12


def _items(document: Any) -> Any:
    return document.get("value") if isinstance(document, Mapping) else document


def _recognised(document: Any) -> bool:
    items = _items(document)
    if not isinstance(items, list) or (not items and not isinstance(document, Mapping)):
        return False
    return all(
        isinstance(one, Mapping)
        and ("recommendationTypeId" in _properties(one) or "extendedProperties" in _properties(one))
        for one in items
    )


def _properties(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What REST has in `properties`, and the command line beside the id."""
    return mapping(item["properties"]) if "properties" in item else item


def read(document: Any, asked: Asked) -> Iterator[Item]:
    """The recommendations of a page."""
    for place, item in each(_items(document), asked.file, "value"):
        name = text(item.get("name")) or text(item.get("id")).rpartition("/")[2] or place
        yield _item(_properties(item), name, f"{asked.file}: {place} ({name})")


def _item(given: Mapping[str, Any], name: str, where: str) -> Item:
    extended = mapping(given.get("extendedProperties"))
    resource = text(mapping(given.get("resourceMetadata")).get("resourceId"))
    category = text(given.get("category"))
    subject = resource or text(given.get("impactedValue"))
    if category and category.lower() != "cost":
        return Told(name, f"it is about {category}, not cost", subject)
    saving, evidence, basis = _saving(extended, where)
    if saving is None or saving <= 0:
        return unsaved(name, subject, saving)
    code = currency(extended.get("savingsCurrency"), f"{where}: savingsCurrency")
    if not code:
        return Told(name, f"its amount of {saving} has no currency", subject)
    evidence = tuple(Evidence(e.name, e.value, code, e.source) for e in evidence)
    kind = text(given.get("recommendationTypeId")).lower()
    problem = text(mapping(given.get("shortDescription")).get("problem"))
    action = _action(kind, problem, extended)
    return _finding(given, extended, name, where, action, saving, code, evidence, basis, resource)


def _saving(
    extended: Mapping[str, Any], where: str
) -> tuple[Decimal | None, tuple[Evidence, ...], str]:
    """A month's saving, what it is made of, and how in words."""
    month, _ = amount(extended.get("savingsAmount"), f"{where}: savingsAmount")
    year, _ = amount(extended.get("annualSavingsAmount"), f"{where}: annualSavingsAmount")
    evidence = [
        Evidence(word, value, source=name)
        for word, value, name in (
            ("saving a month", month, "savingsAmount"),
            ("saving a year", year, "annualSavingsAmount"),
        )
        if value is not None
    ]
    if month is None and year is not None:
        month = rounded(Fraction(year) / _MONTHS, 2)
        return month, tuple(evidence), "a twelfth of the year's amount, rounded to cents"
    return month, tuple(evidence), "a month as Azure reckons it"


def _action(kind: str, problem: str, extended: Mapping[str, Any]) -> Action:
    if kind == _VM or extended.get("targetSku"):
        stops = "shutdown" in (
            text(extended.get("recommendationType")).lower(),
            text(extended.get("targetSku")).lower(),
        )
        return "Stop" if stops else "Rightsize"
    if kind in _ADVICE:
        return _ADVICE[kind]
    if text(extended.get("term")):
        plan = "savings" in text(extended.get("sku")).lower()
        return "PurchaseSavingsPlans" if plan else "PurchaseReservedInstances"
    return next((action for word, action in _WORDS if word in problem.lower()), "Configure")


def _finding(
    given: Mapping[str, Any],
    extended: Mapping[str, Any],
    name: str,
    where: str,
    action: Action,
    saving: Decimal,
    code: str,
    evidence: tuple[Evidence, ...],
    basis: str,
    resource: str,
) -> Finding:
    bought = action in PURCHASES
    subscription = text(extended.get("subId")) or _subscription(resource)
    account = f"/subscriptions/{subscription}" if subscription else ""
    family = text(extended.get("reservedResourceType")).lower()
    family = "Compute" if family in _COMPUTE else family
    if not bought and not resource:
        raise NativeError(f"{where}: resourceMetadata.resourceId is missing")
    current = text(extended.get("currentSku"))
    after = _bought(extended) if bought else text(extended.get("targetSku"))
    if action == "Stop":
        after = ""
    first, end = window(given.get("lastUpdated"), extended.get("lookbackPeriod"))
    kind = text(given.get("impactedField"))
    lowered = resource.lower()
    return Finding(
        tool="azure-advisor",
        detector=text(given.get("recommendationTypeId")).lower() or "unknown",
        provider=AZURE,
        action=action,
        title=title_of(action, text(given.get("impactedValue")) or resource.rpartition("/")[2],
                       current, after),
        currency=code,
        monthly_saving=saving,
        basis=f"Azure Advisor: {basis}, at retail prices unless the agreement's are known to it",
        native_id=name,
        account=account,
        region=text(extended.get("regionId")) or text(extended.get("region")),
        service=_service(kind),
        resource="" if bought else lowered,
        resource_name="" if bought else text(given.get("impactedValue")),
        resource_type=kind,
        scope=f"{family} commitments of {subscription or 'all'}" if bought else "",
        where=_covered(account, subscription, family) if bought
        else f"lower(ResourceId) = {text_literal(lowered)}",
        group=group_of(action, kind),
        current=current,
        recommended=after,
        evidence=evidence,
        first_day=first,
        end_day=end,
        confidence=_IMPACT.get(text(given.get("impact")), "medium") if not bought else "medium",
        reasons=_reasons(given, extended),
        effort=EFFORT_OF.get(action, "Medium"),
        restart=True if action == "Rightsize" and "virtualmachines" in kind.lower() else None,
        detail=_detail(extended),
    )  # fmt: skip


def _covered(account: str, subscription: str, family: str) -> str:
    """On-demand usage of a subscription that a purchase could pay; of machines where it says so."""
    parts = (
        names_any("SubAccountId", (account, subscription)),
        "ChargeCategory = 'Usage' AND PricingCategory = 'Standard'",
        "ServiceName = 'Virtual Machines'" if family == "Compute" else "",
    )
    return " AND ".join(part for part in parts if part) if account else ""


def _detail(extended: Mapping[str, Any]) -> dict[str, str]:
    return {key: text(extended[key]) for key in _OPTION if text(extended.get(key))}


def _reasons(given: Mapping[str, Any], extended: Mapping[str, Any]) -> tuple[str, ...]:
    """What Azure says of it: the problem, its solution where that is another, what it measured."""
    words = mapping(given.get("shortDescription"))
    said = dict.fromkeys(text(words.get(key)) for key in ("problem", "solution"))
    measured = (f"{key}: {text(extended[key])}" for key in _TOLD if text(extended.get(key)))
    return (*(one for one in said if one), *measured)


_TOLD = ("MaxCpuP95", "MaxMemoryP95", "MaxTotalNetworkP95", "recommendationMessage")
_OPTION = ("term", "scope", "lookbackPeriod", "sku", "qty", "commitment", "reservedResourceType")
_TERMS = {"P1Y": "1 year", "P3Y": "3 years", "P5Y": "5 years"}
_SERVICES = {
    "microsoft.compute/virtualmachines": "Virtual Machines",
    "microsoft.compute/virtualmachinescalesets": "Virtual Machines",
    "microsoft.compute/disks": "Storage",
    "microsoft.web/serverfarms": "Azure App Service",
    "microsoft.web/sites": "Azure App Service",
    "microsoft.sql/servers": "Azure SQL Database",
}


def _service(kind: str) -> str:
    return _SERVICES.get(kind.lower(), "")


def _subscription(resource: str) -> str:
    parts = resource.split("/")
    return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else ""


def _bought(extended: Mapping[str, Any]) -> str:
    """A purchase in words: ``2 Standard_B4ms, 3 years, scope Shared, by 30 days of use``."""
    quantity = text(extended.get("qty")).removesuffix(".0")
    sku = text(extended.get("vmSize")) or text(extended.get("sku")).replace("_", " ")
    commitment = text(extended.get("commitment"))
    term = text(extended.get("term"))
    parts = (
        " ".join(one for one in (quantity, sku) if one),
        f"{commitment} an hour" if commitment else "",
        _TERMS.get(term, term),
        f"scope {text(extended.get('scope'))}" if text(extended.get("scope")) else "",
        f"by {text(extended.get('lookbackPeriod'))} days of use"
        if text(extended.get("lookbackPeriod")) else "",
    )  # fmt: skip
    return ", ".join(one for one in parts if one)


FORMATS = (
    Format(
        "azure-advisor",
        "Azure Advisor",
        AZURE,
        "json",
        "pages of the REST API (`value`), or what `az advisor recommendation list` prints",
        _recognised,
        read,
    ),
)
