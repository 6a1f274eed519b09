"""Budgets over real bills: exact actual cost, what is carried, what is expected, the parts."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.planning import budget_drafts, budgets
from outlay.expression.errors import QueryError
from outlay.resources import ResourceConflictError, ResourceError, ResourceInUseError
from tests.budgets.company import keep
from tests.budgets.conftest import MOMENT
from tests.web.company import line, load


def of(workspace: Workspace, name: str, **more):
    found = {one.budget.name: one for one in budgets.statuses(workspace, MOMENT, **more)}
    return found[name]


def told(workspace: Workspace, name: str, **more):
    status = of(workspace, name, **more).status
    assert status is not None
    return status


def test_the_month_to_date_against_its_shape(kept: Workspace) -> None:
    """Twenty days of October are complete: 20 × 10 and the fee of 90."""
    status = told(kept, "shop")
    assert status.complete_until == date(2026, 10, 21)
    assert status.actual == status.complete == Decimal("290.00")
    # June to September left 400 − 390, 400 − 400, 400 − 400, 400 − 390.
    assert status.allowance is not None
    assert (status.allowance.own, status.allowance.carried) == (Decimal(400), Decimal("20.00"))
    # Of 31 × 10 + 90 = 400 the first twenty days have 290; of 420 that is 304.50, not 270.97.
    assert status.expected == Decimal("304.50")
    assert status.ahead == Decimal("-14.50")
    assert status.spread is not None and status.spread.source == "history"
    assert status.remaining == Decimal("130.00")


def test_what_is_unused_is_carried_up_to_its_cap(kept: Workspace) -> None:
    past = {one.status.period.key: one.status for one in budgets.history(kept, "data", MOMENT)}
    carried = {key: s.allowance.carried for key, s in past.items() if s.allowance}
    # June cost 150 of 150; July 155 of 150: nothing is left and nothing owed.
    assert carried == {
        "2026-06": 0, "2026-07": 0, "2026-08": 0, "2026-09": 0, "2026-10": 0,
    }  # fmt: skip
    assert past["2026-07"].state == "over" and past["2026-06"].state == "kept"
    assert past["2026-07"].actual == Decimal("155.00")


def test_months_that_were_never_loaded_hand_on_nothing(own: Workspace) -> None:
    """The bill begins in June: from January to May nobody knows what was left."""
    said = {"scope": "team = 'shop'", "amount": "400", "rollover": "unused"}
    keep(own, "early", **said, **{"from": "2026-01-01"})
    status = told(own, "early", forecast=False)
    assert status.allowance is not None
    # June and September left 10 each.
    assert status.allowance.carried == Decimal("20.00")
    early = budgets.show(own, "early", "2026-03", MOMENT, forecast=False)[0].status
    assert early is not None and early.allowance is not None and early.allowance.carried == 0


def test_parts_and_the_rest_add_up(kept: Workspace) -> None:
    whole = of(kept, "all")
    assert whole.parts is not None and whole.status is not None
    assert whole.parts.allocated == Decimal("550")
    assert whole.parts.unallocated == Decimal("50")
    assert whole.parts.actual == Decimal("390.00") == whole.status.actual
    assert whole.parts.rest == 0


def test_a_past_month_is_told_as_it_ended(kept: Workspace) -> None:
    found = {one.budget.name: one for one in budgets.statuses(kept, MOMENT, at="2026-07")}
    status = found["all"].status
    assert status is not None
    assert (status.period.key, status.actual, status.over) == ("2026-07", Decimal("555.00"), True)
    assert status.rest is None and status.no_forecast == "" and status.state == "kept"


def test_periods_of_children_within_a_year(own: Workspace) -> None:
    keep(own, "year", period="year", amount="7000")
    spec = own.resources.get("Budget", "all").spec
    changed = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    own.resources.put("Budget", "all", changed | {"parent": "year"}, author="test")
    whole = of(own, "year")
    assert whole.status is not None and whole.parts is not None
    # From June on: seven months of 600; 15 a day on 142 days and five fees.
    assert whole.parts.allocated == Decimal("4200")
    assert whole.status.actual == Decimal(15 * 142 + 5 * 90) == whole.parts.actual
    assert whole.parts.unallocated == Decimal("2800")


def test_incomplete_days_are_told_apart(own: Workspace, monkeypatch) -> None:
    monkeypatch.setattr(type(own), "incomplete_from", lambda *_: date(2026, 10, 19))
    status = told(own, "shop", forecast=False)
    assert (status.complete, status.incomplete) == (Decimal("270.00"), Decimal("20.00"))
    assert status.actual == Decimal("290.00")
    # What was to be expected is of the complete days alone: 270 of 400.
    assert status.expected == Decimal("283.50")
    assert status.over is False


def test_the_forecast_is_of_the_days_to_come(kept: Workspace) -> None:
    status = told(kept, "shop")
    assert status.rest is not None, status.no_forecast
    assert status.rest.since == date(2026, 10, 21) and len(status.rest.days) == 11
    assert sum(status.rest.days) == status.rest.amount
    # Eleven days that always cost 10: the fee of the first is not smeared over them.
    assert abs(status.rest.amount - 110) < 1
    assert status.forecast == status.complete + status.rest.amount


def test_too_little_history_has_no_forecast_and_says_why(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path, "new", [line("3.00", "2026-10-19"), line("3.00", "2026-10-20")])
    keep(workspace, "new", amount="50")
    status = told(workspace, "new")
    assert status.forecast is None and status.no_forecast
    assert status.actual == Decimal("6.00") and status.state == "on track"
    assert status.spread is not None
    assert status.spread.reason == "there is no whole month before it to learn from"
    workspace.close()


def test_nothing_loaded_is_not_zero_spent(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    keep(workspace, "new", amount="50")
    status = told(workspace, "new")
    assert (status.complete_until, status.expected, status.forecast) == (None, None, None)
    assert status.no_forecast == "no bill was loaded yet"
    assert status.state == "no data"
    workspace.close()


def test_a_month_of_which_nothing_came_is_not_on_track(kept: Workspace) -> None:
    found = budgets.show(kept, "shop", "", datetime(2026, 11, 2, 9), forecast=False)[0]
    assert found.status is not None
    assert (found.status.period.key, found.status.actual) == ("2026-11", 0)
    assert found.state == "no data"


def test_currencies_are_converted_by_the_tables_rates(own: Workspace, tmp_path: Path) -> None:
    euro = [line("100.00", "2026-10-05", "Hetzner Cloud", team="shop", currency="EUR")]
    load(own, tmp_path, "europe", euro)
    pairs = {"EUR/USD": {"2026-10": "1.25"}}
    own.resources.put("ExchangeRates", "finance", {"pairs": pairs}, author="test")
    keep(own, "shop-usd", scope="team = 'shop'", rates="finance", amount="1000")
    status = told(own, "shop-usd", forecast=False)
    assert status.actual == Decimal("415.00") and status.unconverted == {}


def test_what_has_no_rate_is_told_and_never_zero(own: Workspace, tmp_path: Path) -> None:
    euro = [line("100.00", "2026-10-05", "Hetzner Cloud", team="shop", currency="EUR")]
    load(own, tmp_path, "europe", euro)
    pairs = {"GBP/USD": {"2026-10": "1.25"}}
    own.resources.put("ExchangeRates", "finance", {"pairs": pairs}, author="test")
    keep(own, "shop-usd", scope="team = 'shop'", rates="finance", amount="1000")
    found = of(own, "shop-usd", forecast=False)
    assert found.status is not None
    assert found.status.unconverted == {"EUR": Decimal("100.00")}
    assert found.state == "unknown" and found.status.actual == Decimal("290.00")
    # July had no euros: it is known.
    past = {one.status.period.key: one.status for one in budgets.history(own, "shop-usd", MOMENT)}
    assert past["2026-07"].unconverted == {} and past["2026-07"].state == "kept"


def test_what_has_no_rate_is_told_where_its_month_hands_something_on(
    own: Workspace, tmp_path: Path
) -> None:
    """What is carried in would be too much: the euros of October are not taken off it."""
    euro = [line("100.00", "2026-10-05", "Hetzner Cloud", team="shop", currency="EUR")]
    load(own, tmp_path, "europe", euro)
    pairs = {"GBP/USD": {"2026-10": "1.25"}}
    own.resources.put("ExchangeRates", "finance", {"pairs": pairs}, author="test")
    said = {"scope": "team = 'shop'", "rates": "finance", "amount": "400", "from": "2026-06-01"}
    keep(own, "carried", rollover="unused", **said)
    keep(own, "alone", **said)
    november = datetime(2026, 11, 2, 9)
    found = {one.budget.name: one for one in budgets.statuses(own, november, forecast=False)}
    carried, alone = found["carried"].status, found["alone"].status
    assert carried is not None and alone is not None
    assert carried.unconverted == {"EUR": Decimal("100.00")} and carried.state == "unknown"
    assert alone.unconverted == {} and alone.state == "no data"


def test_a_budget_that_cannot_be_asked_says_why_and_hides_no_other(
    own: Workspace, monkeypatch
) -> None:
    real = Workspace.query

    def refuse(self, query, now=None):
        if "'data'" in query.where:
            raise QueryError("the lake is away")
        return real(self, query, now)

    monkeypatch.setattr(Workspace, "query", refuse)
    found = {one.budget.name: one for one in budgets.statuses(own, MOMENT, forecast=False)}
    assert found["data"].state == "failed" and "the lake is away" in found["data"].problem
    assert found["shop"].state == "on track"
    assert found["all"].state == "on track" and found["all"].parts is None
    assert "the lake is away" in found["all"].parts_problem


def test_quarters_are_told_with_all_their_months(own: Workspace) -> None:
    keep(own, "quarter", period="quarter", amount="2000")
    past = {one.status.period.key: one.status for one in budgets.history(own, "quarter", MOMENT)}
    assert past["2026-Q3"].actual == Decimal(15 * 92 + 3 * 90)
    assert past["2026-Q4"].actual == Decimal(15 * 20 + 90)


# --- drafts -------------------------------------------------------------------------------


def test_a_preview_keeps_nothing(kept: Workspace) -> None:
    spec = {"currency": "USD", "amount": "390", "scope": "team = 'shop'"}
    found = budget_drafts.preview(kept, "", spec, MOMENT)
    assert [(one.status.period.key, one.status.actual, one.state) for one in found if one.status][
        1:
    ] == [
        ("2026-09", Decimal("390.00"), "kept"),
        ("2026-08", Decimal("400.00"), "over"),
        ("2026-07", Decimal("400.00"), "over"),
        ("2026-06", Decimal("390.00"), "kept"),
    ]
    assert kept.resources.names("Budget") == ["all", "data", "shop"]


def test_suggestions_are_the_mean_and_a_margin_rounded_up(own: Workspace) -> None:
    found = budget_drafts.suggest(own, "team", months=3, margin=Decimal(5), now=MOMENT)
    assert found.months == ("2026-07", "2026-08", "2026-09")
    assert [(one.name, one.base, one.spec.amount) for one in found.suggestions] == [
        # (400 + 400 + 390) / 3 × 1.05 = 416.5, up to two figures; 460 / 3 × 1.05 = 161.
        ("team-shop", Decimal("396.67"), Decimal("420")),
        ("team-data", Decimal("153.33"), Decimal("170")),
    ]
    assert found.total == Decimal("590")
    specs = {
        one.name: one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for one in found.suggestions
    }
    assert budget_drafts.keep(own, specs, author="ana") == ("team-data", "team-shop")
    with pytest.raises(ResourceConflictError):
        budget_drafts.keep(own, specs, author="ana")
    again = budget_drafts.suggest(own, "team", now=MOMENT)
    assert [one.taken for one in again.suggestions] == [True, True]


def test_suggestions_are_of_whole_months_that_were_loaded(own: Workspace, monkeypatch) -> None:
    """A month that is not known is no month without cost: the mean is of those there are."""
    found = budget_drafts.suggest(own, "team", months=12, margin=Decimal(0), now=MOMENT)
    assert found.months == ("2026-06", "2026-07", "2026-08", "2026-09")
    # (390 + 400 + 400 + 390) / 4
    assert found.suggestions[0].base == Decimal("395.00")
    monkeypatch.setattr(type(own), "incomplete_from", lambda *_: date(2026, 9, 29))
    found = budget_drafts.suggest(own, "team", months=3, margin=Decimal(0), now=MOMENT)
    assert found.months == ("2026-06", "2026-07", "2026-08")
    assert found.suggestions[0].base == Decimal("396.67")
    monkeypatch.setattr(type(own), "incomplete_from", lambda *_: date(2026, 6, 29))
    with pytest.raises(QueryError, match="no whole month to begin with"):
        budget_drafts.suggest(own, "team", now=MOMENT)


def test_suggestions_say_how_many_are_left_out_and_what_is_not_counted(
    own: Workspace, tmp_path: Path
) -> None:
    assert budget_drafts.suggest(own, "team", now=MOMENT).left == 0
    assert budget_drafts.suggest(own, "team", limit=1, now=MOMENT).left == 1
    euro = [line("100.00", "2026-09-05", "Hetzner Cloud", team="shop", currency="EUR")]
    load(own, tmp_path, "europe", euro)
    pairs = {"GBP/USD": {"2026-10": "1.25"}}
    own.resources.put("ExchangeRates", "finance", {"pairs": pairs}, author="test")
    own.settings = own.settings.model_copy(update={"rates": "finance"})
    found = budget_drafts.suggest(own, "team", now=MOMENT)
    assert found.reasons == {
        "EUR": "100.00 EUR could not be converted, since there is no rate, and is not counted"
    }


def test_values_whose_names_come_out_alike_have_budgets_of_their_own(
    own: Workspace, tmp_path: Path
) -> None:
    alike = [line("100.00", "2026-09-05", "Hetzner Cloud", team=name) for name in ("Shop", "店")]
    load(own, tmp_path, "alike", [*alike, line("90.00", "2026-09-05", team="倉庫")])
    found = budget_drafts.suggest(own, "team", months=1, now=MOMENT)
    names = {one.value: one.name for one in found.suggestions}
    assert names == {
        "shop": "team-shop", "data": "team-data", "Shop": "team-shop-2", "店": "team",
        "倉庫": "team-2",
    }  # fmt: skip
    specs = {
        one.name: one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for one in found.suggestions
    }
    assert budget_drafts.keep(own, specs, author="ana") == tuple(sorted(names.values()))


@pytest.mark.parametrize("basis", ["actual", "forecast"])
def test_parts_have_their_parents_currency_and_rates(own: Workspace, basis: str) -> None:
    half = {"USD/EUR": {f"2026-{month:02d}": "0.5" for month in range(6, 13)}}
    own.resources.put("ExchangeRates", "half", {"pairs": half}, author="test")
    keep(own, "europe", currency="EUR", rates="half", amount="900")
    found = budget_drafts.suggest(
        own, "team", basis=basis, months=1, margin=Decimal(0), parent="europe", now=MOMENT
    )
    assert found.currency == "EUR"
    amounts = {one.value: one.base for one in found.suggestions}
    # September: thirty days of 10 and the fee of its first; thirty days of 5; at a half.
    wanted = {"shop": Decimal("195.00"), "data": Decimal("75.00")}
    assert all(abs(amounts[value] - amount) < 2 for value, amount in wanted.items())
    if basis == "actual":
        assert amounts == wanted
    specs = {
        one.name: one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for one in found.suggestions
    }
    assert len(budget_drafts.keep(own, specs, author="ana")) == 2


def test_suggestions_of_the_forecast(kept: Workspace) -> None:
    found = budget_drafts.suggest(
        kept, "team", basis="forecast", margin=Decimal(0), now=MOMENT, parent="all"
    )
    amounts = {one.value: one.base for one in found.suggestions}
    # November: thirty days of 10 and the fee of its first; thirty days of 5.
    assert abs(amounts["shop"] - 390) < 3 and abs(amounts["data"] - 150) < 2
    assert {one.spec.parent for one in found.suggestions} == {"all"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"tag": "taem"}, "tag"), ({"basis": "hope"}, "basis"), ({"months": 0}, "months"),
     ({"margin": Decimal(-100)}, "margin"), ({"margin": Decimal("NaN")}, "margin")],
)  # fmt: skip
def test_what_cannot_be_suggested_says_so(kept: Workspace, asked, field) -> None:
    with pytest.raises(QueryError) as refused:
        budget_drafts.suggest(kept, **{"tag": "team", "now": MOMENT, **asked})
    assert refused.value.field == field


# --- what is kept together -----------------------------------------------------------------


def test_what_does_not_hold_together_is_not_let_in(own: Workspace) -> None:
    with pytest.raises(ResourceError, match="needs the budget 'nobody', which is not there"):
        keep(own, "new", parent="nobody")
    with pytest.raises(ResourceError, match="needs the virtual tag 'taem'"):
        keep(own, "new", scope="taem = 'a'")
    with pytest.raises(ResourceError, match="parts of each other"):
        keep(own, "all", parent="shop")
    with pytest.raises(ResourceInUseError, match="'data' and the budget 'shop' need it"):
        own.resources.delete("Budget", "all", author="test")
    with pytest.raises(ResourceInUseError, match="need it"):
        own.resources.delete("VirtualTag", "team", author="test")


def test_the_newest_answer_is_kept_until_something_changes(own: Workspace, monkeypatch) -> None:
    asked = []
    real = Workspace.query
    monkeypatch.setattr(
        Workspace, "query", lambda self, query, now=None: asked.append(1) or real(self, query, now)
    )
    first = budgets.statuses(own, MOMENT, forecast=False)
    count = len(asked)
    assert count and budgets.statuses(own, MOMENT, forecast=False) == first
    assert len(asked) == count
    keep(own, "data", scope="team = 'data'", amount="151")
    assert told(own, "data", forecast=False).amount == Decimal(151)
    assert len(asked) > count


@pytest.mark.parametrize("changed", [{"holidays": "DE"}, {"rates": "ecb"}])
def test_settings_that_change_figures_make_them_anew(own: Workspace, monkeypatch, changed) -> None:
    asked = []
    real = Workspace.query
    budgets.statuses(own, MOMENT, forecast=False)
    monkeypatch.setattr(
        Workspace, "query", lambda self, query, now=None: asked.append(1) or real(self, query, now)
    )
    monkeypatch.setattr(own, "settings", own.settings.model_copy(update=changed))
    budgets.statuses(own, MOMENT, forecast=False)
    assert asked


def test_what_another_process_worked_out_is_read(own: Workspace, monkeypatch) -> None:
    """A second workspace on the same folder asks nothing; a damaged file is worked out again."""
    first = budgets.statuses(own, MOMENT)
    other = Workspace.open(own.path)
    real = Workspace.query
    monkeypatch.setattr(Workspace, "query", lambda *_, **__: pytest.fail("it is asked again"))
    assert budgets.statuses(other, MOMENT) == first
    other.close()
    monkeypatch.setattr(Workspace, "query", real)
    for path in (own.lake.layout.cache / "budgets").iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    again = Workspace.open(own.path)
    assert budgets.statuses(again, MOMENT) == first
    again.close()


def test_a_period_that_is_none_says_so(kept: Workspace) -> None:
    with pytest.raises(QueryError, match="it runs from 2026-06-01"):
        budgets.show(kept, "shop", "2026-05", MOMENT)
    with pytest.raises(QueryError, match="written like 2026-11"):
        budgets.show(kept, "shop", "2026-Q1", MOMENT)
    with pytest.raises(QueryError):
        budgets.statuses(kept, datetime(2026, 10, 21), at="october")
