"""Forecasts add up, keep to what is known, and say why where there is none."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import Level, acting
from outlay.access.principal import Principal
from outlay.app import Workspace, WorkspaceError
from outlay.app.forecasting.accuracy import accuracy
from outlay.app.forecasting.answer import ForecastAnswer
from outlay.app.forecasting.forecasting import calendar_of, forecast
from outlay.app.forecasting.series import series_of
from outlay.app.forecasting.totals import forecast_total
from outlay.app.served.wire import decode, encode
from outlay.money import total
from outlay.query import CostQuery, QueryError
from tests.forecasting.bills import (
    COMPUTE,
    END,
    FEE,
    FIRST,
    NEW,
    RENDER,
    RENDER_DAYS,
    STORAGE,
    SUPPORT,
    compute,
    days,
    workspace_of,
)
from tests.web.company import Line, line, load
from tests.web.conftest import serving

SERVICES = CostQuery(by=("ServiceName",))
NEW_SINCE = "New since, or too new then"
NOVEMBER = date(2026, 12, 1)


def adds_up(answer: ForecastAnswer) -> None:
    """The parts of each currency are its total: by day, by month, before and after."""
    for whole in answer.totals:
        parts = answer.of(whole.currency)
        for place in range(answer.days):
            assert total(p.day(place).mean for p in parts) == whole.day(place).mean
        for place, month in enumerate(whole.months):
            assert total(p.months[place].actual for p in parts) == month.actual
            assert total(p.months[place].outlook for p in parts) == month.outlook
        for period in answer.before:
            assert total(p.before[period] for p in parts) == whole.before[period]


@pytest.mark.parametrize(
    "by", [(), ("ServiceName",), ("SubAccountName", "ServiceName"), ("tags.team",), ("ResourceId",)]
)
def test_parts_are_the_total_whatever_it_is_grouped_by(
    daily: Workspace, by: tuple[str, ...]
) -> None:
    answer = forecast(daily, CostQuery(by=by), days=40)
    adds_up(answer)
    alone = forecast(daily, CostQuery(), days=40)
    for one, other in zip(answer.totals, alone.totals, strict=True):
        assert one.currency == other.currency
        assert [one.day(at).mean for at in range(40)] == [other.day(at).mean for at in range(40)]


def test_currencies_are_forecast_each_by_itself(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES, days=30)
    assert answer.currencies == ("USD", "EUR")
    (hosting,) = answer.of("EUR")
    assert hosting.title == "Hosting" and hosting.sum() == Decimal("603.00")
    euros = forecast(daily, SERVICES.but(currency="EUR"), days=30)
    assert euros.currencies == ("EUR",) and len(euros.series) > 3
    adds_up(euros)


def test_a_fee_comes_on_its_day_and_on_no_other(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES, until=date(2027, 2, 1))
    (support,) = [one for one in answer.series if one.title == SUPPORT]
    amounts = {day: support.day(at).mean for at, day in enumerate(answer.dates())}
    charged = {day: amount for day, amount in amounts.items() if amount}
    assert charged == {
        day: Decimal(FEE) for day in (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
    }
    assert support.method == "by calendar" and support.charges[0].rhythm == "monthly"
    whole = answer.total("USD")
    assert whole is not None
    assert whole.day(0).mean > whole.day(1).mean + 400


def test_tax_comes_on_each_last_day(daily: Workspace) -> None:
    query = SERVICES.but(where="ChargeCategory = 'Tax'")
    (tax,) = forecast(daily, query, until=date(2027, 1, 1)).series
    assert tax.sum(0, 29) == 0 and tax.day(29).mean == Decimal("12.50")
    assert tax.day(60).mean == Decimal("12.50") and tax.sum() == Decimal("25.00")


def test_usage_that_is_billed_on_some_days_comes_on_these(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES.but(where=f"ServiceName = '{RENDER}'"), until=NOVEMBER)
    (found,) = answer.series
    amounts = {day.day: found.day(at).mean for at, day in enumerate(answer.dates())}
    assert {day for day, amount in amounts.items() if amount} == set(RENDER_DAYS)
    assert found.sum() == Decimal("350.00") and found.method == "by calendar"


def test_a_steady_series_is_forecast_to_the_cent(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES.but(where=f"ServiceName = '{STORAGE}'"), days=30)
    (storage,) = answer.series
    assert storage.sum() == Decimal("1207.50")
    month = storage.months[0]
    assert (month.actual, month.outlook, month.whole) == (0, Decimal("1207.50"), True)
    assert storage.before[answer.before[-1]] == Decimal("1247.75")


def test_working_days_cost_more_than_weekends(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES.but(where=f"ServiceName = '{COMPUTE}'"), days=28)
    (found,) = answer.series
    for place, day in enumerate(answer.dates()):
        amount = found.day(place)
        assert (amount.mean > 90) == (day.weekday() < 5), (day, amount)
        assert amount.bands[95][0] <= amount.bands[80][0] <= amount.mean
        assert amount.mean <= amount.bands[80][1] <= amount.bands[95][1]
    assert found.tried.wape is not None and found.tried.wape < 0.1 and found.tried.trials


def test_public_holidays_of_the_workspaces_country_are_known(
    daily: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = forecast(daily, SERVICES, days=60)
    monkeypatch.setattr(daily, "settings", daily.settings.model_copy(update={"holidays": "DE-BY"}))
    assert calendar_of(daily).days(date(2026, 11, 1), 60).holiday.sum() == 1  # Christmas Day
    adds_up(forecast(daily, SERVICES, days=60))
    assert forecast(daily, SERVICES, days=60) is not plain
    monkeypatch.setattr(daily, "settings", daily.settings.model_copy(update={"holidays": "QQ"}))
    with pytest.raises(WorkspaceError, match="no public holidays are known for 'QQ'"):
        forecast(daily, SERVICES, days=60)


def test_too_little_history_is_said_and_the_rest_of_the_total_has_it(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES, days=30)
    (alone,) = answer.alone
    assert alone.title == NEW and alone.mean is None
    assert "too little history" in alone.reason
    (rest,) = [one for one in answer.series if one.part == "new"]
    assert (rest.groups, rest.before[answer.before[-1]]) == (1, Decimal("35.00"))
    narrow = forecast(daily, SERVICES.but(where=f"ServiceName = '{NEW}'"), days=30)
    assert "too little history" in narrow.reason and not narrow.series
    with pytest.raises(ValueError, match="no forecast of Newcomer: too little history"):
        alone.day(0)


def test_a_day_that_is_not_over_has_no_part_in_it(daily: Workspace) -> None:
    now = datetime(2026, 10, 20, 15)
    answer = forecast(daily, SERVICES, days=20, now=now)
    assert answer.start == date(2026, 10, 20)
    assert answer.history is not None and answer.history.start == FIRST
    cut = forecast(daily, SERVICES, days=20, cut=date(2026, 10, 20))
    for one, other in zip(answer.totals, cut.totals, strict=True):
        assert [one.day(at).mean for at in range(20)] == [other.day(at).mean for at in range(20)]
    whole = answer.total("USD")
    assert whole is not None
    actual = total(Decimal(compute(day)) for day in days(date(2026, 10, 1), date(2026, 10, 20)))
    others = 19 * (Decimal("40.25") + Decimal("6.00")) + Decimal(FEE) + 3 * Decimal(70)
    assert whole.months[0].actual == actual + others
    assert whole.months[0].outlook == whole.months[0].actual + whole.sum(0, 12)


@pytest.mark.parametrize("account", ["Shop", "Data"])
def test_each_reader_sees_the_forecast_of_their_part(daily: Workspace, account: str) -> None:
    scope = f"SubAccountName = '{account}'"
    with acting(Principal("ana", Level.VIEWER, scope=scope)):
        seen = forecast(daily, SERVICES, days=30)
    asked = forecast(daily, SERVICES.but(where=scope), days=30)
    assert {one.title for one in seen.series} == {one.title for one in asked.series}
    assert [one.sum() for one in seen.totals] == [one.sum() for one in asked.totals]
    services = {one.title for one in (*seen.series, *seen.alone)}
    assert (COMPUTE in services, STORAGE in services) == (account == "Shop", account == "Data")


def test_the_total_of_a_scope_is_actual_and_forecast(daily: Workspace) -> None:
    where = f"ServiceName = '{STORAGE}'"
    past = forecast_total(daily, where, "EffectiveCost", "USD", date(2026, 10, 1), END)
    assert (past.actual, past.outlook, past.forecast) == (Decimal("1247.75"), Decimal("1247.75"), 0)
    both = forecast_total(daily, where, "EffectiveCost", "USD", date(2026, 10, 1), NOVEMBER)
    assert (both.actual, both.forecast) == (Decimal("1247.75"), Decimal("1207.50"))
    assert both.outlook == total((*both.actual_by_day.values(), *both.by_day.values()))
    assert both.low is not None and both.high is not None
    assert both.low <= Decimal("2455.25") <= both.high
    shape = forecast_total(daily, where, "EffectiveCost", "USD", date(2026, 10, 1), END,
                           cut=date(2026, 10, 1))  # fmt: skip
    assert shape.actual == 0 and len(shape.by_day) == 31
    none = forecast_total(daily, f"ServiceName = '{NEW}'", "EffectiveCost", "USD",
                          date(2026, 10, 1), NOVEMBER)  # fmt: skip
    assert none.forecast is None and none.outlook is None and "too little history" in none.reason
    assert none.actual == Decimal("35.00")


def test_series_have_usage_and_calendar_apart(daily: Workspace) -> None:
    found = series_of(daily, SERVICES, until=END)
    assert (found.start, found.complete_until, found.days) == (FIRST, END, 184)
    row = {key[0]: at for at, key in enumerate(found.keys)}
    assert found.usage[row[SUPPORT]].sum() == 0
    assert found.calendar[row[SUPPORT]].sum() == 6 * 500
    assert found.calendar[row[COMPUTE]].sum() == 6 * 12.5
    assert found.usage[row[STORAGE]].tolist() == [40.25] * 184
    assert found.values[row[COMPUTE], 30] == pytest.approx(float(compute(date(2026, 5, 31))) + 12.5)
    plain = series_of(daily, SERVICES, until=END, parts=False)
    assert plain.values.sum() == pytest.approx(found.values.sum())
    assert not plain.streams


def test_what_was_said_before_is_compared_with_what_came(daily: Workspace) -> None:
    found = accuracy(daily, SERVICES, days=30)
    assert (found.how, found.start, found.end, found.days) == ("cut", date(2026, 10, 2), END, 30)
    assert "no snapshot of 2026-10-02" in found.why
    for whole in found.totals:
        own = [one for one in found.rows if one.currency == whole.currency]
        assert total(one.actual for one in own) == whole.actual
        assert total(one.expected or Decimal(0) for one in own) == whole.expected
    (storage,) = [one for one in found.rows if one.title == STORAGE]
    assert (storage.expected, storage.actual, storage.off) == (Decimal("1207.50"),) * 2 + (0,)
    assert storage.inside == 30
    with pytest.raises(QueryError, match="0 days cannot be compared"):
        accuracy(daily, SERVICES, days=0)


def test_what_nobody_could_say_then_is_told_as_that_and_not_as_nothing(tmp_path: Path) -> None:
    """Euros and a service that came since, and a service too new for a forecast of its own."""
    lines = [line("40.25", day.isoformat(), service=STORAGE) for day in days()]
    for day in days(END - timedelta(days=35), END):
        lines.append(line("5.00", day.isoformat(), service=NEW))
    for day in days(END - timedelta(days=10), END):
        euros = line("3.00", day.isoformat(), service="Hosting", currency="EUR")
        lines.append(euros | {"BillingAccountId": "999999999999"})
    workspace = workspace_of(tmp_path, lines)
    found = accuracy(workspace, SERVICES, days=30)
    told = {one.currency: one for one in found.totals}
    assert (told["EUR"].expected, told["EUR"].actual) == (None, Decimal("30.00"))
    assert "nothing in EUR had been charged before" in told["EUR"].reason
    rows = {(one.currency, one.title): one for one in found.rows}
    assert set(rows) == {("USD", STORAGE), ("USD", NEW_SINCE), ("EUR", NEW_SINCE)}
    new = rows["USD", NEW_SINCE]
    assert new.actual == Decimal("150.00") and new.expected is not None and new.expected > 100
    assert (rows["EUR", NEW_SINCE].expected, rows["EUR", NEW_SINCE].actual) == (None, 30)
    shown = serving(workspace).get("/forecast/accuracy?by=ServiceName&currency=")
    assert shown.status_code == 200 and "nothing in EUR had been charged before" in shown.text
    workspace.close()


def test_what_was_said_by_the_ledger_of_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """October came, and September was restated by a crown a day: the forecast did not know."""

    def storage(last: date, september: str) -> list[Line]:
        return [
            line(september if day.month == 9 else "40.25", day.isoformat(), service=STORAGE)
            for day in days(date(2026, 8, 1), last)
        ]

    workspace = workspace_of(tmp_path, storage(date(2026, 10, 1), "40.25"))
    before = str(workspace.snapshots()[-1].snapshot_id)
    load(workspace, tmp_path, "acme", storage(END, "41.25"))
    monkeypatch.setattr("outlay.app.forecasting.accuracy.moment_of", lambda _: before)
    found = accuracy(workspace, CostQuery(by=("ServiceName",)), days=31)
    assert (found.how, found.start, found.days) == ("known", date(2026, 10, 1), 31)
    (said,) = found.rows
    assert said.expected == said.actual == Decimal("40.25") * 31
    monkeypatch.undo()
    cut = accuracy(workspace, CostQuery(by=("ServiceName",)), days=31)
    assert cut.how == "cut" and cut.rows[0].expected is not None
    assert cut.rows[0].expected > said.expected
    workspace.close()


def test_an_answer_travels_to_another_machine(daily: Workspace) -> None:
    answer = forecast(daily, SERVICES, days=30)
    back = decode(encode(answer))
    for one, other in zip(answer.totals, back.totals, strict=True):
        assert one.months == other.months and one.day(3) == other.day(3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"days": 0}, "there is no day to forecast"),
        ({"days": 801}, "801 days are too far ahead: at most 800"),
        ({"days": 10**10}, "10000000000 days are too far ahead"),
        ({"until": FIRST}, "the first that is not complete is 2026-11-01"),
        ({"days": 3, "until": NOVEMBER}, "exclude each other"),
    ],
)
def test_a_horizon_that_cannot_be_is_refused(
    daily: Workspace, given: dict[str, object], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        forecast(daily, SERVICES, **given)  # type: ignore[arg-type]
