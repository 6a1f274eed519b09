"""Recommendations of any other tool: a CSV with a documented header, or the same fields in JSON.

See docs/native-recommendations.md for the fields. Columns that are not known are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from outlay.expression import parse
from outlay.expression.errors import QueryError
from outlay.savings.model import (
    ACTIONS,
    CONFIDENCES,
    EFFORTS,
    PURCHASES,
    Action,
    Confidence,
    Effort,
    Evidence,
    Finding,
    Nature,
)
from outlay.savings.native.model import Asked, Format, Item, NativeError
from outlay.savings.native.values import amount, currency, each, names_any, text, truth
from outlay.savings.native.words import EFFORT_OF, group_of, title_of, unsaved

FIELDS: dict[str, str] = {
    "resource": "the resource as the bill names it (or `scope` where there is none)",
    "scope": "what it is about where there is no resource: a fleet, an account",
    "action": f"one of {', '.join(ACTIONS)}",
    "monthly_saving": "what it saves in 30 days, after discounts and commitments",
    "currency": "of the amounts: USD",
    "provider": "as in the bill: AWS, Microsoft, Google Cloud, …",
    "tool": "who says it; `generic` by default",
    "id": "the tool's own id of the recommendation",
    "detector": "which of the tool's rules found it",
    "account": "as SubAccountId in the bill",
    "region": "as RegionId in the bill",
    "service": "as ServiceName in the bill",
    "resource_name": "its name for people",
    "resource_type": "what kind of thing it is",
    "title": "the recommendation in one line",
    "monthly_saving_list": "the same saving at list prices",
    "monthly_cost": "what the resource costs in 30 days now",
    "current": "what it is now: m6i.large",
    "recommended": "what it would become: t3.medium",
    "effort": f"one of {', '.join(EFFORTS)}",
    "restart": "true where it must be restarted",
    "rollback": "true where it can be undone",
    "risk": "what may go wrong",
    "confidence": f"one of {', '.join(CONFIDENCES)}",
    "nature": f"one of {', '.join(get_args(Nature))}",
    "basis": "how the saving is reckoned",
    "reasons": "why, several apart by `;`",
    "group": "what excludes what on one resource; by the action where it is left out",
    "where": "the condition of the charges that it changes; `ResourceId = …` where it is left out",
    "first_day": "the first day that was looked at",
    "end_day": "the day after the last one",
}
"""Each field and what it holds."""

_GROUPS = ("existence", "size", "hours", "storage", "purchase", "traffic", "configuration",
           "support")  # fmt: skip


def _header(header: Any) -> bool:
    names = {str(one).strip().lower() for one in header}
    return {"action", "monthly_saving"} <= names and bool({"resource", "scope"} & names)


def _document(document: Any) -> bool:
    rows = _rows(document)
    if not isinstance(rows, list):
        return False
    if not rows:
        return isinstance(document, Mapping) and set(document) == {"findings"}
    return all(isinstance(one, Mapping) and _header(one) for one in rows)


def _rows(document: Any) -> Any:
    return document.get("findings") if isinstance(document, Mapping) else document


def read_table(rows: Any, asked: Asked) -> Iterator[Item]:
    """The rows of a table."""
    for number, row in enumerate(rows, 1):
        yield _item({str(k).strip().lower(): v for k, v in row.items()}, f"row {number}", asked)


def read_document(document: Any, asked: Asked) -> Iterator[Item]:
    """The objects of a document."""
    for place, one in each(_rows(document), asked.file, "findings"):
        yield _item({str(key).lower(): value for key, value in one.items()}, place, asked)


_AS_GIVEN = ("region", "service", "resource", "resource_name", "resource_type", "scope", "current",
             "recommended", "risk")  # fmt: skip
"""Texts of a finding that the file has by the same name."""


def _item(row: Mapping[str, Any], place: str, asked: Asked) -> Item:
    where = f"{asked.file}: {place}"
    values = {name: text(row.get(name)) for name in FIELDS}
    # A condition that is cut short is another one.
    values["where"] = str(row.get("where") or "").strip()
    subject = values["resource"] or values["scope"]
    if not subject:
        raise NativeError(f"{where}: resource is empty, and so is scope; one of them is expected")
    action: Action = _one_of(values["action"], ACTIONS, f"{where}: action")
    saving, sign = amount(row.get("monthly_saving"), f"{where}: monthly_saving")
    if saving is None or saving <= 0:
        return unsaved(values["id"] or subject, subject, saving)
    code = currency(row.get("currency"), f"{where}: currency") or sign
    if not code:
        raise NativeError(f"{where}: currency is empty; a code such as USD is expected")
    of_list, cost = _amounts(row, code, where)
    confidence: Confidence = _one_of(
        values["confidence"] or "medium", CONFIDENCES, f"{where}: confidence"
    )
    effort: Effort = _one_of(
        values["effort"] or EFFORT_OF.get(action, "Medium"), EFFORTS, f"{where}: effort"
    )
    nature: Nature = _one_of(values["nature"] or "saving", get_args(Nature), f"{where}: nature")
    account = values["account"]
    given: dict[str, Any] = {name: values[name] for name in _AS_GIVEN}
    return Finding(
        tool=values["tool"] or "generic",
        detector=values["detector"] or action,
        provider=values["provider"],
        action=action,
        title=values["title"] or title_of(action, values["resource_name"] or subject,
                                          values["current"], values["recommended"]),
        currency=code,
        monthly_saving=saving,
        basis=values["basis"] or "as the tool says",
        native_id=values["id"],
        account=account,
        **given,
        where=_where(values, account, action, f"{where}: where"),
        group=_one_of(values["group"] or group_of(action, values["resource_type"]), _GROUPS,
                      f"{where}: group"),
        monthly_saving_list=of_list,
        monthly_cost=cost,
        nature=nature,
        evidence=(Evidence("saving a month", saving, code, asked.file),),
        first_day=_day(values["first_day"], f"{where}: first_day"),
        end_day=_day(values["end_day"], f"{where}: end_day"),
        confidence=confidence,
        reasons=tuple(one.strip() for one in values["reasons"].split(";") if one.strip()),
        effort=effort,
        restart=truth(values["restart"]),
        rollback=truth(values["rollback"]),
    )  # fmt: skip


def _amounts(
    row: Mapping[str, Any], code: str, where: str
) -> tuple[Decimal | None, Decimal | None]:
    """The amounts beside the saving; NativeError for one, or a saving, of another currency."""
    found = []
    for name in ("monthly_saving", "monthly_saving_list", "monthly_cost"):
        value, sign = amount(row.get(name), f"{where}: {name}")
        # A dollar sign is read as that of the United States, and is other dollars' too.
        if sign not in ("", code) and not (sign == "USD" and code.endswith("D")):
            raise NativeError(f"{where}: {name} is in {sign}, and currency is {code}")
        found.append(value)
    return found[1], found[2]


def _one_of(given: str, allowed: Any, where: str) -> Any:
    """The allowed word, whatever its case; NativeError lists what is allowed."""
    for word in allowed:
        if str(word).lower() == given.lower():
            return word
    raise NativeError(f"{where} is {given!r}; allowed are {', '.join(allowed)}")


def _where(values: Mapping[str, str], account: str, action: Action, place: str) -> str:
    given = values["where"]
    if given:
        try:
            parse(given)
        except QueryError as error:
            raise NativeError(f"{place}: {error}") from None
        return given
    if values["resource"]:
        return names_any("ResourceId", (values["resource"],))
    return names_any("SubAccountId", (account,)) if action in PURCHASES else ""


def _day(given: str, where: str) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(given[:10])
    except ValueError:
        raise NativeError(f"{where} is {given!r}; a day such as 2026-10-20 is expected") from None


FORMATS = (
    Format(
        "generic",
        "Any tool, CSV or Parquet",
        "",
        "table",
        "a table with the columns resource (or scope), action, monthly_saving, currency, and more",
        _header,
        read_table,
    ),
    Format(
        "generic-json",
        "Any tool, JSON",
        "",
        "json",
        "an array of objects with the same fields, or {\"findings\": [...]}",
        _document,
        read_document,
    ),
)  # fmt: skip
