"""Amounts of a raw bill become ledger decimals exactly, or not at all."""

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.focus.sql import MACROS, money_sql, money_unfit_sql, quantity_sql
from outlay.money import MONEY_SCALE


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    for macro in MACROS:
        made.execute(macro)
    return made


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2.5893953072562468e-05", "0.000025893953072562468"),
        ("1E-10", "0.0000000001"),
        ("1.5E+3", "1500"),
        ("-0", "0"),
        ("  1.5 ", "1.5"),
        ("0.1000000000000000000000000", "0.1"),
        ("99999999999999999.5", "99999999999999999.5"),
        ("", None),
        (None, None),
    ],
)
def test_a_text_is_read_exactly(
    connection: duckdb.DuckDBPyConnection, text: str | None, amount: str | None
) -> None:
    sql = f"SELECT {money_sql('x', 'VARCHAR')}, {money_unfit_sql('x', 'VARCHAR')} "
    got, unfit = connection.execute(sql + "FROM (SELECT ?::VARCHAR AS x)", [text]).fetchall()[0]
    assert (got, unfit) == (None if amount is None else Decimal(amount), False)


@pytest.mark.parametrize(
    "text",
    ["convertible", "1_000", "1,5", "nan", "inf", "0.1234567890123456789012",
     "1.23456789012345678901e-5", "999999999999999999.5"],
)  # fmt: skip
def test_a_text_that_does_not_fit_is_unfit_and_never_rounded(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    sql = f"SELECT {money_sql('x', 'VARCHAR')}, {money_unfit_sql('x', 'VARCHAR')} "
    assert connection.execute(sql + "FROM (SELECT ?::VARCHAR AS x)", [text]).fetchall() == [
        (None, True)
    ]


SHORT = st.decimals(-(10**9), 10**9, places=10, allow_nan=False).map(float)


@given(st.lists(st.one_of(SHORT, st.floats(-1e17, 1e17), st.floats(-1, 1)), min_size=1))
def test_a_double_means_its_shortest_decimal(values: list[float]) -> None:
    with duckdb.connect() as own:
        for macro in MACROS:
            own.execute(macro)
        own.register("doubles", pa.table({"x": pa.array(values, pa.float64())}))
        sql = f"SELECT x, {money_sql('x', 'DOUBLE')} FROM doubles"
        for value, got in own.execute(sql).fetchall():
            exact = Decimal(repr(value))
            decimals = -int(exact.normalize().as_tuple().exponent)
            fits = decimals <= MONEY_SCALE and abs(exact) < 10**17
            assert got == (exact if fits else None)


def test_a_quantity_may_be_rounded_where_money_may_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    third = "0.33333333333333333333333"
    got = connection.execute(
        f"SELECT {quantity_sql('x')}, {money_sql('x', 'VARCHAR')} FROM (SELECT ? AS x)", [third]
    ).fetchall()
    assert got == [(Decimal("0.333333333333333333333"), None)]
