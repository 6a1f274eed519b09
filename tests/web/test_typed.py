"""Numbers that people type: never a hundred or a thousand times what was meant."""

import pytest

from outlay.resources import ResourceError
from outlay.web.typed import number


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("1200", "1200"), (" 1200.50 ", "1200.50"), ("1,200.50", "1200.50"), ("1,200", "1200"),
        ("1,234,567.8", "1234567.8"), ("1 200", "1200"), ("1\u202f234\u00a0567.8", "1234567.8"),
        ("-5", "-5"), ("\u2212150.50", "-150.50"), ("0.125", "0.125"), ("1234.567", "1234.567"),
        ("", ""), ("soon", "soon"),
    ],
)  # fmt: skip
def test_thousands_are_taken_out(typed: str, plain: str) -> None:
    assert number(typed) == plain


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1200,50", "'1200,50' is no number as it is written here: 1200.50, or 1,200.50"),
        ("1.200,50", "is no number as it is written here"),
        ("1,5", "is no number as it is written here"),
        ("1,20,000", "is no number as it is written here"),
        ("1.200", "'1.200' can be read two ways: write 1200, or 1.2000 for the smaller"),
    ],
)
def test_what_means_something_else_elsewhere_is_refused(typed: str, why: str) -> None:
    with pytest.raises(ResourceError, match=why.replace(".", r"\.")):
        number(typed)


def test_a_currency_of_three_decimals_has_them() -> None:
    assert number("1.200", digits=3) == "1.200"
