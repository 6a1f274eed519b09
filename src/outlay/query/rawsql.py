"""Raw SQL over the lake: read-only, over named views alone, within limits.

Three walls, each enough: the text must parse as one SELECT that names no other table, function
that reads files, or setting; the engine must agree that it is one SELECT; and the connection may
open no file but those of the pin, with its settings locked.
"""

import logging
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from outlay.access import whole_only
from outlay.allocation.labels import Labels
from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError, near_names
from outlay.focus.datasets import Stated
from outlay.focus.sql import literal, quoted
from outlay.lake.facts import SliceFacts, slice_facts
from outlay.lake.types import Pin
from outlay.query import datasets, sqlviews
from outlay.query.run import PinnableLake
from outlay.query.sqlviews import SqlTags

# What sqlglot cannot parse is refused with our own message; its warning would only repeat that.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

VIEWS = ("charges", "daily", "contexts", "usage", *sqlviews.VIEWS, *datasets.VIEWS)
_TABLE_FUNCTIONS = ("unnest", "generate_series", "range")
_REFUSED = (
    "read_", "parquet_", "sniff_", "glob", "query", "pragma_", "duckdb_", "getenv", "which_secret",
    "current_setting", "set_config", "iceberg_", "sqlite_", "postgres_", "mysql_", "load_", "copy_",
    "from_substrait", "test_", "seq_scan", "arrow_scan", "pandas_scan", "python_", "json_execute",
    "write_", "enable_", "disable_", "force_checkpoint", "checkpoint", "install", "summary",
)  # fmt: skip


@dataclass(frozen=True)
class SqlResult:
    """The rows of a raw query. `truncated` tells that there were more than the limit."""

    table: pa.Table
    truncated: bool
    snapshot: str | None

    def rows(self) -> list[dict[str, Any]]:
        """The rows as Python values."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        return rows

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: a decimal is text with its digits, a moment is ISO text."""
        return {
            "columns": [{"name": f.name, "type": str(f.type)} for f in self.table.schema],
            "rows": [{name: _plain(value) for name, value in row.items()} for row in self.rows()],
            "truncated": self.truncated,
            "snapshot": self.snapshot,
        }


def sql(
    lake: PinnableLake,
    text: str,
    *,
    as_of: datetime | int | None = None,
    pin: Pin | None = None,
    limit: int = 10_000,
    timeout_seconds: float = 60.0,
    stated: Stated | None = None,
    today: date | None = None,
    rules: Ruleset | None = None,
) -> SqlResult:
    """Run one SELECT over the views ``charges``, ``daily``, ``contexts``, ``usage``, ``labels``,
    ``shares`` (see `outlay.query.sqlviews`) and the FOCUS datasets ``billing_period``,
    ``invoice_detail`` and ``contract_commitment``; `rules` are the virtual tags and splits.

    `daily` has a row per day and context with the context's columns beside the sums. At most
    `limit` rows are read; after `timeout_seconds` the query is interrupted. `stated` is what a
    person says of invoices and commitments, `today` (UTC) the day on which commitments run.
    Raises QueryError for anything but a SELECT over these views, for what the engine refuses, and
    at the timeout.
    """
    whole_only("raw SQL")
    used = check(text)
    pin = pin or lake.pin(as_of)
    facts = slice_facts(lake, pin)
    used_files = _usage_files(lake, pin) if "usage" in used else []
    tags = _tags(lake, text, rules or Ruleset())
    connection = lake.connect()
    try:
        for view in used:
            if view == "usage":
                connection.execute(f"CREATE TEMP VIEW usage AS {_usage_view(used_files)}")
            elif view == "labels":
                connection.execute(f"CREATE TEMP VIEW labels AS {tags.labels_view(facts)}")
            elif view == "shares":
                sqlviews.create_shares(connection, lake, pin, tags.labels.rules)
            elif view not in datasets.VIEWS:
                connection.execute(f"CREATE TEMP VIEW {view} AS {_view(view, facts, tags)}")
        _make_datasets(connection, lake, pin, used, stated, today or datetime.now(UTC).date())
        with tempfile.TemporaryDirectory(prefix="outlay-sql-") as spill:
            apart = ("usage", *sqlviews.VIEWS, *datasets.VIEWS)
            own = [v for v in used if v not in apart]
            paths = [*used_files, *map(str, tags.files)]
            paths += [p for v in own for p in _paths(v, facts, tags)]
            _wall(connection, paths, spill)
            _check_statement(connection, text)
            table = _run(connection, text, limit + 1, timeout_seconds)
    finally:
        connection.close()
    snapshot = None if pin.snapshot_id is None else str(pin.snapshot_id)
    return SqlResult(table.slice(0, limit), table.num_rows > limit, snapshot)


