"""Sentences read right whatever the amounts are."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.app.home import words
from outlay.app.home.cards.common import mover_sentence
from outlay.money import BillingPeriod, DateRange, total
from outlay.money.quotients import quotient

D = Decimal


def moved(now: str, before: str | None, currency: str = "USD") -> str:
    here, was = D(now), None if before is None else D(before)
    change = None if was is None else total((here, was.copy_negate()))
    ratio = quotient(change, was) if was and change is not None else None
    return words.moved("Spend", here, was, change, ratio, currency=currency, than="May 2026")


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        ("1042", "1000", "Spend is 1,042.00 USD, 4.2 % above May 2026 (+42.00 USD)."),
        ("900", "1000", "Spend is 900.00 USD, 10.0 % below May 2026 (-100.00 USD)."),
        ("5", None, "Spend is 5.00 USD."),
        ("5", "0", "Spend is 5.00 USD; there was none in May 2026."),
        ("0", "0", "Spend is zero, as in May 2026."),
        ("0", "5", "Spend is zero; it was 5.00 USD in May 2026."),
        ("5", "5", "Spend is 5.00 USD, exactly as in May 2026."),
        ("1000.01", "1000", "Spend is 1,000.01 USD, almost as in May 2026 (+0.01 USD)."),
        ("1000.001", "1000", "Spend is 1,000.00 USD, almost as in May 2026 "
                             "(less than +0.01 USD)."),
        ("0.002", "0.001", "Spend is less than 0.01 USD, 100.0 % above May 2026 "
                           "(less than +0.01 USD)."),
        ("-5", "-8", "Spend went from -8.00 USD in May 2026 to -5.00 USD."),
        ("-5", "8", "Spend went from 8.00 USD in May 2026 to -5.00 USD."),
        ("8", "-5", "Spend went from -5.00 USD in May 2026 to 8.00 USD."),
        ("50000", "1", "Spend is 50,000.00 USD, 4,999,900 % above May 2026 (+49,999.00 USD)."),
    ],
)  # fmt: skip
def test_an_amount_and_the_one_before(now: str, before: str | None, sentence: str) -> None:
    assert moved(now, before) == sentence


def test_a_currency_has_its_own_smallest_unit() -> None:
    assert moved("1042", "1000", "JPY") == "Spend is 1,042 JPY, 4.2 % above May 2026 (+42 JPY)."
    assert words.amount(D("1.2345"), "KWD") == "1.235 KWD"


def test_two_currencies_are_never_added() -> None:
    assert words.amounts({"USD": D("3"), "EUR": D("12")}) == "12.00 EUR and 3.00 USD"


@pytest.mark.parametrize(
    ("moves", "net", "sentence"),
    [
        ([("EC2", "8"), ("S3", "2")], "10", "80 % of the rise is EC2 (+8.00 USD)."),
        ([("EC2", "-8"), ("S3", "-2")], "-10", "80 % of the fall is EC2 (-8.00 USD)."),
        ([("EC2", "18"), ("S3", "-8")], "10",
         "EC2 rose by 18.00 USD, while S3 fell by 8.00 USD."),
        ([("EC2", "-18"), ("S3", "28")], "10",
         "EC2 fell by 18.00 USD, while S3 rose by 28.00 USD."),
        ([("EC2", "5"), ("S3", "-5")], "0",
         "EC2 moved most (+5.00 USD); other changes cancel it."),
        ([("EC2", "10")], "10", "100 % of the rise is EC2 (+10.00 USD)."),
        ([("EC2", "999.9"), ("S3", "0.1")], "1000",
         "more than 99 % of the rise is EC2 (+999.90 USD)."),
        ([("EC2", "12")], "10", "EC2 rose by 12.00 USD."),
    ],
)  # fmt: skip
def test_what_moved_most(moves: list[tuple[str, str]], net: str, sentence: str) -> None:
    given_ = [(name, D(change)) for name, change in moves]
    assert mover_sentence(given_, D(net), "USD", "May 2026") == sentence


@pytest.mark.parametrize(
    ("ratio", "text"),
    [("0.5", "50.0 %"), ("1", "100.0 %"), ("0.99999", "more than 99.9 %"),
     ("0.0001", "less than 0.1 %"), ("0", "0.0 %"), ("-0.25", "-25.0 %"), ("12", "1,200 %")],
)  # fmt: skip
def test_shares(ratio: str, text: str) -> None:
    assert words.percent(D(ratio)) == text


def test_days() -> None:
    october = BillingPeriod(2026, 10)
    assert words.days(DateRange(october.start, october.end)) == "October 2026"
    first = DateRange(october.start, october.start.replace(day=2))
    assert words.days(first) == "1 Oct 2026"
    assert words.days(DateRange(october.start, october.start.replace(day=28))) == "1–27 Oct 2026"


amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


@given(now=amounts, before=amounts)
def test_the_direction_is_the_real_one(now: Decimal, before: Decimal) -> None:
    """Never *above* for a fall or *below* for a rise; never a percentage of a credit."""
    said = moved(str(now), str(before))
    if " above " in said:
        assert now > before > 0
    if " below " in said:
        assert 0 < now < before
    if now < 0 or before < 0:
        assert "%" not in said


@given(parts=st.lists(amounts.filter(bool), min_size=1, max_size=6))
def test_a_part_is_never_more_than_the_whole(parts: list[Decimal]) -> None:
    moves = sorted(
        ((f"s{index}", part) for index, part in enumerate(parts)), key=lambda one: -abs(one[1])
    )
    said = mover_sentence(moves, total(parts), "USD", "May 2026")
    if "% of the" in said:
        share = said.split(" %")[0].removeprefix("more than ").removeprefix("less than ")
        assert 0 <= Decimal(share) <= 100
