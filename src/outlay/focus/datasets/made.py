"""What a derived dataset is made from, and what comes of it: rows, and what could not be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import pyarrow as pa

from outlay.focus.datasets.schema import Dataset
from outlay.focus.model import Column, Level, Type
from outlay.money import MONEY_SCALE


@dataclass(frozen=True)
class DeliveryFact:
    """When the bill of one source and billing period (its first day) was first and last loaded,
    UTC."""

    source: str
    period: date
    first_loaded: datetime
    last_loaded: datetime


@dataclass(frozen=True)
class Stated:
    """What no bill says and a person has stated.

    `invoices`: issuer → PaymentTerms, PaymentDueDays, PurchaseOrderNumber.
    `commitments`: commitment or contract id → columns of Contract Commitment. Values are text.
    """

    invoices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    commitments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Missing:
    """A column that some rows lack, although the dataset has it: in how many rows, and why."""

    column: str
    rows: int
    reason: str


@dataclass(frozen=True)
class Derived:
    """A column that no bill states: the rule by which it was worked out."""

    column: str
    rule: str


@dataclass(frozen=True)
class Made:
    """A derived dataset: every column of it in order, then custom ones."""

    dataset: Dataset
    table: pa.Table
    missing: tuple[Missing, ...]
    derived: tuple[Derived, ...]

    def without_empty(self) -> pa.Table:
        """The table without the conditional columns that no row has a value of: where such a
        column stands, it promises that the issuer supports what it is about."""
        kept = [
            name
            for name in self.table.column_names
            if name.startswith("x_")
            or self.dataset.column(name).level is Level.MANDATORY
            or self.table[name].null_count < self.table.num_rows
        ]
        return self.table.select(kept)


@dataclass(frozen=True)
class Ledger:
    """Where the datasets are derived from: a connection, a relation of charges (a table, a view
    or a subselect in brackets), its columns, and the deliveries behind it."""

    connection: duckdb.DuckDBPyConnection
    charges: str
    columns: frozenset[str]
    deliveries: tuple[DeliveryFact, ...]
    stated: Stated = field(default_factory=Stated)

    @classmethod
    def of(
        cls,
        connection: duckdb.DuckDBPyConnection,
        charges: str,
        deliveries: Sequence[DeliveryFact],
        stated: Stated | None = None,
    ) -> "Ledger":
        """A ledger over a relation; asks it for its columns."""
        described = connection.execute(f"DESCRIBE SELECT * FROM {charges}").fetchall()
        names = frozenset(name for name, *_ in described)
        return cls(connection, charges, names, tuple(deliveries), stated or Stated())

    def first_of(self, names: Sequence[str]) -> str:
        """SQL of the first value among columns of these names that there are; NULL for none."""
        found = [f'"{name}"' for name in names if name in self.columns]
        return f"coalesce({', '.join(found)})" if found else "CAST(NULL AS VARCHAR)"


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type of a dataset's column; times are UTC without zone."""
    if column.type is Type.DECIMAL:
        return pa.decimal128(38, MONEY_SCALE)
    return pa.timestamp("us") if column.type is Type.TIME else pa.string()


def lacking(
    dataset: Dataset, table: pa.Table, reasons: Mapping[str, str], empty: str = ""
) -> tuple[Missing, ...]:
    """The columns of a table that lack values which they should have.

    A column that may be null counts where every row is; `reasons` say why, by column, `empty`
    where nothing more is known of a column.
    """
    found = []
    for column in dataset.columns:
        nulls = table[column.name].null_count
        if not nulls or (column.nulls and column.name not in reasons):
            continue
        if column.nulls and nulls < table.num_rows:
            continue
        found.append(Missing(column.name, nulls, reasons.get(column.name, empty)))
    return tuple(found)
