"""Where the lake's catalog is: the one row that says which metadata file is current.

By itself it is an SQLite file in the lake folder, which serves any number of processes of one
host. Servers on several hosts that share the folder need it in PostgreSQL: file locks of SQLite do
not reach across hosts. A lake whose catalog is in a database says so in `catalog.json`, with the
name under which it is kept there, so that it can never be opened as an empty one.
"""

import functools
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from outlay.lake.layout import Layout, exclusive, sync_folder, write_text
from outlay.lake.types import LakeError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

VARIABLE = "OUTLAY_CATALOG_URL"
OWN_NAME = "outlay"
"""The name of a lake in the catalog of its own."""

_MARKER = "catalog.json"


@dataclass(frozen=True)
class Catalog:
    """`url` is '' for the file in the lake folder, else a database; `name` is the lake's there."""

    url: str
    name: str

    @property
    def shared(self) -> bool:
        """Whether it is in a database that several hosts can reach."""
        return bool(self.url)

    @property
    def shown(self) -> str:
        """Where it is, for people: never with a password."""
        if not self.url:
            return "catalog.db in the lake folder (one host)"
        from sqlalchemy.engine import make_url

        where = make_url(self.url).render_as_string(hide_password=True)
        return f"{where} as {self.name} (several hosts)"


def catalog_of(layout: Layout) -> Catalog:
    """The catalog of a lake; a new lake's is made where `layout.catalog_url` says.

    LakeError when the lake and the address do not fit together: an empty lake would be shown.
    """
    name = _marked(layout)
    url = layout.catalog_url
    if not url:
        if name is None:
            return Catalog("", OWN_NAME)
        raise LakeError(
            f"the catalog of the lake {layout.root} is in a database, and {VARIABLE} does not name "
            f"it. Set {VARIABLE}, or take the catalog back into the folder with `outlay catalog "
            "move --to folder` where it is set."
        )
    if name is not None:
        return Catalog(_checked(url), name)
    if layout.catalog.exists() and _file_location(layout, "outlay") is not None:
        raise LakeError(
            f"{VARIABLE} names a database, but the catalog of the lake {layout.root} is still in "
            "its folder. Stop the servers of this workspace and run `outlay catalog move --to "
            "database`, or unset the variable."
        )
    with exclusive(layout.root / ".catalog.lock"):
        name = _marked(layout)
        if name is None:
            name = f"lake-{secrets.token_hex(8)}"
            _mark(layout, name)
    return Catalog(_checked(url), name)


def location_of(layout: Layout, catalog: Catalog, namespace: str, table: str) -> str | None:
    """Where the current metadata of a table is; None where there is no such table.

    LakeError when the catalog cannot be read.
    """
    if not catalog.url:
        return _file_location(layout, catalog.name, namespace, table)
    from sqlalchemy import text
    from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

    query = text(
        "SELECT metadata_location FROM iceberg_tables"
        " WHERE catalog_name = :c AND table_namespace = :n AND table_name = :t"
    )
    try:
        with engine(catalog.url).connect() as connection:
            row = connection.execute(
                query, {"c": catalog.name, "n": namespace, "t": table}
            ).one_or_none()
    except ProgrammingError:
        return None  # the tables are made by the first load
    except SQLAlchemyError as error:
        raise LakeError(
            f"the lake's catalog {catalog.shown} cannot be read: {_reason(error)}"
        ) from None
    return None if row is None else str(row[0])


def move(layout: Layout, url: str) -> Catalog:
    """Take the catalog of a lake into the database at `url`, or ('') back into the folder.

    The caller has made sure that nobody writes. LakeError when it is there already.
    """
    name = _marked(layout)
    with exclusive(layout.root / ".commit.lock"):
        if url:
            if name is not None:
                raise LakeError(f"the catalog of the lake {layout.root} is in a database already")
            return _to_database(layout, _checked(url))
        if name is None:
            raise LakeError(f"the catalog of the lake {layout.root} is in its folder already")
        return _to_folder(layout, Catalog(_checked(layout.catalog_url), name))


def _to_database(layout: Layout, url: str) -> Catalog:
    catalog = Catalog(url, f"lake-{secrets.token_hex(8)}")
    tables: list[tuple[str, str, str]] = []
    if layout.catalog.exists():
        with _file(layout) as connection:
            tables = connection.execute(
                "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables"
                " WHERE catalog_name = ?",
                (OWN_NAME,),
            ).fetchall()
    _make_tables(catalog)
    with engine(url).begin() as target:
        _put(target, catalog.name, tables)
    _mark(layout, catalog.name)
    if layout.catalog.exists():
        # Not kept under its name: a reader must not take the old row for the present one.
        os.replace(layout.catalog, layout.catalog.with_suffix(".db.moved"))
        for leftover in ("-wal", "-shm"):
            Path(f"{layout.catalog}{leftover}").unlink(missing_ok=True)
        sync_folder(layout.root)
    return catalog


