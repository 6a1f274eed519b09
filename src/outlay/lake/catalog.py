"""The charges table as PyIceberg keeps it: commits, planning, tags and expiry.

Importing this module imports PyIceberg (seconds): only writers and maintenance do so.
"""

import contextlib
import functools
import logging
import sqlite3
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationException,
)
from pyiceberg.expressions import And, BooleanExpression, EqualTo, Or
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    DateType,
    DecimalType,
    IcebergType,
    IntegerType,
    LongType,
    MapType,
    NestedField,
    StringType,
    TimestampType,
)

from outlay.lake.catalogs import catalog_of
from outlay.lake.fileio import ROOT_PROPERTY
from outlay.lake.layout import Layout, delivery_of, exclusive
from outlay.lake.metadata import NAMESPACE, TABLE, metadata_location
from outlay.lake.schema import MAP_SQL, charges_types
from outlay.lake.types import LakeError
from outlay.money import MONEY_PRECISION, MONEY_SCALE, MONEY_SQL, BillingPeriod

_IDENTIFIER = (NAMESPACE, TABLE)
_METADATA_VERSIONS = "20"
_SIMPLE: Mapping[str, IcebergType] = {
    "VARCHAR": StringType(),
    "DATE": DateType(),
    "TIMESTAMP": TimestampType(),
    "INTEGER": IntegerType(),
    "BIGINT": LongType(),
    MONEY_SQL: DecimalType(MONEY_PRECISION, MONEY_SCALE),
}


class CommitRefused(Exception):  # noqa: N818 - a signal to start again, not an error to show
    """Someone else committed first: compare again and start anew."""


@dataclass(frozen=True)
class Replacement:
    """One slice of a commit: its new charges file, or None to drop the slice."""

    source: str
    period: BillingPeriod
    path: Path | None
    had_slice: bool


def _schema() -> Schema:
    fields, next_id = [], 1
    for name, kind in charges_types(()).items():
        if kind == MAP_SQL:
            field_type: IcebergType = MapType(
                next_id + 1, StringType(), next_id + 2, StringType(), False
            )
            fields.append(NestedField(next_id, name, field_type, required=False))
            next_id += 3
        else:
            fields.append(NestedField(next_id, name, _SIMPLE[kind], required=False))
            next_id += 1
    return Schema(*fields)


