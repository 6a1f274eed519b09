"""Which of several answers about the same money counts."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from outlay.focus.sql import literal
from outlay.sources.ai.cells import Cells
from outlay.sources.ai.overlap import KEPT
from outlay.sources.anthropic.answers import (
    ADMIN_COST,
    ADMIN_USAGE,
    ANALYTICS_COST,
    ANALYTICS_USAGE,
    EMPTY,
)
from outlay.sources.contract import Fold, Raw, Reject

_PAIRS = ((ADMIN_COST, ANALYTICS_COST), (ADMIN_USAGE, ANALYTICS_USAGE))


@dataclass(frozen=True)
class Choices:
    """Rows that are left out because other rows say the same, the notes on it, and rows that
    cannot be added up."""

    folds: tuple[Fold, ...]
    notes: tuple[str, ...]
    rejects: tuple[Reject, ...]

    @property
    def left_out(self) -> str:
        """SQL condition: a fold's or a reject's."""
        every = [fold.when for fold in self.folds] + [reject.when for reject in self.rejects]
        return " OR ".join(f"({when})" for when in every) or "false"


def choose(raw: Raw, cells: Cells, source: str, prefer: str, amount: str, start: str) -> Choices:
    """Look at the rows of `source` (raw with its buckets joined). `prefer` is `analytics` or
    `admin`, `amount` and `start` are SQL of a row's cost and begin.
    """
    folds: list[Fold] = []
    notes: list[str] = []
    overlapping, rejects = _by_group(raw, cells, source)
    for fold, note in (
        *overlapping,
        *_groupings(raw, cells, source, amount, start),
        *_apis(raw, cells, source, prefer, amount, start),
    ):
        folds.append(fold)
        notes.append(note)
    return Choices(tuple(folds), tuple(notes), tuple(rejects))


def _there(cells: Cells) -> str:
    return f"coalesce({KEPT}, true) AND coalesce({cells.text('object')}, '') <> '{EMPTY}'"


def _by_group(raw: Raw, cells: Cells, source: str) -> tuple[list[tuple[Fold, str]], list[Reject]]:
    """Answers by RBAC group: a user of two groups is in both, and their sum exceeds the total.

    They are left out beside other answers; alone they are rejected by name.
    """
    if not cells.has("rbac_group_id"):
        return [], []
    endpoint, group = cells.text("endpoint"), cells.text("rbac_group_id")
    files = raw.ask(
        f"SELECT {endpoint}, _file, bool_or({group} IS NOT NULL) FROM {source} "
        f"WHERE {_there(cells)} GROUP BY ALL ORDER BY ALL"
    )
    overlapping = sorted({file for _, file, some in files if some})
    if not overlapping:
        return [], []
    used = {end for end, file, some in files if some}
    plain = {end for end, file, some in files if not some}
    alone = ", ".join(map(literal, sorted(used - plain)))
    if alone:
        reason = "costs or usage by rbac_group_id alone: groups overlap; ask again without it"
        return [], [Reject(reason, f"{endpoint} IN ({alone})")]
    note = f"{len(overlapping)} files by RBAC group are left out: groups overlap"
    return [(Fold("answers by RBAC group: groups overlap", _in_files(overlapping)), note)], []


def _groupings(
    raw: Raw, cells: Cells, source: str, amount: str, start: str
) -> list[tuple[Fold, str]]:
    """The same days by two groupings: where each day's sum is the same, it is the same money, and
    the finer grouping counts. (Pages of one answer differ in what they happen to have.)"""
    if not cells.has("grouped_by"):
        return []
    keys = raw.ask(
        f"SELECT _file, list_sort(list(DISTINCT k)) FROM (SELECT _file, "
        f"unnest(string_split({cells.text('grouped_by')}, ',')) AS k FROM {source} "
        f"WHERE {_there(cells)} AND {cells.text('endpoint')} = '{ANALYTICS_COST}') GROUP BY 1"
    )
    grouping = {file: tuple(key for key in names if key) for file, names in keys}
    if len(set(grouping.values())) < 2:
        return []
    days: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for file, day, cost in raw.ask(
        f"SELECT _file, CAST({start} AS VARCHAR), sum({amount}) FROM {source} "
        f"WHERE {_there(cells)} AND {cells.text('endpoint')} = '{ANALYTICS_COST}' GROUP BY 1, 2"
    ):
        if file in grouping and cost is not None:
            days[grouping[file]][day] += cost
    coarser: set[tuple[str, ...]] = set()
    ordered = sorted(days, key=lambda names: (-len(names), names))
    for at, fine in enumerate(ordered):
        for coarse in ordered[at + 1 :]:
            shared = days[fine].keys() & days[coarse].keys()
            same = all(days[fine][day] == days[coarse][day] for day in shared)
            if shared and len(shared) == len(days[coarse]) and same:
                coarser.add(coarse)
    files = sorted(file for file, names in grouping.items() if names in coarser)
    if not files:
        return []
    note = f"{len(files)} files have the same costs by fewer groups: left out"
    return [(Fold("the same costs by another grouping", _in_files(files)), note)]


def _apis(
    raw: Raw, cells: Cells, source: str, prefer: str, amount: str, start: str
) -> list[tuple[Fold, str]]:
    """Months that both APIs answer for: one of the two counts."""
    found: dict[str, set[str]] = defaultdict(set)
    endpoint = cells.text("endpoint")
    for end, month in raw.ask(
        f"SELECT DISTINCT {endpoint}, strftime({start}, '%Y-%m') FROM {source} "
        f"WHERE {_there(cells)} AND {start} IS NOT NULL"
    ):
        found[end].add(month)
    result = []
    for admin, analytics in _PAIRS:
        both = sorted(found[admin] & found[analytics])
        if not both:
            continue
        out, kept = (admin, analytics) if prefer == "analytics" else (analytics, admin)
        months = ", ".join(map(literal, both))
        when = f"{endpoint} = '{out}' AND strftime({start}, '%Y-%m') IN ({months})"
        what = "costs" if admin == ADMIN_COST else "usage"
        note = (
            f"{what} of {', '.join(both)} are there from both APIs: the {_api(kept)} API's count "
            f"(option prefer), the {_api(out)} API's are left out"
        )
        if admin == ADMIN_COST:
            note += _difference(raw, cells, source, amount, f"strftime({start}, '%Y-%m')", months)
        result.append((Fold(f"{what} that the {_api(kept)} API says too", when), note))
    return result


def _difference(raw: Raw, cells: Cells, source: str, amount: str, month: str, months: str) -> str:
    """Words on what the two APIs' costs differ by: the Analytics API has no credits."""
    endpoint = cells.text("endpoint")
    differing = raw.ask(
        f"SELECT {month} AS m, coalesce(sum({amount}) FILTER ({endpoint} = '{ANALYTICS_COST}'), 0)"
        f" - coalesce(sum({amount}) FILTER ({endpoint} = '{ADMIN_COST}'), 0) AS d FROM {source} "
        f"WHERE {_there(cells)} AND m IN ({months}) GROUP BY 1 HAVING d <> 0 ORDER BY 1"
    )
    if not differing:
        return ""
    words = ", ".join(f"{m}: {d.normalize():f} USD" for m, d in differing)
    return f"; Analytics less Admin is {words} (the Analytics API leaves credits out)"


def _api(endpoint: str) -> str:
    return "Analytics" if endpoint.startswith("analytics") else "Admin"


def _in_files(files: list[int]) -> str:
    return f"_file IN ({', '.join(map(str, files))})"
