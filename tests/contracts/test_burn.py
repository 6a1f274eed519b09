"""Burn-down and price checks, worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from outlay.money import total
from outlay.savings.contracts.burn import Known, burn
from outlay.savings.contracts.model import AgreedPrice, ContractSpec
from outlay.savings.contracts.prices import Charged, check, overcharged

D = Decimal
JAN, MAR, MAY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 5, 1)
TERMS = [
    {"from": JAN, "until": MAR, "amount": "590"},
    {"from": MAR, "until": MAY, "amount": "700"},
]


def spec(**more):
    return ContractSpec.model_validate({"vendor": "AWS", "currency": "USD", "terms": TERMS} | more)


def each(since: date, until: date, amount: str) -> dict[date, Decimal]:
    return {since + timedelta(days=n): D(amount) for n in range((until - since).days)}


def test_a_term_that_falls_short_is_invoiced_or_lost() -> None:
    # 59 days of January and February; 31 at 10.00 are whole, 28 at 8.00 are expected.
    known = Known(each(JAN, date(2026, 2, 1), "10"), date(2026, 2, 1),
                  each(date(2026, 2, 1), MAR, "8"), D(-10), D(10))  # fmt: skip
    first, second = burn(spec(), known, date(2026, 2, 2))
    assert first.state == "falls short"
    assert (first.used, first.complete, first.left) == (D(310), D(310), D(280))
    assert first.outlook == D(534)  # 310 + 28 × 8
    assert (first.shortfall, first.overage) == (D(56), D(0))
    assert first.even_by_now == D("310.00")  # 590 × 31 / 59
    assert first.needed_a_day == D("10.00")  # 280 / 28
    assert first.used_up_on is None
    assert (first.low, first.high) == (D(300), D(320))
    assert (second.state, second.outlook, second.shortfall) == ("not begun", None, None)


def test_what_is_used_beyond_carries_over_and_has_a_price() -> None:
    known = Known(each(JAN, MAY, "12"), MAY)
    ended, last = burn(spec(excess="carries", overage_percent="150"), known, MAY)
    # 59 × 12 = 708: 118 beyond 590, which 150 % of is 177; on the 50th day 600 are reached.
    assert (ended.state, ended.overage, ended.overage_cost) == ("met", D(118), D("177.00"))
    assert ended.used_up_on == JAN + timedelta(days=49)
    assert ended.over
    # 61 × 12 = 732, and 118 carried in: 850 of 700.
    assert (last.carried, last.outlook, last.overage) == (D(118), D(850), D(150))
    without, _ = burn(spec(), known, MAY), None
    assert without[1].carried == 0
    assert without[1].overage == D(32)


def test_prepaid_capacity_that_is_gone_is_a_matter_and_a_promise_is_not() -> None:
    known = Known(each(JAN, date(2026, 2, 1), "19"), date(2026, 2, 1),
                  each(date(2026, 2, 1), MAR, "19"), D(0), D(0))  # fmt: skip
    promise = burn(spec(), known, date(2026, 2, 2))[0]
    prepaid = burn(spec(shortfall="lost"), known, date(2026, 2, 2))[0]
    assert (promise.state, prepaid.state) == ("met early", "exceeds")
    # 590 / 19 = 31.05: on the 32nd day, the 1 February.
    assert prepaid.used_up_on == date(2026, 2, 1)


def test_a_twentieth_more_is_on_track_and_a_cent_less_is_short() -> None:
    def state(ahead: str) -> str:
        known = Known({}, JAN, {JAN: D(ahead)}, D(0), D(0))
        return burn(spec(), known, JAN)[0].state

    assert state("589.99") == "falls short"
    assert state("590.00") == "on track"
    assert state("619.50") == "on track"
    assert state("619.51") == "met early"


def test_what_is_not_known_is_no_nought() -> None:
    nothing = burn(spec(), Known({}, JAN, reason="there is too little"), JAN)[0]
    assert (nothing.state, nothing.outlook, nothing.shortfall) == ("no data", None, None)
    assert nothing.reason == "there is too little"
    some = burn(spec(), Known({JAN: D(1)}, JAN), JAN)[0]
    assert (some.state, some.overage, some.overage_cost) == ("unknown", None, None)


def test_days_of_the_term_before_that_are_not_whole_are_expected_too() -> None:
    # The last two days of February are not whole: 57 days of 11.00 and two expected of 11.00 are
    # 649.00, 59.00 beyond; May's sum is 61 × 10.00 and what is carried.
    cut = date(2026, 2, 27)
    ahead = each(cut, MAR, "11") | each(MAR, MAY, "10")
    known = Known(each(JAN, cut, "11"), cut, ahead, D(600), D(660))
    first, second = burn(spec(excess="carries"), known, MAR)
    assert (first.outlook, first.overage, first.low, first.high) == (D(649), D(59), None, None)
    assert (second.carried, second.outlook) == (D(59), D(669))
    # The band is of all 632.00 that are expected: 22.00 of them are February's.
    assert (second.low, second.high) == (D(637), D(697))


amounts = st.decimals(min_value=0, max_value=10**6, places=4)


@given(st.lists(amounts, min_size=59, max_size=59), st.integers(0, 59))
def test_outlook_is_what_was_and_what_is_to_come(days: list[Decimal], cut: int) -> None:
    by_day = {JAN + timedelta(days=n): amount for n, amount in enumerate(days)}
    day = JAN + timedelta(days=cut)
    known = Known({d: a for d, a in by_day.items() if d < day}, day,
                  {d: a for d, a in by_day.items() if d >= day}, D(0), D(0))  # fmt: skip
    first = burn(spec(), known, min(day, MAR - timedelta(days=1)))[0]
    assert first.outlook == total(days)
    # Short or beyond, never both, and they close the gap exactly.
    assert first.shortfall is not None
    assert first.overage is not None
    assert not (first.shortfall and first.overage)
    assert total((first.outlook, first.shortfall)) == total((D(590), first.overage))


def charged(amount: str, **more) -> Charged:
    fields = {"sku": "S1", "title": "Compute", "unit": "Hours", "currency": "USD",
              "quantity": D(100), "listed": D(50), "lines": 3}  # fmt: skip
    return Charged(amount=D(amount), **(fields | more))


def price(**more) -> AgreedPrice:
    return AgreedPrice.model_validate({"name": "Compute"} | more)


@pytest.mark.parametrize(
    ("amount", "verdict", "difference"),
    [
        ("45.5", "as agreed", "0.0"),  # 50 less 9 %
        ("45.5455", "as agreed", "0.0455"),  # a thousandth of 45.50 is rounding
        ("45.5456", "too high", "0.0456"),
        ("45.4544", "too low", "-0.0456"),
        ("50", "too high", "4.5"),
    ],
)
def test_a_discount_is_held_against_the_list_price(amount, verdict, difference) -> None:
    (found,) = check(price(discount="9"), [charged(amount)], "USD")
    assert (found.verdict, found.expected, found.difference) == (verdict, D("45.5"), D(difference))


def test_a_price_is_held_against_quantities() -> None:
    per_hour = price(price="0.4", unit="Hours", tolerance="0")
    (found,) = check(per_hour, [charged("40.0000001")], "USD")
    assert (found.verdict, found.expected) == ("too high", D(40))
    assert (found.paid_price, found.paid_discount) == (D("0.400000"), D("20.000"))
    assert overcharged([found]) == {"USD": D("0.0000001")}


@pytest.mark.parametrize(
    ("agreed", "line", "reason"),
    [
        ({"discount": "9"}, {"listed": D(0)}, "the bill has no list price for it"),
        ({"price": "1", "unit": "Hours"}, {"quantity": None}, "the bill has no quantity for it"),
        ({"price": "1", "unit": "Days"}, {}, "it is charged by Hours, the price is by Days"),
        ({"price": "1", "unit": "Hours"}, {"currency": "EUR"},
         "it is charged in EUR, the price is in USD"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_says_why(agreed, line, reason) -> None:
    (found,) = check(price(**agreed), [charged("45", **line)], "USD")
    assert (found.verdict, found.reason, found.difference) == ("cannot be told", reason, None)
    assert overcharged([found]) == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"terms": [TERMS[1], TERMS[0]]}, "does not begin where the one before it ends"),
        ({"terms": [{"from": JAN, "until": JAN, "amount": "1"}]}, "is not after from"),
        ({"terms": []}, "at least 1 item"),
        ({"currency": "DOLLARS"}, "is no currency"),
        ({"scope": "team = "}, "scope"),
        ({"prices": [{"name": "x"}]}, "has a price or a discount"),
        ({"prices": [{"name": "x", "price": "1"}]}, "needs unit"),
        ({"prices": [{"name": "x", "discount": "1"}] * 2}, "x is there twice"),
        ({"terms": [{"from": JAN, "until": MAR, "amount": "1.001"}]}, "more decimals than USD"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused(fields, words) -> None:
    with pytest.raises(ValidationError, match=words):
        spec(**fields)
