"""What follows from the days: seen, lasting, gone again; each rule at its edge."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from outlay.savings.model import State
from outlay.savings.realised.judging import fell, is_gone, judge
from outlay.savings.realised.model import Baseline, Effects, Measured
from tests.realised.lines import FIRST, baseline, days, line

WEEKS = days(FIRST, 28)
BASE = baseline([line(day, "24", "0.20") for day in WEEKS], WEEKS, "120")
"""4.80 a day; 120 a month promised: 4.00 a day."""


def measured(*saved: str, of: Baseline = BASE, gone: bool = False) -> list[Measured]:
    """Days from 1 October on, with what each realised."""
    return [
        Measured(
            date(2026, 10, 1) + timedelta(days=n), of.id, Decimal("4.80"),
            Decimal("4.80") - Decimal(value), Decimal(0), Decimal(0),
            Effects(usage=Decimal(value)), gone=gone,
        )
        for n, value in enumerate(saved)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "saved", "turn"),
    [
        # Seven days of 4.00 promised: 22.40 of 28.00 are 80 %.
        ("implemented", ["3.20"] * 7, "verify"),
        ("implemented", ["3.19"] * 7, ""),
        ("implemented", ["4.00"] * 6, ""),  # a day too few
        # Not seen at all: patience for 14 days.
        ("implemented", ["0"] * 13, ""),
        ("implemented", ["0"] * 14, "regress"),
        ("implemented", ["2.00"] * 14, ""),  # a half is not below a half
        ("verified", ["4.00"] * 29, ""),
        ("verified", ["4.00"] * 30, "sustain"),
        ("verified", [*["4.00"] * 23, *["2.00"] * 7], "sustain"),  # 106 of 120: 88 %
        ("verified", [*["4.00"] * 30, *["1.99"] * 7], "regress"),
        ("sustained", [*["4.00"] * 40, *["2.00"] * 7], ""),
        ("sustained", [*["4.00"] * 40, *["0"] * 7], "regress"),
        ("sustained", [*["4.00"] * 40, *["0"] * 3], ""),
        ("accepted", ["4.00"] * 30, ""),
    ],
)
def test_the_rules_at_their_edge(state: State, saved: list[str], turn: str) -> None:
    assert judge(state, BASE, measured(*saved)).turn == turn


def test_the_sentence_says_the_days_and_the_money() -> None:
    assert judge("implemented", BASE, measured(*["3.20"] * 7)).sentence == (
        "on the 7 whole days from 1 October 2026 to 7 October 2026 the bill shows 22.40 USD of "
        "28.00 promised (80 %)."
    )


def test_what_is_gone_is_verified_whatever_was_promised() -> None:
    over = replace(BASE, promised=Decimal(1000))
    found = judge("implemented", over, measured(*["4.80"] * 7, of=over, gone=True))
    assert found.turn == "verify"
    assert found.sentence.startswith("The resource is gone from the bill")


def test_gone_is_longer_than_it_ever_was_away() -> None:
    # It was away for 10 days in its window: only 11 days say that it is gone.
    seldom = replace(BASE, gap=10)
    assert not is_gone(seldom, measured(*["4.80"] * 10, gone=True))
    assert is_gone(seldom, measured(*["4.80"] * 11, gone=True))


def test_what_was_deleted_and_is_charged_again_regresses_after_three_days() -> None:
    days_ = [*measured(*["4.80"] * 20, gone=True)]
    back = measured(*["0"] * 23)[20:]
    assert judge("sustained", BASE, [*days_, *back[:2]]).turn == ""
    found = judge("sustained", BASE, [*days_, *back])
    assert found.turn == "regress"
    assert found.sentence == "The resource is charged again since 21 October 2026."


def test_a_refund_is_verified_once_it_is_there() -> None:
    once = replace(BASE, nature="one-off")
    none = measured(*["0"] * 10, of=once)
    assert judge("implemented", once, none).turn == ""
    none[3] = replace(none[3], one_off=Decimal(100))  # of 120
    assert judge("implemented", once, none).turn == "verify"


def test_without_a_baseline_nothing_is_judged() -> None:
    empty = baseline([], WEEKS)
    assert judge("implemented", empty, measured(*["0"] * 30, of=empty)).turn == ""


def costs(*values: str) -> list[tuple[date, Decimal]]:
    return [(FIRST + timedelta(days=n), Decimal(value)) for n, value in enumerate(values)]


def test_a_fall_is_seen_after_a_week_and_dated() -> None:
    # 10.00 a day, 300 a month promised; 0 since the 21st day.
    assert fell(costs(*["10"] * 20, *["0"] * 6), Decimal(300)) is None
    change = fell(costs(*["10"] * 20, *["0"] * 7), Decimal(300))
    assert change is not None
    assert change.since == FIRST + timedelta(days=20)


def test_a_fall_of_less_than_promised_is_none() -> None:
    assert fell(costs(*["10"] * 20, *["2.01"] * 9), Decimal(300)) is None
    assert fell(costs(*["10"] * 20, *["2.00"] * 9), Decimal(300)) is not None


def test_a_fall_of_long_ago_is_dated_too() -> None:
    change = fell(costs(*["10"] * 28, *["5"] * 20), Decimal(150))
    assert change is not None
    assert change.since == FIRST + timedelta(days=28)


def test_a_weekend_is_no_fall() -> None:
    week = ["10"] * 5 + ["0"] * 2
    assert fell(costs(*week * 5), Decimal(200)) is None
