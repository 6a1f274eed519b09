"""Differences that are worked out from values keep every digit."""

from decimal import Decimal

from outlay.lake.types import ProofLine


def test_a_difference_in_the_last_of_38_digits_is_seen() -> None:
    big = Decimal("12345678901234567.000000000000000000001")
    line = ProofLine("BilledCost", "USD", big, Decimal("12345678901234567"), Decimal(0))
    assert line.difference == Decimal("0.000000000000000000001")
    assert ProofLine("BilledCost", "USD", big, big, Decimal(0)).difference == 0
    assert ProofLine("BilledCost", "USD", big, Decimal(0), big).difference == 0
