"""An answer is kept as long as it is true, and no longer; two currencies are never added."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest

from outlay.app import Workspace, statements
from outlay.app.home import CARDS, addresses, homes
from outlay.app.home.model import Card
from outlay.money import BillingPeriod
from outlay.query import CostQuery
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import Ask as Address
from tests.home.conftest import cards
from tests.home.firm import LINES, NOW, TEAM, charge, firm
from tests.web.company import load


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Workspace]:
    """A firm that a test may change."""
    workspace = firm(tmp_path)
    yield workspace
    workspace.close()


def ask(workspace: Workspace, persona: str = "executive") -> dict[str, Card]:
    kept = homes(workspace)
    return cards(kept.home(kept.ask(persona, period="2026-10", now=NOW)))


def test_the_same_question_is_worked_out_once(own: Workspace) -> None:
    first = ask(own)
    with patch.object(Workspace, "query", side_effect=AssertionError("asked again")):
        again = ask(own)
    assert again == first


def test_a_delivery_a_rule_and_a_metric_each_make_a_new_answer(
    own: Workspace, tmp_path: Path
) -> None:
    before = ask(own)
    assert before["spend"].figures[0].value == Decimal("192.345")
    more = charge("7.655", "2026-10-21", team="data", resource="late")
    load(own, tmp_path / "bills", "aws", [*LINES, more])
    after = ask(own)
    assert after["spend"].figures[0].value == Decimal("200.000")

    named = {"rules": [*TEAM["rules"], {"value": "platform"}]}
    own.put_resource("VirtualTag", "team", named, author="test")
    ruled = ask(own)
    assert ruled["allocated"].figures[0].value == 1
    assert ruled["allocated"].sentence == "Every charge of October 2026 has a team."

    values = [{"date": "2026-10-31", "value": "260", "labels": {"product": "shop"}}]
    own.metrics.push("orders", {"values": values}, author="test")
    (line,) = ask(own)["units"].lines
    assert line.figure is not None and line.figure.value == Decimal("0.5")


def test_a_closed_month_is_seen_at_once(own: Workspace) -> None:
    october = BillingPeriod(2026, 10)
    assert "kept open by" in ask(own, "finance")["close"].sentence
    statements.close(own, "product", october, author="ana", note="agreed")
    found = ask(own, "finance")
    assert found["close"].sentence == "October 2026 of product is closed, by ana."
    assert found["booked"].sentence.startswith("The closed month of")
    assert found["close"].steps == ()


def test_what_failed_is_asked_again(own: Workspace) -> None:
    kept = homes(own)
    asked = kept.ask("executive", period="2026-10", now=NOW)
    with patch.object(Workspace, "query", side_effect=ValueError("no disk")):
        failed = kept.card(asked, "trend")
    assert not isinstance(failed, Card) and failed is not None
    assert failed.reason == "ValueError: no disk"
    assert isinstance(kept.card(asked, "trend"), Card)


def test_two_currencies_are_converted_and_a_third_is_named(tmp_path: Path) -> None:
    lines = (
        *LINES,
        charge("50.00", "2026-10-20", "Hetzner", currency="EUR"),
        charge("900.00", "2026-10-20", "Safaricom", currency="KES"),
    )
    workspace = firm(tmp_path, lines)
    found = ask(workspace)
    query = CostQuery(range="2026-10-01..2026-11-01", currency="USD")
    total = workspace.query(query, NOW).total
    assert total is not None
    (figure,) = found["spend"].figures
    assert figure.value == total["EffectiveCost"] != Decimal("192.345")
    said = " ".join(found["spend"].notes)
    assert "Not in it: 900.00 KES, for which no rate is known." in said
    assert "EUR converted to USD day by day" in said
    assert found["spend"].sentence.startswith("Spend is ") and "KES" not in found["spend"].sentence
    workspace.close()


@pytest.mark.parametrize(
    "query",
    [
        CostQuery(),
        CostQuery(by=("ServiceName",), range="2026-10-01..2026-11-01", compare="previous",
                  where="team = 'a & b' AND tags.\"x y\" IS NULL", currency="USD", limit=5,
                  sort="movers"),
        CostQuery(measures=("BilledCost", "LineCount"), grain="month", range="last-6-months"),
    ],
)  # fmt: skip
def test_addresses_are_those_that_pages_make(query: CostQuery) -> None:
    assert addresses.explore(query) == Address(query).url()
    assert addresses.drivers(query) == drivers_url(query)
    assert addresses.drivers(query, "2026-09-01..2026-10-01") == drivers_url(
        query, against="2026-09-01..2026-10-01"
    )


def test_every_card_is_some_personas() -> None:
    from outlay.app.home import PERSONAS

    used = {name for one in PERSONAS.values() for q in one.questions for name in q.cards}
    assert used == set(CARDS)
    assert all(kind.name == name for name, kind in CARDS.items())
