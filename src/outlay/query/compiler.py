"""Branches of a question as SQL: a sqlglot tree per shape, printed once and kept.

A branch selects ``_previous``, ``_period``, ``_currency``, ``d0…`` (the dimensions) and ``s0…``
(the sums). A branch that converts has amounts in two halves (``s0`` and ``s0l``, see
`outlay.query.sqlparts`) and ``_missing``, true for what has no rate.
"""

from functools import lru_cache

from sqlglot import exp

from outlay.query.expression import compile_condition
from outlay.query.expression.compile import Resolve
from outlay.query.planner import CHARGE_DAY, Branch
from outlay.query.shape import Shape, Sum
from outlay.query.sqlparts import (
    aliased,
    amounts_of,
    conditions_of,
    currency_of,
    day_bounds,
    day_of,
    join_rates,
    missing_rate,
    null_of,
    period_of,
    resolver,
    table_sql,
    with_files,
)

_GROUP = "_group"


def branch_sql(branch: Branch) -> str:
    """The SELECT of one branch."""
    return with_files(shape_sql(branch.shape), dict(branch.files))


@lru_cache(maxsize=2048)
def shape_sql(shape: Shape) -> str:
    """The SELECT of a shape, with markers in place of file names."""
    build = {"daily": _by_context, "months": _by_month}.get(shape.table, _flat)
    return build(shape).sql(dialect="duckdb")


# --- one flat table: cube, tag cube, charges ------------------------------------------------


def _flat(shape: Shape) -> exp.Select:
    day = day_of(shape.table)
    resolve = resolver(shape.fields, day)
    select = exp.Select().from_(table_sql(shape.table), copy=False)
    for condition in conditions_of(shape, resolve, day):
        select.where(condition, copy=False)
    select = select.select(
        aliased(_flag(shape), "_previous"),
        aliased(period_of(shape, day), "_period"),
        aliased(currency_of(shape, resolve), "_currency"),
        *(aliased(resolve(d), f"d{i}") for i, d in enumerate(shape.by)),
    )
    if shape.convert_to is not None:
        select = join_rates(select, currency_of(shape, resolve), day)
        missing = missing_rate(shape, currency_of(shape, resolve))
        select = select.select(aliased(missing, "_missing"))
    for i, part in enumerate(shape.sums):
        select = select.select(*_sums(shape, i, part, resolve))
    return _without_phantom(select)


def _sums(shape: Shape, index: int, part: Sum, resolve: Resolve) -> list[exp.Expr]:
    summed: list[exp.Expr] = []
    for name, amount in amounts_of(shape, index, part).items():
        value: exp.Expr = exp.Sum(this=amount)
        if part.condition is not None:
            where = exp.Where(this=compile_condition(part.condition, resolve))
            value = exp.Filter(this=value, expression=where)
        summed.append(aliased(value, name))
    return summed


def _without_phantom(select: exp.Select) -> exp.Select:
    """Group by all that is not summed. Where all of it is constant, a global sum has one row even
    over no rows at all: a group that does not exist."""
    select.set("group", exp.Group(all=True))
    some = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(0))
    return select.having(some, copy=False)


def _flag(shape: Shape) -> exp.Expr:
    return exp.true() if shape.previous else exp.false()


# --- facts and contexts ---------------------------------------------------------------------


def _contexts(shape: Shape) -> tuple[exp.Select, list[str]]:
    """The contexts that the shape's condition keeps, with the values that it groups by."""
    resolve = resolver(shape.fields, day_of(shape.table))
    values: dict[str, exp.Expr] = {}
    if shape.currency:
        values["_currency"] = currency_of(shape, resolve)
    for i, dimension in enumerate(shape.by):
        if dimension != CHARGE_DAY:
            values[f"d{i}"] = resolve(dimension)
    for i, part in enumerate(shape.sums):
        if part.condition is not None:
            when = exp.paren(compile_condition(part.condition, resolve))
            values[f"f{i}"] = exp.func("coalesce", when, exp.false())
    selected = [aliased(value, name) for name, value in values.items()]
    select = exp.select(exp.column("ContextId"), *selected).from_(table_sql("contexts"))
    if shape.condition is not None:
        select = select.where(compile_condition(shape.condition, resolve))
    return select, list(values)


