"""Cards of what is to come and of what is watched, on a bill that costs the same every day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.anomalies.acting import acknowledge
from outlay.app.anomalies.detecting import detect
from outlay.app.anomalies.listing import anomalies
from outlay.app.errors import WorkspaceError
from outlay.app.home import Card, homes
from outlay.app.planning import plans
from outlay.app.planning.plan_baseline import make_baseline
from outlay.money import BillingPeriod
from outlay.planning.plans.edits import GroupEdit
from tests.home.firm import TEAM
from tests.web.company import line, load

NOW = datetime(2026, 11, 16, 8)
FIRST, DAYS = date(2026, 7, 1), 138
CARDS = ("outlook", "budgets", "anomalies", "plan")
BUDGETS = {
    "all": {"title": "Everything", "currency": "USD", "amount": "500"},
    "checkout": {
        "title": "Checkout", "currency": "USD", "amount": "100", "scope": "team = 'checkout'",
        "owner": {"tag": "team", "value": "checkout"},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Ten dollars of checkout and two of data on each day up to 15 November."""
    folder = tmp_path_factory.mktemp("ahead")
    made = Workspace.init(folder / "workspace", name="Even")
    lines = [
        line(cost, f"{FIRST + timedelta(days=number)}", team=team)
        for number in range(DAYS)
        for cost, team in (("10.00", "checkout"), ("2.00", "data"))
    ]
    load(made, folder / "bills", "aws", lines)
    made.put_resource("VirtualTag", "team", TEAM, author="test")
    yield made
    made.close()


def cards(workspace: Workspace, persona: str, of: str = "") -> dict[str, Card]:
    kept = homes(workspace)
    home = kept.home(kept.ask(persona, of=of, now=NOW))
    found = {card.name: card for card in home.cards if card.name in CARDS}
    assert all(isinstance(card, Card) for card in found.values()), found
    return found  # type: ignore[return-value]


def test_an_even_bill_is_heading_for_its_days(workspace: Workspace) -> None:
    card = cards(workspace, "executive")["outlook"]
    assert [(line.title, line.figure and line.figure.value) for line in card.lines] == [
        ("November 2026", Decimal("360.00")),
        ("December 2026", Decimal("372.00")),
        ("January 2027", Decimal("372.00")),
    ]
    (figure,) = card.figures
    assert (figure.previous, figure.change) == (Decimal("372.00"), Decimal("-12.00"))
    assert card.sentence.startswith("November 2026 is heading for 360.00 USD: ")
    assert card.sentence.endswith("That is 3.2 % less than October 2026.")


def test_a_team_sees_its_own(workspace: Workspace) -> None:
    card = cards(workspace, "product-owner")["outlook"]
    assert card.figures[0].value == Decimal("360.00")
    own = cards(workspace, "engineer", of="checkout")["budgets"]
    assert own.sentence == "checkout has no budget yet."
    assert [step.link for step in own.steps] == ["/budgets/_suggest"]


def test_budgets_that_need_somebody_come_first(workspace: Workspace) -> None:
    for name, spec in BUDGETS.items():
        workspace.put_resource("Budget", name, spec, author="test")
    try:
        card = cards(workspace, "executive")["budgets"]
        assert [(one.title, one.note) for one in card.lines] == [
            ("Checkout", "over"),
            ("Everything", "on track"),
        ]
        assert card.sentence == "Of 2 budgets, 1 is over."
        (step,) = card.steps
        # 15 days of ten dollars against a hundred.
        assert (step.amount, step.urgent) == (Decimal("50.00"), True)
        assert "Checkout is over its budget for" in step.text
        own = cards(workspace, "engineer", of="checkout")["budgets"]
        assert [one.title for one in own.lines] == ["Checkout"]
    finally:
        for name in reversed(BUDGETS):
            workspace.resources.delete("Budget", name, author="test")


def test_a_budget_without_data_is_not_said_to_be_missing(workspace: Workspace) -> None:
    """Next year's budget has begun nothing: that is neither no budget nor one that is kept."""
    spec = {"currency": "USD", "amount": "100", "from": "2027-01-01"}
    workspace.put_resource("Budget", "next", spec, author="test")
    try:
        card = cards(workspace, "executive")["budgets"]
        assert card.sentence == "Nothing is known yet of 1 budget in the present period."
        assert not card.lines and not card.steps
    finally:
        workspace.resources.delete("Budget", "next", author="test")


PLAN = {"title": "Year", "starts": "2026-07", "hierarchy": ["team"], "currency": "USD"}


def test_a_plan_is_told_against_what_came(workspace: Workspace) -> None:
    before = cards(workspace, "finance")["plan"]
    assert before.sentence == "No plan is approved yet."
    plans.new_plan(workspace, "year", PLAN)
    try:
        make_baseline(workspace, "year", method="flat", cut=date(2026, 7, 1) + timedelta(days=92))
        launch = GroupEdit(("checkout",), BillingPeriod.parse("2027-01"), Decimal("10"), "add")
        plans.edit_cells(workspace, "year", [launch], "A launch")
        plans.submit(workspace, "year")
        plans.approve(workspace, "year", 1)
        card = cards(workspace, "finance")["plan"]
        assert card.sentence.startswith("Year is heading for ")
        year, over = card.figures
        # July to October: 123 days of twelve dollars.
        assert over.value == Decimal("1476.00")
        assert year.value is not None and year.change == year.value - year.previous
    finally:
        workspace.put_resource("Plan", "year", PLAN | {"archived": True}, author="test")


def test_an_anomaly_that_nobody_has_dealt_with(tmp_path: Path) -> None:
    made = Workspace.init(tmp_path / "workspace", name="Odd")
    spike = f"{FIRST + timedelta(days=DAYS - 4)}"
    lines = [
        line("510.00" if day == spike else "10.00", day, team="checkout")
        for day in (f"{FIRST + timedelta(days=number)}" for number in range(DAYS))
    ]
    load(made, tmp_path / "bills", "aws", lines)
    made.put_resource("VirtualTag", "team", TEAM, author="test")
    nothing = cards(made, "practitioner")["anomalies"]
    assert nothing.sentence == "No anomaly wants a look." and nothing.tone == ""
    detect(made, now=NOW)
    card = cards(made, "practitioner")["anomalies"]
    assert [figure.value for figure in card.figures] == [Decimal("500.00")]
    assert card.sentence.startswith("1 anomaly wants a look. ")
    assert "500.00 USD above what was expected on 12 November 2026" in card.sentence
    (step,) = card.steps
    assert step.amount == Decimal("500.00") and step.link.startswith("/anomalies/")
    (event,) = anomalies(made, now=NOW).events
    acknowledge(made, event.id, "The migration")
    after = cards(made, "practitioner")["anomalies"]
    assert after.sentence == "No anomaly wants a look, looked for at 08:00 on 16 Nov 2026."
    assert after.tone == "ok" and not after.steps
    made.settings = made.settings.model_copy(update={"holidays": "ZZ"})
    with pytest.raises(WorkspaceError):
        detect(made, now=NOW, force=True)
    lost = cards(made, "practitioner")["anomalies"]
    assert lost.sentence.startswith("The last look failed: ") and lost.tone == "attention"
    made.close()
