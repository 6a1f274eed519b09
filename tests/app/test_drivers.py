"""What drove a change, asked of a real lake: bills delivered again, rules that changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.drivers import drivers
from outlay.lake import LakeError
from outlay.query import CostQuery, QueryError
from outlay.query.drivers import DriverReport, sentence
from tests.web.company import (
    AUGUST_TOTAL,
    SEPTEMBER_TOTAL,
    SEPTEMBER_TOTAL_AT_FIRST,
    Company,
    company,
)

SEPTEMBER = CostQuery(range="2026-09-01..2026-10-01")
AUGUST = "2026-08-01..2026-09-01"
RESTATED = Decimal(SEPTEMBER_TOTAL) - Decimal(SEPTEMBER_TOTAL_AT_FIRST)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    found = company(tmp_path_factory.mktemp("drivers"))
    yield found
    found.workspace.close()


def told(report: DriverReport) -> dict[str, Decimal]:
    assert report.sole is not None
    return dict(report.sole.told)


def test_september_against_august(firm: Company) -> None:
    report = drivers(firm.workspace, SEPTEMBER)
    assert report.sole is not None
    assert (report.sole.before, report.sole.after) == (
        Decimal(AUGUST_TOTAL),
        Decimal(SEPTEMBER_TOTAL),
    )
    # The ledger begins on 3 August: 29 days against 30. One hour cost 100.00, now 110.10.
    assert report.days == (29, 30)
    assert told(report) == {
        "new": Decimal("38.037333333333333333333"),
        "gone": Decimal("-20.50"),
        "usage": Decimal("-3.448275862069"),
        "length": Decimal("3.448275862069"),
        "price": Decimal("10.10"),
        "credit": Decimal("-25"),
        "tax": Decimal("12.34"),
    }
    assert sentence(report) == (
        "Spend is 12 % above August 2026; 66 % of the rise is Amazon Simple Storage Service, "
        "from what is new, not price."
    )


# --- bills delivered again --------------------------------------------------------------------


def test_a_bill_delivered_again_is_an_effect(firm: Company) -> None:
    """September against itself, as it was first delivered: all of the change is the new bill."""
    report = drivers(
        firm.workspace, SEPTEMBER, against=SEPTEMBER.range, before_as_of=str(firm.before)
    )
    assert report.sole is not None
    assert report.sole.before == Decimal(SEPTEMBER_TOTAL_AT_FIRST)
    assert told(report) == {"restatement": RESTATED}
    assert sentence(report).endswith("all of the rise is restated bills.")
    items = {item.service: item.amount for item in report.sole.items["restatement"]}
    assert items == {
        "<b>Odd</b> & 'quoted'": Decimal("7.7"),
        "Amazon Simple Storage Service": Decimal("0.333333333333333333333"),
    }


def test_then_is_the_first_snapshot_with_every_bill(firm: Company) -> None:
    report = drivers(firm.workspace, SEPTEMBER, against=SEPTEMBER.range, before_as_of="then")
    assert report.before_snapshot == str(firm.before)
    assert told(report) == {"restatement": RESTATED}


def test_restated_bills_by_service(firm: Company) -> None:
    report = drivers(
        firm.workspace,
        SEPTEMBER.but(by=("ServiceName",)),
        against=SEPTEMBER.range,
        before_as_of=str(firm.before),
    )
    assert report.sole is not None
    changed = {g.values[0]: dict(g.effects) for g in report.sole.groups if g.change}
    assert changed == {
        "<b>Odd</b> & 'quoted'": {"restatement": Decimal("7.7")},
        "Amazon Simple Storage Service": {"restatement": Decimal("0.333333333333333333333")},
    }


def test_what_did_not_change_since_has_no_effect(firm: Company) -> None:
    plain = drivers(firm.workspace, SEPTEMBER)
    known = drivers(firm.workspace, SEPTEMBER, before_as_of="then")
    assert told(known) == told(plain)


def test_a_moment_before_the_first_bill_is_refused(firm: Company) -> None:
    with pytest.raises(LakeError, match="did not exist"):
        drivers(firm.workspace, SEPTEMBER, before_as_of="2020-01-01")


# --- rules that changed -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, str]]:
    """A company whose tag `squad` came to take i-1 into `data`, and the moment before it did."""
    workspace = company(tmp_path_factory.mktemp("rules")).workspace
    first = {"when": "tags.team = 'data'", "value": "data"}
    second = {"when": "ResourceId = 'i-1'", "value": "data"}
    workspace.resources.put("VirtualTag", "squad", {"rules": [first]}, author="test")
    time.sleep(0.01)
    moment = datetime.now(UTC).replace(tzinfo=None).isoformat() + "Z"
    time.sleep(0.01)
    workspace.resources.put("VirtualTag", "squad", {"rules": [first, second]}, author="test")
    yield workspace, moment
    workspace.close()


def test_changed_rules_are_an_effect(ruled: tuple[Workspace, str]) -> None:
    workspace, moment = ruled
    query = SEPTEMBER.but(where="squad = 'data'")
    report = drivers(workspace, query, before_rules_as_of=moment)
    assert report.sole is not None
    # By the rules of then only storage was data's: 20.50.
    assert report.sole.before == Decimal("20.50")
    assert report.sole.after == Decimal("110.10") + Decimal("30.333333333333333333333")
    found = told(report)
    assert found["rules"] == Decimal("100.00")
    assert found["price"] == Decimal("10.10")
    assert sentence(report).endswith("; 83 % of the rise is changed tag rules.")


def test_changed_rules_by_their_tag_move_and_do_not_make(ruled: tuple[Workspace, str]) -> None:
    workspace, moment = ruled
    report = drivers(workspace, SEPTEMBER.but(by=("squad",)), before_rules_as_of=moment)
    assert report.sole is not None
    moved = {g.values[0]: g.effects.get("rules") for g in report.sole.groups}
    assert moved == {"data": Decimal("100.00"), "Unallocated": Decimal("-100.00")}
    assert "rules" not in told(report)


def test_rules_that_knew_no_such_tag_are_refused(ruled: tuple[Workspace, str]) -> None:
    workspace, _ = ruled
    with pytest.raises(QueryError, match="by the rules of 2026-08-31") as refused:
        drivers(workspace, SEPTEMBER.but(where="squad = 'data'"), before_rules_as_of="then")
    assert refused.value.field == "before_rules_as_of"


# --- splits -----------------------------------------------------------------------------------


def test_shared_costs_are_an_effect(tmp_path: Path) -> None:
    """What nobody owns is shared evenly by two squads: half of its change is each one's."""
    workspace = company(tmp_path).workspace
    rules = [
        {"when": "tags.team = 'data'", "value": "data"},
        {"when": "tags.team = 'storefront'", "value": "shop"},
    ]
    workspace.resources.put("VirtualTag", "squad", {"rules": rules, "default": "rest"}, author="t")
    split = {"tag": "squad", "take": "rest", "method": "even", "targets": ["data", "shop"]}
    workspace.resources.put("Split", "share-rest", split, author="t")
    report = drivers(workspace, SEPTEMBER.but(by=("squad",)))
    assert report.sole is not None
    groups = {g.values[0]: g for g in report.sole.groups}
    # August has nothing for it; September 0.004 + 7.7 + 12.34 - 25 = -4.956.
    assert groups["data"].effects["shared"] == Decimal("-2.478")
    assert groups["shop"].effects["shared"] == Decimal("-2.478")
    assert groups["rest"].effects["shared"] == Decimal("4.956")
    assert groups["rest"].change == 0
    assert report.sole.change == Decimal(SEPTEMBER_TOTAL) - Decimal(AUGUST_TOTAL)
    mine = drivers(workspace, SEPTEMBER.but(where="squad = 'data'"))
    assert mine.sole is not None
    assert mine.sole.effects["shared"] == Decimal("-2.478")
    workspace.close()


# --- who asks ---------------------------------------------------------------------------------


def test_people_of_a_scope_see_their_part_alone(firm: Company) -> None:
    mine = "tags.team = 'data'"
    whole = drivers(firm.workspace, SEPTEMBER.but(where=mine))
    with acting(Principal("ann", Level.VIEWER, scope=mine)):
        report = drivers(firm.workspace, SEPTEMBER)
    assert told(report) == told(whole)
    assert report.sole is not None
    assert {i.service for items in report.sole.items.values() for i in items} == {
        "Amazon Simple Storage Service"
    }
