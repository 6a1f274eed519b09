"""Usage by value of a virtual tag, which splits by usage weigh: CPU hours, tokens, seconds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from outlay.allocation.model import ByUsage, SplitPeriod
from outlay.allocation.rules import Ruleset, eras, tag_dimensions
from outlay.allocation.sql import Evaluation, column_of
from outlay.expression import compile_condition
from outlay.expression.columns import column_type
from outlay.expression.dimensions import CHARGE_DAY, VIRTUAL, Dimension
from outlay.expression.errors import QueryError, near_names
from outlay.focus.sql import literal, quoted
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import LakeReader, file_columns
from outlay.lake.types import Pin
from outlay.money import total
from outlay.query.usage.model import UsageQuery, usage_dimension
from outlay.query.usage.run import dimension_sql, files, resolved, usage_files

_TYPES = {"text": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP"}


def usage_weights(
    lake: LakeReader, pin: Pin, rules: Ruleset, tag: str, by: ByUsage, grain: SplitPeriod
) -> Mapping[date, Mapping[str, Decimal]]:
    """The quantity of a usage metric by period (first UTC day of the day or month in which usage
    began) and value: of the usage column or tag `by.by`, or of the tag by its own rules.

    Raises QueryError for a metric or column that no usage has, or a metric of several units.
    """
    usage_paths = getattr(lake, "usage_paths", None)
    paths = usage_files(lake, pin) if usage_paths else []  # type: ignore[arg-type]
    if not paths:
        raise QueryError(f"there is no usage of {by.metric}: no usage is loaded")
    query = UsageQuery(metrics=(by.metric,), where=by.where)
    condition = [f"Metric = {literal(by.metric)}"]
    if query.condition is not None:
        condition.append(f"({compile_condition(query.condition, resolved).sql('duckdb')})")
    with question_connection(lake) as connection:
        _check_metric(connection, paths, by.metric)
        if by.by:
            sql = [_by_column(paths, by.by, condition, grain)]
        else:
            sql = list(_by_rules(connection, paths, rules, tag, condition, grain))
        rows = connection.execute(
            "SELECT _period, Value, sum(_quantity) FROM ("
            f"{' UNION ALL '.join(sql)}) WHERE Value IS NOT NULL GROUP BY ALL"
        ).fetchall()
    found: dict[date, dict[str, Decimal]] = {}
    for period, value, quantity in rows:
        found.setdefault(period, {})[str(value)] = total([Decimal(quantity or 0)])
    return found


def _check_metric(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], metric: str
) -> None:
    rows = connection.execute(
        f"SELECT DISTINCT Metric, Unit FROM {files(paths)} ORDER BY ALL"
    ).fetchall()
    units = [str(unit) for name, unit in rows if name == metric]
    if not units:
        known = sorted({str(name) for name, _ in rows})
        raise QueryError(
            f"there is no usage of {metric}", near=near_names(metric, known), allowed=known
        )
    if len(units) > 1:
        raise QueryError(f"usage of {metric} is in several units ({', '.join(units)})")


def _period(grain: SplitPeriod) -> str:
    return f"CAST(date_trunc('{grain}', UsagePeriodStart) AS DATE) AS _period"


def _by_column(
    paths: Sequence[Path], name: str, condition: Iterable[str], grain: SplitPeriod
) -> str:
    dimension = usage_dimension(name)
    columns = frozenset().union(*(file_columns(path) for path in paths))
    if dimension.kind == "column" and dimension.name not in columns:
        raise QueryError(f"no usage has {dimension}", near=near_names(dimension.name, columns))
    return (
        f"SELECT {_period(grain)}, {dimension_sql(dimension)} AS Value, sum(Quantity) AS _quantity "
        f"FROM {files(paths)} WHERE {' AND '.join(condition)} GROUP BY ALL"
    )


def _by_rules(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    rules: Ruleset,
    tag: str,
    condition: list[str],
    grain: SplitPeriod,
) -> Iterable[str]:
    """The tag's rules, and those of the tags that it builds on, over distinct usage rows; one
    SELECT an era of the rules."""
    bounds = connection.execute(
        f"SELECT min(CAST(UsagePeriodStart AS DATE)), max(CAST(UsagePeriodStart AS DATE)) "
        f"FROM {files(paths)} WHERE {' AND '.join(condition)}"
    ).fetchone()
    if bounds is None or bounds[0] is None:
        return
    columns = frozenset().union(*(file_columns(path) for path in paths))
    tags = rules.closure([tag])
    needed = sorted({d for name in tags for d in tag_dimensions(rules.tags[name])})
    for start, end in eras(rules.boundaries(tag), *bounds):
        days = [*condition]
        if start:
            days.append(f"UsagePeriodStart >= TIMESTAMP '{start}'")
        if end:
            days.append(f"UsagePeriodStart < TIMESTAMP '{end}'")
        day = start or bounds[0]
        values = [
            f"{_value(dimension, columns, day)} AS {quoted(column_of(dimension))}"
            for dimension in needed
            if dimension.kind != VIRTUAL
        ]
        selected = ", ".join([_period(grain), *values, "sum(Quantity) AS _quantity"])
        relation = f"SELECT {selected} FROM {files(paths)} WHERE {' AND '.join(days)} GROUP BY ALL"
        keys = ["_period", "_quantity"]
        keys += [quoted(column_of(d)) for d in needed if d.kind != VIRTUAL]
        for name in tags:
            evaluation = Evaluation(connection, rules, rules.tags[name], day, ", ".join(keys))
            own = quoted(column_of(Dimension(VIRTUAL, name)))
            listed = ", ".join(keys)
            relation = f"SELECT {listed}, Value AS {own} FROM ({evaluation.sql(relation)})"
            keys.append(own)
        own = quoted(column_of(Dimension(VIRTUAL, tag)))
        yield f"SELECT _period, {own} AS Value, _quantity FROM ({relation})"


def _value(dimension: Dimension, columns: frozenset[str], day: date) -> str:
    """The SQL of what a rule looks at, in a usage row; null where usage has no such thing."""
    if dimension == CHARGE_DAY:
        return f"DATE '{day}'"
    if dimension.kind in ("tag", "label"):
        # The labels of a consumer are the tags of its usage.
        return dimension_sql(Dimension("tag", dimension.name))
    if dimension.name not in columns:
        return f"CAST(NULL AS {_TYPES[column_type(dimension.name)]})"
    return quoted(dimension.name)
