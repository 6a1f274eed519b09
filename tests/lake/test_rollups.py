"""Roll-ups say what the charges say, and can be built again from them."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.lake import ROLLUPS, LakeError, lift, rollups
from outlay.lake.schema import MANDATORY_CONTEXT
from outlay.sources.contract import Mapping, Raw, SourceOptions
from tests.lake.bill import Bill, row, write_bill
from tests.lake.conftest import Bench

D = Decimal


def _bill(bench: Bench) -> None:
    write_bill(
        bench.bills / "2026-08/a.csv",
        [
            row("2026-08-01 00:00:00", "1", team="web"),
            row("2026-08-01 05:00:00", "2", team="web"),
            row("2026-08-01", "4", team="data", resource="r2"),
            row("2026-08-02", "8", account="a2", currency="EUR"),
            row("2026-09-01", "16", team="web"),
            row("2026-08-03", "-32", type="Fee"),
        ],
    )
    assert bench.one().status == "loaded"


def _paths(bench: Bench) -> dict[str, Path]:
    pin = bench.lake.pin()
    return {table: next(iter(bench.lake.rollup_paths(pin, table).values())) for table in ROLLUPS}


def test_daily_sums_by_day_and_context(bench: Bench) -> None:
    _bill(bench)
    paths = _paths(bench)
    found = bench.ask(
        "SELECT CAST(ChargeDay AS VARCHAR), SubAccountId, Tags['team'], BillingCurrency, "
        "BilledCost, ConsumedQuantity, LineCount FROM {d} JOIN {c} USING (ContextId) "
        "WHERE x_LineItemType = 'Usage' ORDER BY 1, 2, 3",
        d=paths["daily"],
        c=paths["contexts"],
    )
    assert found == [
        ("2026-08-01", "a1", "data", "USD", D(4), D(1), 1),
        ("2026-08-01", "a1", "web", "USD", D(3), D(2), 2),
        ("2026-08-02", "a2", None, "EUR", D(8), D(1), 1),
        ("2026-09-01", "a1", "web", "USD", D(16), D(1), 1),
    ]


def test_context_ids_are_dense_and_keys_are_the_charges_own(bench: Bench) -> None:
    _bill(bench)
    contexts = _paths(bench)["contexts"]
    (current,) = bench.lake.pin().slices
    ids = [r[0] for r in bench.ask("SELECT ContextId FROM {c} ORDER BY 1", c=contexts)]
    assert ids == list(range(len(ids)))
    joined = bench.ask(
        "SELECT count(*) FROM {x} x JOIN {c} c USING (x_ContextKey) "
        "WHERE x.ResourceId IS NOT DISTINCT FROM c.ResourceId "
        "AND x.Tags IS NOT DISTINCT FROM c.Tags",
        x=current.charges_path,
        c=contexts,
    )
    assert joined == [(current.delivery.rows,)]
    assert set(MANDATORY_CONTEXT) <= set(current.delivery.context_columns)
    assert "ChargeDescription" not in current.delivery.context_columns


def test_months_cube_and_tags_agree_with_the_charges(bench: Bench) -> None:
    _bill(bench)
    paths = _paths(bench)
    assert bench.ask(
        "SELECT CAST(ChargeMonth AS VARCHAR), sum(EffectiveCost) FROM {m} GROUP BY 1 ORDER BY 1",
        m=paths["months"],
    ) == [("2026-08-01", D(-17)), ("2026-09-01", D(16))]
    assert bench.ask(
        "SELECT ChargeCategory, x_LineItemType, sum(BilledCost), CAST(sum(LineCount) AS INTEGER) "
        "FROM {c} GROUP BY 1, 2 ORDER BY 1, 2",
        c=paths["cube"],
    ) == [
        ("Purchase", "Fee", D(-32), 1),
        ("Usage", "Fee", D(0), 1),
        ("Usage", "Usage", D(31), 5),
    ]
    assert bench.ask("SELECT Key, Value, count(*) FROM {t} GROUP BY ALL ORDER BY 2", t=paths["tags"]
    ) == [("team", "data", 1), ("team", "web", 1)]  # fmt: skip


def test_a_tag_cube_is_built_once_and_holds_what_has_no_tag_too(bench: Bench) -> None:
    _bill(bench)
    (current,) = bench.lake.pin().slices
    path = bench.lake.tag_cube(current, "team")
    assert bench.ask(
        "SELECT Value, BillingCurrency, sum(BilledCost), CAST(sum(LineCount) AS INTEGER) "
        "FROM {t} GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2",
        t=path,
    ) == [
        ("data", "USD", D(4), 1),
        ("web", "USD", D(19), 3),
        (None, "EUR", D(8), 1),
        (None, "USD", D(-32), 2),
    ]
    written = path.stat().st_mtime_ns
    assert bench.lake.tag_cube(current, "team").stat().st_mtime_ns == written
    odd = bench.lake.tag_cube(current, "a/b 'c'")
    assert bench.ask("SELECT DISTINCT Value FROM {t}", t=odd) == [(None,)]


def test_missing_rollups_are_built_again_to_the_same_content(bench: Bench) -> None:
    _bill(bench)
    before = {
        table: bench.ask("SELECT * FROM {t} ORDER BY ALL", t=path)
        for table, path in _paths(bench).items()
    }
    for path in _paths(bench).values():
        path.unlink()
    assert any("roll-ups" in problem for problem in bench.lake.verify())
    after = {
        table: bench.ask("SELECT * FROM {t} ORDER BY ALL", t=path)
        for table, path in _paths(bench).items()
    }
    assert after == before
    assert bench.lake.verify() == []


def test_rollups_without_charges_cannot_be_built(bench: Bench) -> None:
    _bill(bench)
    (current,) = bench.lake.pin().slices
    bench.lake.layout.rollup_file(current.delivery.id, "cube").unlink()
    current.charges_path.unlink()
    with pytest.raises(LakeError, match="no longer kept"):
        bench.lake.rollup_paths(bench.lake.pin(), "cube")


def test_an_unknown_rollup_lists_those_there_are(bench: Bench) -> None:
    with pytest.raises(LakeError, match="daily, contexts"):
        bench.lake.rollup_paths(bench.lake.pin(), "weekly")  # type: ignore[arg-type]


def test_a_column_that_is_unique_a_line_makes_no_context(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lift, "_FEW_VALUES", 5)
    write_bill(
        bench.bills / "2026-08/a.csv",
        [row("2026-08-01", "1", type=f"Type{n}") for n in range(100)],
    )
    assert bench.one().status == "loaded"
    (current,) = bench.lake.pin().slices
    assert "x_LineItemType" not in current.delivery.context_columns
    assert "x_FocusVersion" in current.delivery.context_columns
    assert bench.ask("SELECT count(*) FROM {c}", c=_paths(bench)["contexts"]) == [(1,)]
    cube = bench.ask("SELECT DISTINCT x_LineItemType FROM {c}", c=_paths(bench)["cube"])
    assert cube == [(None,)]


def test_a_key_collision_is_seen_and_salted_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of one value for all contexts collides until the salt changes the expression."""
    honest = lift.charges_sql

    def weak(*args: object, salt: int = 0, **named: object) -> str:
        select = honest(*args, salt=salt, **named)  # type: ignore[arg-type]
        if salt >= 2:
            return select
        return select.replace(">> 1 AS BIGINT) AS x_ContextKey", "* 0 AS BIGINT) AS x_ContextKey")

    monkeypatch.setattr("outlay.lake.prepare.charges_sql", weak)
    _bill(bench)
    assert bench.lake.verify() == []
    monkeypatch.setattr("outlay.lake.prepare._SALTS", 2)
    outcome = bench.one(name="other")
    assert outcome.status == "failed"
    assert "collide" in outcome.message


