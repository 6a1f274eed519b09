"""One cause seen in many series is one event: `group`.

The same money is in an account, a service and a virtual-tag value at once. Candidates of different
groupings are the same event when they go the same way, begin about the same day, and their daily
differences are the same money: either the caller knows how much of it is shared, or the differences
run alike and are of about the same size. A candidate that is the sum of several of one other
grouping is theirs, too: an account in which three services rose on the same day is one event.

The event is told by the series that says it best: of those that hold most of the impact the one
with the least cost besides (the most specific).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from outlay.anomalies.model import Candidate, Cause, SeriesName

NEAR = timedelta(days=2)
SHARED = 0.6  # of the smaller difference: the same money
ALIKE = 0.9  # cosine of the daily differences
SIZE = 0.5  # smaller ÷ larger difference
MOST = 0.8  # holds most of the impact
SUM = (0.7, 1.3)  # parts ÷ whole


def group(
    candidates: Sequence[Candidate],
    names: Sequence[SeriesName],
    *,
    shared: Mapping[tuple[int, int], float] | None = None,
) -> list[Cause]:
    """Candidates by cause, the largest |impact| first.

    `names[series]` says which series a candidate's `series` is. `shared[a, b]` (positions of
    candidates, a < b), where the caller knows it: the money by which actual − expected of the
    lines that lie in both series differ on their common days; without it the days' differences
    are compared. All candidates are of one currency and measure. The order of the candidates does
    not change which belong together.
    """
    order = sorted(range(len(candidates)), key=lambda i: _rank(candidates, names, i))
    parent = list(range(len(candidates)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for place, a in enumerate(order):
        for b in order[place + 1 :]:
            if _same_money(candidates, names, a, b, shared):
                parent[root(b)] = root(a)
    for whole in order:
        parts = _parts(candidates, names, order, whole)
        for part in parts:
            parent[root(part)] = root(whole)
    clusters: dict[int, list[int]] = {}
    for i in order:
        clusters.setdefault(root(i), []).append(i)
    causes = [_cause(candidates, members) for members in clusters.values()]
    return sorted(causes, key=lambda c: order.index(c.lead))


def _rank(
    candidates: Sequence[Candidate], names: Sequence[SeriesName], i: int
) -> tuple[float, str, str, str]:
    one = candidates[i]
    name = names[one.series]
    return (-abs(one.impact), name.grouping, name.value, one.start.isoformat())


def _near(a: Candidate, b: Candidate) -> bool:
    """The same way, with days in common and beginnings close together (a slow change is seen
    earlier in one series than in another)."""
    slow = "leak" in (a.kind, b.kind) or max(a.basis.window, b.basis.window) > 7
    reach = NEAR * 5 if slow else NEAR
    return (
        a.direction == b.direction
        and abs(a.start - b.start) <= reach
        and a.start <= b.end
        and b.start <= a.end
    )


def _differences(one: Candidate) -> dict[object, float]:
    return {day.day: day.actual - day.expected for day in one.days}


def _same_money(
    candidates: Sequence[Candidate],
    names: Sequence[SeriesName],
    a: int,
    b: int,
    shared: Mapping[tuple[int, int], float] | None,
) -> bool:
    one, other = candidates[a], candidates[b]
    if names[one.series].grouping == names[other.series].grouping or not _near(one, other):
        return False
    first, second = _differences(one), _differences(other)
    common = first.keys() & second.keys()
    here, there = (sum(d[day] for day in common) for d in (first, second))
    smaller = min(abs(here), abs(there))
    if not smaller:
        return False
    if shared is not None:
        known = shared.get((min(a, b), max(a, b)))
        if known is not None:
            return abs(known) >= SHARED * smaller and known * here > 0
    dot = sum(first[day] * second[day] for day in common)
    size = sum(first[day] ** 2 for day in common) * sum(second[day] ** 2 for day in common)
    alike = dot / size**0.5 if size else 0.0
    return bool(alike >= ALIKE and smaller >= SIZE * max(abs(here), abs(there)))


def _parts(
    candidates: Sequence[Candidate], names: Sequence[SeriesName], order: Sequence[int], whole: int
) -> list[int]:
    """Candidates of one other grouping that together are the whole's difference; the grouping with
    the fewest parts, then by name."""
    one = candidates[whole]
    by_grouping: dict[str, list[int]] = {}
    for i in order:
        other = candidates[i]
        grouping = names[other.series].grouping
        if grouping != names[one.series].grouping and _near(one, other):
            by_grouping.setdefault(grouping, []).append(i)
    for _, parts in sorted(by_grouping.items(), key=lambda item: (len(item[1]), item[0])):
        smaller = all(abs(candidates[i].impact) < abs(one.impact) for i in parts)
        together = sum(candidates[i].impact for i in parts)
        if len(parts) > 1 and smaller and SUM[0] <= together / one.impact <= SUM[1]:
            return parts
    return []


def _cause(candidates: Sequence[Candidate], members: Sequence[int]) -> Cause:
    """Who tells it: `members` are in order of impact, so that ties are resolved by name."""
    most = MOST * max(abs(candidates[i].impact) for i in members)
    able = [i for i in members if abs(candidates[i].impact) >= most]
    lead = min(able, key=lambda i: (_besides(candidates[i]), members.index(i)))
    return Cause(lead, tuple(i for i in members if i != lead))


def _besides(one: Candidate) -> float:
    """The cost per day that was expected anyway."""
    return abs(one.expected) / max(len(one.days), 1)
