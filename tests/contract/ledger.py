"""One lake that sample bills are loaded into, and sums of its charges."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb

from outlay.focus.sql import literal
from outlay.lake import Lake, LoadOutcome
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport


class Ledger:
    """Loads bills as `outlay load` does, each as a source of its own name."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake.open(folder, threads=2)

    def load(self, name: str, location: Path, **options: object) -> list[LoadOutcome]:
        """Load the one bill at a location; options that its kind does not have are left out."""
        transport = FileTransport(str(location))
        (feed,) = detect(transport)
        kind = source(feed.kind)
        known = {key: value for key, value in options.items() if key in kind.Options.model_fields}
        return self.lake.load(name, kind, transport, kind.Options(**known), root=feed.root)

    def sums(
        self, name: str, period: str, by: str, amount: str = "EffectiveCost", where: str = "TRUE"
    ) -> dict[str, Decimal]:
        """Sums of an SQL amount over a slice's charges by an SQL key (null is empty text)."""
        with duckdb.connect() as reader:
            rows = reader.execute(
                f"SELECT coalesce({by}, ''), sum({amount}) FROM {self.charges(name, period)} "
                f"WHERE {where} GROUP BY 1"
            ).fetchall()
        return dict(rows)

    def charges(self, name: str, period: str) -> str:
        """The charges of a slice as an SQL relation."""
        (path,) = self._paths(name, period)
        return f"read_parquet({literal(str(path))})"

    def _paths(self, name: str, period: str) -> Iterator[Path]:
        for current in self.lake.pin().slices:
            if current.source == name and str(current.billing_period) == period:
                yield current.charges_path
