"""The answers of every home on the sample company, against plain questions and against what is
written here: three months of Kestrel Outdoor as of 24 November 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from outlay.app import Workspace, closing, invoices, statements
from outlay.app.home import PERSONAS, Card, Figure, homes
from outlay.money import BillingPeriod, total
from outlay.money.quotients import quotient
from outlay.query import CostQuery
from outlay.query.unit import UnitQuery
from tests.home.conftest import cards
from tests.sample_company import short_demo

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 24, 8)
OCTOBER = BillingPeriod(2026, 10)
DAYS = "2026-10-01..2026-11-01"
SPEND = "200644.82"
"""October's effective cost in dollars, to the cent."""


@pytest.fixture(scope="module")
def kestrel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = short_demo(tmp_path_factory)
    yield workspace
    workspace.close()


def home(workspace: Workspace, persona: str, of: str = "") -> dict[str, Card]:
    kept = homes(workspace)
    asked = kept.ask(persona, period="2026-10", of=of, now=NOW)
    return cards(kept.home(asked))


def plain(workspace: Workspace, where: str = "", measure: str = "EffectiveCost") -> Decimal:
    """October's sum in dollars by a plain question."""
    query = CostQuery(measures=(measure,), range=DAYS, currency="USD", where=where)
    found = workspace.query(query, NOW).total
    assert found is not None
    value = found[measure]
    assert isinstance(value, Decimal)
    return value


def the(card: Card, label: str) -> Figure:
    return next(one for one in card.figures if one.label == label)


def cents(value: Decimal | int | None) -> str:
    assert value is not None
    return f"{Decimal(value):.2f}"


def test_every_home_is_whole(kestrel: Workspace) -> None:
    for persona in PERSONAS.values():
        found = home(kestrel, persona.name)
        for question in persona.questions:
            assert set(question.cards) & set(found), (persona.name, question.text)


def test_executive(kestrel: Workspace) -> None:
    found = home(kestrel, "executive")
    (cost,) = found["spend"].figures
    assert cost.value == plain(kestrel)
    assert cents(cost.value) == SPEND
    result = kestrel.units.ask("cost-per-order", UnitQuery(range="2026-09-01..2026-11-01"), NOW)
    october = result.periods[-1].total
    shown = next(line for line in found["units"].lines if line.title == "Cost per order").figure
    assert shown is not None and shown.value == october.unit_cost
    assert october.cost is not None and october.units is not None
    assert shown.value == quotient(october.cost, october.units, 12)
    margin = next(line for line in found["margin"].lines if line.title == "Cost per order").figure
    assert margin is not None and margin.value == october.margin
    for line in found["owners"].lines:
        assert line.figure is not None
        assert line.figure.value == plain(kestrel, f"team = '{line.title}'"), line.title
    none = plain(kestrel, "team = 'Unallocated'")
    assert the(found["allocated"], "Unallocated").value == none
    share = quotient(total((plain(kestrel), none.copy_negate())), plain(kestrel))
    assert the(found["allocated"], "With a team").value == share


def test_practitioner(kestrel: Workspace) -> None:
    found = home(kestrel, "practitioner")
    assert the(found["bills"], "In order").value == len(kestrel.sources(NOW))
    rows = invoices.reconciliation(kestrel, OCTOBER)
    expected = {one.currency: one.unexplained for one in rows.totals if one.invoiced}
    shown = {
        one.currency: one.value for one in found["reconciled"].figures if one.label == "Unexplained"
    }
    assert {code: shown[code] for code in expected} == expected
    for line in found["movers"].lines:
        assert line.figure is not None
        assert line.figure.value == plain(kestrel, f"ServiceName = '{line.title}'")
    assert the(found["allocated"], "Unallocated").value == plain(kestrel, "team = 'Unallocated'")


def test_engineer(kestrel: Workspace) -> None:
    found = home(kestrel, "engineer", "checkout")
    whole = plain(kestrel, "team = 'checkout'")
    assert found["spend"].figures[0].value == whole
    mine = found["mine"]
    assert total(Decimal(one.value or 0) for one in mine.figures) == whole
    direct = CostQuery(range=DAYS, currency="USD", where="team = 'checkout'", splits="direct")
    answer = kestrel.query(direct, NOW).total
    assert answer is not None and the(mine, "Direct").value == answer["EffectiveCost"]
    first = found["resources"].lines[0]
    assert first.figure is not None and first.link.startswith("/charges?")
    idle = plain(kestrel, "team = 'checkout' AND x_AllocatedAs = 'Idle'")
    assert [line.figure.value for line in found["unused"].lines if line.figure] == [idle]


def test_finance(kestrel: Workspace) -> None:
    found = home(kestrel, "finance")
    plan = closing.default_plan(kestrel)
    month = statements.month(kestrel, plan, OCTOBER)
    assert the(found["booked"], "Statements").value == month.total
    status = closing.status(kestrel, OCTOBER, plan)
    assert the(found["close"], "In order").value == len(status.in_state("ok"))
    assert [line.title for line in found["close"].lines] == [c.title for c in status.checks]
    assert found["accounts"].figures[0].value == plain(kestrel, measure="BilledCost")


def test_procurement(kestrel: Workspace) -> None:
    found = home(kestrel, "procurement")
    for line in found["vendors"].lines:
        assert line.figure is not None
        expected = plain(kestrel, f"InvoiceIssuerName = '{line.title}'", "BilledCost")
        assert line.figure.value == expected
    used = plain(kestrel, "CommitmentDiscountStatus = 'Used'")
    lost = plain(kestrel, "CommitmentDiscountStatus = 'Unused'")
    assert the(found["commitments"], "Unused").value == lost
    assert the(found["commitments"], "Used").value == quotient(used, total((used, lost)))
    assert the(found["saved"], "Negotiated saving").value == plain(
        kestrel, measure="NegotiatedSaving"
    )


def test_product_owner(kestrel: Workspace) -> None:
    found = home(kestrel, "product-owner", "web-shop")
    result = kestrel.units.ask("cost-per-order", UnitQuery(range="2026-09-01..2026-11-01"), NOW)
    cell = result.periods[-1].rows["web-shop"]
    shown = next(line for line in found["units"].lines if line.title == "Cost per order").figure
    assert shown is not None and shown.value == cell.unit_cost
    (margin,) = found["margin"].lines
    assert margin.figure is not None and margin.figure.value == cell.margin
    assert found["spend"].figures[0].value == plain(kestrel, "product = 'web-shop'")
    assert result.change is not None and result.change.drivers is not None
    driver = next(d for d in result.change.drivers.drivers if d.value == "web-shop")
    parts = [line.figure.value for line in found["unit-drivers"].lines if line.figure]
    assert total(Decimal(part or 0) for part in parts) == driver.change
