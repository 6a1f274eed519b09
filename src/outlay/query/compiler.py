"""Branches of a question as SQL: a sqlglot tree per shape, printed once and kept.

A branch selects ``_previous``, ``_period``, ``_currency``, ``d0…`` (the dimensions) and ``s0…``
(the sums). A branch that converts has amounts in two halves (``s0`` and ``s0l``, see
`outlay.query.sqlparts`) and ``_missing``, true for what has no rate.
"""

from functools import lru_cache

from sqlglot import exp

from outlay.expression import compile_condition
from outlay.expression.compile import Resolve
from outlay.query.planner import CHARGE_DAY, Branch
from outlay.query.shape import SHARE_DAY, Shape, Sum
from outlay.query.sqlparts import (
    aliased,
    amount_of,
    by_key,
    conditions_of,
    converted_sums,
    currency_of,
    day_bounds,
    day_of,
    in_contexts,
    labelled_contexts,
    null_of,
    period_of,
    resolver,
    share_day_of,
    sum_names,
    table_sql,
    with_files,
)
from outlay.query.stated import stated_sql

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
    if shape.labels:
        labels = labelled_contexts(shape.labels, "x_ContextKey").subquery("_labels", copy=False)
        select = select.join(labels, using="x_ContextKey", join_type="inner", copy=False)
    elif shape.partly:
        select.where(in_contexts(), copy=False)
    for condition in conditions_of(shape, resolve, day):
        select.where(condition, copy=False)
    keys = ["_previous", "_period", "_currency", *(f"d{i}" for i in range(len(shape.by)))]
    values = [_flag(shape), period_of(shape, day), currency_of(shape, resolve)]
    values += [resolve(dimension) for dimension in shape.by]
    if shape.share_day:
        keys.append(SHARE_DAY)
        values.append(share_day_of(shape, day))
    select = select.select(*(aliased(v, k) for k, v in zip(keys, values, strict=True)), copy=False)
    for i, part in enumerate(shape.sums):
        select = select.select(aliased(_filtered_sum(shape, part, resolve), f"s{i}"), copy=False)
    if shape.convert_to is None:
        return _without_phantom(select)
    stated = stated_sql(shape.stated, shape.convert_to, resolve)
    select = select.select(aliased(day(), "_day"), aliased(stated, "_stated"), copy=False)
    by_day = _without_phantom(select)
    return converted_sums(shape, "_by_day", keys, "_currency").with_(
        "_by_day", as_=by_day, copy=False
    )


