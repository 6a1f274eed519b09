"""A lake and a folder of bills for each test."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.lake import Lake, LoadOutcome
from tests.lake.bill import Bill, BillOptions, Folder


@dataclass
class Bench:
    """A lake, the folder that bills are offered in, and a load with the test source."""

    lake: Lake
    bills: Path

    def load(self, source: Bill | None = None, **options: Any) -> list[LoadOutcome]:
        chosen = BillOptions(**options.pop("options", {}))
        name = options.pop("name", "src")
        return self.lake.load(name, source or Bill(), Folder(self.bills), chosen, **options)

    def one(self, source: Bill | None = None, **options: Any) -> LoadOutcome:
        outcomes = self.load(source, **options)
        assert len(outcomes) == 1, outcomes
        return outcomes[0]

    def ask(self, sql: str, **paths: Path) -> list[tuple[Any, ...]]:
        connection = self.lake.connect()
        try:
            named = {name: f"read_parquet('{path}')" for name, path in paths.items()}
            return connection.execute(sql.format(**named)).fetchall()
        finally:
            connection.close()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bills = tmp_path / "bills"
    bills.mkdir()
    return Bench(Lake.open(tmp_path / "lake", memory_limit="512MiB", threads=2), bills)


D = Decimal
