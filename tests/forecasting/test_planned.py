"""Planned changes are counted where they belong, to the cent, or it is said why not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.access import Level, acting
from outlay.access.principal import Principal
from outlay.app import Workspace
from outlay.app.forecasting import commitments
from outlay.app.forecasting.answer import ForecastAnswer
from outlay.app.forecasting.forecasting import forecast
from outlay.query import CostQuery
from outlay.resources import ResourceError
from tests.forecasting.bills import (
    COMMITMENT,
    COMPUTE,
    END,
    SAVING_A_DAY,
    STORAGE,
    days,
    workspace_of,
)
from tests.web.company import line

SERVICES = CostQuery(by=("ServiceName",))
DAYS = 30
FROM = "2026-11-11"
LEFT = 20
"""Days of the forecast from then on."""


def put(workspace: Workspace, **spec: Any) -> None:
    workspace.put_resource("PlannedChange", "change", {"from": FROM, **spec}, author="ana")


def compared(workspace: Workspace, query: CostQuery = SERVICES) -> dict[str, Decimal]:
    """What the change adds to each group and to the totals."""
    with_it = forecast(workspace, query, days=DAYS)
    without = forecast(workspace, query, days=DAYS, changes=False)

    def sums(answer: ForecastAnswer) -> dict[str, Decimal]:
        found = {one.title: one.sum() for one in answer.series}
        return found | {f"total {one.currency}": one.sum() for one in answer.totals}

    before = sums(without)
    return {
        title: amount - before.get(title, Decimal(0))
        for title, amount in sums(with_it).items()
        if amount != before.get(title)
    }


def counted(workspace: Workspace, query: CostQuery = SERVICES) -> Any:
    (one,) = forecast(workspace, query, days=DAYS).changes
    return one


def test_per_cent_of_a_scope(planned: Workspace) -> None:
    put(planned, where=f"ServiceName = '{STORAGE}'", percent="20", title="More copies")
    more = Decimal("40.25") * LEFT / 5
    assert compared(planned) == {STORAGE: more, "total USD": more}
    assert compared(planned, CostQuery())["total USD"] == more
    told = counted(planned)
    assert (told.title, told.effect, told.amounts) == ("More copies", "+20 %", {"USD": more})


def test_an_amount_a_day_is_shared_by_the_parts_of_its_scope(planned: Workspace) -> None:
    put(planned, where=f"ServiceName IN ('{STORAGE}', 'Hosting')", per_day="10.00",
        currency="USD", until="2026-11-16")  # fmt: skip
    assert compared(planned) == {STORAGE: Decimal(50), "total USD": Decimal(50)}
    narrow = SERVICES.but(where=f"ServiceName = '{COMPUTE}'")
    assert compared(planned, narrow) == {}
    assert "no charge of this question" in counted(planned, narrow).reason


@pytest.mark.parametrize("measure", ["Credits", "Tax", "NegotiatedSaving", "CommitmentSaving"])
def test_an_amount_of_cost_is_no_credit_tax_or_saving(planned: Workspace, measure: str) -> None:
    put(planned, per_day="10.00", currency="USD")
    asked = CostQuery(measures=(measure,))
    assert compared(planned, asked) == {}
    told = counted(planned, asked)
    assert told.amounts == {}
    assert told.reason.startswith("it is an amount of cost, which says nothing of ")
    billed = compared(planned, CostQuery(measures=("BilledCost",)))
    assert billed["total USD"] == Decimal(10) * LEFT


def test_what_is_not_charged_yet_has_a_line_of_its_own(planned: Workspace) -> None:
    put(planned, where="ServiceName = 'Quantum'", once="1000.00", currency="USD", title="Trial")
    assert compared(planned) == {"Planned: Trial": Decimal(1000), "total USD": Decimal(1000)}
    assert (
        "nothing is charged in its scope yet"
        in counted(planned, SERVICES.but(where="SubAccountName = 'Shop'")).reason
    )


def test_a_commitment_that_ends_no_longer_saves(planned: Workspace) -> None:
    put(planned, ends=COMMITMENT)
    assert compared(planned) == {"Reserved": SAVING_A_DAY * LEFT, "total USD": SAVING_A_DAY * LEFT}
    billed = SERVICES.but(measures=("BilledCost",))
    assert "effective cost only" in counted(planned, billed).reason


def test_what_began_before_is_in_history_and_its_end_is_counted(planned: Workspace) -> None:
    put(planned, **{"from": "2026-10-01"}, where=f"ServiceName = '{STORAGE}'", percent="15")
    assert compared(planned) == {} and "history has it" in counted(planned).reason
    put(planned, **{"from": "2026-10-01"}, where=f"ServiceName = '{STORAGE}'", percent="15",
        until=FROM)  # fmt: skip
    assert compared(planned) == {STORAGE: Decimal("-105.00"), "total USD": Decimal("-105.00")}


def test_a_reader_hears_of_changes_in_their_part_alone(planned: Workspace) -> None:
    put(planned, where=f"ServiceName = '{STORAGE}'", per_day="10.00", currency="USD")
    with acting(Principal("ana", Level.VIEWER, scope="SubAccountName = 'Shop'")):
        assert forecast(planned, SERVICES, days=DAYS).changes == ()
    with acting(Principal("bo", Level.VIEWER, scope="SubAccountName = 'Data'")):
        assert compared(planned) == {STORAGE: Decimal(200), "total USD": Decimal(200)}
        assert counted(planned).effect == "a part of an amount"


def test_a_part_of_an_amount_does_not_tell_what_the_others_cost(planned: Workspace) -> None:
    """150 a day beside the part of it would say how much all of its scope costs."""
    put(planned, where=f"ServiceName IN ('{STORAGE}', '{COMPUTE}')", per_day="150", currency="USD")
    assert counted(planned).effect == "+150 USD a day"
    with acting(Principal("bo", Level.VIEWER, scope="SubAccountName = 'Data'")):
        told = counted(planned)
    assert told.effect == "a part of an amount" and 0 < told.amounts["USD"] < 150 * LEFT


def test_an_amount_is_the_same_whatever_is_asked_by_where_credits_are(tmp_path: Path) -> None:
    lines = []
    for day in days(END - timedelta(days=60), END):
        lines.append(line("120.00", f"{day}", service=COMPUTE))
        lines.append(line("-20.00", f"{day}", service="Promotion", category="Credit"))
    workspace = workspace_of(tmp_path, lines)
    put(workspace, where="SubAccountName = 'Shop'", per_day="10.00", currency="USD")
    assert compared(workspace, CostQuery()) == {"Total": 200, "total USD": 200}
    assert compared(workspace) == {COMPUTE: 200, "total USD": 200}
    assert counted(workspace).amounts == {"USD": Decimal(200)}
    workspace.close()


def test_a_commitments_saving_is_of_days_that_were_charged(daily: Workspace) -> None:
    """The bill ends in October: what is saved a day is that of its last weeks, in spring too."""
    assert commitments._saved(daily, datetime(2027, 3, 1)) == {COMMITMENT: {"USD": SAVING_A_DAY}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "this one says none"),
        ({"percent": "1", "ends": "x"}, "percent and ends"),
        ({"per_day": "1"}, "say its currency"),
        ({"percent": "-101"}, "greater than or equal to -100"),
        ({"per_day": "1e18", "currency": "USD"}, "less than or equal to 1000000000000"),
        ({"once": "-1e18", "currency": "USD"}, "greater than or equal to -1000000000000"),
        ({"percent": "1", "until": FROM}, "is not after from"),
        ({"once": "1", "currency": "USD", "until": "2026-12-01"}, "leave until out"),
        ({"percent": "1", "where": "Servce ="}, "where"),
        ({"once": "1", "currency": "EURO"}, "no currency"),
    ],
)
def test_a_change_that_says_too_little_or_too_much_is_refused(
    planned: Workspace, spec: dict[str, str], message: str
) -> None:
    with pytest.raises(ResourceError, match=message):
        put(planned, **spec)
    assert planned.resources.list("PlannedChange") == []


def test_the_whole_ledger_is_needed_to_plan_for_all(planned: Workspace) -> None:
    someone = Principal("ana", Level.EDITOR, scope="SubAccountName = 'Shop'")
    with acting(someone), pytest.raises(Exception, match="whole ledger"):
        put(planned, percent="5")
    put(planned, percent="5")
    assert [one.name for one in planned.resources.list("PlannedChange")] == ["change"]


def test_an_amount_once_is_in_its_currency_and_in_its_month(planned: Workspace) -> None:
    put(planned, once="99.99", currency="EUR", title="Fair")
    (told,) = forecast(planned, CostQuery(), days=DAYS).changes
    assert told.day == date(2026, 11, 11) and told.amounts == {"EUR": Decimal("99.99")}
