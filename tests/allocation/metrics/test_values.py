"""Reading values of a metric: exact, row by row, whole or not at all."""

from datetime import datetime
from decimal import Decimal

import pytest

from outlay.allocation.metrics import MetricDataError, MetricSpec, MetricValue
from outlay.allocation.metrics.values import (
    labels_text,
    measured,
    read_csv,
    read_json,
    read_rows,
    start_of,
)

ORDERS = MetricSpec(labels=("channel",))
HOURLY = MetricSpec(grain="hour")


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 10, day, hour)


def test_a_csv_is_read_digit_by_digit() -> None:
    found = read_csv(
        "date,channel,value\n2026-10-02,web,12\n2026-10-01,web,0.100000000000000000001\n"
        "2026-10-01,,-3\n",
        ORDERS,
    )
    assert found == (
        MetricValue(at(1), (), Decimal("-3")),
        MetricValue(at(1), (("channel", "web"),), Decimal("0.100000000000000000001")),
        MetricValue(at(2), (("channel", "web"),), Decimal("12")),
    )


def test_columns_may_be_called_otherwise_and_others_stand_beside_them() -> None:
    found = read_csv(
        b"Tag;Kanal;Anzahl;Bemerkung\n2026-10-01;web;7;x\n",
        ORDERS,
        time="Tag",
        value="Anzahl",
        columns={"channel": "Kanal"},
        delimiter=";",
    )
    assert found == (MetricValue(at(1), (("channel", "web"),), Decimal(7)),)


def test_every_wrong_row_is_named_and_nothing_is_taken() -> None:
    with pytest.raises(MetricDataError) as caught:
        read_csv(
            "date,channel,value\n2026-10-01,web,12\n2026-13-01,web,1\n2026-10-02,web,x\n"
            "2026-10-03,web,\n2026-10-04,web\n2026-10-01,web,13\n2026-10-05,web,NaN\n",
            ORDERS,
            what="orders.csv",
        )
    problems = [(p.row, p.field) for p in caught.value.problems]
    assert problems == [
        (3, "time"), (4, "value"), (5, "value"), (6, "row"), (7, "value"), (8, "value"),
    ]  # fmt: skip
    assert "orders.csv: 6 rows are not right; nothing was taken" in str(caught.value)
    assert "13 here and 12 in row 2" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty; expected a header such as date,channel,value"),
        ("date,channel,value\n", "has no values"),
        ("date,channel,channel,value\n", "stands twice"),
        ("date,channel\n2026-10-01,web\n", "has no column for the value"),
        ("channel,value\nweb,1\n", "has no column for the time"),
        ("date,customer,value\n2026-10-01,a,1\n", "'customer' is neither time, value nor a label"),
        ('date,value\n2026-10-01,"1\n', "line"),
    ],
)
def test_a_file_that_is_none_says_what_is_expected(text: str, expected: str) -> None:
    with pytest.raises(MetricDataError, match=expected):
        read_csv(text, ORDERS)


def test_json_values_and_what_is_wrong_with_them() -> None:
    found = read_json(
        {
            "values": [
                {"date": "2026-10-01", "value": 12, "labels": {"channel": "web"}},
                {"day": "2026-10-01", "value": "0.5"},
                {"date": "2026-10-02", "value": None},
            ]
        },
        ORDERS,
    )
    assert [v.value for v in found] == [Decimal("0.5"), Decimal(12), None]
    with pytest.raises(MetricDataError) as caught:
        read_json(
            [
                {"date": "2026-10-01", "value": 1.5},
                {"date": "2026-10-01", "value": True},
                {"date": "2026-10-01"},
                {"value": 1},
                {"date": "2026-10-01", "value": 1, "channel": "web"},
                {"date": "2026-10-01", "value": 1, "labels": {"chanel": "web"}},
                {"date": "2026-10-01T05:00Z", "value": 1},
                7,
            ],
            ORDERS,
        )
    assert [p.row for p in caught.value.problems] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert "did you mean channel?" in str(caught.value)
    with pytest.raises(MetricDataError, match="the list of values is empty"):
        read_json({"values": []}, ORDERS)


def test_a_time_is_the_start_of_a_day_or_hour_in_utc() -> None:
    assert start_of("2026-10-01", "day") == at(1)
    assert start_of("2026-10-01T02:00:00+02:00", "day") == at(1)
    assert start_of("2026-10-01T13:00Z", "hour") == at(1, 13)
    for time, grain in (("2026-10-01", "hour"), ("2026-10-01T13:30Z", "hour"),
                        ("2026-10-01T13:00Z", "day"), ("soon", "day"), (None, "day")):  # fmt: skip
        with pytest.raises(ValueError, match="hour|day"):
            start_of(time, grain)


def test_a_double_is_its_shortest_text_and_rounded_where_too_long() -> None:
    assert measured(0.1) == Decimal("0.1")
    assert measured("1.2345678901234567e-7") == Decimal("0.000000123456789012346")
    for bad in ("NaN", "+Inf", "x", True, None):
        with pytest.raises(ValueError, match="number"):
            measured(bad)


def test_rows_of_a_database_are_named_where_they_are_null() -> None:
    with pytest.raises(MetricDataError, match="row 2, value: is null"):
        read_rows(iter([("2026-10-01", 1, {}), ("2026-10-02", None, {})]), ORDERS, "the query")


def test_labels_have_one_text() -> None:
    assert labels_text({"b": "ü", "a": 'x"'}) == '{"a":"x\\"","b":"ü"}'
