"""Down to the lines: every level adds up, and each charge knows its file and line."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.expression import parse
from outlay.money import total
from outlay.query import CostQuery, QueryError, charges, equals, explain, of_row, run
from tests.query import naive
from tests.query.fixtures import SmallLake
from tests.query.test_plans import CONDITIONS, MEASURES

NOW = datetime(2026, 3, 10)
MONEY = [name for name in MEASURES if name not in ("ConsumedQuantity",)]


def test_charges_end_at_file_and_line(lake: SmallLake) -> None:
    lake.add("2026-01", [{"EffectiveCost": "1"}, {"EffectiveCost": "5", "Tags": {"team": "a"}}])
    lake.add(
        "2026-02",
        [{"EffectiveCost": "3", "ChargePeriodStart": "2026-02-01", "ServiceName": "Log's"}],
        source="other",
    )
    page = charges(lake, CostQuery(), limit=2, now=NOW)
    assert page.lines == 3
    assert page.amounts == {"USD": 9}
    assert [
        (c.origin.source, c.origin.billing_period, c.origin.file, c.origin.line)
        for c in page.charges
    ] == [("bill", "2026-01", "bill.csv", 2), ("other", "2026-02", "bill.csv", 1)]
    assert page.charges[0].values["Tags"] == {"team": "a"}
    assert "ResourceId" not in page.charges[0].values
    second = charges(lake, CostQuery(), limit=2, offset=2, now=NOW)
    assert [c.values["EffectiveCost"] for c in second.charges] == [1]
    json = page.to_json()["charges"][0]
    assert (json["file"], json["line"], json["charge"]["EffectiveCost"]) == ("bill.csv", 2, "5.00")
    only = charges(lake, CostQuery(where="ServiceName = 'Log''s'"), now=NOW)
    assert [c.origin.source for c in only.charges] == ["other"]
    nothing = charges(lake, CostQuery(range="2020-01-01..2020-02-01"), now=NOW)
    assert (nothing.lines, nothing.charges) == (0, ())
    with pytest.raises(QueryError, match="negative"):
        charges(lake, CostQuery(), offset=-1, now=NOW)


@settings(max_examples=25)
@given(
    conditions=st.lists(st.sampled_from(CONDITIONS), max_size=2),
    range_=st.sampled_from(["all", "2026-01-05..2026-02-20"]),
    measure=st.sampled_from(MONEY),
    by=st.sampled_from([(), ("ServiceName",), ("tags.team", "x_Rare"), ("ChargeDay",)]),
)
def test_lines_files_slices_and_groups_are_the_same_amount(
    rich_lake: SmallLake,
    rich_charges: list[dict[str, Any]],
    conditions: list[str],
    range_: str,
    measure: str,
    by: tuple[str, ...],
) -> None:
    where = " AND ".join(f"({condition})" for condition in conditions)
    query = CostQuery(measures=(measure,), by=by, range=range_, where=where, limit=500)
    days = (None, None) if range_ == "all" else (date(2026, 1, 5), date(2026, 2, 20))
    condition = parse(where) if where else None
    expected = naive.answer(
        rich_charges, by=by, grain="none", days=days, condition=condition, measure=measure
    )
    found = explain(rich_lake, query, lines=2, now=NOW)
    groups = {(None, g.currency, *g.values.values()): g.amount for g in found.groups}
    assert groups == expected
    for group in found.groups:
        assert total(part.amount for part in group.slices) == group.amount
        assert sum(part.lines for part in group.slices) == group.lines
        for part in group.slices:
            assert total(file.amount for file in part.files) == part.amount
            for file in part.files:
                shown = total(line.amount for line in file.top)
                assert total((shown, file.rest)) == file.amount
                assert len(file.top) == min(2, file.lines)
    page = charges(rich_lake, query, limit=1000, now=NOW)
    assert page.lines == len(page.charges)
    by_currency: dict[str, Decimal] = {}
    for key, amount in expected.items():
        by_currency[key[1]] = total((by_currency.get(key[1], Decimal(0)), amount))
    assert {c: a for c, a in page.amounts.items()} == by_currency
    assert dict(found.totals) == by_currency
    assert total(naive.measure_of(measure, _whole(c.values)) for c in page.charges) == total(
        by_currency.values()
    )


def _whole(values: Any) -> dict[str, Any]:
    return {"CommitmentDiscountStatus": None, **values}


def test_groups_beyond_the_limit_are_summed(lake: SmallLake) -> None:
    lake.add("2026-01", [{"EffectiveCost": str(n), "ServiceName": f"S{n}"} for n in range(5)])
    found = explain(lake, CostQuery(by=("ServiceName",), limit=2), now=NOW)
    assert [dict(group.values) for group in found.groups] == [
        {"ServiceName": "S4"},
        {"ServiceName": "S3"},
    ]
    assert (found.other_groups, dict(found.other)) == (3, {"USD": Decimal(3)})
    assert dict(found.totals) == {"USD": Decimal(10)}
    data = found.to_json()
    file = data["groups"][0]["slices"][0]["files"][0]
    assert (file["path"], file["amount"], file["top"][0]["line"]) == ("bill.csv", "4.00", 5)
    assert data["totals"] == {"USD": "10.00"}


def test_charges_that_are_gone_cannot_be_explained(lake: SmallLake) -> None:
    lake.add("2026-01", [{"EffectiveCost": "1"}]).charges_path.unlink()
    for ask in (charges, explain):
        with pytest.raises(QueryError, match="no longer kept"):
            ask(lake, CostQuery(), now=NOW)  # type: ignore[operator]
    assert explain(lake, CostQuery(range="2020-01-01..2020-02-01"), now=NOW).groups == ()


@pytest.mark.parametrize("grain", ["none", "hour", "day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("range_", ["all", "2026-01-05..2026-02-20"])
def test_a_row_narrows_to_the_charges_it_sums(
    rich_lake: SmallLake, grain: str, range_: str
) -> None:
    by = ("ServiceName", "tags.team") if grain != "hour" else ("ServiceName",)
    query = CostQuery(by=by, grain=grain, range=range_)
    rows = list(run(rich_lake, query, now=NOW).rows())
    for row in rows[:: max(1, len(rows) // 5)]:
        page = charges(rich_lake, of_row(query, row), now=NOW)
        assert page.amounts == {row["BillingCurrency"]: row["EffectiveCost"]}


def test_equals_quotes_what_it_is_given() -> None:
    assert equals("tags.team", "O'Reilly") == "tags.team = 'O''Reilly'"
    assert equals("tags.team", None) == "tags.team IS NULL"
    assert equals("ChargeDay", date(2026, 1, 2)) == "ChargeDay = '2026-01-02'"
    moment = datetime(2026, 1, 2, 3)
    assert equals("ChargePeriodStart", moment) == "ChargePeriodStart = '2026-01-02T03:00:00'"