def _to_folder(layout: Layout, catalog: Catalog) -> Catalog:
    from sqlalchemy import create_engine, text

    query = text(
        "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables"
        " WHERE catalog_name = :c"
    )
    with engine(catalog.url).connect() as connection:
        tables = [tuple(row) for row in connection.execute(query, {"c": catalog.name})]
    own = Catalog(f"sqlite:///{layout.catalog}", OWN_NAME)
    _make_tables(own)
    target = create_engine(own.url)
    with target.begin() as connection:
        _put(connection, OWN_NAME, tables)
    target.dispose()
    (layout.root / _MARKER).unlink()
    sync_folder(layout.root)
    with engine(catalog.url).begin() as connection:
        for table in ("iceberg_tables", "iceberg_namespace_properties"):
            connection.execute(
                text(f"DELETE FROM {table} WHERE catalog_name = :c"), {"c": catalog.name}
            )
    return Catalog("", OWN_NAME)


def _make_tables(catalog: Catalog) -> None:
    """The library's own tables, as it makes them."""
    from pyiceberg.catalog.sql import SqlCatalog

    made = SqlCatalog(catalog.name, uri=catalog.url, warehouse="file:///")
    made.engine.dispose()


def _put(connection: "Connection", name: str, tables: list[tuple[str, str, str]]) -> None:
    from sqlalchemy import text

    for table in ("iceberg_tables", "iceberg_namespace_properties"):
        connection.execute(text(f"DELETE FROM {table} WHERE catalog_name = :c"), {"c": name})
    for namespace in {OWN_NAME, *(row[0] for row in tables)}:
        connection.execute(
            text(
                "INSERT INTO iceberg_namespace_properties"
                " (catalog_name, namespace, property_key, property_value)"
                " VALUES (:c, :n, 'exists', 'true')"
            ),
            {"c": name, "n": namespace},
        )
    for namespace, table, location in tables:
        connection.execute(
            text(
                "INSERT INTO iceberg_tables (catalog_name, table_namespace, table_name,"
                " metadata_location) VALUES (:c, :n, :t, :l)"
            ),
            {"c": name, "n": namespace, "t": table, "l": location},
        )


@functools.lru_cache(maxsize=8)
def engine(url: str) -> "Engine":
    """The connections to a catalog's database, kept by this process."""
    from sqlalchemy import create_engine

    return create_engine(url, pool_pre_ping=True, pool_size=2, max_overflow=20)


def _checked(url: str) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        made = make_url(url)
    except SQLAlchemyError:
        raise LakeError(
            f"{VARIABLE} is no address of a database. Allowed: postgresql://USER@HOST/NAME."
        ) from None
    if made.get_backend_name() != "postgresql":
        raise LakeError(
            f"{VARIABLE} names a {made.get_backend_name()} database. Allowed: "
            "postgresql://USER@HOST/NAME; without it the catalog is a file in the lake folder."
        )
    made = made.set(drivername="postgresql+psycopg")
    return made.render_as_string(hide_password=False)


def _marked(layout: Layout) -> str | None:
    try:
        return str(json.loads((layout.root / _MARKER).read_text(encoding="utf-8"))["name"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(f"{layout.root / _MARKER} is damaged: {error}") from None


def _mark(layout: Layout, name: str) -> None:
    layout.root.mkdir(parents=True, exist_ok=True)
    write_text(layout.root / _MARKER, json.dumps({"catalog": "postgresql", "name": name}) + "\n")


def _file_location(
    layout: Layout, name: str, namespace: str = OWN_NAME, table: str = "charges"
) -> str | None:
    if not layout.catalog.exists():
        return None
    try:
        with _file(layout) as connection:
            row = connection.execute(
                "SELECT metadata_location FROM iceberg_tables"
                " WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
                (name, namespace, table),
            ).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise LakeError(f"the lake's catalog {layout.catalog} cannot be read: {error}") from error
    return None if row is None else str(row[0])


@contextmanager
def _file(layout: Layout) -> Iterator[sqlite3.Connection]:
    with closing(
        sqlite3.connect(f"file:{layout.catalog}?mode=ro", uri=True, timeout=30)
    ) as connection:
        yield connection


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
