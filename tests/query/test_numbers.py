"""Numbers in conditions: texts compared by the number that they write, exactly."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from outlay.expression import canonical, compile_condition, condition_text, parse
from outlay.expression.dimensions import Dimension
from outlay.expression.tree import Apply, Comparison, Number, Operator, Ref
from outlay.query import CostQuery, QueryError, run
from tests.query import naive
from tests.query.fixtures import SmallLake

CANONICAL = [
    ("number(tags.tier) >= 3", None),
    ("number( tags.tier )>=3.50", "number(tags.tier) >= 3.5"),
    ("number(tags.tier) <> +007", "number(tags.tier) <> 7"),
    ("number(tags.tier) = -0.0", "number(tags.tier) = 0"),
    ("number(tags.tier) IN (1, 2.50, -3, .5)", "number(tags.tier) IN (1, 2.5, -3, 0.5)"),
    ("number(tags.tier) NOT BETWEEN -1 AND 10", None),
    ("3 < number(tags.tier)", None),
    ("number(tags.tier) IS NOT NULL", None),
    ("number(lower(team)) = 12345678901234567890.123456789012345678", None),
    ("number(tags.low) < number(tags.high)", None),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical_text(text: str, expected: str | None) -> None:
    assert canonical(text) == (expected or text)
    assert canonical(canonical(text)) == canonical(text)


# The text, the characters that the caret stands under, and a part of the message.
REFUSED = [
    ("tags.tier >= 3", "3", "number(tags.tier) >= 3"),
    ("tags.tier IN ('a', -4)", "-", "Write it as a text: '-4'"),
    ("3 = 3", "3", "hold text, not numbers"),
    ("3 IS NULL", "3", "hold text, not numbers"),
    ("number(tags.tier) >= '3'", "'3'", "stands without quotes"),
    ("number(tags.tier) = ServiceName", "ServiceName", "a number cannot be compared with a text"),
    ("number(tags.tier) = ChargeDay", "ChargeDay", "a number cannot be compared with a day"),
    ("ChargeDay > 3", "3", "a day cannot be compared with a number"),
    ("number(ChargeDay) > 3", "ChargeDay", "needs a text; this is a day"),
    ("number(number(tags.tier)) > 3", "number(tags", "needs a text; this is a number"),
    ("number(3) > 3", "3", "hold text, not numbers"),
    ("lower(number(tags.tier)) = 'a'", "number", "needs a text; this is a number"),
    ("contains(number(tags.tier), 'a')", "number", "needs a text; this is a number"),
    ("number(tags.tier) LIKE '3'", "number", "not matched with LIKE"),
    ("number(tags.tier) > 1e5", "1e5", "this is no number"),
    ("number(tags.tier) > 1.2.3", "1.2", "this is no number"),
    ("number(tags.tier) > 3x", "3", "this is no number"),
    ("number(tags.tier) > - 3", "-", "this is no number"),
    ("number(tags.tier) > -", "-", "this is no number"),
    ("number(tags.tier) > 0.1234567890123456789", "0.1234567890123456789", "at most 18 decimals"),
    ("number(tags.tier) > 123456789012345678901", "123456789012345678901", "at most 20 digits"),
    ("number(tags.tier) > " + "9" * 101, "9" * 101, "too long"),
]


@pytest.mark.parametrize(("text", "meant", "message"), REFUSED)
def test_an_error_points_at_the_character(text: str, meant: str, message: str) -> None:
    with pytest.raises(QueryError, match="at character") as raised:
        parse(text)
    error = raised.value
    assert error.position is not None
    assert text[error.position :].startswith(meant)
    assert message in error.message


WRITTEN = [
    ("3", "3"),
    ("3.0", "3"),
    (" 4 ", "4"),
    ("+7", "7"),
    ("5.", "5"),
    (".5", "0.5"),
    ("-0", "0"),
    ("0000000000000000000000005", "5"),
    ("3.1000000000000000000000000", "3.1"),
    ("2.999999999999999999", "2.999999999999999999"),
    ("12345678901234567890", "12345678901234567890"),
    ("2.9999999999999999999", None),
    ("123456789012345678901", None),
    ("1e3", None),
    ("1,000", None),
    ("0x10", None),
    ("3 GB", None),
    ("1 2", None),
    ("inf", None),
    ("NaN", None),
    ("٣", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "number"), WRITTEN)
def test_the_number_that_a_text_writes(text: str | None, number: str | None) -> None:
    assert _asked("number(tags.t) IS NULL", text) is (number is None)
    assert naive.number(text) == (None if number is None else Decimal(number))
    if number is not None:
        assert _asked(f"number(tags.t) = {number}", text) is True
        assert _asked(f"number(tags.t) <> {number}", text) is False
        assert _asked(f"number(tags.t) > {number}", text) is False


def _asked(condition: str, text: str | None) -> bool | None:
    sql = compile_condition(parse(condition), lambda d: exp.column(d.name)).sql("duckdb")
    asked = f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS t)"
    # A connection of its own: one row fetched leaves it busy.
    with duckdb.connect() as connection:
        row = connection.execute(asked, [text]).fetchone()
    assert row is not None
    answer: bool | None = row[0]
    return answer


NUMBERS = st.decimals(
    min_value=-(10**20) + 1, max_value=10**20 - 1, places=18, allow_nan=False, allow_infinity=False
) | st.integers(-30, 30).map(Decimal)
TEXTS = st.text("0123456789.+- e", max_size=8) | NUMBERS.map(lambda n: format(n, "f"))
OPERATORS: list[Operator] = ["=", "<>", "<", "<=", ">", ">="]


@given(st.sampled_from(OPERATORS), NUMBERS, st.none() | TEXTS)
@example("=", Decimal("0.1"), "0.10000000000000000001")
@example("<", Decimal("0.3"), "0.299999999999999999")
def test_comparisons_are_those_of_exact_decimals(
    operator: Operator, number: Decimal, text: str | None
) -> None:
    read = Apply("number", Ref(Dimension("tag", "t")))
    condition = Comparison(operator, read, Number(number))
    written = condition_text(condition)
    assert condition_text(parse(written)) == written
    charge = {"Tags": {} if text is None else {"t": text}}
    assert _asked(written, text) is naive.holds(condition, charge)


def test_questions_filter_by_numbers(lake: SmallLake) -> None:
    tiers = ["1", "2", "10", "10.5", "gold", None]
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": f"{10**at}.01", "Tags": {} if t is None else {"tier": t}}
            for at, t in enumerate(tiers)
        ],
    )
    asked = {
        "number(tags.tier) >= 2": Decimal("1110.03"),
        "number(tags.tier) BETWEEN 2 AND 10": Decimal("110.02"),
        "number(tags.tier) IN (1, 10.50)": Decimal("1001.02"),
        "number(tags.tier) IS NULL": Decimal("110000.02"),
        "NOT number(tags.tier) >= 2": Decimal("1.01"),
        "tags.tier >= '2'": Decimal("10010.02"),
    }
    for where, expected in asked.items():
        (row,) = run(lake, CostQuery(where=where)).totals
        assert row["EffectiveCost"] == expected, where
