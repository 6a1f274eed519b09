"""Which of Azure's two cost reports each file is part of, and which two belong together.

Nothing in a row names its report. The lines tell: only the amortized report has unused
commitments and a cost on usage that a commitment covers, only the actual one buys commitments.
Where a bill has no commitments at all the two reports are equal; then the words `actual` and
`amortized` in a path tell, or the order in which the runs of one export were offered.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from outlay.sources.azure_export.columns import Columns
from outlay.sources.azure_export.lines import Lines
from outlay.sources.contract import Raw, SourceError

Report = Literal["actual", "amortized", "combined", "plain"]

_DIGITS = re.compile(r"\d+")
_IN_RUN = re.compile(r"(?:^|/)\d{8}-\d{8}/")


def table_of(path: str) -> str:
    """The name of the table that a file is part of: parts differ from each other by numbers."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{_DIGITS.sub('#', name)}"


@dataclass(frozen=True)
class Reports:
    """The files (index) of each report, and whether an actual one has its amortized one.

    `combined` holds amortized lines and the purchases of commitments, as Microsoft advises to
    put the two together; `plain` has no commitments, so that both reports would be the same.
    """

    plain: frozenset[int] = frozenset()
    actual: frozenset[int] = frozenset()
    paired: frozenset[int] = frozenset()
    """Files of an actual report whose amortized report is there too."""
    amortized: frozenset[int] = frozenset()
    lonely: frozenset[int] = frozenset()
    """Files of an amortized report without its actual one (they are in `amortized` too)."""
    combined: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    def within(self, files: frozenset[int]) -> str:
        """SQL condition: the row is in one of the files."""
        if not files:
            return "false"
        if files == self.plain | self.actual | self.paired | self.amortized | self.combined:
            return "true"
        return f"_file IN ({', '.join(map(str, sorted(files)))})"


@dataclass
class _Table:
    """What the lines of one table say."""

    name: str
    files: list[int] = field(default_factory=list)
    unused: int = 0
    shared: int = 0
    """Covered usage with a cost."""
    free: int = 0
    """Covered usage without one."""
    bought: int = 0
    keys: set[str] = field(default_factory=set)
    report: Report = "plain"

    @property
    def spread(self) -> bool:
        return bool(self.unused or self.shared)


def reports(raw: Raw, columns: Columns, lines: Lines, period: str) -> Reports:
    """Look at the rows. `period` is SQL of a row's billing period (DATE).

    Raises SourceError where two tables hold the same account's month and nothing says that they
    are the two reports of it: adding them would count it twice.
    """
    tables = _tables(raw, columns, lines)
    for table in tables:
        table.report = _report(table)
    if len(tables) > 1:
        _keys(raw, columns, period, tables)
    paired: set[int] = set()
    completed: set[int] = set()
    for at, one in enumerate(tables):
        for other in tables[at + 1 :]:
            if one.keys & other.keys:
                actual, amortized = _pair(one, other)
                paired.update(actual.files)
                completed.update(amortized.files)
    by: dict[Report, set[int]] = {"actual": set(), "amortized": set(), "combined": set()}
    for table in tables:
        by.setdefault(table.report, set()).update(table.files)
    actual_files = by["actual"] - paired
    lonely = by["amortized"] - completed
    return Reports(
        plain=frozenset(by.get("plain", set())),
        actual=frozenset(actual_files),
        paired=frozenset(paired),
        amortized=frozenset(by["amortized"]),
        lonely=frozenset(lonely),
        combined=frozenset(by["combined"]),
        notes=tuple(_notes(tables, actual_files, lonely)),
    )


def _tables(raw: Raw, columns: Columns, lines: Lines) -> list[_Table]:
    """The delivery's tables in the order of their files; a table whose files are of both reports
    falls apart into its files."""
    cost = f"coalesce({columns.money('Cost')}, 0)"
    rows = raw.ask(
        f"SELECT _table, _file, count_if({lines.unused}), "
        f"count_if({lines.covered} AND {cost} <> 0), count_if({lines.covered} AND {cost} = 0), "
        f"count_if({lines.bought}) FROM raw GROUP BY 1, 2 ORDER BY 2"
    )
    whole: dict[str, _Table] = {}
    parts: dict[str, list[_Table]] = {}
    for name, file, unused, shared, free, bought in rows:
        part = _Table(f"{name}", [file], unused, shared, free, bought)
        parts.setdefault(name, []).append(part)
        table = whole.setdefault(name, _Table(name))
        table.files.append(file)
        table.unused += unused
        table.shared += shared
        table.free += free
        table.bought += bought
    found = []
    for name, table in whole.items():
        mixed = table.spread and table.bought
        if mixed and not any(part.spread and part.bought for part in parts[name]):
            found += parts[name]
        else:
            found.append(table)
    return sorted(found, key=lambda table: table.files[0])


