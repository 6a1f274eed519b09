"""Numbers and dates as people write them: strict forms, read alike by SQL and by Python."""

from datetime import datetime
from decimal import Decimal

import duckdb
import pytest

from outlay.sources.csv_mapped.forms import (
    NUMBERS,
    currency_of,
    date_sql,
    disagree,
    number_sql,
    parse_date,
    parse_number,
    strptime_format,
)

CASES: dict[str, list[tuple[str, str | None]]] = {
    "1234.56": [
        ("1234.5", "1234.5"), ("1E-7", "1E-7"), ("-0.25", "-0.25"), ("$3", "3"), ("3 USD", "3"),
        (".5", "0.5"), ("1,5", None), ("1 234", None), ("", None), ("convertible", None),
    ],
    "1,234.56": [
        ("$1,234.56", "1234.56"), ("1,23,456.78", "123456.78"), ("-$5", "-5"), ("12", "12"),
        ("1,2", None), ("1.234,56", None), ("12,34", None),
    ],
    "1.234,56": [
        ("1.234,56", "1234.56"), ("12,5", "12.5"), ("€ 1.234,50", "1234.5"), ("-€ 5,00", "-5"),
        ("5,00-", "-5"), ("(5,00)", "-5"), ("(€ 5,00)", "-5"), ("EUR 3,2", "3.2"),
        ("3,2 €", "3.2"), ("−7", "-7"), ("1.5", None), ("1.23,5", None), ("1,234.56", None),
    ],
    "1 234,56": [("1 234,5", "1234.5"), ("1\u00a0234,5", "1234.5"), ("1\u202f234 €", "1234")],
    "1'234.56": [("1'234.5", "1234.5"), ("CHF 1’234.50", "1234.5"), ("1234.5", "1234.5")],
    "1 234.56": [("1 234.5", "1234.5")],
}  # fmt: skip
EVERY: list[tuple[str, str, str | None]] = [
    (form, text, value) for form, cases in CASES.items() for text, value in cases
]


@pytest.mark.parametrize(("form", "text", "value"), EVERY)
def test_a_number_is_read_in_its_form_or_not_at_all(
    form: str, text: str, value: str | None
) -> None:
    with duckdb.connect() as engine:
        row = engine.execute(
            f"SELECT {number_sql('x', NUMBERS[form])} FROM (SELECT ? AS x)", [text]
        ).fetchone()
    assert row is not None
    expected = None if value is None else Decimal(value)
    assert (None if row[0] is None else Decimal(row[0])) == expected
    assert parse_number(text, NUMBERS[form]) == expected


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        ("DD.MM.YYYY", "1.2.2026", "2026-02-01 00:00"),
        ("DD.MM.YYYY", "31.02.2026", None),
        ("MM/DD/YYYY", "02/31/2026", None),
        ("MMM DD, YYYY", "Oct 5, 2026", "2026-10-05 00:00"),
        ("YYYY-MM", "2026-10", "2026-10-01 00:00"),
        ("YYYYMMDD", "20261005", "2026-10-05 00:00"),
        ("DD/MM/YYYY HH:mm", "05/10/2026 13:05", "2026-10-05 13:05"),
        ("MM/DD/YY hh:mm AM", "10/05/26 01:05 PM", "2026-10-05 13:05"),
        ("ISO", "2026-10-05", "2026-10-05 00:00"),
        ("ISO", "2026-10-05T10:00:00+02:00", "2026-10-05 08:00"),
        ("ISO", "10/05/2026", None),
        ("unix", "1790000000", "2026-09-21 14:13"),
        ("unix-ms", "1790000000000", "2026-09-21 14:13"),
        ("unix", "soon", None),
    ],
)
def test_a_date_is_read_in_its_form_or_not_at_all(form: str, text: str, value: str | None) -> None:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        row = engine.execute(
            f"SELECT {date_sql('x', form)} FROM (SELECT ? AS x)", [text]
        ).fetchone()
    assert row is not None
    found = row[0]
    assert (f"{found:%Y-%m-%d %H:%M}" if found else None) == value


def test_python_reads_dates_alike() -> None:
    assert parse_date("05.10.2026", "DD.MM.YYYY") == datetime(2026, 10, 5)
    assert parse_date("2026-10-05", "ISO") == datetime(2026, 10, 5)
    assert parse_date("5.10", "ISO") is None


def test_two_forms_may_read_one_date_differently() -> None:
    assert disagree("DD/MM/YYYY", "MM/DD/YYYY") == "04/03/2026"
    assert disagree("DD.MM.YYYY", "MM/DD/YYYY") is None


@pytest.mark.parametrize(
    ("form", "message"),
    [("YYYY-QQ", "has Q"), ("DD.MM", "no year"), ("soon", "no form of dates")],
)
def test_a_form_that_is_none_says_what_is_allowed(form: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strptime_format(form)


@pytest.mark.parametrize(
    ("text", "code"),
    [("Betrag (EUR)", "EUR"), ("Amount USD", "USD"), ("Cost ($)", "USD"), ("NET COST", None),
     ("€ 5", "EUR"), ("Team", None)],
)  # fmt: skip
def test_a_currency_stands_in_a_heading_or_beside_a_number(text: str, code: str | None) -> None:
    assert currency_of(text) == code