def _filtered_sum(shape: Shape, part: Sum, resolve: Resolve) -> exp.Expr:
    summed = exp.Sum(this=amount_of(shape, part))
    if part.condition is None:
        return summed
    where = exp.Where(this=compile_condition(part.condition, resolve))
    return exp.Filter(this=summed, expression=where)


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
    if shape.convert_to is not None:
        values["_stated"] = stated_sql(shape.stated, shape.convert_to, resolve)
    for i, dimension in enumerate(shape.by):
        if dimension != CHARGE_DAY:
            values[f"d{i}"] = resolve(dimension)
    for i, part in enumerate(shape.sums):
        if part.condition is not None:
            when = exp.paren(compile_condition(part.condition, resolve), copy=False)
            values[f"f{i}"] = exp.func("coalesce", when, exp.false(), copy=False)
    selected = [aliased(value, name) for name, value in values.items()]
    contexts = labelled_contexts(shape.labels, key=shape.key).subquery("_labelled", copy=False)
    source = contexts if shape.labels else by_key("contexts", shape.key)
    select = exp.select(exp.column(shape.key), *selected, copy=False).from_(source, copy=False)
    if shape.condition is not None:
        select = select.where(compile_condition(shape.condition, resolve), copy=False)
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
            copy=False,
        )
        .from_(by_key(shape.table, shape.key, "_table"), copy=False)
        .join(
            contexts.subquery("_contexts", copy=False),
            using=shape.key,
            join_type="inner",
            copy=False,
        )
    )
    if shape.share_day:
        select = select.select(aliased(share_day_of(shape, day), SHARE_DAY), copy=False)
    for condition in day_bounds(shape, day):
        select = select.where(condition, copy=False)
    for i, part in enumerate(shape.sums):
        value = _where_flag(part, i, amount_of(shape, part))
        select = select.select(aliased(value, f"s{i}"), copy=False)
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
        aliased(exp.Min(this=exp.column(shape.key)), _GROUP),
        copy=False,
    ).from_("_contexts", copy=False)
    groups.set("group", exp.Group(all=True))
    same: list[exp.Expr] = [
        exp.NullSafeEQ(
            this=exp.column(name, table="_contexts"), expression=exp.column(name, table="_groups")
        )
        for name in names
    ]
    members = (
        exp.select(
            exp.column(shape.key, table="_contexts"),
            exp.column(_GROUP, table="_groups"),
            copy=False,
        )
        .from_("_contexts", copy=False)
        .join(
            "_groups",
            on=exp.and_(*same, copy=False) if same else exp.true(),
            join_type="inner",
            copy=False,
        )
    )
    select = (
        _outer(shape)
        .with_("_contexts", as_=contexts, materialized=True, copy=False)
        .with_("_groups", as_=groups, materialized=True, copy=False)
        .with_("_members", as_=members, copy=False)
    )
    if shape.convert_to is None:
        return select.with_("_facts", as_=_facts(shape), copy=False)
    days = [f"d{i}" for i, dimension in enumerate(shape.by) if dimension == CHARGE_DAY]
    shares = [SHARE_DAY] if shape.share_day else []
    keys = [_GROUP, *(["_period"] if shape.grain != "none" else []), *shares, *days]
    currencies = (
        exp.select(_GROUP, "_currency", "_stated", copy=False)
        .from_("_groups", copy=False)
        .subquery("_currencies", copy=False)
    )
    by_day = (
        exp.select("*", copy=False)
        .from_("_by_day", copy=False)
        .join(currencies, using=_GROUP, join_type="inner", copy=False)
    )
    return (
        select.with_("_by_day", as_=_facts(shape), copy=False)
        .with_("_with_currency", as_=by_day, copy=False)
        .with_("_facts", as_=converted_sums(shape, "_with_currency", keys, "_currency"), copy=False)
    )


def _facts(shape: Shape) -> exp.Select:
    day = day_of(shape.table)
    select = (
        exp.select(exp.column(_GROUP), copy=False)
        .from_(by_key(shape.table, shape.key, "_table"), copy=False)
        .join("_members", using=shape.key, join_type="inner", copy=False)
    )
    for condition in day_bounds(shape, day):
        select = select.where(condition, copy=False)
    if shape.day_condition is not None:
        resolve = resolver(shape.fields, day)
        select = select.where(compile_condition(shape.day_condition, resolve), copy=False)
    if shape.grain != "none":
        select = select.select(aliased(period_of(shape, day), "_period"), copy=False)
    if shape.convert_to is not None:
        select = select.select(aliased(day(), "_day"), copy=False)
    if shape.share_day:
        select = select.select(aliased(share_day_of(shape, day), SHARE_DAY), copy=False)
    for i, dimension in enumerate(shape.by):
        if dimension == CHARGE_DAY:
            select = select.select(aliased(day(), f"d{i}"), copy=False)
    for i, part in enumerate(shape.sums):
        select = select.select(aliased(exp.Sum(this=amount_of(shape, part)), f"s{i}"), copy=False)
    return _without_phantom(select)


def _outer(shape: Shape) -> exp.Select:
    period = exp.column("_period") if shape.grain != "none" else null_of("DATE")
    select = exp.select(
        aliased(_flag(shape), "_previous"),
        aliased(period, "_period"),
        *_group_values(shape),
        copy=False,
    )
    if shape.share_day:
        select = select.select(exp.column(SHARE_DAY), copy=False)
    if shape.convert_to is not None:
        select = select.select(exp.column("_missing"), copy=False)
    for i, part in enumerate(shape.sums):
        for name in sum_names(shape, i, part):
            select = select.select(
                aliased(_where_flag(part, i, exp.column(name)), name), copy=False
            )
    return select.from_("_facts", copy=False).join(
        "_groups", using=_GROUP, join_type="inner", copy=False
    )
