"""The series of a metric: restated, as of, idempotent, whole or not at all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.allocation.metrics import MetricSpec, MetricValue, SeriesStore, StoredMetrics
from outlay.expression.errors import QueryError
from outlay.lake import Lake

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))


def value(day: int, number: str | None, hour: int = 0, **labels: str) -> MetricValue:
    amount = None if number is None else Decimal(number)
    return MetricValue(datetime(2026, 10, day, hour), tuple(sorted(labels.items())), amount)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake")


def reader(lake: Lake, as_of: datetime | None = None, **spec: object) -> StoredMetrics:
    made = MetricSpec.model_validate({"labels": ("channel",), **spec})
    return StoredMetrics(lake, {"orders": made}, as_of)


def october(lake: Lake, as_of: datetime | None = None, **spec: object) -> Decimal | None:
    (month,) = reader(lake, as_of, **spec).periods("orders", (), *OCTOBER, "month")
    return month.total


def test_a_late_value_restates_and_the_past_is_kept(lake: Lake) -> None:
    store = SeriesStore(lake)
    first, late = datetime(2026, 10, 3), datetime(2026, 10, 20)
    store.put("orders", [value(1, "10"), value(2, "20.5")], origin="push", now=first)
    put = store.put("orders", [value(2, "21"), value(3, "4")], origin="push", now=late)
    assert put.delivery is not None
    assert (put.delivery.new, put.delivery.changed, put.delivery.withdrawn) == (1, 1, 0)
    assert put.delivery.restates
    assert october(lake) == Decimal("35")
    assert october(lake, datetime(2026, 10, 19)) == Decimal("30.5")
    assert october(lake, datetime(2026, 10, 2)) is None
    (changed, new) = store.restated("orders", 2)
    assert (changed.before, changed.after) == (Decimal("20.5"), Decimal(21))
    assert (new.before, new.after) == (None, Decimal(4))


def test_the_same_again_changes_nothing_and_a_way_back_is_a_change(lake: Lake) -> None:
    store = SeriesStore(lake)
    one, other = [value(1, "10"), value(2, "3")], [value(1, "11")]
    assert store.put("orders", one, origin="a.csv").outcome == "loaded"
    before = sorted(store.folder("orders").iterdir())
    assert store.put("orders", one, origin="a.csv").outcome == "unchanged"
    # Fewer values that are known already change nothing either.
    assert store.put("orders", one[:1], origin="b.csv").outcome == "unchanged"
    assert sorted(store.folder("orders").iterdir()) == before
    assert store.put("orders", other, origin="b.csv").outcome == "loaded"
    assert store.put("orders", one, origin="a.csv").outcome == "loaded"
    assert october(lake) == Decimal(13)
    assert len(store.history("orders")) == 3


def test_a_value_is_withdrawn_and_is_unknown_then(lake: Lake) -> None:
    store = SeriesStore(lake)
    store.put("orders", [value(1, "10"), value(2, "3")], origin="push")
    put = store.put("orders", [value(1, None)], origin="push")
    assert put.delivery is not None
    assert put.delivery.withdrawn == 1
    (month,) = reader(lake).periods("orders", (), *OCTOBER, "month")
    assert (month.total, month.known, month.days) == (Decimal(3), 1, 31)
    assert store.put("orders", [value(1, None)], origin="push").outcome == "unchanged"
    assert store.put("orders", [value(5, None)], origin="push").outcome == "unchanged"


def test_a_delivery_that_says_everything_of_a_range_withdraws_the_rest(lake: Lake) -> None:
    store = SeriesStore(lake)
    store.put("orders", [value(d, "1", channel="web") for d in (1, 2, 3)], origin="sql")
    put = store.put(
        "orders",
        [value(2, "1", channel="web")],
        origin="sql",
        whole=(datetime(2026, 10, 2), datetime(2026, 10, 4)),
    )
    assert put.delivery is not None
    assert (put.delivery.new, put.delivery.changed, put.delivery.withdrawn) == (0, 0, 1)
    assert october(lake) == Decimal(2)


def test_what_is_known_never_runs_backwards_in_time(lake: Lake) -> None:
    store = SeriesStore(lake)
    store.put("orders", [value(1, "1")], origin="push", now=datetime(2026, 10, 5))
    store.put("orders", [value(1, "2")], origin="push", now=datetime(2026, 10, 4))
    moments = [d.known_at for d in store.history("orders")]
    assert moments == sorted(moments)
    assert october(lake, datetime(2026, 10, 5)) == Decimal(1)


def test_states_are_made_again_when_they_are_gone(lake: Lake) -> None:
    store = SeriesStore(lake)
    for day in range(1, 6):
        store.put("orders", [value(day, str(day)), value(1, str(day * 10))], origin="push")
    cache = lake.layout.cache / "metrics" / "orders"
    for number, path in enumerate(sorted(cache.iterdir())):
        if number != 1:
            path.unlink()
    assert october(lake) == Decimal(50 + 2 + 3 + 4 + 5)
    for path in cache.iterdir():
        path.unlink()
    fresh = Lake.open(lake.path)
    assert october(fresh) == Decimal(64)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("sum", "43"), ("max", "30"), ("last", "5"), ("average", "14.333333333333")],
)
def test_days_become_a_month(lake: Lake, aggregation: str, expected: str) -> None:
    SeriesStore(lake).put(
        "orders",
        [
            value(1, "8", channel="web"),
            value(2, "10", channel="web"),
            value(2, "20", channel="shop"),
            value(3, "5", channel="shop"),
        ],
        origin="push",
    )
    assert october(lake, aggregation=aggregation) == Decimal(expected)


def test_labels_of_a_period_add_up_to_its_total(lake: Lake) -> None:
    SeriesStore(lake).put(
        "orders",
        [value(1, "8", channel="web"), value(2, "20", channel="shop"), value(2, "1")],
        origin="push",
    )
    found = reader(lake)
    (month,) = found.periods("orders", ("channel",), *OCTOBER, "month")
    assert month.values == {("web",): Decimal(8), ("shop",): Decimal(20), ("",): Decimal(1)}
    assert month.total == Decimal(29)
    assert found.weights("orders", "channel", "day", *OCTOBER) == {
        date(2026, 10, 1): {"web": Decimal(8)},
        date(2026, 10, 2): {"shop": Decimal(20)},
    }
    assert found.weights("orders", "channel", "month", *OCTOBER) == {
        date(2026, 10, 1): {"web": Decimal(8), "shop": Decimal(20)}
    }


def test_a_day_without_values_is_unknown_unless_the_metric_says_zero(lake: Lake) -> None:
    SeriesStore(lake).put("orders", [value(1, "8"), value(4, "1")], origin="push")
    (month,) = reader(lake).periods("orders", (), *OCTOBER, "month")
    assert (month.total, month.known, month.complete) == (Decimal(9), 2, False)
    assert month.missing[:2] == (date(2026, 10, 2), date(2026, 10, 3))
    zero = reader(lake, missing="zero", aggregation="average")
    (month,) = zero.periods("orders", (), *OCTOBER, "month")
    # Beyond the last known day nothing is made up.
    assert (month.total, month.known) == (Decimal("2.25"), 4)
    days = zero.periods("orders", (), date(2026, 10, 1), date(2026, 10, 6), "day")
    assert [day.total for day in days] == [Decimal(8), Decimal(0), Decimal(0), Decimal(1), None]
    cover = reader(lake).coverage("orders")
    assert (cover.first, cover.last, cover.known) == (date(2026, 10, 1), date(2026, 10, 4), 2)
    assert cover.gaps == ((date(2026, 10, 2), date(2026, 10, 3)),)


def test_hours_become_days_and_weeks_begin_on_monday(lake: Lake) -> None:
    SeriesStore(lake).put(
        "orders", [value(4, "1", 23), value(5, "2", 0), value(5, "4", 12)], origin="push"
    )
    found = reader(lake, grain="hour")
    days = found.periods("orders", (), date(2026, 10, 4), date(2026, 10, 6), "day")
    assert [day.total for day in days] == [Decimal(1), Decimal(6)]
    weeks = found.periods("orders", (), *OCTOBER, "week")
    assert [(w.start, w.days) for w in weeks][:2] == [
        (date(2026, 9, 28), 4),
        (date(2026, 10, 5), 7),
    ]
    whole = found.periods("orders", (), date(2026, 10, 2), date(2026, 10, 9), "all")
    assert [(w.start, w.total) for w in whole] == [(date(2026, 10, 2), Decimal(7))]


def test_a_metric_or_label_that_there_is_not_is_named(lake: Lake) -> None:
    with pytest.raises(QueryError, match="there is no metric 'order'") as e:
        reader(lake).weights("order", "channel", "day", *OCTOBER)
    assert e.value.near == ("orders",)
    with pytest.raises(QueryError, match="has no label 'chanel'"):
        reader(lake).weights("orders", "chanel", "day", *OCTOBER)


def test_the_version_changes_with_every_change_and_only_then(lake: Lake) -> None:
    store = SeriesStore(lake)
    assert reader(lake).version("orders") == ""
    store.put("orders", [value(1, "8")], origin="push")
    first = reader(lake).version("orders")
    store.put("orders", [value(1, "8.0")], origin="push")
    assert reader(lake).version("orders") == first
    store.put("orders", [value(1, "9")], origin="push")
    assert reader(lake).version("orders") != first


def test_two_at_once_lose_nothing(lake: Lake) -> None:
    def deliver(number: int) -> None:
        store = SeriesStore(Lake.open(lake.path))
        store.put("orders", [value(1 + number % 28, "1", n=str(number))], origin="push")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(24)))
    assert october(lake) == Decimal(24)
    assert [d.sequence for d in SeriesStore(lake).history("orders")] == list(range(1, 25))


def test_a_killed_delivery_is_not_there_and_comes_again(lake: Lake) -> None:
    SeriesStore(lake).put("orders", [value(1, "8")], origin="push")
    code = (
        "from datetime import datetime; from decimal import Decimal; from pathlib import Path\n"
        "from outlay.lake import Lake\n"
        "from outlay.allocation.metrics import SeriesStore, MetricValue\n"
        f"lake = Lake.open(Path({str(lake.path)!r}))\n"
        "values = [MetricValue(datetime(2026, 10, 2), (), Decimal(5))]\n"
        "SeriesStore(lake).put('orders', values, origin='push')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "OUTLAY_FAULT_AT": "commit:1"}, check=False
    )
    assert done.returncode == -9
    assert october(lake) == Decimal(8)
    subprocess.run([sys.executable, "-c", code], check=True)
    assert october(lake) == Decimal(13)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    yield [tmp_path_factory.mktemp("series")]


deliveries = st.lists(
    st.dictionaries(
        st.tuples(st.integers(1, 6), st.sampled_from("ab")),
        st.one_of(
            st.none(),
            st.decimals(-(10**9), 10**9, places=21, allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(deliveries=deliveries)
def test_the_newest_delivery_says_each_value(
    fresh: list[Path], deliveries: list[dict[tuple[int, str], Decimal | None]]
) -> None:
    """Against a dictionary that is written over."""
    lake = Lake.open(fresh[0] / f"{len(list(fresh[0].iterdir()))}")
    store, known = SeriesStore(lake), dict[tuple[int, str], Decimal]()
    for delivery in deliveries:
        values = [
            MetricValue(datetime(2026, 10, day), (("channel", name),), number)
            for (day, name), number in delivery.items()
        ]
        store.put("orders", values, origin="push")
        for key, number in delivery.items():
            known.pop(key, None)
            if number is not None:
                known[key] = number
        found = reader(lake).weights("orders", "channel", "day", *OCTOBER)
        assert {
            (day.day, name): number for day, row in found.items() for name, number in row.items()
        } == known
