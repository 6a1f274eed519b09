"""Rates: which day, whose, and rounded once."""

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.money import BillingPeriod
from outlay.money.rates import (
    DatedRate,
    EcbRates,
    MonthRates,
    Rate,
    RateError,
    TableRates,
    ecb_rates,
    inverse,
)

HISTORY = """\
Date,USD,GBP,RUB,IDR,
2026-01-09,1.1000,0.8000,N/A,20000.5,
2026-01-08,1.2000,0.9000,N/A,20000,
2026-01-02,1.5000,0.7000,N/A,20000,
2025-12-31,1.0000,0.5000,100,20000,
2025-12-10,1.0000,0.5000,100,20000,
"""


@pytest.fixture
def rates(tmp_path: Path) -> EcbRates:
    path = tmp_path / "history.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref-hist.csv", HISTORY)
    return EcbRates(path)


def value(rates: EcbRates, source: str, target: str, day: date) -> tuple[str, date] | None:
    rate = rates.rate(source, target, day)
    return None if rate is None else (str(rate.value), rate.day)


def test_a_day_has_its_own_rate_or_the_last_before_it(rates: EcbRates) -> None:
    assert value(rates, "EUR", "USD", date(2026, 1, 8)) == ("1.200000000", date(2026, 1, 8))
    assert value(rates, "EUR", "USD", date(2026, 1, 5)) == ("1.500000000", date(2026, 1, 2))
    assert value(rates, "USD", "EUR", date(2026, 1, 2)) == ("0.666666667", date(2026, 1, 2))
    assert value(rates, "USD", "GBP", date(2026, 1, 8)) == ("0.750000000", date(2026, 1, 8))


def test_after_the_last_day_its_rate_stands(rates: EcbRates) -> None:
    assert rates.last_day == date(2026, 1, 9)
    assert value(rates, "EUR", "USD", date(2027, 1, 1)) == ("1.100000000", date(2026, 1, 9))


def test_there_is_no_rate_before_the_first_day_or_long_after_a_currency_left(
    rates: EcbRates,
) -> None:
    assert value(rates, "EUR", "USD", date(2025, 1, 1)) is None
    assert value(rates, "RUB", "EUR", date(2026, 1, 5)) == ("0.010000000", date(2025, 12, 31))
    assert value(rates, "RUB", "EUR", date(2027, 1, 1)) == ("0.010000000", date(2025, 12, 31))
    # The list goes on for 22 days without it between the two Decembers.
    assert value(rates, "EUR", "USD", date(2025, 12, 25)) is None
    assert value(rates, "XXX", "EUR", date(2026, 1, 8)) is None
    assert value(rates, "EUR", "XXX", date(2026, 1, 8)) is None


def test_the_same_currency_is_one_to_one(rates: EcbRates) -> None:
    assert rates.rate("XXX", "XXX", date(2026, 1, 1)) == Rate(
        "XXX", "XXX", Decimal("1.000000000"), date(2026, 1, 1), "same currency"
    )


def test_the_shipped_history_reaches_back_to_the_euro() -> None:
    shipped = ecb_rates()
    assert value(shipped, "EUR", "USD", date(1999, 1, 4)) == ("1.178900000", date(1999, 1, 4))
    assert value(shipped, "USD", "EUR", date(2020, 3, 14)) == ("0.900576369", date(2020, 3, 13))
    assert {"USD", "EUR", "GBP", "JPY", "INR"} <= set(shipped.currencies)
    # The rouble left the list in March 2022.
    assert value(shipped, "RUB", "EUR", date(2023, 1, 1)) is None


def test_month_rates_are_as_the_table_says() -> None:
    table = MonthRates({("USD", "EUR", BillingPeriod(2026, 1)): Decimal("0.9123456789")})
    rate = table.rate("USD", "EUR", date(2026, 1, 17))
    assert rate == Rate("USD", "EUR", Decimal("0.912345679"), date(2026, 1, 1), "month rate")
    assert table.rate("USD", "EUR", date(2026, 2, 1)) is None
    assert table.rate("EUR", "EUR", date(2026, 2, 1)) is not None


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_file_that_is_no_history_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RateError, match="broken.zip"):
        EcbRates(path)


def test_a_zip_without_rates_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello\nworld\n")
    with pytest.raises(RateError, match="Date and currency codes"):
        EcbRates(path)


def day(text: str) -> date:
    return date.fromisoformat(text)


def fixed() -> TableRates:
    october = DatedRate(day("2026-10-01"), day("2026-11-01"), Decimal("1.25"))
    december = DatedRate(day("2026-12-01"), day("2027-01-01"), Decimal("1.5"))
    krone = DatedRate(day("2026-10-05"), None, Decimal("0.1"))
    return TableRates({("EUR", "USD"): [december, october], ("NOK", "USD"): [krone]}, "finance")


@pytest.mark.parametrize(
    ("pair", "on", "expected"),
    [
        ("EUR/USD", "2026-10-01", ("1.250000000", "2026-10-01")),
        ("EUR/USD", "2026-10-31", ("1.250000000", "2026-10-01")),
        ("EUR/USD", "2026-11-01", None),
        ("EUR/USD", "2026-12-31", ("1.500000000", "2026-12-01")),
        ("EUR/USD", "2026-09-30", None),
        ("USD/EUR", "2026-10-10", ("0.800000000", "2026-10-01")),
        ("USD/EUR", "2026-12-10", ("0.666666667", "2026-12-01")),
        ("NOK/USD", "2026-10-04", None),
        ("NOK/USD", "2027-10-04", ("0.100000000", "2026-10-05")),
        ("NOK/EUR", "2026-10-10", None),
        ("GBP/USD", "2026-10-10", None),
        ("USD/USD", "2026-10-10", ("1.000000000", "2026-10-10")),
    ],
)
def test_a_fixed_table_holds_from_day_to_day_and_both_ways(
    pair: str, on: str, expected: tuple[str, str] | None
) -> None:
    source, target = pair.split("/")
    rate = fixed().rate(source, target, day(on))
    assert (rate and (str(rate.value), str(rate.day))) == expected
    assert rate is None or rate.publisher in ("finance", "same currency")


def test_two_rates_of_one_day_are_refused() -> None:
    one = DatedRate(day("2026-10-01"), day("2026-11-01"), Decimal(1))
    with pytest.raises(RateError, match="EUR/USD has two rates for 2026-10-05"):
        TableRates({("EUR", "USD"): [one, DatedRate(day("2026-10-05"), None, Decimal(2))]}, "x")


def test_nought_has_no_inverse() -> None:
    assert inverse(Decimal(3)) == Decimal("0.333333333")
    with pytest.raises(ZeroDivisionError):
        inverse(Decimal("0.0"))
