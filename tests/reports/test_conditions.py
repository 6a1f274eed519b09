"""When a report is worth sending, exactly."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.reports.conditions import ALLOWED, parse
from outlay.reports.document import Document, Figure, Figures
from outlay.reports.errors import PermanentError, ReportError


def document(*pairs: tuple[str, str | None]) -> Document:
    """Headlines with what they are and what they were."""
    figures = []
    for now, before in pairs:
        change = None if before is None else Decimal(now) - Decimal(before)
        was = None if before is None else Decimal(before)
        figures.append(
            Figure("Effective cost", Decimal(now), "money", "USD", before=was, change=change)
        )
    return Document("t", "Acme", datetime(2026, 11, 1), blocks=(Figures(tuple(figures)),))


def holds(text: str, *pairs: tuple[str, str | None]) -> bool:
    condition = parse(text)
    assert condition is not None
    return condition.verdict(document(*pairs))[0]


@pytest.mark.parametrize(
    ("text", "now", "before", "expected"),
    [
        ("change > 10 %", "110.000000000000000001", "100", True),
        ("change > 10 %", "110", "100", False),
        ("change >= 10%", "110", "100", True),
        ("change < -5 %", "94.9", "100", True),
        ("change > 500", "1500.01", "1000", True),
        ("change > 500", "1500", "1000", False),
        ("moves by 10 %", "90", "100", True),
        ("moves by 10 %", "109.99", "100", False),
        ("moves by 250", "750", "1000", True),
        ("total >= 10,000", "10000", None, True),
        ("total > 10000", "10000", None, False),
        ("change > 10 %", "5", "0", True),  # from nothing to something
        ("change < -10 %", "5", "0", False),
        ("change > 10 %", "0", "0", False),
    ],
)
def test_a_condition_is_worked_out_exactly(
    text: str, now: str, before: str | None, expected: bool
) -> None:
    assert holds(text, (now, before)) is expected


def test_it_holds_when_it_holds_for_one_currency() -> None:
    assert holds("change > 10 %", ("100", "100"), ("120", "100"))
    assert not holds("change > 10 %", ("100", "100"), ("105", "100"))


@given(
    now=st.decimals(0, 10**9, places=6), before=st.decimals("0.000001", 10**9, places=6),
    percent=st.integers(0, 300),
)  # fmt: skip
def test_a_share_is_never_rounded(now: Decimal, before: Decimal, percent: int) -> None:
    expected = Fraction(now) - Fraction(before) > Fraction(before) * percent / 100
    assert holds(f"change > {percent} %", (str(now), str(before))) is expected


def test_no_comparison_is_a_failure_and_no_silence() -> None:
    condition = parse("change > 10 %")
    assert condition is not None
    with pytest.raises(PermanentError, match="needs a comparison"):
        condition.verdict(document(("100", None)))


@pytest.mark.parametrize(
    "text", ["soon", "change by 5", "moves > 5", "total > 5 %", "change > x", "total > 1200,5"]
)
def test_what_is_no_condition_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ReportError, match="Allowed: change > 10 %"):
        parse(text)


def test_the_examples_are_conditions() -> None:
    assert [found.text for example in ALLOWED if (found := parse(example))] == list(ALLOWED)
    assert parse("  ") is None
