"""What can be committed to, and at which public discounts: `rates.yaml`, read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any, cast

import yaml

from outlay.expression import text_literal
from outlay.savings.model import Action
from outlay.savings.planner.model import Kind, Payment


@dataclass(frozen=True)
class Matched:
    """What a charge's meter says: the kind of usage, its family, and the unit that is counted."""

    usage: Usage
    family: str
    unit: str


@dataclass(frozen=True)
class Usage:
    """A kind of usage that offers cover: one service's meters. See `rates.yaml`."""

    id: str
    provider: str
    service: str
    meter: str = ""
    instance: str = ""
    named: str = "{family}"

    def match(self, meter: str, instance: str) -> Matched | None:
        """What the meter and the instance type say; None where it is other usage."""
        found = re.search(self.instance or self.meter, instance if self.instance else meter)
        if found is None:
            return None
        parts = {name: text or "" for name, text in found.groupdict().items()}
        parts.setdefault("family", "")
        return Matched(self, self.named.format_map(parts), parts.get("unit") or instance or meter)

    def where(self, payer: str, region: str, meters: Iterable[str]) -> str:
        """The on-demand charges of one family, in the product's expression language: those of its
        meters."""
        listed = ", ".join(text_literal(meter) for meter in sorted(meters))
        said = [
            f"ServiceProviderName = {text_literal(self.provider)}",
            f"BillingAccountId = {text_literal(payer)}" if payer else "",
            f"ServiceName = {text_literal(self.service)}",
            f"RegionId = {text_literal(region)}" if region else "",
            f"SkuMeter IN ({listed})" if listed else "",
            "ChargeCategory = 'Usage'",
            "PricingCategory = 'Standard'",
        ]
        return " AND ".join(filter(None, said))


@dataclass(frozen=True)
class Program:
    """A vendor's program: its offers differ by term and payment."""

    id: str
    title: str
    provider: str
    kind: Kind
    reach: str
    order: int
    action: Action
    types: tuple[str, ...]
    rates: Mapping[str, Mapping[int, Mapping[Payment, Decimal]]]

    def discount(self, usage: str, years: int, payment: Payment) -> Decimal | None:
        """The public discount, of 1; None where it is not sold so."""
        percent = self.rates.get(usage, {}).get(years, {}).get(payment)
        return None if percent is None else percent / 100


@dataclass(frozen=True)
class Catalogue:
    """All of it; `as_of` is the day of the rates."""

    as_of: date
    note: str
    usages: tuple[Usage, ...]
    programs: tuple[Program, ...]

    def match(self, provider: str, service: str, meter: str, instance: str) -> Matched | None:
        """The usage that a charge is; None where nothing can be committed to for it."""
        for one in self.usages:
            if one.provider == provider and one.service == service:
                found = one.match(meter, instance)
                if found is not None:
                    return found
        return None

    def program_of(self, provider: str, kind: str) -> Program | None:
        """The program that a bill calls so in CommitmentDiscountType."""
        for one in self.programs:
            if one.provider == provider and kind in one.types:
                return one
        return None

    @property
    def services(self) -> tuple[str, ...]:
        """The services that have usage to commit to."""
        return tuple(sorted({one.service for one in self.usages}))


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue that is shipped."""
    text = resources.files("outlay.savings.planner").joinpath("rates.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Catalogue(
        data["as_of"],
        str(data["note"]).strip(),
        tuple(Usage(**one) for one in data["usages"]),
        tuple(_program(one) for one in data["programs"]),
    )


def _program(data: dict[str, Any]) -> Program:
    rates = {
        usage: {
            int(years): {
                cast("Payment", payment): Decimal(str(percent))
                for payment, percent in payments.items()
            }
            for years, payments in by_years.items()
        }
        for usage, by_years in data.pop("rates").items()
    }
    return Program(**{**data, "types": tuple(data["types"]), "rates": rates})
