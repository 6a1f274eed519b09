"""Parts of an amount: exact in sum, fair to the unit, the same every time."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.focus.share import MAX_WEIGHT, shared_sql, units_money_sql, units_sql
from outlay.money import MONEY_SCALE, MONEY_SQL, total

UNIT = Decimal(1).scaleb(-MONEY_SCALE)

amounts = st.one_of(
    st.integers(-(10**37), 10**37).map(lambda n: Decimal(n).scaleb(-MONEY_SCALE)),
    st.decimals(-(10**9), 10**9, places=2),
    st.just(Decimal(0)),
)
# 40 of the largest add up to less than MAX_WEIGHT.
weights = st.lists(
    st.one_of(st.integers(0, MAX_WEIGHT // 40), st.integers(0, 10)), min_size=1, max_size=40
)


def share(
    groups: Sequence[tuple[Decimal, Sequence[int | None]]], scale: int = MONEY_SCALE
) -> list[list[Decimal | None]]:
    """The parts of each group's amount, in the order of its weights."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE r (g INT, n INT, a {MONEY_SQL}, w HUGEINT)")
        rows = [
            (g, n, f"{amount:f}", weight)
            for g, (amount, listed) in enumerate(groups)
            for n, weight in enumerate(listed)
        ]
        connection.executemany("INSERT INTO r VALUES (?, ?, ?, ?)", rows)
        select = shared_sql(
            "r", by=["g"], weight="w", amounts={"part": "a"}, order=["n"], scale=scale
        )
        found = connection.execute(f"SELECT g, n, part FROM ({select}) ORDER BY g, n").fetchall()
    parts: list[list[Decimal | None]] = [[] for _ in groups]
    for g, _, part in found:
        parts[g].append(part)
    return parts


def known(parts: Sequence[Decimal | None]) -> list[Decimal]:
    found = [part for part in parts if part is not None]
    assert len(found) == len(parts)
    return found


@given(amount=amounts, listed=weights, scale=st.sampled_from([2, 9, 12, MONEY_SCALE]))
def test_parts_add_up_to_the_last_digit(amount: Decimal, listed: list[int], scale: int) -> None:
    (parts,) = share([(amount, listed)], scale)
    if sum(listed) == 0:
        assert parts == [None] * len(listed)
    else:
        assert total(known(parts)) == amount


@given(amount=amounts, listed=weights)
def test_each_part_is_its_share_to_the_unit_and_of_the_amounts_sign(
    amount: Decimal, listed: list[int]
) -> None:
    if sum(listed) == 0:
        return
    (parts,) = share([(amount, listed)])
    for part, weight in zip(known(parts), listed, strict=True):
        fair = Fraction(amount) * weight / sum(listed)
        assert abs(Fraction(part) - fair) < Fraction(UNIT)
        assert part == 0 or (part < 0) == (amount < 0)
        if weight == 0:
            assert part == 0


@given(
    units=st.integers(0, 10**37),
    scale=st.integers(0, MONEY_SCALE),
)
def test_units_and_money_are_one_another(units: int, scale: int) -> None:
    with localcontext(prec=60):
        amount = Decimal(units).scaleb(-MONEY_SCALE)
        expected = int(amount.scaleb(scale))
        back = Decimal(expected).scaleb(-scale)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT {units_sql('a', scale)}, {units_money_sql(units_sql('a', scale), scale)} "
            f"FROM (SELECT CAST('{amount:f}' AS {MONEY_SQL}) AS a)"
        ).fetchone()
    assert found == (expected, back)


def test_a_third_goes_to_the_first_of_equals() -> None:
    assert share([(Decimal("0.10"), [1, 1, 1])], 2) == [
        [Decimal("0.04"), Decimal("0.03"), Decimal("0.03")]
    ]
    assert share([(Decimal("-0.10"), [1, 1, 1])], 2) == [
        [Decimal("-0.04"), Decimal("-0.03"), Decimal("-0.03")]
    ]


def test_what_is_below_the_unit_goes_to_one_row() -> None:
    assert share([(Decimal("1.00001"), [1, 1])], 2) == [[Decimal("0.50001"), Decimal("0.50")]]


def test_groups_do_not_mix_and_a_group_without_weight_has_no_parts() -> None:
    ten = Decimal(10)
    assert share([(ten, [1, 3]), (ten, [0, 0]), (ten, [None, 1]), (-ten, [4])]) == [
        [Decimal("2.5"), Decimal("7.5")],
        [None, None],
        [None, None],
        [-ten],
    ]


def test_weights_past_what_fits_fail_instead_of_rounding() -> None:
    with pytest.raises(duckdb.Error, match="weights add up to more"):
        share([(Decimal(1), [MAX_WEIGHT, 1])])


def test_two_amounts_share_in_the_same_statement() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE r AS SELECT i AS n, CAST('111.30' AS DECIMAL(38,21)) AS cost, "
            "CAST('37.1' AS DECIMAL(38,21)) AS credits, i AS w, i AS k FROM range(1, 4) t(i)"
        )
        select = shared_sql(
            "(SELECT *, 1 AS g FROM r)",
            by=["g"],
            weight="w",
            amounts={"a": "cost", "b": "credits"},
            order=["n"],
            scale=12,
        )
        found = connection.execute(f"SELECT sum(a), sum(b), count(*) FROM ({select})").fetchone()
    assert found == (Decimal("111.3"), Decimal("37.1"), 3)


def test_more_decimals_than_the_ledger_has_are_refused() -> None:
    with pytest.raises(ValueError, match="21 decimals"):
        units_money_sql("1", 22)
