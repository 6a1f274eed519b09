"""What people plan that no history tells: planned changes of cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from outlay.app.dashboards.model import WhereText
from outlay.focus.currencies import is_currency
from outlay.resources import Kind, Spec, registry

MOST = Decimal(10) ** 12
"""No planned amount is larger; a number beyond it is a slip, and cents of it fit no array."""

EFFECTS = ("percent", "per_day", "once", "ends")


def _a_currency(text: str) -> str:
    code = text.strip().upper()
    if code and not is_currency(code):
        raise ValueError(f"{text!r} is no currency. Allowed: a code of ISO 4217, e.g. EUR")
    return code


class PlannedChangeSpec(Spec):
    """A change of cost that is planned: forecasts count it from its first day on.

    `from` is its first day (UTC, inclusive), `until` the day after its last (exclusive; left out:
    for good). `where` is a condition on the charges that it is about. Exactly one of these says
    what happens: `percent` of what would be (20 is a fifth more, -100 ends it), an amount
    `per_day`, an amount `once` on its first day (both in `currency`), or `ends`, the
    CommitmentDiscountId of a commitment that ends on that day and is not renewed: from then on
    its usage costs what it would without it. `annotation` names the annotation that tells of it.
    """

    title: str = Field(default="", max_length=120)
    from_: date = Field(alias="from")
    until: date | None = None
    where: WhereText = ""
    percent: Decimal | None = Field(default=None, ge=-100, le=10_000)
    per_day: Decimal | None = Field(default=None, ge=-MOST, le=MOST)
    once: Decimal | None = Field(default=None, ge=-MOST, le=MOST)
    ends: str = Field(default="", max_length=500)
    currency: Annotated[str, AfterValidator(_a_currency)] = ""
    reason: str = Field(default="", max_length=500)
    owner: str = Field(default="", max_length=120)
    annotation: str = ""

    model_config = Spec.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _one_effect(self) -> PlannedChangeSpec:
        given = [name for name in EFFECTS if getattr(self, name) not in (None, "")]
        if len(given) != 1:
            said = " and ".join(given) if given else "none"
            raise ValueError(
                f"a planned change says one thing that happens, and this one says {said}. "
                "Allowed: one of percent, per_day, once, ends"
            )
        if given[0] in ("per_day", "once") and not self.currency:
            raise ValueError(f"{given[0]} is an amount: say its currency, e.g. currency: EUR")
        if self.until is not None and self.until <= self.from_:
            raise ValueError(
                f"until {self.until} is not after from {self.from_} (until is exclusive: for the "
                f"one day write {self.from_ + timedelta(days=1)})"
            )
        if self.until is not None and given[0] in ("once", "ends"):
            raise ValueError(f"{given[0]} happens on one day: leave until out")
        return self

    @property
    def effect(self) -> str:
        """What happens, in words: ``+20 %``, ``+150 EUR a day``, ``5,000 USD once``."""
        if self.percent is not None:
            return f"{_signed(self.percent)} %"
        if self.per_day is not None:
            return f"{_signed(self.per_day)} {self.currency} a day"
        if self.once is not None:
            return f"{_signed(self.once)} {self.currency} once"
        return "a commitment ends"


def _signed(value: Decimal) -> str:
    text = f"{value.normalize():,f}" if value else "0"
    return f"+{text}" if value > 0 else text


PLANNED_CHANGE = registry.register(
    Kind(
        name="PlannedChange",
        spec=PlannedChangeSpec,
        title="Planned change",
        description=(
            "A change of cost that people know of and no history tells: a launch, a migration, a "
            "purchase, a commitment that ends. Forecasts count it."
        ),
        example="""\
kind: PlannedChange
name: checkout-launch
spec:
  title: Checkout v3 goes live
  from: 2027-01-15
  where: ServiceName = 'Amazon Elastic Compute Cloud'
  percent: 20
  reason: Twice the traffic in the regions that get it first
  owner: Platform
""",
    )
)
"""The kind `PlannedChange`."""
