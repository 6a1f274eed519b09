"""Branches of a question as SQL: a sqlglot tree per shape, printed once and kept.

A branch selects ``_previous``, ``_period``, ``_currency``, ``_day``, ``d0…`` (the dimensions) and
``s0…`` (the sums). File names are filled into the printed text: a marker that no text can guess
stands for them until then.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlglot import exp

from outlay.focus.sql import literal
from outlay.query.columns import column_type
from outlay.query.dimensions import Dimension
from outlay.query.expression import Condition, compile_condition
from outlay.query.expression.compile import Resolve
from outlay.query.planner import CHARGE_DAY, CURRENCY, Branch
from outlay.query.shape import Field, Shape, Sum

_MARK = secrets.token_hex(16)
_SQL_TYPES = {"text": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP"}
_GROUP = "_group"


def branch_sql(branch: Branch) -> str:
    """The SELECT of one branch."""
    return with_files(shape_sql(branch.shape), dict(branch.files))


def with_files(sql: str, files: Mapping[str, Sequence[Path]]) -> str:
    """Fill file names into SQL that was built on `table_sql`."""
    for name, paths in files.items():
        listed = ", ".join(literal(str(path)) for path in paths)
        sql = sql.replace(f"'{_MARK}{name}'", f"[{listed}]")
    return sql


@lru_cache(maxsize=2048)
def shape_sql(shape: Shape) -> str:
    """The SELECT of a shape, with markers in place of file names."""
    tree = _by_context(shape) if shape.table in ("daily", "months") else _flat(shape)
    return tree.sql(dialect="duckdb")


def table_sql(name: str, *, file_row_number: bool = False) -> exp.Table:
    """`read_parquet` of the files that are later filled in for `name`."""
    function = exp.Anonymous(
        this="read_parquet",
        expressions=[
            exp.Literal.string(f"{_MARK}{name}"),
            exp.EQ(this=exp.column("union_by_name"), expression=exp.true()),
            exp.EQ(this=exp.column("hive_partitioning"), expression=exp.false()),
        ],
    )
    if file_row_number:
        option = exp.EQ(this=exp.column("file_row_number"), expression=exp.true())
        function.append("expressions", option)
    return exp.Table(this=function)


# --- one flat table: cube, tag cube, charges ------------------------------------------------


def _flat(shape: Shape) -> exp.Select:
    day = _day_of(shape.table)
    resolve = _resolver(shape.fields, day)
    select = exp.Select().from_(table_sql(shape.table), copy=False)
    for condition in _conditions(shape, resolve, day):
        select.where(condition, copy=False)
    selected = [
        _alias(_period(shape, _moment_of(shape, day)), "_period"),
        _alias(resolve(CURRENCY) if shape.currency else _null("VARCHAR"), "_currency"),
        _alias(day() if shape.keep_day else _null("DATE"), "_day"),
    ]
    selected += [_alias(resolve(d), f"d{i}") for i, d in enumerate(shape.by)]
    selected += [_alias(_sum(shape, part, resolve), f"s{i}") for i, part in enumerate(shape.sums)]
    return _grouped(select, shape, selected)


def _grouped(select: exp.Select, shape: Shape, selected: list[exp.Expr]) -> exp.Select:
    flag = exp.true() if shape.previous else exp.false()
    select.select(_alias(flag, "_previous"), *selected, copy=False)
    return _without_phantom(select)


def _without_phantom(select: exp.Select) -> exp.Select:
    """Group by all that is not summed. Where all of it is constant, a global sum has one row even
    over no rows at all: a group that does not exist."""
    select.set("group", exp.Group(all=True))
    some = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(0))
    return select.having(some, copy=False)


def _sum(shape: Shape, part: Sum, resolve: Resolve) -> exp.Expr:
    if shape.table == "charges" and part.column == "LineCount":
        summed: exp.Expr = exp.Count(this=exp.Star())
    else:
        summed = exp.Sum(this=exp.column(part.column, quoted=True))
    if part.condition is None:
        return summed
    where = exp.Where(this=compile_condition(part.condition, resolve))
    return exp.Filter(this=summed, expression=where)


# --- facts and contexts ---------------------------------------------------------------------


def _by_context(shape: Shape) -> exp.Select:
    """Contexts are filtered and grouped first; facts then join to one integer a group."""
    resolve = _resolver(shape.fields, _day_of(shape.table))
    values: dict[str, exp.Expr] = {}
    if shape.currency:
        values["_currency"] = resolve(CURRENCY)
    for i, dimension in enumerate(shape.by):
        if dimension != CHARGE_DAY:
            values[f"d{i}"] = resolve(dimension)
    for i, part in enumerate(shape.sums):
        if part.condition is not None:
            values[f"f{i}"] = exp.func(
                "coalesce", exp.paren(compile_condition(part.condition, resolve)), exp.false()
            )
    contexts = exp.select(exp.column("ContextId"), copy=False).from_(table_sql("contexts"))
    contexts = contexts.select(*(_alias(value, name) for name, value in values.items()))
    if shape.condition is not None:
        contexts = contexts.where(compile_condition(shape.condition, resolve))
    names = list(values)
    if not names:
        values[_GROUP] = exp.Literal.number(0)
    groups = exp.select(
        *(exp.column(name) for name in names),
        _alias(exp.Min(this=exp.column("ContextId")), _GROUP),
    ).from_("_contexts")
    groups.set("group", exp.Group(all=True))
    same = [
        exp.NullSafeEQ(
            this=exp.column(name, table="_contexts"), expression=exp.column(name, table="_groups")
        )
        for name in names
    ]
    members = (
        exp.select(exp.column("ContextId", table="_contexts"), exp.column(_GROUP, table="_groups"))
        .from_("_contexts")
        .join("_groups", on=exp.and_(*same) if same else exp.true(), join_type="inner")
    )
    return (
        _outer(shape, names)
        .with_("_contexts", as_=contexts, materialized=True)
        .with_("_groups", as_=groups, materialized=True)
        .with_("_members", as_=members)
        .with_("_facts", as_=_facts(shape))
    )


def _facts(shape: Shape) -> exp.Select:
    day = _day_of(shape.table)
    select = (
        exp.select(exp.column(_GROUP))
        .from_(exp.alias_(table_sql(shape.table), "_table", table=True))
        .join("_members", using="ContextId", join_type="inner")
    )
    resolve = _resolver(shape.fields, day)
    for condition in _day_bounds(shape, day):
        select = select.where(condition)
    if shape.day_condition is not None:
        select = select.where(compile_condition(shape.day_condition, resolve))
    if shape.grain != "none":
        select = select.select(_alias(_period(shape, day()), "_period"))
    if shape.keep_day:
        select = select.select(_alias(day(), "_day"))
    for i, dimension in enumerate(shape.by):
        if dimension == CHARGE_DAY:
            select = select.select(_alias(day(), f"d{i}"))
    for i, part in enumerate(shape.sums):
        select = select.select(_alias(exp.Sum(this=exp.column(part.column)), f"s{i}"))
    return _without_phantom(select)


def _outer(shape: Shape, names: list[str]) -> exp.Select:
    period = exp.column("_period") if shape.grain != "none" else _null("DATE")
    flag = exp.true() if shape.previous else exp.false()
    selected = [
        _alias(flag, "_previous"),
        _alias(period, "_period"),
        exp.column("_currency") if shape.currency else _alias(_null("VARCHAR"), "_currency"),
        exp.column("_day") if shape.keep_day else _alias(_null("DATE"), "_day"),
        *(exp.column(f"d{i}") for i in range(len(shape.by))),
    ]
    for i, part in enumerate(shape.sums):
        value: exp.Expr = exp.column(f"s{i}")
        if part.condition is not None:
            value = exp.Case(ifs=[exp.If(this=exp.column(f"f{i}"), true=value)])
        selected.append(_alias(value, f"s{i}"))
    return exp.select(*selected).from_("_facts").join("_groups", using=_GROUP, join_type="inner")


# --- pieces ---------------------------------------------------------------------------------


def line_resolver(fields: Sequence[Field]) -> Resolve:
    """The SQL of dimensions in the charges themselves."""
    return _resolver(fields, _day_of("charges"))


def _resolver(fields: Sequence[Field], day: Callable[[], exp.Expr]) -> Resolve:
    known = {field.dimension: field for field in fields}

    def resolve(dimension: Dimension) -> exp.Expr:
        return day() if dimension == CHARGE_DAY else _value(known[dimension])

    return resolve


def _value(field: Field) -> exp.Expr:
    name = field.dimension.name
    if field.origin == "value":
        return exp.column("Value", quoted=True)
    if field.origin == "map":
        key = exp.Literal.string(name)
        return exp.Anonymous(
            this="map_extract_value", expressions=[exp.column("Tags", quoted=True), key]
        )
    kind = _SQL_TYPES[column_type(name)] if field.dimension.kind == "column" else "VARCHAR"
    if field.origin == "null":
        return _null(kind)
    if field.origin == "constant":
        return exp.cast(exp.Literal.string(field.constant or ""), kind)
    return exp.column(name, quoted=True)


def _day_of(table: str) -> Callable[[], exp.Expr]:
    """The day of a row of the table, as fresh nodes (a node has one parent)."""
    if table == "charges":
        return lambda: exp.cast(exp.column("ChargePeriodStart", quoted=True), "DATE")
    name = "ChargeMonth" if table == "months" else "ChargeDay"
    return lambda: exp.column(name, quoted=True)


def _moment_of(shape: Shape, day: Callable[[], exp.Expr]) -> exp.Expr:
    return exp.column("ChargePeriodStart", quoted=True) if shape.grain == "hour" else day()


def _conditions(shape: Shape, resolve: Resolve, day: Callable[[], exp.Expr]) -> list[exp.Expr]:
    found = _day_bounds(shape, day)
    for condition in (shape.condition, shape.day_condition):
        if condition is not None:
            found.append(compiled_condition(condition, resolve))
    return found


def compiled_condition(condition: Condition, resolve: Resolve) -> exp.Expr:
    """The SQL of a condition, in parentheses."""
    return exp.paren(compile_condition(condition, resolve), copy=False)


def _day_bounds(shape: Shape, day: Callable[[], exp.Expr]) -> list[exp.Expr]:
    if shape.table == "charges":
        # Compared as moments, so that row groups are skipped by their statistics.
        def left() -> exp.Expr:
            return exp.column("ChargePeriodStart", quoted=True)

        kind = "TIMESTAMP"
    else:
        left, kind = day, "DATE"
    found: list[exp.Expr] = []
    if shape.start:
        found.append(exp.GTE(this=left(), expression=_date(shape.start, kind)))
    if shape.end:
        found.append(exp.LT(this=left(), expression=_date(shape.end, kind)))
    return found


def _period(shape: Shape, moment: exp.Expr) -> exp.Expr:
    if shape.grain == "none":
        return _null("DATE")
    kind = "TIMESTAMP" if shape.grain == "hour" else "DATE"
    period = moment
    if shape.grain != "day":
        unit = exp.Literal.string(shape.grain)
        period = exp.cast(exp.Anonymous(this="date_trunc", expressions=[unit, moment]), kind)
    if shape.shift and shape.shift.count:
        step = exp.Interval(
            this=exp.Literal.string(str(shape.shift.count)), unit=exp.var(shape.shift.unit)
        )
        period = exp.cast(exp.Add(this=period, expression=step), kind)
    return period


def _date(day: date, kind: str) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), kind)


def _null(kind: str) -> exp.Expr:
    return exp.cast(exp.Null(), kind)


def _alias(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, copy=False)
