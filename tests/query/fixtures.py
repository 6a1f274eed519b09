"""A small lake made of literal charges: what is asked stands beside what is expected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from outlay.focus.sql import literal, quoted
from outlay.lake.engine.duckdb import connect
from outlay.lake.layout import Layout
from outlay.lake.rollups import build_rollups, build_tag_cube
from outlay.lake.schema import MANDATORY_CONTEXT, charges_types
from outlay.lake.types import DeliveryRecord, LandedFile, Pin, Proof, Rollup, Slice
from outlay.money import BillingPeriod

Charge = Mapping[str, Any]
DEFAULTS: dict[str, Any] = {
    "ServiceName": "Compute",
    "SubAccountId": "a1",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "BilledCost": "0",
    "EffectiveCost": "0",
    "ListCost": "0",
    "ContractedCost": "0",
    "ChargePeriodStart": "2026-01-01",
    "Tags": {},
}


@dataclass(repr=False, eq=False)
class SmallLake:
    """As much of a lake as questions need, over slices written by `add`."""

    folder: Path
    slices: list[Slice] = field(default_factory=list)
    detail: bool = True

    def __repr__(self) -> str:
        return f"<lake of {len(self.slices)} slices>"

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        assert as_of is None
        return Pin(7, datetime(2026, 3, 1), tuple(self.slices), self.detail)

    @property
    def layout(self) -> Layout:
        """Where the labels of virtual tags are kept."""
        return Layout(self.folder)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return connect(self.folder, threads=1)

    def rollup_paths(self, pin: Pin, table: Rollup) -> dict[str, Path]:
        return {s.delivery.id: self._folder(s.delivery.id) / f"{table}.parquet" for s in pin.slices}

    def tag_cube(self, slice_: Slice, key: str) -> Path:
        target = self.folder / f"{slice_.delivery.id}-{key.encode().hex()}.parquet"
        if not target.exists():
            with self.connect() as connection:
                build_tag_cube(connection, self._folder(slice_.delivery.id), key, target)
        return target

    def add(
        self,
        period: str,
        charges: Iterable[Charge],
        *,
        source: str = "bill",
        columns: tuple[str, ...] = (),
        context: tuple[str, ...] | None = None,
        rejected: int = 0,
    ) -> Slice:
        """Write a slice of charges (see DEFAULTS for what need not be said). `columns` are the
        source's x_ columns, `context` those of them that contexts have (default: all)."""
        number = len(self.slices)
        identity = f"D{number:025d}"
        rows = list(charges)
        path = self.folder / source / period / f"{identity}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        contexts = (*MANDATORY_CONTEXT, *(columns if context is None else context))
        with self.connect() as connection:
            _write(connection, rows, columns, contexts, (source, period), path)
            build_rollups(connection, path, contexts, self._folder(identity))
        record = DeliveryRecord(
            id=identity,
            source=source,
            kind="focus",
            billing_period=BillingPeriod.parse(period),
            version="",
            files=(LandedFile("bill.csv", "0" * 64, 1, "landing/bill.csv"),),
            offer="",
            fingerprint="",
            mapping_version=1,
            options={},
            focus_version="1.4",
            loaded_at=datetime(2026, 3, 1),
            cause="first",
            replaces=None,
            rows=len(rows),
            proof=Proof(len(rows) + rejected, len(rows), 0, {}, rejected, ()),
            columns=columns,
            context_columns=contexts,
        )
        added = Slice(source, record.billing_period, record, path, 7, datetime(2026, 3, 1))
        self.slices.append(added)
        return added

    def restate(self, old: Slice, new: Slice) -> None:
        """Let `new` stand in the place of `old`."""
        self.slices = [s for s in self.slices if s not in (old, new)] + [replace(new)]

    def charges_sql(self) -> str:
        """A relation of every charge, for a sum that no roll-up has a part in."""
        paths = ", ".join(literal(str(s.charges_path)) for s in self.slices)
        return f"read_parquet([{paths}], union_by_name = true)"

    def _folder(self, identity: str) -> Path:
        return self.folder / "rollups" / identity


def _write(
    connection: duckdb.DuckDBPyConnection,
    rows: list[Charge],
    columns: tuple[str, ...],
    contexts: tuple[str, ...],
    of: tuple[str, str],
    path: Path,
) -> None:
    types = charges_types(columns)
    own = {"x_SourceName": of[0], "x_BillingPeriod": f"{of[1]}-01", "x_SourceFile": 0}
    listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE written ({listed})")
    for line, row in enumerate(rows, start=1):
        values = {**DEFAULTS, **own, "x_SourceLine": line, **row}
        unknown = set(values) - set(types)
        assert not unknown, f"no such columns: {unknown}"
        selected = ", ".join(
            f"CAST({_constant(values.get(name))} AS {kind})" for name, kind in types.items()
        )
        connection.execute(f"INSERT INTO written SELECT {selected}")
    key = ", ".join(quoted(name) for name in contexts)
    connection.execute(
        f"COPY (SELECT * REPLACE (CAST(hash({key}) >> 1 AS BIGINT) AS x_ContextKey) FROM written) "
        f"TO {literal(str(path))} (FORMAT PARQUET)"
    )


def _constant(value: Any) -> str:
    if isinstance(value, Mapping):
        keys = ", ".join(literal(str(key)) for key in value)
        texts = ", ".join(literal(text) for text in value.values())
        return f"map([{keys}]::VARCHAR[], [{texts}]::VARCHAR[])"
    return literal(None if value is None else str(value))