class _Staged(Transaction):
    """A transaction that works out its metadata once for what is staged: PyIceberg copies all of
    them, every schema and snapshot, at each of the dozens of looks that a commit takes."""

    _known: tuple[TableMetadata, tuple[object, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """As the base class has it; nobody changes it in place."""
        base, staged = self._table.metadata, self._updates
        if self._known is None or self._known[0] is not base or self._known[1] is not staged:
            self._known = (base, staged, super().table_metadata)
        return self._known[2]


class ChargesTable:
    """Write access to the charges table of one lake."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        logging.getLogger("pyiceberg").setLevel(logging.ERROR)

    @functools.cached_property
    def _catalog(self) -> SqlCatalog:
        where = catalog_of(self.layout)
        uri = where.url or f"sqlite:///{self.layout.catalog}?timeout=60"
        with exclusive(self.layout.root / ".catalog.lock"):
            if not where.shared:
                with sqlite3.connect(self.layout.catalog, timeout=30) as connection:
                    connection.execute("PRAGMA journal_mode=WAL")
                connection.close()
            catalog = SqlCatalog(
                where.name,
                **{
                    "uri": uri,
                    "pool_pre_ping": str(where.shared).lower(),
                    "warehouse": f"file://{self.layout.iceberg}",
                    "py-io-impl": "outlay.lake.fileio.LakeFileIO",
                    ROOT_PROPERTY: str(self.layout.root),
                },
            )
            with contextlib.suppress(NamespaceAlreadyExistsError):
                catalog.create_namespace(NAMESPACE)
        return catalog

    def open(self) -> Table:
        """A handle on the table as it is now; the table is created at first use.

        A handle opened before a delivery is compared makes any commit in between refuse ours.
        """
        try:
            return self._catalog.load_table(_IDENTIFIER)
        except NoSuchTableError:
            # Refuses where there was a table: a new one would hide what was loaded.
            metadata_location(self.layout)
        spec = PartitionSpec(
            *(
                PartitionField(_field_id(name), 1000 + index, IdentityTransform(), name)
                for index, name in enumerate(("x_SourceName", "x_BillingPeriod"))
            )
        )
        try:
            return self._catalog.create_table(
                _IDENTIFIER,
                _schema(),
                location=f"file://{self.layout.iceberg / TABLE}",
                partition_spec=spec,
                properties={
                    "write.metadata.previous-versions-max": _METADATA_VERSIONS,
                    "write.metadata.delete-after-commit.enabled": "true",
                    # The library's own retry would append to whatever is there by then, so that
                    # two first loads of one slice would both stay: a refusal must reach us.
                    "commit.retry.num-retries": "0",
                },
            )
        except TableAlreadyExistsError:
            return self._catalog.load_table(_IDENTIFIER)

    def commit(
        self, table: Table, replacements: Sequence[Replacement], properties: Mapping[str, str]
    ) -> int:
        """Replace the slices in one transaction; gives the snapshot id to pin.

        `table` is the handle opened before the comparison. Raises CommitRefused when the table
        has changed since.
        """
        own = dict(properties)
        dropped = [_slice_is(r) for r in replacements if r.had_slice]
        paths = [r.path for r in replacements if r.path is not None]
        # A delivery of usage alone has no charges: the table gets no file, but its snapshot says
        # what came and went.
        files = [str(path) for path in paths if pq.read_metadata(path).num_rows]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with _Staged(table) as transaction:
                    for path in files:
                        _add_columns(transaction, path)
                    if dropped:
                        gone = dropped[0] if len(dropped) == 1 else Or(*dropped)
                        transaction.delete(gone, snapshot_properties=own)
                    if files:
                        # File names are new ids: looking for duplicates would read every manifest.
                        transaction.add_files(
                            [f"file://{path}" for path in files],
                            snapshot_properties=own,
                            check_duplicate_files=False,
                        )
                    else:
                        with transaction.update_snapshot(own).fast_append():
                            pass
        except (CommitFailedException, ValidationException) as error:
            raise CommitRefused(str(error)) from error
        snapshot = table.current_snapshot()
        if snapshot is None:
            raise LakeError("the commit left no snapshot; the lake was not changed")
        return snapshot.snapshot_id

    def planned(self, snapshot_id: int) -> tuple[str, ...]:
        """The delivery ids whose charges files make up the snapshot, sorted."""
        tasks = self.open().scan(snapshot_id=snapshot_id).plan_files()
        found = {delivery_of(task.file.file_path) for task in tasks}
        if None in found:
            raise LakeError(
                f"snapshot {snapshot_id} names charges files that are no delivery's; was the table "
                "changed by another program?"
            )
        return tuple(sorted(name for name in found if name))

    def expire(self, snapshot_ids: Sequence[int]) -> None:
        """Drop snapshots from the table's metadata (never the current or a tagged one)."""
        try:
            self.open().maintenance.expire_snapshots().by_ids(list(snapshot_ids)).commit()
        except CommitFailedException as error:
            raise CommitRefused(str(error)) from error

    def tag(self, snapshot_id: int, name: str) -> None:
        """Name a snapshot, which keeps it from expiry."""
        self.open().manage_snapshots().create_tag(snapshot_id, name).commit()

    def untag(self, name: str) -> None:
        """Take a name away."""
        self.open().manage_snapshots().remove_tag(name).commit()

    def referenced_files(self) -> set[str]:
        """Names of the metadata, manifest and statistics files that any snapshot needs."""
        table = self.open()
        names = {
            table.metadata_location,
            *(log.metadata_file for log in table.metadata.metadata_log),
        }
        for snapshot in table.metadata.snapshots:
            names.add(snapshot.manifest_list)
            names.update(manifest.manifest_path for manifest in snapshot.manifests(table.io))
        return {name.rsplit("/", 1)[-1] for name in names}


def _field_id(name: str) -> int:
    return _schema().find_field(name).field_id


def _slice_is(replacement: Replacement) -> BooleanExpression:
    return And(
        EqualTo(term="x_SourceName", value=replacement.source),
        EqualTo(term="x_BillingPeriod", value=replacement.period.start.isoformat()),
    )


def _add_columns(transaction: Transaction, path: str) -> None:
    """Add the file's new `x_` columns to the table's schema, if it has any."""
    known = set(transaction.table_metadata.schema().column_names)
    new = [name for name in pq.read_schema(path).names if name not in known]
    if not new:
        return
    with transaction.update_schema() as update:
        for name in new:
            # Not union_by_name: it refuses a column that the engine marked as never null.
            update.add_column(name, StringType())
