"""What closed statements would say differently today, tied by month, source and invoice.

A closed month is worked out again from what is known now (by its own rules and rates), and
compared with what its statement said together with every adjustment that was closed since. What
is left is owed on the next statement: closed statements and adjustments together always sum to
what is known now.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from outlay.lake.types import Pin, Slice
from outlay.money import BillingPeriod, total
from outlay.money.cents import apportion, apportioned
from outlay.statements.bill import MonthBill
from outlay.statements.build import basis_of
from outlay.statements.documents import Line, StatementMonth
from outlay.statements.sections import SECTIONS

Again = Callable[[StatementMonth], MonthBill | None]
"""Works a closed month out again from what is known now, by the rules and rates it pinned; None
where nothing that it stands on has changed since the last month was closed."""
_Key = tuple[str, str, str]

CAUSES: Mapping[str, str] = {
    "first": "delivered late",
    "restated": "restated by the vendor",
    "mapping": "read anew by a newer version of Outlay",
    "options": "read anew with other options of the source",
    "vocabulary": "read anew with other names",
    "removed": "the source was removed",
}
"""The causes of a restatement report (see `outlay.lake.types.Cause`), in words."""
ROUNDING = "the smallest units of the month fall differently"
ALLOCATION = "allocated differently by what is known now"


def adjustments(
    closed: Sequence[StatementMonth], again: Again, before: Pin, now: Pin
) -> dict[str, list[Line]]:
    """Value → the lines that correct its closed statements, oldest month first.

    `closed` are all closed months in order; `before` is the snapshot that the last of them pins,
    `now` the one that the next statement stands on.
    """
    found: dict[str, list[Line]] = {}
    for place, month in enumerate(closed):
        for value, lines in _of_month(month, closed[place + 1 :], again, before, now).items():
            found.setdefault(value, []).extend(lines)
    return found


def _of_month(
    month: StatementMonth,
    later: Sequence[StatementMonth],
    again: Again,
    before: Pin,
    now: Pin,
) -> dict[str, list[Line]]:
    known = again(month)
    if known is None:
        return {}
    cells = known.by_value()
    units = apportioned(
        {value: total(cell.amount for cell in of) for value, of in cells.items()}, month.places
    )
    causes = _causes(month.month, before, now)
    found: dict[str, list[Line]] = {}
    for value in sorted({*cells, *stated_values(month, later)}):
        said, said_exact = stated(month, later, value)
        owed = total((units.get(value, Decimal(0)), said.copy_negate()))
        exact = _less(basis_of(cells.get(value, ())), said_exact)
        if owed or exact:
            found[value] = _lines(month, value, owed, exact, causes)
    return found


def stated_values(month: StatementMonth, later: Iterable[StatementMonth]) -> set[str]:
    """The values that the month, or an adjustment of it, was stated for."""
    found = {statement.value for statement in month.statements}
    for other in later:
        found |= {s.value for s in other.statements if any(_corrects(ln, month) for ln in s.lines)}
    return found


def stated(
    month: StatementMonth, later: Iterable[StatementMonth], value: str
) -> tuple[Decimal, dict[_Key, Decimal]]:
    """What was closed of a value's month so far, adjustments included: in whole units, and exactly
    by section, source and invoice."""
    own = month.statement(value)
    said = [own.base] if own else []
    exact: dict[_Key, Decimal] = {}
    for basis in own.basis if own else ():
        exact[basis.section, basis.source, basis.invoice] = basis.amount
    for other in later:
        statement = other.statement(value)
        for line in statement.lines if statement else ():
            if _corrects(line, month):
                said.append(line.amount)
                key = (line.of, line.source, line.invoice)
                exact[key] = total((exact.get(key, Decimal(0)), line.exact))
    return total(said), exact


def _corrects(line: Line, month: StatementMonth) -> bool:
    return line.section == "adjustment" and line.month == str(month.month)


def _less(now: Mapping[_Key, Decimal], before: Mapping[_Key, Decimal]) -> dict[_Key, Decimal]:
    """What differs, exactly."""
    nothing = Decimal(0)
    differences = {
        key: total((now.get(key, nothing), before.get(key, nothing).copy_negate()))
        for key in sorted({*now, *before})
    }
    return {key: amount for key, amount in differences.items() if amount}


def _lines(
    month: StatementMonth,
    value: str,
    owed: Decimal,
    exact: Mapping[_Key, Decimal],
    causes: Mapping[str, str],
) -> list[Line]:
    names = {"/".join(key): key for key in exact}
    if not names:
        return [
            Line(
                id=f"adjustment/{month.month}/rounding",
                section="adjustment",
                name=f"{month.month}, rounding",
                amount=owed,
                exact=Decimal(0),
                detail=ROUNDING,
                month=str(month.month),
            )
        ]
    amounts = apportion({name: exact[key] for name, key in names.items()}, owed, month.places)
    lines = []
    for name, (section, source, invoice) in names.items():
        lines.append(
            Line(
                id=f"adjustment/{month.month}/{name}",
                section="adjustment",
                name=f"{month.month}, {SECTIONS[section].title}",
                amount=amounts[name],
                exact=exact[section, source, invoice],
                detail=causes.get(source, ALLOCATION),
                month=str(month.month),
                invoice=invoice,
                source=source,
                of=section,
            )
        )
    return lines


def _causes(month: BillingPeriod, before: Pin, now: Pin) -> dict[str, str]:
    """Source → why its slice of the month differs between two snapshots, in words."""
    old, new = _slices(month, before), _slices(month, now)
    found = {}
    for source in {*old, *new}:
        current = new.get(source)
        if current is None:
            found[source] = CAUSES["removed"]
        elif source not in old or old[source].delivery.id != current.delivery.id:
            when = f"{current.delivery.loaded_at:%Y-%m-%d}"
            found[source] = f"{CAUSES[current.delivery.cause]} ({source}, {when})"
    return found


def _slices(month: BillingPeriod, pin: Pin) -> dict[str, Slice]:
    return {one.source: one for one in pin.slices if one.billing_period == month}
