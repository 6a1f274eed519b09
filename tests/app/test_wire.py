"""What goes to another machine comes back the same, and nothing else can come."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.app.errors import WorkspaceError
from outlay.app.served.wire import WireError, decode, encode
from outlay.money import BillingPeriod, DateRange
from outlay.query import CostQuery, QueryError

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.datetimes()
    | st.dates()
    | st.timedeltas()
    | st.fractions()
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.just("$"), inner)
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_a_value_comes_back_the_same(value: object) -> None:
    import json

    back = decode(json.loads(json.dumps(encode(value))))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1.10"),
        BillingPeriod.parse("2026-09"),
        DateRange(date(2026, 9, 1), date(2026, 10, 1)),
        CostQuery.model_validate({"by": ["ServiceName"], "range": "last-month", "limit": 3}),
        frozenset({1, 2}),
        Path("a/b"),
        {("a", 1): Fraction(1, 3)},
        timedelta(days=1, microseconds=1),
        datetime(2026, 9, 1, 1, 2, 3, 4),
    ],
    ids=repr,
)
def test_objects_of_the_product_come_back_whole(value: object) -> None:
    back = decode(encode(value))
    assert (back, repr(back)) == (value, repr(value))


def test_a_table_keeps_its_decimals() -> None:
    table = pa.table({"cost": pa.array([Decimal("1.5"), None], pa.decimal128(38, 21))})
    assert decode(encode(table)).equals(table)


def test_an_error_says_the_same_over_there() -> None:
    error = QueryError("there is no x", field="where", text="x = 1", allowed=("y",))
    back = decode(encode(error))
    assert (type(back), str(back), back.to_dict()) == (QueryError, str(error), error.to_dict())
    refused = decode(encode(WorkspaceError("no", wrong_use=True)))
    assert refused.wrong_use is True


@pytest.mark.parametrize(
    "message",
    [
        {"$": "object", "class": "os:system", "value": {}},
        {"$": "object", "class": "outlay.app.workspace:Workspace", "value": {}},
        {"$": "object", "class": "outlay.app.workspace:os", "value": {}},
        {"$": "object", "class": "outlay.money.periods:DateRange", "value": {"beginning": 1}},
        {"$": "error", "class": "outlay.money.periods:DateRange", "args": [], "value": {}},
        {"$": "enum", "class": "outlay.nowhere:X", "value": 1},
        {"$": "model", "class": "outlay.query.model:CostQuery", "value": {}, "set": []},
        {"$": "eval", "value": "1"},
        {"$": "decimal", "value": "x"},
        {"$": "arrow", "value": "AAAA"},
        {"$": ["decimal"]},
    ],
    ids=str,
)
def test_what_is_no_data_of_ours_is_refused(message: object) -> None:
    with pytest.raises(WireError):
        decode(message)


def test_what_is_no_data_is_not_sent() -> None:
    for value in (object(), print, Path.cwd):
        with pytest.raises(WireError, match="no data"):
            encode(value)