def _by_month(shape: Shape) -> exp.Select:
    """Context-months joined to their contexts: a row a context and month needs no grouping yet."""
    contexts, _ = _contexts(shape)
    day = day_of(shape.table)
    select = (
        exp.select(
            aliased(_flag(shape), "_previous"),
            aliased(period_of(shape, day), "_period"),
            *_group_values(shape),
        )
        .from_(exp.alias_(table_sql(shape.table), "_table", table=True))
        .join(contexts.subquery("_contexts"), using="ContextId", join_type="inner")
    )
    for condition in day_bounds(shape, day):
        select = select.where(condition)
    for i, part in enumerate(shape.sums):
        for name, amount in amounts_of(shape, i, part).items():
            select = select.select(aliased(_where_flag(part, i, amount), name))
    return select


def _group_values(shape: Shape) -> list[exp.Expr]:
    currency = exp.column("_currency") if shape.currency else null_of("VARCHAR")
    return [
        aliased(currency, "_currency"),
        *(exp.column(f"d{i}") for i in range(len(shape.by))),
    ]


def _where_flag(part: Sum, index: int, value: exp.Expr) -> exp.Expr:
    if part.condition is None:
        return value
    return exp.Case(ifs=[exp.If(this=exp.column(f"f{index}"), true=value)])


def _by_context(shape: Shape) -> exp.Select:
    """Contexts are filtered and grouped first; facts then join to one integer a group."""
    contexts, names = _contexts(shape)
    groups = exp.select(
        *(exp.column(name) for name in names),
        aliased(exp.Min(this=exp.column("ContextId")), _GROUP),
    ).from_("_contexts")
    groups.set("group", exp.Group(all=True))
    same: list[exp.Expr] = [
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
    if shape.convert_to is not None:
        members = members.select(exp.column("_currency", table="_groups"))
    return (
        _outer(shape)
        .with_("_contexts", as_=contexts, materialized=True)
        .with_("_groups", as_=groups, materialized=True)
        .with_("_members", as_=members)
        .with_("_facts", as_=_facts(shape))
    )


def _facts(shape: Shape) -> exp.Select:
    day = day_of(shape.table)
    select = (
        exp.select(exp.column(_GROUP))
        .from_(exp.alias_(table_sql(shape.table), "_table", table=True))
        .join("_members", using="ContextId", join_type="inner")
    )
    for condition in day_bounds(shape, day):
        select = select.where(condition)
    if shape.day_condition is not None:
        resolve = resolver(shape.fields, day)
        select = select.where(compile_condition(shape.day_condition, resolve))
    if shape.grain != "none":
        select = select.select(aliased(period_of(shape, day), "_period"))
    if shape.convert_to is not None:
        currency = exp.column("_currency", table="_members")
        select = join_rates(select, currency, day)
        select = select.select(aliased(missing_rate(shape, currency.copy()), "_missing"))
    for i, dimension in enumerate(shape.by):
        if dimension == CHARGE_DAY:
            select = select.select(aliased(day(), f"d{i}"))
    for i, part in enumerate(shape.sums):
        for name, amount in amounts_of(shape, i, part).items():
            select = select.select(aliased(exp.Sum(this=amount), name))
    return _without_phantom(select)


def _outer(shape: Shape) -> exp.Select:
    period = exp.column("_period") if shape.grain != "none" else null_of("DATE")
    select = exp.select(
        aliased(_flag(shape), "_previous"), aliased(period, "_period"), *_group_values(shape)
    )
    if shape.convert_to is not None:
        select = select.select(exp.column("_missing"))
    for i, part in enumerate(shape.sums):
        for name in amounts_of(shape, i, part):
            select = select.select(aliased(_where_flag(part, i, exp.column(name)), name))
    return select.from_("_facts").join("_groups", using=_GROUP, join_type="inner")
