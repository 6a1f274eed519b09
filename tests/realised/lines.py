"""Lines, baselines and members for tests of the arithmetic, in as few words as they need."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.savings.realised.freezing import freeze
from outlay.savings.realised.measuring import Member
from outlay.savings.realised.model import Baseline, Line, PriceKey

FIRST, CHANGED = date(2026, 9, 1), date(2026, 9, 29)
FROZEN = datetime(2026, 9, 28, 9)


def days(first: date, count: int) -> list[date]:
    """So many days from the first on."""
    return [first + timedelta(days=n) for n in range(count)]


def line(
    day: date,
    quantity: str | None,
    price: str,
    *,
    resource: str = "i-1",
    meter: str = "m5.xlarge",
    unit: str = "Hrs",
    listed: str | None = None,
    contracted: str | None = None,
    **more: Any,
) -> Line:
    """A line of a quantity at a price; `listed` and `contracted` are other prices of it."""
    amount = Decimal(quantity or "1")
    return Line(
        day=day,
        key=PriceKey(resource, meter, unit),
        quantity=None if quantity is None else amount,
        cost=amount * Decimal(price),
        list_cost=amount * Decimal(listed or price),
        contracted=amount * Decimal(contracted or price),
        source=more.pop("source", "acme"),
        **more,
    )


def baseline(
    lines: list[Line],
    counted: list[date],
    promised: str = "30",
    *,
    number: int = 1,
    around: dict[str, tuple[Decimal, Decimal]] | None = None,
    **more: Any,
) -> Baseline:
    """The baseline of some lines, as of a Delete of i-1 unless it is said otherwise."""
    frozen = freeze(lines, counted, around)
    given: dict[str, Any] = {
        "id": number, "recommendation": number, "frozen_at": FROZEN, "snapshot": "1",
        "first_day": counted[0], "end_day": counted[-1] + timedelta(days=1), "currency": "USD",
        "nature": "saving", "action": "Delete", "group": "existence", "resource": "i-1",
        "where": "ResourceId = 'i-1'", "successor": "", "promised": Decimal(promised),
    }  # fmt: skip
    return Baseline(
        days=frozen.days, cadence=frozen.cadence, gap=frozen.gap, keys=frozen.keys,
        beside=frozen.beside, commitments=frozen.commitments, sources=frozen.sources,
        digest=frozen.digest, **(given | more),
    )  # fmt: skip


def member(of: Baseline, *lines: Line, since: date = CHANGED, **more: Any) -> Member:
    """A recommendation on a day."""
    return Member(of, since, tuple(lines), **more)
