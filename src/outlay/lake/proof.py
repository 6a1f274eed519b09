"""Reconciliation: what the vendor's rows say against what the written charges file holds.

The two sides share no expression: the vendor's side sums the source's own formulas over the raw
rows, ours sums the FOCUS columns of the finished file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from outlay.focus.sql import literal, quoted
from outlay.lake.engine.duckdb import parquet
from outlay.lake.lift import Plan
from outlay.lake.staging import BrokenRow, StagedRaw
from outlay.lake.types import COST_COLUMNS, LakeError, LandedFile, Proof, ProofLine, RejectedRow
from outlay.money import MONEY_SQL, total
from outlay.sources.contract import Rows, Stated

_SAMPLE = 20


@dataclass(frozen=True)
class Survey:
    """The raw side of a proof: counts, and sums by (currency, measure)."""

    rows: int
    rejected: int
    folded: Mapping[str, int]
    extra: int
    unexplained: int
    foreign: int
    """Rows whose own billing period is not the slice's (they stay in it, with a note)."""
    stated: Mapping[tuple[str, str], Decimal]
    rejected_sums: Mapping[tuple[str, str], Decimal]


def survey(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Survey:
    """Read the raw rows once, only the columns that proof and conditions need.

    Raises LakeError when an expression fails or the mapping's joins multiply rows.
    """
    mapping = plan.mapping
    try:
        groups = connection.execute(_survey_sql(plan)).fetchall()
        extra = _own_extra(connection, mapping.extra)
        _refuse_multiplied(connection, mapping.source, sum(group[2] for group in groups))
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:400]
        raise LakeError(f"the source's own sums cannot be worked out: {text}") from error
    stated: dict[tuple[str, str], Decimal] = {}
    rejected_sums: dict[tuple[str, str], Decimal] = {}
    counts: dict[str, int] = {}
    for currency, kind, count, extra_count, _, *amounts in groups:
        counts[kind] = counts.get(kind, 0) + count
        extra += 0 if kind == "r" else extra_count
        for measure, amount in zip(mapping.formulas, amounts, strict=True):
            if amount is None and kind.startswith("f"):
                continue  # a price or a usage row has no amount, and its currency is not the bill's
            _add(stated, (currency, measure), amount)
            if kind == "r":
                _add(rejected_sums, (currency, measure), amount)
    folded = {
        fold.rule: counts[f"f{index}"]
        for index, fold in enumerate(mapping.folds)
        if counts.get(f"f{index}")
    }
    return Survey(
        rows=sum(counts.values()),
        rejected=counts.get("r", 0),
        folded=folded,
        extra=extra,
        unexplained=counts.get("u", 0),
        foreign=sum(group[4] for group in groups if group[1][0] not in "rf"),
        stated=stated,
        rejected_sums=rejected_sums,
    )


def _survey_sql(plan: Plan) -> str:
    """Per currency and fate of a row (r, f0 …, m, u): rows, extra rows, foreign rows, sums."""
    mapping = plan.mapping
    cases = [f"WHEN coalesce(({sql}), false) THEN 'r'" for _, sql in plan.rejects]
    cases += [
        f"WHEN coalesce(({fold.when}), false) THEN 'f{index}'"
        for index, fold in enumerate(mapping.folds)
    ]
    cases.append(f"WHEN coalesce(({mapping.main.when}), false) THEN 'm'")
    sums = "".join(
        f", sum(CAST({formula} AS {MONEY_SQL}))" for formula in mapping.formulas.values()
    )
    joined = [rows for rows in mapping.extra if rows.source is None]
    extras = " + ".join(f"count_if({rows.when})" for rows in joined) or "0"
    foreign = f"count_if(({mapping.period}) IS DISTINCT FROM DATE '{plan.period.start}')"
    return (
        f"SELECT coalesce({mapping.currency}, ''), CASE {' '.join(cases)} ELSE 'u' END, "
        f"count(*), {extras}, {foreign}{sums} FROM {mapping.source} GROUP BY ALL"
    )


def _own_extra(connection: duckdb.DuckDBPyConnection, extra: Sequence[Rows]) -> int:
    """How many charges come from relations of their own."""
    counts = [
        connection.execute(f"SELECT count(*) FROM {rows.source} WHERE ({rows.when})").fetchall()
        for rows in extra
        if rows.source is not None
    ]
    return sum(found[0][0] for found in counts)


