"""Answers of an AI vendor in a folder, loaded into a lake, and what became of them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from outlay.focus.sql import literal
from outlay.lake import LoadOutcome
from tests.contract.ledger import Ledger


class Bill:
    """A folder of documents and the lake that they are loaded into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bill"
        self.folder.mkdir()
        self.ledger = Ledger(folder / "lake")

    def write(self, **documents: object) -> "Bill":
        """Write documents as files; `__` in a name is `/`, JSON follows. A text stays as it is."""
        for name, document in documents.items():
            path = self.folder / f"{name.replace('__', '/')}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = document if isinstance(document, str) else json.dumps(document)
            path.write_text(text)
        return self

    def load(self, at: str = "", **options: Any) -> list[LoadOutcome]:
        """Load the folder (or a file of it) by detection alone; every slice must be taken."""
        outcomes = self.ledger.load("ai", self.folder / at if at else self.folder, **options)
        assert {one.status for one in outcomes} <= {"loaded", "unchanged"}, [
            one.message for one in outcomes
        ]
        for one in outcomes:
            assert one.record is None or one.record.proof.reconciled
        return outcomes

    def folded(self, **options: Any) -> dict[str, int]:
        """Rows that were left out, by the rule's name."""
        found: dict[str, int] = {}
        for one in self.load(**options):
            if one.record:
                for rule, rows in one.record.proof.rows_folded.items():
                    found[rule] = found.get(rule, 0) + rows
        return {rule: rows for rule, rows in found.items() if rows}

    def notes(self, **options: Any) -> str:
        """All notes of loading the folder, in one text."""
        records = [one.record for one in self.load(**options)]
        return "\n".join(note for record in records if record for note in record.notes)

    def charges(self, columns: str, order: str = "ALL") -> list[tuple[Any, ...]]:
        """Columns of all charges."""
        paths = [str(one.charges_path) for one in self.ledger.lake.pin().slices]
        return _read(paths, columns, order)

    def usage(self, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Columns of all usage rows."""
        paths = map(str, self.ledger.lake.usage_paths(self.ledger.lake.pin()).values())
        return _read(list(paths), columns, "ALL", where)

    def metrics(self) -> dict[str, Decimal]:
        """Sums by metric, without the zeros that decimals have at their end."""
        rows = self.usage("Metric, sum(Quantity)", "true GROUP BY 1")
        return {metric: _plain(amount) for metric, amount in rows}

    def billed(self) -> Decimal:
        """The sum of BilledCost."""
        ((amount,),) = self.charges("coalesce(sum(BilledCost), 0)")
        return _plain(amount)


def _plain(amount: Decimal) -> Decimal:
    text = f"{amount:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _read(paths: list[str], columns: str, order: str, where: str = "true") -> list[tuple[Any, ...]]:
    listed = ", ".join(map(literal, paths))
    with duckdb.connect() as reader:
        reader.execute("SET TimeZone = 'UTC'")
        return reader.execute(
            f"SELECT {columns} FROM read_parquet([{listed}], union_by_name=true) WHERE {where} "
            f"ORDER BY {order}"
        ).fetchall()
