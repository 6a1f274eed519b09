"""Quantity times price: exact where the ledger holds it, else rounded at its last digit."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.focus.multiply import is_rounded_sql, multiplied_sql
from outlay.money import MONEY_SQL

UNIT = Decimal("1E-21")

quantities = st.one_of(
    # From text: scaleb rounds to 28 digits.
    st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Decimal(f"{n}E-21")),
    st.decimals(-(10**9), 10**9, places=3),
    st.integers(-(10**24), 10**24).map(lambda n: Decimal(n).scaleb(-18)),
)
prices = st.one_of(
    st.integers(0, 10**20 - 1).map(lambda n: Decimal(n).scaleb(-12)),
    st.sampled_from([Decimal("0.07"), Decimal("0.15"), Decimal("0.55"), Decimal("0.07875")]),
)


def multiply(quantity: Decimal, price: Decimal) -> tuple[Decimal | None, bool]:
    with duckdb.connect() as connection:
        row = connection.execute(
            f"SELECT {multiplied_sql('q', 'p')}, {is_rounded_sql('q', 'p')} FROM (SELECT "
            f"CAST('{quantity:f}' AS {MONEY_SQL}) AS q, CAST('{price:f}' AS {MONEY_SQL}) AS p)"
        ).fetchone()
    assert row is not None
    return row[0], bool(row[1])


@given(quantity=quantities, price=prices)
def test_it_is_the_product(quantity: Decimal, price: Decimal) -> None:
    with localcontext(prec=80):
        exact = quantity * price
        rounded = exact.quantize(UNIT, ROUND_HALF_UP)
        fits = abs(rounded) < 10**17
    found, is_rounded = multiply(quantity, price)
    if fits:
        assert found == rounded
        assert is_rounded == (exact != rounded)
    else:
        assert found is None


@pytest.mark.parametrize("price", ["100000000", "0.0000000000001"])
def test_a_price_with_too_many_digits_has_no_product(price: str) -> None:
    assert multiply(Decimal(1), Decimal(price))[0] is None
