"""What drove an impact: the smallest set of dimension values that explains it (`smallest_set`).

Each combination of up to three dimensions cuts the money into elements. In one cut the fewest
elements that explain a share of a sum are those with the largest parts of it, so the smallest set
of a cut is found exactly. Of all cuts the one with the fewest elements is told; of these the one
whose elements had the least money besides what changed, because "EC2 in us-east-1" says more than
"EC2" where other regions were as expected. This is the succinctness and explanatory power of
Adtributor (Bhagwan et al., NSDI 2014) over cuboids of several dimensions as in Squeeze (Li et al.,
ISSRE 2019), with an exact search in place of a heuristic one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import combinations

from outlay.anomalies.model import Element, Explanation, Row
from outlay.money import total

ENOUGH = Decimal("0.8")
DEEPEST = 3
MOST_ELEMENTS = 5
TELLS_MORE = Decimal("0.8")

Key = tuple[str, ...]


def smallest_set(
    rows: Sequence[Row], *, enough: Decimal = ENOUGH, deepest: int = DEEPEST
) -> Explanation:
    """The smallest set of dimension values that explains the impact of `rows`.

    Rows are disjoint money of one currency with the same dimensions (a missing one is ''); `enough`
    is the share of the impact to be explained (0 < enough ≤ 1). Sums are exact. Where more than
    five elements would be needed, the impact is spread: no element is told and `rest` is all of
    it. Ties are resolved by the order of the dimensions in the first row, then by value. Raises
    ValueError for an `enough` outside its range.
    """
    if not 0 < enough <= 1:
        raise ValueError(f"the share to be explained is above 0 and at most 1, not {enough}")
    impact = total(_impact(row) for row in rows)
    if not impact:
        return Explanation(impact, (), Decimal(0), impact, Decimal(0))
    dims = list(dict.fromkeys(name for row in rows for name in row.dims))
    best: tuple[tuple[str, ...], list[Element]] | None = None
    for depth in range(1, min(deepest, len(dims)) + 1):
        for cut in combinations(dims, depth):
            found = _fewest(rows, cut, impact, enough)
            if found and (best is None or _better(found, best[1], len(cut) > len(best[0]))):
                best = (cut, found)
    if best is None:
        return Explanation(impact, (), Decimal(0), impact, Decimal(0))
    elements = tuple(best[1])
    explained = total(element.impact for element in elements)
    share = (100 * explained / impact).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    rest = total((impact, explained.copy_negate()))
    return Explanation(
        impact, elements, explained, rest, share, _where(rows, best[0], elements, impact)
    )


def _impact(row: Row) -> Decimal:
    return total((row.actual, row.expected.copy_negate()))


def _key(row: Row, cut: Sequence[str]) -> Key:
    return tuple(row.dims.get(name, "") for name in cut)


def _fewest(
    rows: Sequence[Row], cut: Sequence[str], impact: Decimal, enough: Decimal
) -> list[Element]:
    """The fewest elements of a cut that explain enough; none where it takes too many."""
    actual: dict[Key, list[Decimal]] = {}
    expected: dict[Key, list[Decimal]] = {}
    for row in rows:
        key = _key(row, cut)
        actual.setdefault(key, []).append(row.actual)
        expected.setdefault(key, []).append(row.expected)
    elements = []
    for key, amounts in actual.items():
        came, was = total(amounts), total(expected[key])
        values = dict(zip(cut, key, strict=True))
        elements.append(Element(values, came, was, total((came, was.copy_negate()))))
    down = impact < 0
    elements.sort(key=lambda e: tuple(e.values.values()))
    elements.sort(key=lambda e: e.impact, reverse=not down)
    chosen: list[Element] = []
    explained = Decimal(0)
    for element in elements[:MOST_ELEMENTS]:
        if (element.impact < 0) != down or not element.impact:
            break
        chosen.append(element)
        explained = total((explained, element.impact))
        if explained / impact >= enough:
            return chosen
    return []


def _besides(elements: Sequence[Element]) -> Decimal:
    return total(abs(element.expected) for element in elements)


def _better(found: Sequence[Element], best: Sequence[Element], deeper: bool) -> bool:
    """Fewer elements; of as many, less money besides (clearly less where it takes more values)."""
    if len(found) != len(best):
        return len(found) < len(best)
    limit = _besides(best) * (TELLS_MORE if deeper else 1)
    return _besides(found) < limit


def _where(
    rows: Sequence[Row], cut: Sequence[str], elements: Sequence[Element], impact: Decimal
) -> Mapping[str, str]:
    """Dimensions in which everything that moved the elements has one value."""
    keys = {tuple(element.values.values()) for element in elements}
    inside = [row for row in rows if _key(row, cut) in keys and _impact(row) * impact > 0]
    names = dict.fromkeys(name for row in inside for name in row.dims if name not in cut)
    found = {}
    for name in names:
        values = {row.dims.get(name, "") for row in inside}
        if len(values) == 1:
            found[name] = values.pop()
    return found