@runtime_checkable
class _Remembering(Protocol):
    """A lake that still knows the deliveries that were replaced."""

    history: datasets.Records


def _make_datasets(
    connection: duckdb.DuckDBPyConnection,
    lake: PinnableLake,
    pin: Pin,
    used: Iterable[str],
    stated: Stated | None,
    today: date,
) -> None:
    """Work out the FOCUS datasets that a text reads, as temporary tables of their views' names."""
    wanted = {view: datasets.VIEWS[view] for view in used if view in datasets.VIEWS}
    if not wanted:
        return
    records = lake.history if isinstance(lake, _Remembering) else None
    try:
        made = datasets.make(
            connection, pin.slices, wanted.values(), today, records=records, stated=stated
        )
    except LookupError as error:
        raise QueryError(str(error), field="sql", hint="Load a bill first.") from None
    for view, name in wanted.items():
        connection.register("outlay_made", made[name].table)
        connection.execute(f"CREATE TEMP TABLE {view} AS SELECT * FROM outlay_made")
        connection.unregister("outlay_made")


def check(text: str) -> tuple[str, ...]:
    """The views that a text reads, or QueryError when it is anything but one harmless SELECT."""
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect="duckdb") if tree is not None]
    except (ParseError, TokenError) as error:
        raise _syntax_error(text, error) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise QueryError(
            "only one SELECT statement may be run: the lake is read-only",
            field="sql",
            text=text,
            allowed=("SELECT …", "WITH … SELECT …"),
        )
    tree = trees[0]
    for node in tree.walk():
        if isinstance(node, exp.Command | exp.DDL | exp.DML | exp.Into | exp.Pragma) and not (
            isinstance(node, exp.Query)
        ):
            raise QueryError(
                f"{node.key.upper()} is not allowed: the lake is read-only", field="sql", text=text
            )
        if isinstance(node, exp.Func):
            _check_function(node, text)
    names = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    used: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        _check_table(table, names, text)
        if table.name.lower() in VIEWS and table.name.lower() not in names:
            used.setdefault(table.name.lower())
    return tuple(used)


def _check_function(node: exp.Func, text: str) -> None:
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
    lowered = name.lower()
    if isinstance(node, exp.ReadCSV | exp.ReadParquet) or lowered.startswith(_REFUSED):
        position = text.lower().find(lowered)
        raise QueryError(
            f"the function {name} is not allowed: only the views may be read",
            field="sql",
            text=text,
            position=position if position >= 0 else None,
            length=len(name),
            allowed=VIEWS,
        )


def _check_table(table: exp.Table, names: set[str], text: str) -> None:
    inner = table.this
    if isinstance(inner, exp.Func):
        name = (inner.name if isinstance(inner, exp.Anonymous) else inner.sql_name()).lower()
        if name in _TABLE_FUNCTIONS or isinstance(inner, exp.Unnest | exp.GenerateSeries):
            return
        raise QueryError(
            f"the table function {name} is not allowed",
            field="sql",
            text=text,
            allowed=(*VIEWS, *_TABLE_FUNCTIONS),
        )
    name = table.name
    plain = isinstance(inner, exp.Identifier) and not table.db and not table.catalog
    if plain and (name.lower() in VIEWS or name.lower() in names):
        return
    position = text.find(name)
    raise QueryError(
        f"there is no table {table.sql('duckdb')}",
        field="sql",
        text=text,
        position=position if position >= 0 else None,
        length=len(name),
        near=near_names(name, VIEWS),
        allowed=VIEWS,
    )


def _syntax_error(text: str, error: Exception) -> QueryError:
    details = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    line, column = details.get("line"), details.get("col")
    position = None
    if line and column:
        lines = text.splitlines(keepends=True)
        found = sum(len(one) for one in lines[: line - 1]) + column - 1
        position = min(max(found, 0), len(text))
    what = str(details.get("description") or "the text is not SQL").rstrip(".")
    return QueryError(what, field="sql", text=text, position=position)


def _tags(lake: PinnableLake, text: str, rules: Ruleset) -> SqlTags:
    """The virtual tags that a text names as columns."""
    named = {
        column.name
        for tree in sqlglot.parse(text, dialect="duckdb")
        if tree is not None
        for column in tree.find_all(exp.Column)
    }
    tags = tuple(tag for tag in rules.tags if tag in named)
    return SqlTags(Labels(lake, rules), tags, sqlviews.LAYER in named)


