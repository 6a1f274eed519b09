"""Cards of what is to come, on a bill that costs the same every day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from outlay.app import Workspace
from outlay.app.home import Card, homes
from tests.home.firm import TEAM
from tests.web.company import line, load

NOW = datetime(2026, 11, 16, 8)
FIRST, DAYS = date(2026, 7, 1), 138
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
    found = {card.name: card for card in home.cards if card.name in ("outlook", "budgets")}
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
