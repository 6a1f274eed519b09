"""What a command prints: tables for people, JSON for machines, progress on a terminal."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from outlay.sources.contract import Progress

NOTHING = "–"
"""Shown where there is no value; zero is shown as 0.00."""


@dataclass(frozen=True)
class Col:
    """A column of a table: its heading, whether it holds numbers (right-aligned), and whether it
    is left out first where the terminal is too narrow."""

    title: str
    number: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Output:
    """Where a command prints. With `json`, tables and sentences are left out."""

    json: bool = False

    def data(self, value: Any) -> None:
        """Print JSON data (only called when `json` is set)."""
        sys.stdout.write(json_module.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def say(self, text: str = "") -> None:
        """A sentence for people, as it is."""
        if not self.json:
            _console().print(text, markup=False, highlight=False, soft_wrap=True)

    def table(
        self,
        columns: Sequence[Col],
        rows: Sequence[Sequence[str]],
        *,
        totals: Sequence[Sequence[str]] = (),
    ) -> None:
        """A table for people; `totals` stand below a line.

        On a terminal that is too narrow the optional columns go, the last first. A file or pipe
        has no width: nothing is left out or wrapped there, so that lines can be cut.
        """
        kept = list(range(len(columns)))
        wide = _console(_UNBOUNDED).options
        console = _console()
        if not console.is_terminal:
            console = _console(width=_UNBOUNDED)
        while True:
            table = _table([columns[i] for i in kept], _picked(rows, kept), _picked(totals, kept))
            spare = [i for i in kept if columns[i].optional]
            if not spare or console.measure(table, options=wide).maximum <= console.width:
                break
            kept.remove(spare[-1])
        console.print(table)

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """A progress line on the terminal's stderr, or None where nobody looks."""
        if self.json or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

        bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        with bars:
            task = bars.add_task("starting", total=None)

            def update(what: str, done: int, of: int | None) -> None:
                bars.update(task, description=what, completed=done, total=of)

            yield update


_UNBOUNDED = 10_000
_NEVER_FOLDED = 10


def _console(width: int | None = None) -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, width=width)


def _picked(rows: Sequence[Sequence[str]], kept: Sequence[int]) -> list[list[str]]:
    return [[row[i] for i in kept] for row in rows]


def _table(
    columns: Sequence[Col], rows: Sequence[Sequence[str]], totals: Sequence[Sequence[str]]
) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        longest = max((len(row[index]) for row in rows), default=0)
        table.add_column(
            Text(column.title),
            justify="right" if column.number else "left",
            # Long text folds on a narrow terminal; periods, states and numbers never do.
            overflow="fold",
            min_width=max(len(column.title), min(longest, _NEVER_FOLDED)),
            no_wrap=column.number,
        )
    for index, row in enumerate(rows):
        table.add_row(*map(Text, row), end_section=bool(totals) and index == len(rows) - 1)
    for row in totals:
        table.add_row(*map(Text, row), style="bold")
    return table


def money(amount: Decimal | None) -> str:
    """An amount for people: cents, thousands apart; less than half a cent is said, not zeroed."""
    if amount is None:
        return NOTHING
    cents = amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    if amount and not cents:
        return "<0.01" if amount > 0 else ">-0.01"
    return f"{cents:,.2f}"


def count(number: int | None) -> str:
    """A count for people, thousands apart."""
    return NOTHING if number is None else f"{number:,}"


def moment(value: datetime | None) -> str:
    """A UTC time for people, to the minute."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M}"


def plural(number: int, one: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"