def _report(table: _Table) -> Report:
    if table.spread and table.bought:
        if named := _named(table.name):
            return named
        if table.free >= table.shared > 0:
            raise SourceError(
                f"{_shown(table)} holds the lines of both cost reports of Azure, one after the "
                "other: the same usage would count twice. Offer the actual and the amortized "
                "report as files of their own."
            )
        return "combined"
    if table.spread:
        return "amortized"
    if table.bought or table.free:
        return "actual"
    return _named(table.name) or "plain"


def _named(path: str) -> Report | None:
    said = path.lower()
    amortized = "amortized" in said or "amortised" in said
    if amortized == ("actual" in said):
        return None
    return "amortized" if amortized else "actual"


def _keys(raw: Raw, columns: Columns, period: str, tables: list[_Table]) -> None:
    """Fill in whose months each table holds."""
    who = [columns.text(n) for n in ("BillingAccountId", "BillingProfileId", "SubscriptionId")]
    parts = ", ".join([f"coalesce({sql}, '')" for sql in who])
    rows = raw.ask(
        f"SELECT DISTINCT _file, concat_ws(' ', strftime({period}, '%Y-%m'), {parts}) FROM raw"
    )
    keys: dict[int, set[str]] = {}
    for file, key in rows:
        keys.setdefault(file, set()).add(" ".join(key.split()))
    for table in tables:
        table.keys = set().union(*(keys.get(file, set()) for file in table.files))


def _pair(one: _Table, other: _Table) -> tuple[_Table, _Table]:
    """(actual, amortized) of two tables of the same months; `plain` ones become the one that
    is missing, where they are runs of an export."""
    reports = {one.report: one, other.report: other}
    if set(reports) == {"actual", "amortized"}:
        return reports["actual"], reports["amortized"]
    runs = _IN_RUN.search(one.name) and _IN_RUN.search(other.name)
    if not runs or "plain" not in reports or "combined" in reports:
        key = sorted(one.keys & other.keys)[0]
        raise SourceError(
            f"{_shown(one)} and {_shown(other)} both hold charges of {key}, and their lines do "
            "not say that one is Azure's actual-cost and the other its amortized-cost report: "
            "adding them may count the month twice. If they are the two reports, put the words "
            "actual and amortized into their names; if they are parts of one report, let their "
            "names differ by numbers alone; else load each as a source of its own."
        )
    # Azure's runs come with a manifest each; the delivery lists the actual run first.
    if other.report == "plain":
        one.report = "actual" if one.report == "plain" else one.report
        other.report = "amortized" if one.report == "actual" else "actual"
    else:
        one.report = "amortized" if other.report == "actual" else "actual"
    return (one, other) if one.report == "actual" else (other, one)


def _shown(table: _Table) -> str:
    return table.name.strip("/").replace("#", "N") or "the file"


def _notes(tables: list[_Table], actual: set[int], lonely: set[int]) -> list[str]:
    notes = []
    bought = sum(table.bought for table in tables if set(table.files) <= actual)
    free = sum(table.free for table in tables if set(table.files) <= actual)
    if actual and (bought or free):
        notes.append(
            "only the actual-cost report is here: EffectiveCost is what was billed, with "
            f"{bought} purchases or refunds of commitments on their day and nothing on the "
            f"{free} lines that commitments cover. Export the amortized cost beside it to spread "
            "them"
        )
    if lonely and any(table.spread for table in tables if set(table.files) <= lonely):
        notes.append(
            "only the amortized-cost report is here: BilledCost lacks the purchases of "
            "reservations and savings plans, which the actual-cost report alone has. Export the "
            "actual cost beside it"
        )
    if any(table.report == "combined" for table in tables):
        notes.append(
            "the file holds amortized lines and the purchases of commitments together: usage "
            "that a commitment covers is billed 0, and its purchase has no effective cost"
        )
    return notes
