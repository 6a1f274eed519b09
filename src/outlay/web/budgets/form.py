"""The form of a budget: what a person fills in, and the spec that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request

from outlay.money.display import places
from outlay.planning.budgets.model import DEFAULT_THRESHOLDS, BudgetSpec, Threshold, plain
from outlay.resources import ResourceError
from outlay.web.typed import number

ROWS = 5
"""So many thresholds the form has room for."""

SEVERITIES = ("info", "warning", "critical")
_PLAIN = ("title", "scope", "measure", "currency", "period", "amount", "parent", "rates", "note",
          "from", "until")  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What stands in the fields, as text."""

    fields: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[tuple[str, str, str], ...] = ()
    """Basis, value (``80%`` or an amount) and severity of each."""

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The thresholds, and empty rows to fill in."""
        empty = [("actual", "", "warning")] * max(1, ROWS - len(self.thresholds))
        return [*self.thresholds, *empty]

    def spec(self) -> dict[str, Any]:
        """The spec that the fields say, to be checked like any other. ResourceError for lines that
        are no amounts or thresholds."""
        said = {name: self[name] for name in _PLAIN if self[name]}
        digits = places(self["currency"].upper())
        spec: dict[str, Any] = dict(said)
        if self["amount"]:
            spec["amount"] = number(self["amount"], digits)
        spec["thresholds"] = [_threshold(*row, digits) for row in self.thresholds]
        spec["year_start"] = self["year_start"] or "1"
        if self["amounts"]:
            spec["amounts"] = _amounts(self["amounts"], digits)
        if self["growth"]:
            spec["growth"] = {"percent": self["growth"], "each": self["growth_each"] or "period"}
        if self["owner"]:
            spec["owner"] = {"value": self["owner"], "tag": self["owner_tag"]}
        carry: dict[str, Any] = {"carry": self["carry"] or "none"}
        if self["cap"]:
            carry["cap"] = number(self["cap"], digits)
        spec["rollover"] = carry
        weights = self["weights"].replace(",", " ").split()
        spec["shape"] = {"by": self["shape"] or "history", "weights": weights}
        return spec


def empty(currency: str, asked: Mapping[str, str]) -> Given:
    """The fields of a new budget, with what the address names."""
    first = {"currency": currency, "measure": "EffectiveCost", "period": "month"}
    named = {k: v for k, v in asked.items() if k in (*_PLAIN, "owner", "owner_tag") and v}
    return Given(first | named, tuple(_row(one) for one in DEFAULT_THRESHOLDS))


def of_spec(spec: BudgetSpec, name: str) -> Given:
    """The fields of a budget that is there."""
    digits = places(spec.currency)
    fields = {
        "title": spec.title or name,
        "scope": spec.scope,
        "measure": spec.measure,
        "currency": spec.currency,
        "period": spec.period,
        "year_start": str(spec.year_start),
        "amount": "" if spec.amount is None else f"{spec.amount:.{digits}f}",
        "amounts": "\n".join(f"{key} {value:.{digits}f}" for key, value in spec.amounts.items()),
        "growth": plain(spec.growth.percent) if spec.growth else "",
        "growth_each": spec.growth.each if spec.growth else "",
        "from": str(spec.from_ or ""),
        "until": str(spec.until or ""),
        "owner": spec.owner.value if spec.owner else "",
        "owner_tag": spec.owner.tag if spec.owner else "",
        "parent": spec.parent,
        "carry": spec.rollover.carry,
        "cap": f"{spec.rollover.cap:.{digits}f}" if spec.rollover.cap else "",
        "shape": spec.shape.by,
        "weights": ", ".join(plain(one) for one in spec.shape.weights),
        "rates": spec.rates,
        "note": spec.note,
    }
    return Given(fields, tuple(_row(one) for one in spec.thresholds))


async def posted(request: Request) -> tuple[Given, str, int]:
    """What was filled in, which button was pressed, and the version that was seen."""
    body = (await request.body()).decode("utf-8", "replace")
    many = parse_qs(body, keep_blank_values=True)
    fields = {name: values[-1].strip() for name, values in many.items()}
    rows = zip(
        many.get("t_of", []), many.get("t_value", []), many.get("t_severity", []), strict=False
    )
    thresholds = tuple((of, value.strip(), level) for of, value, level in rows if value.strip())
    version = fields.get("version", "0")
    return (
        Given(fields, thresholds),
        fields.get("action", "save"),
        int(version) if version.isdecimal() else 0,
    )


def _row(threshold: Threshold) -> tuple[str, str, str]:
    if threshold.percent is not None:
        return threshold.of, f"{plain(threshold.percent)}%", threshold.severity
    assert threshold.amount is not None
    return threshold.of, plain(threshold.amount), threshold.severity


def _threshold(of: str, value: str, severity: str, digits: int) -> dict[str, str]:
    if value.endswith("%"):
        return {"of": of, "percent": number(value.removesuffix("%"), 3), "severity": severity}
    return {"of": of, "amount": number(value, digits), "severity": severity}


def _amounts(text: str, digits: int) -> dict[str, str]:
    """Lines of a period and its amount: ``2026-11 1200``."""
    found: dict[str, str] = {}
    for place, line in enumerate(text.splitlines(), 1):
        words = line.replace(":", " ").replace("=", " ").split()
        if not words:
            continue
        if len(words) != 2:
            raise ResourceError(
                f"amounts, line {place}: {line!r} is no period and amount. Write each on a line "
                "of its own, e.g. 2026-11 1200"
            )
        if words[0] in found:
            raise ResourceError(f"amounts, line {place}: {words[0]} is there twice")
        found[words[0]] = number(words[1], digits)
    return found
