"""A lake that rows of an export are loaded into, and its charges."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.focus.checks import CheckResult
from outlay.lake import Lake, LoadOutcome
from outlay.money import total
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.gcp_billing.bills import write_lines

Charge = dict[str, Any]


class Book:
    """Loads exports as `outlay load` does and gives what became of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake.open(folder / "lake", threads=2)
        self.outcomes: list[LoadOutcome] = []

    def rows(self, rows: Iterable[Mapping[str, Any]], name: str = "bill.jsonl") -> list[Charge]:
        """The charges of rows, written as JSON lines."""
        return self.charges(write_lines(self.folder / "bills" / name, rows))

    def charges(self, location: Path) -> list[Charge]:
        """The charges of a location that loads whole and proven, in the order of its lines."""
        self.outcomes = self.load(location)
        assert {outcome.status for outcome in self.outcomes} <= {"loaded", "unchanged"}, [
            outcome.message for outcome in self.outcomes
        ]
        current = [one for one in self.lake.pin().slices if one.source == "bill"]
        paths = [str(one.charges_path) for one in current]
        with duckdb.connect() as reader:
            found = reader.execute(
                "SELECT * FROM read_parquet(?, union_by_name = true) ORDER BY x_SourceFile, "
                "x_SourceLine, ChargeCategory DESC, CommitmentDiscountStatus NULLS FIRST, "
                "ChargeDescription",
                [paths],
            )
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    def load(self, location: Path) -> list[LoadOutcome]:
        """Load a location as the source `bill`, whatever comes of it."""
        transport = FileTransport(str(location))
        (feed,) = detect(transport)
        kind = source(feed.kind)
        return self.lake.load("bill", kind, transport, kind.Options(), root=feed.root)

    @property
    def checks(self) -> list[CheckResult]:
        """The row checks' findings of the last load."""
        return [check for one in self.outcomes if one.record for check in one.record.checks]

    @property
    def notes(self) -> list[str]:
        """What a reader of the last load is told."""
        return [note for one in self.outcomes if one.record for note in one.record.notes]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def costs(charges: Iterable[Charge], cost: str = "BilledCost", **where: Any) -> Decimal:
    """The sum of a cost over the charges with these values."""
    return total(
        one[cost] for one in charges if all(one[name] == value for name, value in where.items())
    )
