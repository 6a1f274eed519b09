"""Azure bills lifted alone (Sheet) or loaded as `outlay load` does (Books)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from outlay.lake import Lake, LoadOutcome
from outlay.sources.azure_export import AzureExport, AzureExportOptions
from outlay.sources.detect import detect
from outlay.sources.transports.file import FileTransport
from tests.sources.azure_export.exports import csv_bytes, written
from tests.sources.harness import Lifted, lift

SOURCE = AzureExport()
Files = Mapping[str, bytes]


class Sheet:
    """Files lifted to charges without a lake, each cost proven."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lifted: Lifted | None = None

    def rows(self, *files: Sequence[Mapping[str, str]], **options: Any) -> Lifted:
        """Lift files of rows; raises what the source raises."""
        return self.files(
            {f"part-{n}.csv": csv_bytes(rows) for n, rows in enumerate(files)}, **options
        )

    def files(self, files: Files, **options: Any) -> Lifted:
        """Lift files by name."""
        written(self.folder, files)
        paths = [self.folder / name for name in files]
        self.lifted = lift(SOURCE, *paths, options=AzureExportOptions(**options))
        for _currency, measure, stated, loaded in self.lifted.proof():
            assert stated == loaded, measure
        return self.lifted

    def ask(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Columns of all charges, in the order of their files and lines."""
        assert self.lifted is not None
        return self.lifted.rows(columns, where=where)

    def one(self, columns: str, where: str = "true") -> tuple[Any, ...]:
        """Columns of the only charge."""
        (row,) = self.ask(columns, where)
        return row

    def sums(self) -> tuple[Decimal, Decimal]:
        """Billed and effective cost of all."""
        found = self.ask("BilledCost, EffectiveCost")
        billed, effective = zip(*found, strict=True)
        return sum(billed, Decimal(0)), sum(effective, Decimal(0))


class Books:
    """A lake in a folder, and one Azure bill beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake.open(folder / "lake", threads=1)
        self.count = 0

    def load(self, files: Files, **options: Any) -> list[LoadOutcome]:
        """Lay the files down, find the one bill there and load it."""
        self.count += 1
        place = written(self.folder / f"bill-{self.count}", files)
        transport = FileTransport(str(place))
        (feed,) = detect(transport, [SOURCE])
        chosen = AzureExportOptions(**options)
        return self.lake.load("azure", SOURCE, transport, chosen, root=feed.root)

    def rows(self, rows: Sequence[Mapping[str, str]], **options: Any) -> LoadOutcome:
        """Load one file of rows, of one period."""
        (outcome,) = self.load({"bill.csv": csv_bytes(rows)}, **options)
        return outcome

    def ask(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Columns of all charges, in the order of their files and lines."""
        paths = [str(current.charges_path) for current in self.lake.pin().slices]
        with duckdb.connect() as reader:
            return reader.execute(
                f"SELECT {columns} FROM read_parquet({paths}, union_by_name = true) "
                f"WHERE {where} ORDER BY x_BillingPeriod, x_SourceFile, x_SourceLine"
            ).fetchall()

    def one(self, columns: str, where: str = "true") -> tuple[Any, ...]:
        """Columns of the only charge."""
        (row,) = self.ask(columns, where)
        return row

    def sums(self) -> tuple[Decimal, Decimal]:
        """Billed and effective cost of all."""
        found = self.ask("BilledCost, EffectiveCost")
        return (
            sum((row[0] for row in found), Decimal(0)),
            sum((row[1] for row in found), Decimal(0)),
        )


def notes(outcome: LoadOutcome | Lifted) -> str:
    """The notes of a slice in one text."""
    if isinstance(outcome, Lifted):
        return "\n".join(outcome.mapping.notes)
    assert outcome.record is not None, outcome.message
    return "\n".join(outcome.record.notes)
