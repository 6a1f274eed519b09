"""The planner's form: the assumptions that an address names, and the spec that they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from outlay.app.commitments.model import PurchasePlanSpec, ScenarioSpec
from outlay.money.quotients import quotient
from outlay.savings.planner.catalogue import catalogue
from outlay.savings.planner.model import PAYMENTS

SINGLE = (
    "scope", "lookback", "months", "tranche", "cost_of_money", "most_an_hour", "coverage_limit",
    "less", "less_weight", "growth", "growth_weight", "gone", "gone_on", "gone_weight",
)  # fmt: skip
MANY = ("programs", "years", "payments")
DEFAULTS: Mapping[str, str] = {
    "lookback": "91", "months": "12", "tranche": "100", "cost_of_money": "0", "less": "20",
    "less_weight": "0", "growth": "20", "growth_weight": "0", "gone_weight": "0",
}  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What stands in the fields, as text; `many` holds those with several values."""

    fields: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, DEFAULTS.get(name, ""))

    @property
    def asked(self) -> bool:
        """Whether the address says anything."""
        return bool(self.fields or self.many)

    def chosen(self, name: str) -> tuple[str, ...]:
        """The values of a field that has several; the default where none is named."""
        default = {"years": ("1",), "payments": ("none",)}.get(name, ())
        return self.many.get(name) or default

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The same as names and values, to be sent again."""
        found = [(name, self.fields[name]) for name in SINGLE if name in self.fields]
        return found + [(name, value) for name in MANY for value in self.many.get(name, ())]

    def spec(self) -> dict[str, Any]:
        """The spec that the fields say, to be checked like any other."""
        spec: dict[str, Any] = {
            name: self[name]
            for name in ("scope", "lookback", "months", "tranche", "cost_of_money")
            if self[name]
        }
        for name in ("most_an_hour", "coverage_limit"):
            if self[name]:
                spec[name] = self[name]
        if self.many.get("programs"):
            spec["programs"] = list(self.many["programs"])
        spec["years"] = [int(one) if one.isdecimal() else one for one in self.chosen("years")]
        spec["payments"] = list(self.chosen("payments"))
        spec["scenarios"] = self._scenarios()
        return spec

    def _scenarios(self) -> list[dict[str, Any]]:
        weights = [self[name] or "0" for name in ("less_weight", "growth_weight", "gone_weight")]
        found: list[dict[str, Any]] = [{"name": "As now", "weight": self._rest(weights)}]
        if self["less"] not in ("", "0"):
            found.append({
                "name": f"{self['less']}% less", "usage": self._less(), "weight": weights[0],
            })  # fmt: skip
        if self["growth"] not in ("", "0"):
            found.append({
                "name": f"Growing by {self['growth']}% a year", "growth": self["growth"],
                "weight": weights[1],
            })  # fmt: skip
        if self["gone"] and self["gone_on"]:
            gone = {"day": self["gone_on"], "service": self["gone"]}
            found.append({
                "name": f"Without {self['gone']} from {self['gone_on']}", "migrations": [gone],
                "weight": weights[2],
            })  # fmt: skip
        return found

    def _less(self) -> str:
        try:
            return str(Decimal(100) - Decimal(self["less"]))
        except ArithmeticError:
            return self["less"]

    def _rest(self, weights: Sequence[str]) -> str:
        """What is left of 100 for usage as it is."""
        try:
            left = Decimal(100) - sum((Decimal(one) for one in weights), Decimal(0))
        except ArithmeticError:
            return "100"
        return str(max(left, Decimal(0))) if left.is_finite() else "100"


def given(query: str) -> Given:
    """What an address (or a posted form) says."""
    fields: dict[str, str] = {}
    many: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in MANY:
            if value.strip():
                many.setdefault(name, []).append(value.strip())
        elif name in SINGLE:
            fields[name] = value.strip()
    return Given(fields, {name: tuple(values) for name, values in many.items()})


def of_spec(spec: PurchasePlanSpec) -> Given:
    """The fields of a plan that is kept, as far as the form has them."""
    fields = {
        "scope": spec.scope,
        "lookback": str(spec.lookback),
        "months": str(spec.months),
        "tranche": f"{spec.tranche:f}",
        "cost_of_money": f"{spec.cost_of_money:f}",
        "most_an_hour": "" if spec.most_an_hour is None else f"{spec.most_an_hour:f}",
        "coverage_limit": "" if spec.coverage_limit is None else f"{spec.coverage_limit:f}",
    }
    fields |= {"less": "0", "growth": "0"}
    whole = sum((one.weight for one in spec.scenarios), Decimal(0))

    def weight(one: ScenarioSpec) -> str:
        return f"{quotient(one.weight * 100, whole, 0) or Decimal(0):f}"

    for one in spec.scenarios:
        if one.usage < 100 and fields["less"] == "0":
            fields |= {"less": f"{100 - one.usage:f}", "less_weight": weight(one)}
        elif one.growth and fields["growth"] == "0":
            fields |= {"growth": f"{one.growth:f}", "growth_weight": weight(one)}
        elif one.migrations and "gone" not in fields:
            gone = one.migrations[0]
            fields |= {
                "gone": gone.service, "gone_on": str(gone.day), "gone_weight": weight(one),
            }  # fmt: skip
    return Given(
        fields,
        {
            "programs": spec.programs,
            "years": tuple(str(one) for one in spec.years),
            "payments": spec.payments,
        },
    )


def choices() -> dict[str, list[tuple[str, str]]]:
    """What may be chosen: programs, terms and payments, each with its title."""
    return {
        "programs": [(one.id, f"{one.title} ({one.provider})") for one in catalogue().programs],
        "years": [("1", "1 year"), ("3", "3 years")],
        "payments": [(one, f"{one} upfront" if one != "none" else "no upfront")
                     for one in PAYMENTS],
    }  # fmt: skip
