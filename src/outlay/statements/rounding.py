"""The lines of a month in whole units: each statement's sum to it, and each split's to nought.

What a split takes from one value it gives to others, also to the cent. So its lines are rounded
over the values first; the direct lines of a statement then take what is left to its total.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from outlay.money import total
from outlay.money.cents import apportion, to_unit
from outlay.statements.documents import Line

_Cells = dict[str, dict[str, Decimal]]


def rounded_lines(
    lines: Mapping[str, Sequence[Line]], parts: Mapping[str, Decimal], digits: int
) -> _Cells:
    """Value → line id → amount in whole units, from the exact lines of each value.

    Each value's lines sum to its part, whatever else; ``parts`` are in whole units. A split's
    lines sum to its exact sum over the values, rounded (nought), unless none of the values has a
    direct line that could take the difference.
    """
    found: _Cells = {value: {} for value in lines}
    free = {value for value, of in lines.items() if any(ln.splits == "direct" for ln in of)}
    for value in lines.keys() - free:
        exact = {line.id: line.exact for line in lines[value]}
        found[value] = apportion(exact, parts[value], digits)
    for group, cells in _groups(lines).items():
        open_cells = {value: exact for value, exact in cells.items() if value in free}
        fixed = [found[value][group].copy_negate() for value in cells if value not in free]
        whole = total((to_unit(total(cells.values()), digits), *fixed))
        if open_cells:
            for value, amount in apportion(open_cells, whole, digits).items():
                found[value][group] = amount
    for value in free:
        left = total((parts[value], *(a.copy_negate() for a in found[value].values())))
        direct = {line.id: line.exact for line in lines[value] if line.splits == "direct"}
        found[value] |= apportion(direct, left, digits)
    return found


def _groups(lines: Mapping[str, Sequence[Line]]) -> _Cells:
    """Line id → value → exact amount, of the lines that splits made: one id is one split."""
    found: _Cells = {}
    for value in sorted(lines):
        for line in lines[value]:
            if line.splits != "direct":
                found.setdefault(line.id, {})[value] = line.exact
    return found