def _paths(view: str, facts: Iterable[SliceFacts], tags: SqlTags) -> list[str]:
    found = []
    for one in facts:
        if view == "charges":
            if one.detail:
                found.append(str(one.slice.charges_path))
                found += [str(one.paths["contexts"])] * (one.partly or bool(tags.named))
            continue
        found.append(str(one.paths["contexts"]))
        if view == "daily":
            found.append(str(one.paths["daily"]))
    return found


def _view(view: str, facts: list[SliceFacts], tags: SqlTags) -> str:
    if view == "charges":
        kept = [one for one in facts if one.detail]
        if not kept:
            raise QueryError(
                "there are no charges to read yet" if not facts else "charges are no longer kept",
                field="sql",
                hint="Load a bill first." if not facts else "Read daily instead.",
            )
        if tags.named or tags.layer:
            return " UNION ALL BY NAME ".join(tags.slice_view(view, one, "") for one in kept)
        whole = [literal(str(one.slice.charges_path)) for one in kept if not one.partly]
        parts = [f"read_parquet([{', '.join(whole)}], union_by_name = true)"] if whole else []
        parts += [one.lines_sql for one in kept if one.partly]
        return " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in parts)
    if not facts:
        raise QueryError("there is nothing to read yet", field="sql", hint="Load a bill first.")
    return " UNION ALL BY NAME ".join(slice_view(view, one, tags) for one in facts)


@runtime_checkable
class _WithUsage(Protocol):
    """A lake that keeps usage beside its charges."""

    def usage_paths(self, pin: Pin) -> dict[str, Path]: ...


def _usage_files(lake: PinnableLake, pin: Pin) -> list[str]:
    return [str(p) for p in lake.usage_paths(pin).values()] if isinstance(lake, _WithUsage) else []


def _usage_view(paths: list[str]) -> str:
    if not paths:
        raise QueryError(
            "there is no usage to read yet",
            field="sql",
            hint="Load usage first: of a Kubernetes cluster or of an AI gateway, for example.",
        )
    listed = ", ".join(literal(path) for path in paths)
    return f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"


def slice_view(view: str, facts: SliceFacts, tags: SqlTags) -> str:
    """The rows of one slice in ``daily``, ``contexts`` or (where tags are named) ``charges``."""
    contexts = f"read_parquet({literal(str(facts.paths['contexts']))})"
    own = (
        f"{literal(facts.slice.source)} AS {quoted('x_SourceName')}, "
        f"DATE '{facts.slice.billing_period.start}' AS {quoted('x_BillingPeriod')}"
    )
    if tags.named or tags.layer:
        return tags.slice_view(view, facts, own)
    if view == "contexts":
        return f"SELECT {own}, * EXCLUDE (x_ContextKey) FROM {contexts}"
    daily = f"read_parquet({literal(str(facts.paths['daily']))})"
    return (
        f"SELECT {own}, d.*, c.* EXCLUDE (ContextId, x_ContextKey) FROM {daily} AS d "
        f"JOIN {contexts} AS c ON c.ContextId = d.ContextId"
    )


def _wall(connection: duckdb.DuckDBPyConnection, paths: list[str], spill: str) -> None:
    listed = ", ".join(literal(path) for path in dict.fromkeys(paths))
    # Spilled data goes to a folder of its own: the engine may read and write where it spills.
    connection.execute(f"SET temp_directory = {literal(spill)}")
    # A name that is no view must not be taken for a variable of this process.
    connection.execute("SET python_enable_replacements = false")
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _check_statement(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    try:
        statements = connection.extract_statements(text)
    except duckdb.Error as error:
        raise QueryError(_message(error), field="sql", text=text) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("only one SELECT statement may be run", field="sql", text=text)


def _run(
    connection: duckdb.DuckDBPyConnection, text: str, rows: int, timeout_seconds: float
) -> pa.Table:
    late = threading.Event()

    def stop() -> None:
        late.set()
        connection.interrupt()

    timer = threading.Timer(timeout_seconds, stop)
    timer.start()
    try:
        return connection.sql(text).limit(rows).to_arrow_table()
    except (duckdb.Error, pa.ArrowException) as error:
        if late.is_set():
            raise QueryError(
                f"the query was stopped after {timeout_seconds:g} seconds",
                field="sql",
                hint="Filter by ChargePeriodStart, or read daily instead of charges.",
            ) from None
        raise QueryError(_message(error), field="sql", text=text) from None
    finally:
        timer.cancel()


def _message(error: Exception) -> str:
    return str(error).strip().partition("\n\nLINE")[0]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
