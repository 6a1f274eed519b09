"""The terms of a commitment: when it runs, for how long, how it is paid, what it costs in all."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from outlay.focus.datasets.found import Fee, Found
from outlay.money import MONEY_SCALE, total
from outlay.money.quotients import quotient, rounded

PaymentModel = Literal["No Upfront", "Partial Upfront", "All Upfront"]

_UNITS = {"y": 12, "m": 1, "mo": 1}
_WORDS = re.compile(r"\b(\d+)[\s-]*(y|yr|yrs|year|years|m|mo|mth|month|months)\b", re.I)
_ISO = re.compile(r"P(\d+)([YM])", re.I)
_MONTHS = re.compile(r"\d+")
_UPFRONT = re.compile(r"\b(no|partial|all)[\s-]*upfront\b", re.I)
_DAY_SECONDS = 86_400
_MODELS: dict[str, PaymentModel] = {
    "no": "No Upfront",
    "partial": "Partial Upfront",
    "all": "All Upfront",
}


@dataclass(frozen=True)
class Terms:
    """What is known of a commitment's terms; None is not known. Amounts in its currency.

    `months` is the length of the term, `start` and `end` (exclusive) its bounds, UTC.
    """

    found: Found
    months: int | None
    start: datetime | None
    end: datetime | None
    payment_model: PaymentModel | None

    @classmethod
    def of(cls, found: Found) -> "Terms":
        """Read the terms of what was found."""
        months = months_of(found.told_term) or months_in(found.description)
        start, end = moment(found.told_start), moment(found.told_end)
        if start is None:
            start = _seen_start(found)
        if start is None and end is not None and months is not None:
            start = plus_months(end, -months)
        if end is None and start is not None and months is not None:
            end = plus_months(start, months)
        if months is None and start is not None and end is not None:
            months = _whole_months(start, end)
        return cls(found, months, start, end, _payment_model(found))

    @property
    def duration_text(self) -> str | None:
        """The term as FOCUS writes it: 1 Year, 3 Years, 18 Months."""
        if self.months is None:
            return None
        number, unit = (
            (self.months // 12, "Year") if self.months % 12 == 0 else (self.months, "Month")
        )
        return f"{number} {unit}{'s' if number != 1 else ''}"

    @property
    def cost(self) -> Decimal | None:
        """The money promised over the whole term."""
        found = self.found
        if found.is_contract:
            return found.upfront if found.one_time else None
        if self.payment_model == "All Upfront":
            return found.upfront if found.one_time else None
        if found.fee is None or (self.payment_model == "Partial Upfront" and not found.one_time):
            return None
        recurring = self._over_term(found.fee.billed, found.fee)
        return None if recurring is None else total((found.upfront, recurring))

    @property
    def quantity(self) -> Decimal | None:
        """The quantity promised over the whole term."""
        fee = self.found.fee
        if fee is not None and fee.quantity is not None:
            return self._over_term(fee.quantity, fee)
        return self.found.bought_quantity

    @property
    def upfront_share(self) -> Decimal | None:
        """The part of the cost that is paid ahead, 0 to 1, to four decimals."""
        if self.payment_model == "No Upfront":
            return Decimal(0)
        if self.payment_model == "All Upfront":
            return Decimal(1)
        cost = self.cost
        if self.payment_model is None or not cost:
            return None
        return quotient(self.found.upfront, cost, 4)

    @property
    def payment_interval(self) -> str | None:
        """How often it is paid."""
        if self.payment_model is None:
            return None
        return "One-Time" if self.payment_model == "All Upfront" else "Monthly"

    def status(self, today: date) -> str | None:
        """Where in its life it is on a day (UTC)."""
        if self.end is None:
            return None
        if self.end.date() <= today:
            return "Expired"
        return "Pending" if self.start and self.start.date() > today else "Active"

    def _over_term(self, amount: Decimal, fee: Fee) -> Decimal | None:
        """What an amount for the hours of a fee is over the hours of the term."""
        if self.start is None or self.end is None or not fee.hours:
            return None
        hours = Fraction(int((self.end - self.start).total_seconds()), 3600)
        return rounded(Fraction(amount) * hours / fee.hours, MONEY_SCALE)


def _seen_start(found: Found) -> datetime | None:
    """When it began, if the ledger saw it begin: a one-time fee, or a first recurring fee that is
    later than the first loaded bill."""
    if found.bought is not None:
        return found.bought
    began = found.first_fee is not None and found.first_fee > found.first_bill
    # A contract's charges go on from one contract to the next: their first is no beginning.
    return found.first_fee if began and not found.is_contract else None


def _payment_model(found: Found) -> PaymentModel | None:
    for text in (found.told_payment, found.description):
        if match := _UPFRONT.search(text or ""):
            return _MODELS[match[1].lower()]
    if found.is_contract:
        return "All Upfront" if found.one_time else None
    if found.one_time:
        return "Partial Upfront" if found.fee is not None and found.fee.billed else "All Upfront"
    began = found.first_fee is not None and found.first_fee > found.first_bill
    return "No Upfront" if began else None


def months_of(text: str | None) -> int | None:
    """The months of a term in a vendor's own words: 1yr, P3Y, 36, 1 Year; None if it is none."""
    bare = (text or "").strip()
    if match := _ISO.fullmatch(bare):
        return int(match[1]) * _UNITS[match[2].lower()] or None
    if _MONTHS.fullmatch(bare):
        return int(bare) or None
    return months_in(bare)


def months_in(text: str | None) -> int | None:
    """The months of a term that a sentence names."""
    match = _WORDS.search(text or "")
    if not match:
        return None
    return int(match[1]) * (12 if match[2].lower().startswith("y") else 1) or None


def moment(text: str | None) -> datetime | None:
    """A vendor's time as UTC without zone; None if it is none."""
    try:
        found = datetime.fromisoformat((text or "").strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found.astimezone(UTC) if found.tzinfo else found).replace(tzinfo=None)


def plus_months(moment_: datetime, months: int) -> datetime:
    """The same day and time `months` later, at most the month's last day."""
    index = moment_.year * 12 + moment_.month - 1 + months
    year, month = index // 12, index % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    last = (following - date(year, month, 1)).days
    return moment_.replace(year=year, month=month, day=min(moment_.day, last))


def _whole_months(start: datetime, end: datetime) -> int | None:
    """The months between two moments; vendors end a term a second early."""
    months = (end.year - start.year) * 12 + end.month - start.month
    near = (
        abs((plus_months(start, months) - end).total_seconds()) <= 86_400 if months > 0 else False
    )
    return months if near else None