def _refuse_multiplied(connection: duckdb.DuckDBPyConnection, source: str, rows: int) -> None:
    if source == "raw":
        return
    there = connection.execute("SELECT count(*) FROM raw").fetchall()[0][0]
    if rows != there:
        raise LakeError(
            f"the source's joins make {rows} of {there} rows; this is a defect of the source: "
            "please report it with its kind"
        )


def _add(
    sums: dict[tuple[str, str], Decimal], key: tuple[str, str], amount: Decimal | None
) -> None:
    sums[key] = total((sums.get(key, Decimal(0)), amount or Decimal(0)))


def loaded_sums(
    connection: duckdb.DuckDBPyConnection, charges: Path
) -> tuple[int, dict[tuple[str, str], Decimal]]:
    """Rows of a charges file and its sums by (currency, cost column)."""
    sums = ", ".join(f"sum({quoted(column)})" for column in COST_COLUMNS)
    groups = connection.execute(
        f"SELECT coalesce(BillingCurrency, ''), count(*), {sums} FROM {parquet(charges)} GROUP BY 1"
    ).fetchall()
    loaded = {
        (currency, measure): amount or Decimal(0)
        for currency, _, *amounts in groups
        for measure, amount in zip(COST_COLUMNS, amounts, strict=True)
    }
    return sum(group[1] for group in groups), loaded


def prove(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    found: Survey,
    broken: int,
    charges: Path,
    stated: Stated,
) -> Proof:
    """The proof of a written charges file. `broken` records are read and rejected ones that
    never were rows; a cost column without a formula is proven by count alone."""
    written, loaded = loaded_sums(connection, charges)
    measures = [measure for measure in COST_COLUMNS if measure in plan.mapping.formulas]
    currencies = sorted({currency for currency, _ in (*found.stated, *loaded)})
    zero = Decimal(0)
    lines = tuple(
        ProofLine(
            measure,
            currency,
            found.stated.get((currency, measure), zero),
            loaded.get((currency, measure), zero),
            found.rejected_sums.get((currency, measure), zero),
        )
        for currency in currencies
        for measure in measures
    )
    return Proof(
        rows_read=found.rows + broken,
        rows_mapped=written - found.extra,
        rows_extra=found.extra,
        rows_folded=dict(found.folded),
        rows_rejected=found.rejected + broken,
        lines=lines,
        manifest_rows=stated.rows,
        manifest_totals=dict(stated.totals),
    )


def write_quarantine(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    raw: StagedRaw,
    files: Sequence[LandedFile],
    broken: Sequence[BrokenRow],
    target: Path,
) -> tuple[RejectedRow, ...]:
    """Write the rejected rows (file, line, reason, record as JSON); gives the first of them."""
    cases = " ".join(
        f"WHEN coalesce(({sql}), false) THEN {literal(reason)}" for reason, sql in plan.rejects
    )
    names = " ".join(f"WHEN {index} THEN {literal(file.path)}" for index, file in enumerate(files))
    select = (
        f"SELECT CASE _file {names} END AS file, _line AS line, CASE {cases} END AS reason, "
        f"{raw.record_json()} AS record FROM {plan.mapping.source}"
    )
    columns = {
        "file": [files[row.file].path for row in broken],
        "line": [row.line for row in broken],
        "reason": [row.reason for row in broken],
        "record": [json.dumps({"text": row.text}, ensure_ascii=False) for row in broken],
    }
    types = {"file": pa.string(), "line": pa.int64(), "reason": pa.string(), "record": pa.string()}
    connection.register("outlay_broken", pa.table(columns, schema=pa.schema(types)))
    escaped = literal(str(target))
    connection.execute(
        f"COPY (SELECT * FROM (FROM ({select}) WHERE reason IS NOT NULL "
        f"UNION ALL FROM outlay_broken) ORDER BY file, line) TO {escaped} (FORMAT PARQUET)"
    )
    connection.unregister("outlay_broken")
    rows = connection.execute(
        f"SELECT file, line, reason FROM {parquet(target)} ORDER BY file, line LIMIT {_SAMPLE}"
    ).fetchall()
    return tuple(RejectedRow(*row) for row in rows)
