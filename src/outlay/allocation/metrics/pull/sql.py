"""Values by a SELECT on a database: SQLite, PostgreSQL and whatever SQLAlchemy has a driver for,
and DuckDB files. Nothing is written: the connection is read-only where the make knows how, and
never committed."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from outlay.allocation.metrics.model import MetricSpec, SqlSource
from outlay.allocation.metrics.pull import Pulled, Window
from outlay.allocation.metrics.values import MAX_ROWS, TIME_COLUMNS, VALUE_COLUMN, read_rows
from outlay.sources.contract import Progress, SourceError, TransportError
from outlay.sources.secrets import FORMS, read_secret

_REFERENCE = re.compile(r"(env|file|keyring):(?!//)")
_BOUND = re.compile(r"(?<![:\w\\]):(start|end)(?![:\w])")
_BATCH = 10_000
_DUCKDB = "duckdb:///"

Rows = tuple[list[str], Iterator[tuple[Any, ...]]]


def pull_sql(spec: MetricSpec, window: Window, folder: Path, progress: Progress | None) -> Pulled:
    """The rows of the statement. Where it is bound to the window by ``:start`` and ``:end``, the
    answer is everything of the window; else everything there is."""
    source = spec.source
    assert isinstance(source, SqlSource)
    url = source.url
    if _REFERENCE.match(url):
        url = read_secret(url, "the database's address")
    bound = {name for name in ("start", "end") if name in _BOUND.findall(source.query)}
    times: dict[str, date] = {"start": window.start, "end": window.end}
    if spec.grain == "day":
        # A date compares with a DATE column of any make; a moment does not in SQLite.
        times = {"start": window.start.date(), "end": window.end.date()}
    if progress:
        progress("asking the database", 0, 1)
    asked = {name: times[name] for name in sorted(bound)}
    opened = _duckdb if url.startswith("duckdb:") else _sqlalchemy
    with opened(url, source.query, asked, folder) as (names, rows):
        places = _places([name.lower() for name in names], spec)
        values = read_rows(_rows(rows, places), spec, "the answer of the database")
    return Pulled(values, "sql", whole=bound == {"start", "end"} and bool(values))


def _rows(
    rows: Iterator[tuple[Any, ...]], places: Mapping[str, int]
) -> Iterator[tuple[object, object, Mapping[str, object]]]:
    labels = {name: place for name, place in places.items() if name not in ("", VALUE_COLUMN)}
    for number, row in enumerate(rows):
        if number >= MAX_ROWS:
            raise SourceError(
                f"the statement gives more than {MAX_ROWS:,} rows; group it by day and label, and "
                "bind it by :start and :end"
            )
        yield (
            row[places[""]],
            row[places[VALUE_COLUMN]],
            {name: None if row[place] is None else str(row[place])
             for name, place in labels.items()},
        )  # fmt: skip


def _places(names: list[str], spec: MetricSpec) -> dict[str, int]:
    """Which column is the time (``""``), the value and each label."""
    labels = {label.lower(): label for label in spec.labels}
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        key = "" if name in TIME_COLUMNS else name if name == VALUE_COLUMN else labels.get(name)
        if key is None or key in found:
            raise SourceError(
                f"the statement gives a column {name!r}, which is "
                + ("there twice" if key in found else "no label of the metric")
                + f". Expected {', '.join(['date', *spec.labels, VALUE_COLUMN])}; rename it with AS"
            )
        found[key] = place
    for key, what in (("", f"the time ({', '.join(TIME_COLUMNS)})"), (VALUE_COLUMN, "value")):
        if key not in found:
            raise SourceError(
                f"the statement gives no column for {what}. It gives {', '.join(names) or 'none'}; "
                "name it with AS"
            )
    return found


@contextmanager
def _duckdb(url: str, query: str, asked: Mapping[str, Any], folder: Path) -> Iterator[Rows]:
    import duckdb

    place = url.removeprefix(_DUCKDB)
    if place == url or not place:
        raise SourceError("expected duckdb:///FILE, relative to the workspace or absolute")
    path = folder / place
    if not path.is_file():
        raise TransportError(f"there is no DuckDB file {place}; check the metric's url")
    try:
        # Nothing but the file itself is read, whatever the statement says.
        config: dict[str, Any] = {"enable_external_access": "false"}
        connection = duckdb.connect(str(path), read_only=True, config=config)
        try:
            text = _BOUND.sub(lambda found: f"${found[1]}", query)
            cursor = connection.execute(text, dict(asked) or None)
            names = [column[0] for column in cursor.description or ()]
            yield names, iter_batches(cursor)
        finally:
            connection.close()
    except duckdb.Error as error:
        raise SourceError(f"the DuckDB file {place} cannot answer: {_first_line(error)}") from None


@contextmanager
def _sqlalchemy(url: str, query: str, asked: Mapping[str, Any], folder: Path) -> Iterator[Rows]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        made = create_engine(_address(url, folder))
    except (ArgumentError, NoSuchModuleError, ValueError):
        # The address itself is not repeated: it may hold a password.
        raise SourceError(
            "the metric's url is no address of a database that is known here. Expected "
            "postgresql://HOST/NAME, sqlite:///FILE or duckdb:///FILE, or where one is kept: "
            f"{FORMS}"
        ) from None
    except ModuleNotFoundError as error:
        raise SourceError(
            f"the database's driver {error.name!r} is not installed; for PostgreSQL: "
            "pip install 'outlay[postgres]'"
        ) from None
    bare = _BOUND.sub(lambda found: f"\x00{found[1]}", query).replace(":", r"\:")
    statement = text(bare.replace("\x00", ":"))
    options = {"stream_results": True, "yield_per": _BATCH}
    if made.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    if made.dialect.name == "sqlite":  # which has no dates, only their text
        asked = {name: str(moment) for name, moment in asked.items()}
    try:
        with made.connect() as connection:
            result = connection.execution_options(**options).execute(statement, dict(asked))
            if not result.returns_rows:
                raise SourceError("the statement gives no rows; expected a SELECT")
            yield list(result.keys()), (tuple(row) for row in result)
    except SQLAlchemyError as error:
        reason = _first_line(getattr(error, "orig", None) or error)
        raise SourceError(f"the database cannot answer: {_without(url, reason)}") from None
    finally:
        made.dispose()


def iter_batches(cursor: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of a DuckDB cursor, some at a time."""
    while batch := cursor.fetchmany(_BATCH):
        yield from batch


def _address(url: str, folder: Path) -> Any:
    from sqlalchemy.engine import make_url

    made = make_url(url)
    if made.get_backend_name() == "postgresql" and "+" not in made.drivername:
        return made.set(drivername="postgresql+psycopg")
    if made.get_backend_name() == "sqlite":
        path = folder / (made.database or "")
        if not made.database or not path.is_file():
            raise TransportError(
                f"there is no SQLite file {made.database or ''}; check the metric's url"
            )
        return made.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    return made


def _first_line(error: object) -> str:
    return " ".join(str(error).strip().splitlines()[:1])[:300]


def _without(url: str, text: str) -> str:
    """A driver's words without the address and its password, should it repeat them."""
    from sqlalchemy.engine import make_url

    secret = make_url(url).password
    for part in (url, str(secret) if secret else ""):
        text = text.replace(part, "[hidden]") if part else text
    return text
