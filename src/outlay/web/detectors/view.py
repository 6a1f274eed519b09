"""What the pages of detectors show: detectors by area, in which state, and sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from outlay.app.detectors.listing import Catalogue, Standing
from outlay.app.detectors.telling import Missing, sums
from outlay.expression.errors import QueryError, near_names
from outlay.savings.detectors.contract import Parameter, Value
from outlay.savings.detectors.registry import AREAS

DETECTORS = "/detectors"
STATES = {
    "found": "Found something",
    "missing": "Could not judge all",
    "nothing": "Found nothing",
    "failed": "Failed",
    "off": "Off",
}
INPUTS = {
    "daily": "the bill by day",
    "charges": "the bill's lines",
    "usage": "usage that tools measured",
    "utilization": "how busy resources were",
}
EFFORTS = {
    "VeryLow": "very low", "Low": "low", "Medium": "medium", "High": "high",
    "VeryHigh": "very high",
}  # fmt: skip
ACTIONS = {
    "Rightsize": "right-size", "Stop": "stop", "Upgrade": "upgrade", "Delete": "delete",
    "ScaleIn": "scale in", "MigrateToGraviton": "migrate to Graviton",
    "PurchaseSavingsPlans": "buy Savings Plans",
    "PurchaseReservedInstances": "buy reservations", "PurchaseCommittedUse": "commit to use",
    "Schedule": "schedule", "ChangeStorageClass": "change the storage class",
    "ChangePurchaseOption": "buy it another way", "Configure": "configure",
    "Consolidate": "consolidate",
}  # fmt: skip
"""The words of actions."""


def chosen(params: Mapping[str, str]) -> tuple[str, str]:
    """Area and state that an address asks for; QueryError for what is none."""
    for key in params:
        if key not in ("area", "state"):
            raise QueryError(
                f"{key!r} is not known", field=key, near=near_names(key, ("area", "state")),
                allowed=("area", "state"),
            )  # fmt: skip
    area, state = params.get("area", ""), params.get("state", "")
    if area and area not in AREAS:
        raise QueryError(
            f"there is no area {area!r}", field="area", text=area, near=near_names(area, AREAS),
            allowed=tuple(AREAS),
        )  # fmt: skip
    if state and state not in STATES:
        raise QueryError(
            f"{state!r} is no state", field="state", text=state, near=near_names(state, STATES),
            allowed=tuple(STATES),
        )  # fmt: skip
    return area, state


def state_of(one: Standing) -> str:
    """One word for how it stands; '' where no look has asked it."""
    if not one.enabled:
        return "off"
    if one.failed:
        return "failed"
    if one.came is None:
        return ""
    if one.came.findings:
        return "found"
    return "missing" if one.came.missing else "nothing"


def states_of(one: Standing) -> set[str]:
    """Every state that it is in: it may have found something, and not judged all."""
    states = {state_of(one)} - {""}
    if one.enabled and one.came is not None and one.came.missing:
        states.add("missing")
    return states


@dataclass(frozen=True)
class Area:
    """The detectors of one area that are shown."""

    name: str
    title: str
    rows: tuple[Standing, ...]


@dataclass(frozen=True)
class Choice:
    """A link that narrows the page."""

    text: str
    href: str
    count: int
    chosen: bool


def address(area: str = "", state: str = "") -> str:
    """The page with this chosen."""
    params = {key: value for key, value in (("area", area), ("state", state)) if value}
    return DETECTORS + (f"?{urlencode(params)}" if params else "")


def areas(found: Catalogue, area: str, state: str) -> list[Area]:
    """What is shown."""
    shown = []
    for name, title in AREAS.items():
        if area and name != area:
            continue
        rows = [
            one
            for one in found.detectors
            if one.area == title and (not state or state in states_of(one))
        ]
        if rows:
            shown.append(Area(name, title, tuple(rows)))
    return shown


def choices(found: Catalogue, area: str, state: str) -> tuple[list[Choice], list[Choice]]:
    """By area and by state, each with how many there are of the other choice."""
    by_area = [Choice("All", address("", state), _count(found, "", state), not area)]
    for name, title in AREAS.items():
        if _count(found, name, ""):
            count = _count(found, name, state)
            by_area.append(Choice(title, address(name, state), count, name == area))
    by_state = [Choice("All", address(area), _count(found, area, ""), not state)]
    for name, title in STATES.items():
        count = _count(found, area, name)
        if count or name == state:
            by_state.append(Choice(title, address(area, name), count, name == state))
    return by_area, by_state


def _count(found: Catalogue, area: str, state: str) -> int:
    return sum(len(one.rows) for one in areas(found, area, state))


def savings(found: Iterable[Standing]) -> list[tuple[str, Decimal]]:
    """What was found, a month by currency, before what tools say of the same is merged."""
    return list(sums(one.came.saving for one in found if one.came is not None).items())


def unknown(found: Iterable[Standing]) -> list[tuple[str, Decimal]]:
    """The cost a month of what could not be judged, by currency. Each resource counts once for each
    detector, so that the largest of a currency is told, not a sum over detectors."""
    most: dict[str, Decimal] = {}
    for one in found:
        for currency, amount in cost_of(one.came.missing if one.came else ()):
            most[currency] = max(most.get(currency, Decimal(0)), amount)
    return sorted(most.items())


def cost_of(missing: Sequence[Missing]) -> list[tuple[str, Decimal]]:
    """The cost a month of what one detector could not judge, by currency."""
    return list(sums(one.cost for one in missing).items())


def value_text(parameter: Parameter, value: Value) -> str:
    """A parameter's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "none"
    number = f"{value:,f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    unit = parameter.unit
    if unit == "%":
        return f"{number} %"
    return f"{number} {unit}" if unit else number


def field_text(value: Value) -> str:
    """A parameter's value in a field of a form."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, str):
        return value
    number = f"{value:f}"
    return number.rstrip("0").rstrip(".") if "." in number else number


def bounds_text(parameter: Parameter) -> str:
    """What a number may be; '' for what is none."""
    if parameter.least is None and parameter.most is None:
        return ""
    least = "" if parameter.least is None else f"from {field_text(parameter.least)} "
    most = "" if parameter.most is None else f"to {field_text(parameter.most)} "
    return f"{least}{most}{parameter.unit}".strip()
