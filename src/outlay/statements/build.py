"""From the bill of a month to its statements: lines, and every amount to the smallest unit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from outlay.allocation.model import SplitSpec, TagValue, VirtualTagSpec
from outlay.allocation.weights import described
from outlay.money import total
from outlay.money.cents import apportioned, places
from outlay.money.quotients import quotient
from outlay.statements.bill import NO_NAME, Cell, MonthBill, of_month
from outlay.statements.documents import Basis, Line, Statement
from outlay.statements.model import Plan
from outlay.statements.rounding import rounded_lines
from outlay.statements.sections import SECTIONS

_ORDER = {name: place for place, name in enumerate(SECTIONS)}


def statements(
    plan: Plan,
    bill: MonthBill,
    tag: VirtualTagSpec,
    corrections: Mapping[str, Sequence[Line]],
    splits: Mapping[str, SplitSpec],
) -> tuple[Statement, ...]:
    """The statements of a month by value: the parts of the bill, and the lines of `corrections`
    (value → adjustments and settled disputes).

    The parts sum to the bill, rounded once, by largest remainder over the values; the lines of
    each sum to its part (see `rounded_lines`).
    """
    digits = places(plan.currency)
    cells = bill.by_value()
    exact = {value: total(cell.amount for cell in of) for value, of in cells.items()}
    parts = apportioned(exact, digits)
    lines = {value: _lines(plan, bill, value, of, splits) for value, of in cells.items()}
    rounded = rounded_lines(lines, parts, digits)
    found = []
    for value in sorted({*cells, *corrections}):
        amounts = rounded.get(value, {})
        known = _metadata(tag, value, bill.month.start)
        found.append(
            Statement(
                plan=plan.name,
                tag=plan.tag,
                value=value,
                month=bill.month,
                state="draft",
                currency=plan.currency,
                places=digits,
                measure=plan.spec.measure,
                mode=plan.spec.mode,
                lines=tuple(
                    [_with(line, amounts[line.id]) for line in lines.get(value, ())]
                    + list(corrections.get(value, ()))
                ),
                basis=_basis(cells.get(value, ())),
                savings=bill.savings.get(value, {}),
                title=known.title,
                owner=known.owner,
                parent=known.parent or "",
                heading=plan.spec.heading,
                footer=plan.spec.footer,
            )
        )
    return tuple(found)


def _metadata(tag: VirtualTagSpec, value: str, day: date) -> TagValue:
    known = tag.values.get(value)
    return known if known is not None and known.holds_on(day) else TagValue()


def _with(line: Line, amount: Decimal) -> Line:
    return Line(**{**vars(line), "amount": amount})


def _basis(cells: Iterable[Cell]) -> tuple[Basis, ...]:
    return tuple(Basis(*key, amount) for key, amount in sorted(basis_of(cells).items()))


def basis_of(cells: Iterable[Cell]) -> dict[tuple[str, str, str], Decimal]:
    """The exact amounts of cells by section, source and invoice: what adjustments compare."""
    found: dict[tuple[str, str, str], list[Decimal]] = {}
    for cell in cells:
        found.setdefault((cell.section, cell.source, cell.invoice), []).append(cell.amount)
    sums = {key: total(amounts) for key, amounts in found.items()}
    return {key: amount for key, amount in sums.items() if amount}


def _lines(
    plan: Plan,
    bill: MonthBill,
    value: str,
    cells: Iterable[Cell],
    splits: Mapping[str, SplitSpec],
) -> list[Line]:
    """The lines of a value's part of the bill, exact and still without their amounts."""
    groups: dict[tuple[str, str, str], list[Decimal]] = {}
    for cell in cells:
        key = (cell.section, cell.pool, "" if cell.pool else cell.line)
        groups.setdefault(key, []).append(cell.amount)
    sums = {key: total(amounts) for key, amounts in groups.items()}
    ordered = sorted(sums, key=lambda key: (_ORDER[key[0]], bool(key[1]), -abs(sums[key]), key))
    return [_line(plan, bill, value, key, sums[key], splits) for key in ordered if sums[key]]


def _line(
    plan: Plan,
    bill: MonthBill,
    value: str,
    key: tuple[str, str, str],
    exact: Decimal,
    splits: Mapping[str, SplitSpec],
) -> Line:
    section, pool, line = key
    conditions = [f"{plan.tag} = {text_literal(value)}", of_month(bill.month)]
    if not pool:
        conditions.append(SECTIONS[section].where)
        dimension = plan.spec.lines
        missing = line == NO_NAME
        conditions.append(
            f"{dimension} IS NULL" if missing else f"{dimension} = {text_literal(line)}"
        )
    split = splits.get(pool)
    return Line(
        id=_line_id(section, pool, line),
        section=section,
        name=(split.title if split and split.title else pool) if pool else line,
        amount=Decimal(0),
        exact=exact,
        detail=_shared_how(bill, value, pool, split) if pool else "",
        where=" AND ".join(conditions),
        splits="applied" if pool else "direct",
    )


def _line_id(section: str, pool: str, line: str) -> str:
    """What tells a line from every other of its statement. Shared tax is no service's tax."""
    if not pool:
        return f"{section}/{line}"
    return f"{section}/{pool}" if section == "shared" else f"{section}-shared/{pool}"


def _shared_how(bill: MonthBill, value: str, pool: str, split: SplitSpec | None) -> str:
    """How a split gave to a value or took from it: its share of what the split moved, over all
    sections together, and what the split weighs."""
    if split is not None and split.take == value:
        return f"taken by {pool}, given to others by {described(split)}"
    moved: dict[str, list[Decimal]] = {}
    for cell in bill.cells:
        if cell.pool == pool:
            moved.setdefault(cell.value, []).append(cell.amount)
    nets = {name: total(amounts) for name, amounts in moved.items()}
    own = nets.get(value, Decimal(0))
    whole = total(net for net in nets.values() if (net > 0) == (own > 0))
    part = quotient(own, whole, 4) if own else None
    share = f"{part.scaleb(2):.2f} % of what {pool} moves" if part is not None else f"by {pool}"
    return share if split is None else f"{share}, by {described(split)}"


def text_literal(text: str) -> str:
    """A text as it stands in a condition."""
    return "'" + text.replace("'", "''") + "'"
