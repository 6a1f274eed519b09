"""Pages of measurements: one file a day, which says what was asked and what was answered.

    {"outlay_page": "utilization", "day": "2026-11-01", "asked": ["i-0a1b", "i-0c2d"]}
    {"key": "i-0a1b", "of": {"Metric": …, "Statistic": …}, "values": [[start, end, value], …]}

What was asked and has no line was not measured. A key that is asked again is replaced whole, so
that a value which the tool takes back is gone.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from outlay.money import total
from outlay.money.quotients import rounded
from outlay.sources.contract import SourceError
from outlay.sources.documents import read_lines
from outlay.sources.utilization.rows import Record

PAGE = "utilization"
ENDING = ".jsonl.gz"
_PLACES = 12
_OWN = ("PeriodStart", "PeriodEnd", "Value")


def is_page(document: object) -> bool:
    """Whether the first line of a file is that of a day's page."""
    return isinstance(document, dict) and document.get("outlay_page") == PAGE


def is_line(document: object) -> bool:
    """Whether a line is the measurements of something that was asked."""
    return isinstance(document, dict) and {"key", "of", "values"} <= set(document)


def records(line: Mapping[str, Any]) -> Iterator[Record]:
    """The measurements of a line."""
    for start, end, value in line["values"]:
        yield {**line["of"], "PeriodStart": start, "PeriodEnd": end, "Value": value}


def asked(path: Path) -> frozenset[str]:
    """What a page was asked; nothing of one that cannot be read: it is asked again."""
    try:
        with gzip.open(path) as stream:
            head = json.loads(stream.readline())
        return frozenset(map(str, head["asked"])) if is_page(head) else frozenset()
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return frozenset()


class Gathered:
    """The measurements of one question, by day: lines for the pages."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, str], dict[tuple[str, str], list[Decimal]]]] = {}
        self.count = 0

    def add(self, key: str, record: Record) -> None:
        """Take a measurement; what has no value, no number or no period is none."""
        value = _number(record.get("Value"))
        start, end = record.get("PeriodStart"), record.get("PeriodEnd")
        if value is None or not start or not end:
            return
        of = json.dumps({k: v for k, v in record.items() if k not in _OWN}, sort_keys=True)
        day = self._found.setdefault(str(start)[:10], {})
        day.setdefault((key, of), {}).setdefault((str(start), str(end)), []).append(value)
        self.count += 1

    def lines(self, day: str) -> Iterator[tuple[str, str]]:
        """(key, line) of the measurements that begin on a day."""
        for (key, of), periods in sorted(self._found.get(day, {}).items()):
            facts = json.loads(of)
            values = [
                [*period, f"{together(found, facts.get('Statistic')):f}"]
                for period, found in sorted(periods.items())
            ]
            yield key, json.dumps({"key": key, "of": facts, "values": values})


def together(values: list[Decimal], statistic: object) -> Decimal:
    """One value of several series of one resource (its disks, its processors, parts of its
    traffic): sums add up, averages are averaged, of the others the highest or lowest counts."""
    if len(values) == 1:
        return values[0]
    kind = str(statistic or "").lower()
    if kind in ("sum", "total"):
        return total(values)
    if kind == "average":
        return rounded(Fraction(total(values)) / len(values), _PLACES)
    return min(values) if kind == "minimum" else max(values)


def page(
    day: str,
    kept: Path | None,
    keys: Collection[str],
    fresh: Iterable[tuple[str, str]],
    gone: Collection[str] = (),
) -> bytes:
    """A day's page: what `kept` has, but for the keys that were asked again, and what is fresh.
    Of those that are `gone` the tool says nothing any more: what it said stays. The same answers
    give the same bytes."""
    again = frozenset(keys) - frozenset(gone)
    lines = list(fresh)
    known: frozenset[str] = frozenset()
    if kept is not None:
        known = asked(kept)
        lines += [(key, line) for key, line in _lines(kept) if key not in again]
    head = {"outlay_page": PAGE, "day": day, "asked": sorted(known.union(keys))}
    text = "".join(f"{line}\n" for line in [json.dumps(head), *(one for _, one in sorted(lines))])
    return gzip.compress(text.encode(), mtime=0)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open("rb") as stream:
            for document in read_lines(stream, path.name):
                if is_line(document):
                    yield str(document["key"]), json.dumps(document)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error}); sync again") from None


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None