def test_the_witness_sees_two_contexts_under_one_key(bench: Bench, tmp_path: Path) -> None:
    _bill(bench)
    (current,) = bench.lake.pin().slices
    forged = tmp_path / "forged.parquet"
    bench.ask(
        f"COPY (SELECT * REPLACE (CAST(7 AS BIGINT) AS x_ContextKey) FROM {{c}}) TO '{forged}'",
        c=current.charges_path,
    )
    connection = bench.lake.connect()
    with pytest.raises(rollups.ContextCollisionError):
        rollups.build_rollups(
            connection, forged, current.delivery.context_columns, tmp_path / "out"
        )
    connection.close()


class ByteSeconds(Bill):
    """A bill whose quantities are as many as its money's digits."""

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        found = super().mapping(raw, options)
        columns = {**found.main.columns, "ConsumedQuantity": "TRY_CAST(c3 AS DECIMAL(38,21))"}
        return replace(found, main=replace(found.main, columns=columns))


def test_quantities_that_add_up_to_more_than_fits_are_left_empty_not_the_load_failed(
    bench: Bench,
) -> None:
    huge = "90000000000000000"
    rows = [row("2026-08-01", "1", resource=huge, service="Big") for _ in range(3)]
    rows += [row("2026-08-01", "2", resource="1.25", service="Small") for _ in range(2)]
    write_bill(bench.bills / "2026-08/a.csv", rows)
    assert bench.one(ByteSeconds()).status == "loaded"
    (current,) = bench.lake.pin().slices
    assert any("empty (not zero)" in note for note in current.delivery.notes)
    folder = bench.lake.layout.rollups / current.delivery.id
    for table in ("daily", "months"):
        found = bench.ask(
            "SELECT ServiceName, sum(BilledCost), sum(ConsumedQuantity), sum(LineCount) "
            "FROM {d} JOIN {c} USING (ContextId) GROUP BY 1 ORDER BY 1",
            d=folder / f"{table}.parquet",
            c=folder / "contexts.parquet",
        )
        assert found == [
            ("Big", Decimal(3), None, 3),
            ("Small", Decimal(4), Decimal("2.5"), 2),
        ]
    assert bench.lake.verify() == []
