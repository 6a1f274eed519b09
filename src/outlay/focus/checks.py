"""Row checks of charges against FOCUS 1.4: a count, a sample and the rule's name.

The official validator passes files with planted errors (its enum rules pass when any row is
right, half its rules never run), so that every rule here looks at every row. Checks report;
they never change a charge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from outlay.focus.json_rules import JSON_RULES, JsonRule
from outlay.focus.products import PRODUCT_RULES, count_products, looked_at, stride
from outlay.focus.rules import RULES, Rule, Severity
from outlay.focus.sql import quoted

SAMPLE = 5
"""Rows shown per broken rule."""

_PLACE = ("x_SourceFile", "x_SourceLine")

COVERING = Rule(
    "EffectiveCost-covering",
    "what a commitment's purchase bills for a time is spread over its use and its unused part",
    "warning",
    "FALSE",
    ("CommitmentDiscountId", "BillingCurrency", "Billed", "Effective"),
)


@dataclass(frozen=True)
class CheckResult:
    """One broken rule: how many rows break it, and up to five of them.

    A sample row has x_SourceFile, x_SourceLine and the columns that the rule is about.
    """

    rule: str
    description: str
    severity: Severity
    count: int
    sample: tuple[dict[str, Any], ...]


def run_checks(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[CheckResult, ...]:
    """Check the charges in `relation` (a table's name or a subselect in brackets).

    One scan counts for all row rules; prices times quantities are multiplied once per distinct
    pair, of one row in so many where there are millions; JSON texts are parsed once per distinct
    text; covering sums are one grouping of commitment rows. Only broken rules are returned,
    errors first.
    """
    counted = _counts(connection, relation)
    results = [
        _result(rule, counted[rule.name], _row_sample(connection, relation, rule))
        for rule in RULES
        if counted[rule.name]
    ]
    results += _product_results(connection, relation, counted["rows"])
    for json_rule in JSON_RULES:
        if counted[f"{json_rule.column} set"]:
            results += _json_results(connection, relation, json_rule)
    if counted["CommitmentDiscountId set"]:
        results += _covering(connection, relation)
    order = ("error", "warning", "note")
    return tuple(sorted(results, key=lambda result: order.index(result.severity)))


def _counts(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, int]:
    """Rows per rule, and rows with a value per column that a rule depends on; in one scan."""
    optional = {rule.optional for rule in RULES if rule.optional}
    columns = sorted(optional | {rule.column for rule in JSON_RULES} | {"CommitmentDiscountId"})
    asked = {rule.name: f"count_if({rule.when})" for rule in RULES}
    asked |= {f"{name} set": f"count({name})" for name in columns} | {"rows": "count(*)"}
    row = connection.execute(f"SELECT {', '.join(asked.values())} FROM {relation}").fetchone()
    assert row is not None
    counted = {name: count or 0 for name, count in zip(asked, row, strict=True)}
    for rule in RULES:
        if rule.optional and not counted[f"{rule.optional} set"]:
            counted[rule.name] = 0
    return counted


def _row_sample(
    connection: duckdb.DuckDBPyConnection, relation: str, rule: Rule
) -> tuple[dict[str, Any], ...]:
    shown = rule.columns
    if rule.name == "text-blank":  # name the culprits, not all fifty columns
        blanks = ", ".join(f"CASE WHEN trim({name}) = '' THEN '{name}' END" for name in shown)
        columns = f"array_to_string([{blanks}], ', ') AS Columns"
    else:
        columns = ", ".join(quoted(name) for name in shown)
    return _rows(
        connection,
        f"SELECT {', '.join(_PLACE)}, {columns} FROM {relation} WHERE {rule.when} LIMIT {SAMPLE}",
    )


def _product_results(
    connection: duckdb.DuckDBPyConnection, relation: str, rows: int
) -> list[CheckResult]:
    step = stride(rows)
    counted = count_products(connection, relation, rows)
    results = []
    for rule in PRODUCT_RULES:
        if counted[rule.name]:
            seen = (
                rule
                if step == 1
                else replace(
                    rule, description=f"{rule.description} (one row in {step} was looked at)"
                )
            )
            sample = _row_sample(connection, looked_at(relation, step), rule)
            results.append(_result(seen, counted[rule.name], sample))
    return results


def _json_results(
    connection: duckdb.DuckDBPyConnection, relation: str, rule: JsonRule
) -> list[CheckResult]:
    """Rules on JSON text, asked of each distinct text once."""
    name = quoted(rule.column)
    distinct = (
        f"SELECT {name} AS t, count(*) AS n FROM {relation} WHERE {name} IS NOT NULL GROUP BY 1"
    )
    bad = connection.execute(f"SELECT t, n FROM ({distinct}) WHERE {rule.when} ORDER BY n DESC")
    found = bad.fetchall()
    if not found:
        return []
    texts = [text for text, _ in found[:SAMPLE]]
    marks = ", ".join("?" for _ in texts)
    sample = _rows(
        connection,
        f"SELECT {', '.join(_PLACE)}, {name} FROM {relation} WHERE {name} IN ({marks}) "
        f"LIMIT {SAMPLE}",
        texts,
    )
    count = sum(n for _, n in found)
    return [CheckResult(rule.name, rule.description, rule.severity, count, sample)]


def _covering(connection: duckdb.DuckDBPyConnection, relation: str) -> list[CheckResult]:
    """Commitments whose use and unused part sum to less than their purchases bill.

    Only purchases whose charge period lies within the covered rows are asked. Vendors give an
    upfront payment the month of its invoice as its charge period, so that one-time purchases
    count from 32 days. A sum above the purchases is no finding: an upfront payment of an earlier
    period is amortised in it.
    """
    found = _rows(
        connection,
        f"""
        WITH commitment AS (
            SELECT CommitmentDiscountId, BillingCurrency, BilledCost, EffectiveCost,
                   ChargePeriodStart, ChargePeriodEnd, ChargeCategory = 'Purchase' AS purchase,
                   ChargeFrequency = 'Recurring'
                   OR ChargePeriodEnd >= ChargePeriodStart + INTERVAL 32 DAY AS spread,
                   {", ".join(_PLACE)}
            FROM {relation} WHERE CommitmentDiscountId IS NOT NULL),
        bought AS (
            SELECT CommitmentDiscountId, BillingCurrency, sum(BilledCost) AS Billed,
                   min(ChargePeriodStart) AS since, max(ChargePeriodEnd) AS until,
                   {", ".join(f"any_value({name}) AS {name}" for name in _PLACE)}
            FROM commitment WHERE purchase AND spread GROUP BY ALL),
        covered AS (
            SELECT CommitmentDiscountId, BillingCurrency, sum(EffectiveCost) AS Effective,
                   min(ChargePeriodStart) AS first, max(ChargePeriodEnd) AS last
            FROM commitment WHERE NOT purchase GROUP BY ALL)
        SELECT {", ".join(_PLACE)}, CommitmentDiscountId, BillingCurrency, Billed, Effective
        FROM bought JOIN covered USING (CommitmentDiscountId, BillingCurrency)
        WHERE first <= since AND last >= until AND Effective < Billed
        ORDER BY Billed - Effective DESC""",
    )
    return [_result(COVERING, len(found), found[:SAMPLE])] if found else []


def _result(rule: Rule, count: int, sample: Sequence[dict[str, Any]]) -> CheckResult:
    return CheckResult(rule.name, rule.description, rule.severity, count, tuple(sample))


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()
) -> tuple[dict[str, Any], ...]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
