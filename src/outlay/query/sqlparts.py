"""Pieces of SQL that branches are made of: files, dimensions, days, periods, conversions.

File names are filled into the printed text: a marker that no text can guess stands for them
until then.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from sqlglot import exp

from outlay.expression import Condition, compile_condition
from outlay.expression.columns import column_type
from outlay.expression.compile import Resolve
from outlay.expression.dimensions import Dimension
from outlay.focus.sql import literal
from outlay.lake.facts import file_columns
from outlay.money.rates import RATE_SQL
from outlay.query.planner import CHARGE_DAY, CURRENCY
from outlay.query.shape import Field, Shape, Sum

Day = Callable[[], exp.Expr]
"""Gives the day of a row as fresh nodes: a node of a tree has one parent."""

RATES = "_rates"
"""The temporary table of rates: ``_rate_currency``, ``_rate_day``, ``_rate_stated`` (the text of a
bill's own rate, '' for all others) and ``_rate``."""

# An amount of 21 decimals times a rate of nine has 30, which leaves eight of 38 digits for the
# whole. Where sums are larger (the engine refuses to overflow), an amount's first nine decimals
# and the rest are multiplied and summed apart: as exact, but a division per amount slower.
_HIGH = "DECIMAL(26,9)"
_LOW = "DECIMAL(21,21)"

_MARK = secrets.token_hex(16)
_SQL_TYPES = {"text": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP"}


def with_files(sql: str, files: Mapping[str, Sequence[Path]]) -> str:
    """Fill file names into SQL that was built on `table_sql`."""
    for name, paths in files.items():
        listed = "[" + ", ".join(literal(str(path)) for path in paths) + "]"
        if len({file_columns(path) for path in paths}) > 1:
            listed += ", union_by_name = true"
        sql = sql.replace(f"'{_MARK}{name}'", listed)
    return sql


def table_sql(name: str, *, file_row_number: bool = False) -> exp.Table:
    """`read_parquet` of the files that are later filled in for `name`."""
    options = {"hive_partitioning": exp.false()}
    if file_row_number:
        options["file_row_number"] = exp.true()
    arguments: list[exp.Expr] = [exp.Literal.string(f"{_MARK}{name}")]
    arguments += [exp.EQ(this=exp.column(key), expression=value) for key, value in options.items()]
    return exp.Table(this=exp.Anonymous(this="read_parquet", expressions=arguments))


# --- dimensions and conditions --------------------------------------------------------------


def resolver(fields: Sequence[Field], day: Day) -> Resolve:
    """The SQL of dimensions where a slice has them as `fields` say."""
    known = {field.dimension: field for field in fields}

    def resolve(dimension: Dimension) -> exp.Expr:
        return day() if dimension == CHARGE_DAY else _value(known[dimension])

    return resolve


def line_resolver(fields: Sequence[Field]) -> Resolve:
    """The SQL of dimensions in the charges themselves."""
    return resolver(fields, day_of("charges"))


def _value(field: Field) -> exp.Expr:
    name = field.dimension.name
    if field.origin == "value":
        return exp.column("Value", quoted=True)
    if field.origin == "label":
        return exp.column(label_column(name), quoted=True)
    if field.origin == "allocated":
        return _tag("AllocatedTags", name)
    if field.origin == "map":
        return _tag("Tags", name)
    if field.origin == "maps":
        return exp.func("coalesce", _tag("AllocatedTags", name), _tag("Tags", name), copy=False)
    kind = _SQL_TYPES[column_type(name)] if field.dimension.kind == "column" else "VARCHAR"
    if field.origin == "null":
        return null_of(kind)
    if field.origin == "constant":
        return exp.cast(exp.Literal.string(field.constant or ""), kind)
    return exp.column(name, quoted=True)


def label_column(tag: str) -> str:
    """The column, and the name among a branch's files, of the labels of a virtual tag."""
    return f"label {tag}"


def in_contexts(condition: exp.Expr | None = None) -> exp.Expr:
    """The condition on a line that its context is one of the slice's that fulfil a condition."""
    inner = exp.select("x_ContextKey", copy=False).from_(table_sql("contexts"), copy=False)
    if condition is not None:
        inner = inner.where(condition, copy=False)
    return exp.In(this=exp.column("x_ContextKey"), query=exp.Subquery(this=inner))


_FILES = 1 << 32
"""More than there are contexts in a slice: a file's number times this and an id share no value."""


def by_key(name: str, key: str, alias: str = "") -> exp.Expr:
    """A table of contexts, facts or labels with the column that tells contexts apart: their id,
    or, over the files of several slices, ``_key``."""
    if key == "ContextId":
        table = table_sql(name)
        return exp.alias_(table, alias, table=True, copy=False) if alias else table
    number = exp.Mul(this=exp.column("file_index"), expression=exp.Literal.number(_FILES))
    whole = exp.Add(this=exp.cast(number, "BIGINT"), expression=exp.column("ContextId"))
    select = exp.select("*", aliased(whole, key), copy=False).from_(table_sql(name), copy=False)
    return select.subquery(alias or "_keyed", copy=False)


def labelled_contexts(tags: Sequence[str], *columns: str, key: str = "ContextId") -> exp.Select:
    """SELECT from the contexts of a slice (or of several, by `key`) with the labels of virtual
    tags beside them; all columns unless some are named."""
    wanted: list[exp.Expr] = [exp.column(c) for c in columns] or [exp.Star()]
    select = exp.select(*wanted, copy=False)
    select = select.from_(by_key("contexts", key), copy=False)
    for tag in tags:
        name = label_column(tag)
        value = exp.alias_(exp.column("Value"), name, quoted=True, copy=False)
        labels = exp.select(exp.column(key), value, copy=False).from_(by_key(name, key), copy=False)
        if columns:
            select = select.select(exp.column(name, quoted=True), copy=False)
        alias = f"_labels_{tags.index(tag)}"
        select = select.join(
            labels.subquery(alias, copy=False), using=key, join_type="left", copy=False
        )
    return select


def _tag(column: str, key: str) -> exp.Expr:
    arguments = [exp.column(column, quoted=True), exp.Literal.string(key)]
    return exp.Anonymous(this="map_extract_value", expressions=arguments)


def compiled_condition(condition: Condition, resolve: Resolve) -> exp.Expr:
    """The SQL of a condition, in parentheses."""
    return exp.paren(compile_condition(condition, resolve), copy=False)


def conditions_of(shape: Shape, resolve: Resolve, day: Day) -> list[exp.Expr]:
    """Everything that a row of a flat table must fulfil."""
    found = day_bounds(shape, day)
    for condition in (shape.condition, shape.day_condition):
        if condition is not None:
            found.append(compiled_condition(condition, resolve))
    return found


# --- days and periods -----------------------------------------------------------------------


def day_of(table: str) -> Day:
    """The charge day of a row of the table."""
    if table == "charges":
        return lambda: exp.cast(exp.column("ChargePeriodStart", quoted=True), "DATE")
    name = "ChargeMonth" if table == "months" else "ChargeDay"
    return lambda: exp.column(name, quoted=True)


def day_bounds(shape: Shape, day: Day) -> list[exp.Expr]:
    """The conditions that cut the shape's range out of its slice."""
    kind = "DATE"
    if shape.table == "charges":
        # Compared as moments, so that row groups are skipped by their statistics.
        def day() -> exp.Expr:
            return exp.column("ChargePeriodStart", quoted=True)

        kind = "TIMESTAMP"
    found: list[exp.Expr] = []
    if shape.start:
        found.append(exp.GTE(this=day(), expression=date_literal(shape.start, kind)))
    if shape.end:
        found.append(exp.LT(this=day(), expression=date_literal(shape.end, kind)))
    return found


def period_of(shape: Shape, day: Day) -> exp.Expr:
    """The first day (or hour) of the period of a row, moved if the shape says so."""
    if shape.grain == "none":
        return null_of("DATE")
    hourly = shape.grain == "hour"
    kind = "TIMESTAMP" if hourly else "DATE"
    period = exp.column("ChargePeriodStart", quoted=True) if hourly else day()
    if shape.grain != "day":
        arguments = [exp.Literal.string(shape.grain), period]
        period = exp.cast(exp.Anonymous(this="date_trunc", expressions=arguments), kind)
    if shape.shift and shape.shift.count:
        count = exp.Literal.string(str(shape.shift.count))
        step = exp.Interval(this=count, unit=exp.var(shape.shift.unit))
        period = exp.cast(exp.Add(this=period, expression=step), kind)
    return period


def share_day_of(shape: Shape, day: Day) -> exp.Expr:
    """The first day of the period by which shares are told apart; never moved."""
    if shape.share_day != "month":
        return day()
    arguments = [exp.Literal.string("month"), day()]
    return exp.cast(exp.Anonymous(this="date_trunc", expressions=arguments), "DATE")


def date_literal(day: date, kind: str) -> exp.Expr:
    """A day as a literal of the SQL type."""
    return exp.cast(exp.Literal.string(day.isoformat()), kind)


# --- amounts --------------------------------------------------------------------------------


def amount_of(shape: Shape, part: Sum) -> exp.Expr:
    """What is summed for a part."""
    if shape.table == "charges" and part.column == "LineCount":
        return exp.Literal.number(1)
    return exp.column(part.column, quoted=True)


def sum_names(shape: Shape, index: int, part: Sum) -> tuple[str, ...]:
    """The result columns of a part: one, or two halves where it is converted."""
    return (f"s{index}", f"s{index}l") if shape.halves and part.is_money else (f"s{index}",)


def converted_sums(shape: Shape, by_day: str, keys: Sequence[str], currency: str) -> exp.Select:
    """Sums by day of the relation `by_day` times the rate of their day, summed by `keys`.

    `by_day` has ``_day``, ``_stated``, ``s0…`` and the columns `keys` and `currency`. The result
    has ``_missing`` beside the keys: true where there is no rate, and amounts stand as they are.
    """
    target = exp.Literal.string(shape.convert_to or "")
    rate = exp.column("_rate", table=RATES)
    none = exp.Is(this=rate, expression=exp.Null())
    missing = exp.and_(
        none, exp.NullSafeNEQ(this=exp.column(currency), expression=target), copy=False
    )
    select = exp.select(
        *(exp.column(key) for key in keys), aliased(missing, "_missing"), copy=False
    )
    for i, part in enumerate(shape.sums):
        amounts = _converted(f"s{i}", shape.halves) if part.is_money else [exp.column(f"s{i}")]
        for name, amount in zip(sum_names(shape, i, part), amounts, strict=True):
            select = select.select(aliased(exp.Sum(this=amount), name), copy=False)
    same = exp.and_(
        exp.EQ(this=exp.column("_rate_currency", table=RATES), expression=exp.column(currency)),
        exp.EQ(this=exp.column("_rate_day", table=RATES), expression=exp.column("_day")),
        exp.EQ(this=exp.column("_rate_stated", table=RATES), expression=exp.column("_stated")),
        copy=False,
    )
    select = select.from_(by_day, copy=False).join(RATES, on=same, join_type="left", copy=False)
    select.set("group", exp.Group(all=True))
    return select


def _converted(name: str, halves: bool) -> list[exp.Expr]:
    one = exp.cast(exp.Literal.number(1), RATE_SQL)
    rate = exp.func("coalesce", exp.column("_rate", table=RATES), one, copy=False)
    if not halves:
        return [exp.Mul(this=exp.column(name), expression=rate)]
    high = exp.cast(exp.column(name), _HIGH)
    low = exp.cast(exp.Sub(this=exp.column(name), expression=high.copy()), _LOW)
    return [exp.Mul(this=high, expression=rate), exp.Mul(this=low, expression=rate.copy())]


def currency_of(shape: Shape, resolve: Resolve) -> exp.Expr:
    """The currency of a row; null where the question sums no money."""
    return resolve(CURRENCY) if shape.currency else null_of("VARCHAR")


# --- small ----------------------------------------------------------------------------------


def null_of(kind: str) -> exp.Expr:
    """NULL of an SQL type."""
    return exp.cast(exp.Null(), kind)


def aliased(value: exp.Expr, name: str) -> exp.Expr:
    """A value under a name."""
    return exp.alias_(value, name, copy=False)
