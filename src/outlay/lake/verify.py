"""The lake's doctor: does what is there still say what was proven?"""

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from outlay.lake.engine.duckdb import parquet
from outlay.lake.proof import loaded_sums
from outlay.lake.types import COST_COLUMNS, ROLLUPS, LakeError, Pin, Slice

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

_Totals = dict[tuple[str, str], Decimal]


def verify(lake: "Lake") -> list[str]:
    """Problems of the newest pin in words: missing files, totals that disagree, history that does
    not match the table. Reads only sums, yet every slice's."""
    try:
        pin = lake.pin()
    except LakeError as error:
        return [str(error)]
    problems = _table(lake, pin)
    connection = lake.connect()
    try:
        for current in pin.slices:
            name = f"{current.source} {current.billing_period} (delivery {current.delivery.id})"
            for problem in _slice(lake, connection, current):
                problems.append(f"{name}: {problem}")
    finally:
        connection.close()
    return problems


def _table(lake: "Lake", pin: Pin) -> list[str]:
    """Compare our history with what the table's own snapshot holds."""
    if pin.snapshot_id is None:
        return []
    try:
        planned = lake.table.planned(pin.snapshot_id)
    except (LakeError, OSError) as error:
        return [f"the table's snapshot {pin.snapshot_id} cannot be planned: {error}"]
    # A delivery of usage alone has no file in the table.
    held = tuple(sorted(s.delivery.id for s in pin.slices if s.delivery.rows))
    if planned != held:
        return [
            f"the history of snapshot {pin.snapshot_id} names {len(held)} deliveries, the table "
            f"{len(planned)}: {', '.join(sorted(set(held) ^ set(planned)))}"
        ]
    slots = [(current.source, current.billing_period) for current in pin.slices]
    return [f"{slot[0]} {slot[1]} is in the lake twice" for slot in set(slots)
            if slots.count(slot) > 1]  # fmt: skip


def _slice(lake: "Lake", connection: duckdb.DuckDBPyConnection, current: Slice) -> list[str]:
    record = current.delivery
    problems: list[str] = []
    if not record.proof.reconciled:
        problems.extend(record.proof.problems)
    for file in record.files:
        landed = lake.layout.landed(file.landed)
        if not landed.exists() or landed.stat().st_size != file.size:
            problems.append(f"the vendor's file {file.path} is missing from the landing folder")
    if record.proof.rows_rejected and not lake.layout.quarantine_file(record.id).exists():
        problems.append("the quarantine of its rejected rows is missing")
    if record.usage_rows and not lake.layout.usage_file(record.id).exists():
        problems.append("its usage file is missing")
    if not current.charges_path.exists():
        return [*problems, f"its charges file {current.charges_path.name} is missing"]
    try:
        problems += _totals(lake, connection, current)
    except (duckdb.Error, LakeError) as error:
        problems.append(f"cannot be read: {' '.join(str(error).split())}")
    return problems


def _totals(lake: "Lake", connection: duckdb.DuckDBPyConnection, current: Slice) -> list[str]:
    record, problems = current.delivery, []
    rows, charges = loaded_sums(connection, current.charges_path)
    if rows != record.rows:
        problems.append(f"its charges file has {rows} rows, recorded were {record.rows}")
    for line in record.proof.lines:
        amount = charges.get((line.currency, line.measure), Decimal(0))
        if amount != line.loaded:
            problems.append(
                f"{line.measure} {line.currency} of its charges is {amount:f}, proven was "
                f"{line.loaded:f}"
            )
    missing = [t for t in ROLLUPS if not lake.layout.rollup_file(record.id, t).exists()]
    if missing:
        return [*problems, f"its roll-ups {', '.join(missing)} are missing (built when next used)"]
    for table in ("daily", "months", "cube"):
        lines, totals = _rollup_totals(lake, connection, record.id, table)
        if lines != rows:
            problems.append(f"its {table} roll-up counts {lines} lines, its charges {rows}")
        problems += [
            f"{measure} {currency} of its {table} roll-up is {totals.get((currency, measure))}, of "
            f"its charges {amount:f}"
            for (currency, measure), amount in charges.items()
            if totals.get((currency, measure)) != amount
        ]
    return problems


def _rollup_totals(
    lake: "Lake", connection: duckdb.DuckDBPyConnection, delivery_id: str, table: str
) -> tuple[int, _Totals]:
    path = parquet(lake.layout.rollup_file(delivery_id, table))
    contexts = parquet(lake.layout.rollup_file(delivery_id, "contexts"))
    join = "" if table == "cube" else f" JOIN {contexts} USING (ContextId)"
    sums = ", ".join(f"sum({column})" for column in COST_COLUMNS)
    groups = connection.execute(
        f"SELECT BillingCurrency, CAST(sum(LineCount) AS BIGINT), {sums} FROM {path}{join} "
        "GROUP BY 1"
    ).fetchall()
    totals = {
        (group[0], measure): amount
        for group in groups
        for measure, amount in zip(COST_COLUMNS, group[2:], strict=True)
    }
    return sum(group[1] for group in groups), totals
