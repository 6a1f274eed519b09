"""The form of a contract: what a person fills in, and the spec that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outlay.money import money_text
from outlay.resources import ResourceError
from outlay.savings.contracts.model import AgreedPrice, ContractSpec
from outlay.web import typed

_PLAIN = ("title", "vendor", "number", "scope", "measure", "currency", "excess", "shortfall",
          "overage_percent", "note")  # fmt: skip
MEASURES = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")


@dataclass(frozen=True)
class Given:
    """What stands in the fields, as text."""

    fields: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def spec(self, before: ContractSpec | None = None) -> dict[str, Any]:
        """The spec that the fields say, to be checked like any other; what the form has no field
        for stays as it was `before`. ResourceError for lines that are no terms or prices."""
        spec: dict[str, Any] = {name: self[name] for name in _PLAIN if self[name]}
        spec["terms"] = [_term(number, line) for number, line in _lines(self["terms"])]
        spec["prices"] = [_price(number, line) for number, line in _lines(self["prices"])]
        renewal: dict[str, Any] = {"automatic": self["automatic"] == "yes"}
        if self["notice_days"]:
            renewal["notice_days"] = self["notice_days"]
        if self["remind_days"]:
            renewal["remind_days"] = self["remind_days"].replace(",", " ").split()
        spec["renewal"] = renewal
        if self["owner"]:
            spec["owner"] = {"value": self["owner"], "tag": self["owner_tag"]}
        return spec if before is None else _kept(spec, before)


def _kept(spec: dict[str, Any], before: ContractSpec) -> dict[str, Any]:
    """The spec with what only code says: rates, and by name the days and tolerance of prices."""
    own = {one.name: one for one in before.prices}
    for price in spec["prices"]:
        known = own.get(price["name"])
        if known is not None:
            price |= {"from": known.from_, "until": known.until, "tolerance": known.tolerance}
    return spec | {"rates": before.rates}


def empty(currency: str, asked: Mapping[str, str]) -> Given:
    """The fields of a new contract, with what the address names."""
    first = {"currency": currency, "measure": "BilledCost", "notice_days": "90",
             "remind_days": "90, 30, 7", "overage_percent": "100"}  # fmt: skip
    return Given(first | {k: v for k, v in asked.items() if k in _PLAIN and v})


def of_spec(spec: ContractSpec) -> Given:
    """The fields of a contract that is there."""
    return Given(
        {
            **{name: str(getattr(spec, name)) for name in _PLAIN if name != "overage_percent"},
            "overage_percent": money_text(spec.overage_percent),
            "terms": "\n".join(
                f"{term.from_} {term.until} {money_text(term.amount)}" for term in spec.terms
            ),
            "prices": "\n".join(_price_line(price) for price in spec.prices),
            "notice_days": str(spec.renewal.notice_days),
            "remind_days": ", ".join(map(str, spec.renewal.remind_days)),
            "automatic": "yes" if spec.renewal.automatic else "no",
            "owner": spec.owner.value if spec.owner else "",
            "owner_tag": spec.owner.tag if spec.owner else "",
        }
    )


def _lines(text: str) -> list[tuple[int, str]]:
    return [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]


def _term(number: int, line: str) -> dict[str, str]:
    words = line.split()
    if len(words) != 3:
        raise ResourceError(
            f"terms, line {number}: {line!r} is no term. Write its first day, the day after its "
            "last and the amount, e.g. 2026-01-01 2027-01-01 1200000"
        )
    return {"from": words[0], "until": words[1], "amount": typed.number(words[2])}


def _price(number: int, line: str) -> dict[str, Any]:
    """``name | 9% | condition`` or ``name | 3.10 per Credits | condition``, and perhaps the
    measure that has it."""
    parts = [part.strip() for part in line.split("|")]
    if not 2 <= len(parts) <= 4 or not parts[1]:
        raise ResourceError(
            f"prices, line {number}: {line!r} is no agreed price. Write a name, a discount or a "
            "price, and the charges it holds for, e.g. Compute | 9% | ServiceCategory = 'Compute' "
            "or Credits | 3.10 per Credits"
        )
    found: dict[str, Any] = {"name": parts[0]}
    if parts[1].endswith("%"):
        found["discount"] = parts[1].removesuffix("%").strip()
    else:
        price, _, unit = parts[1].partition(" per ")
        found |= {"price": price.strip(), "unit": unit.strip()}
    if len(parts) > 2 and parts[2]:
        found["when"] = parts[2]
    if len(parts) > 3 and parts[3]:
        found["charged"] = parts[3]
    return found


def _price_line(price: AgreedPrice) -> str:
    if price.discount is not None:
        terms = f"{price.discount.normalize():f}%"
    else:
        assert price.price is not None
        terms = f"{money_text(price.price)} per {price.unit}"
    parts = [price.name, terms, price.when]
    if price.charged != "ContractedCost":
        parts.append(price.charged)
    return " | ".join(parts if price.when or len(parts) > 3 else parts[:2])
