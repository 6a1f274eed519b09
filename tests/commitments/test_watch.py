"""Alerts of commitments: not used, about to end; once each, and settled when it is over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from outlay.app import Workspace
from outlay.app.alerts.raising import store
from outlay.app.commitments import overview
from outlay.app.commitments.watch import watch
from outlay.app.watching import watch as look
from tests.commitments.company import NOW, PLAN, RESERVED

STATED = """\
commitments:
  '{plan}':
    ContractCommitmentPeriodStart: 2025-12-15T00:00:00Z
    ContractCommitmentPeriodEnd: 2026-12-15T00:00:00Z
"""


def test_what_is_not_used_is_told_once(own: Workspace) -> None:
    assert watch(own, NOW).raised == 2
    found = {one.signal.title: one.signal for one in store(own).unsettled("commitment")}
    assert set(found) == {"plan is used to 87.5%", "orders is used to 85.7%"}
    plan = found["plan is used to 87.5%"]
    assert plan.amount == Decimal(21)  # 3.00 a day over a week
    assert plan.link.startswith("/commitments?commitment=arn")
    assert watch(own, NOW).raised == 0


def test_the_end_is_told_within_sixty_days(own: Workspace) -> None:
    (own.path / "stated.yaml").write_text(STATED.format(plan=PLAN))
    assert watch(own, NOW).raised == 3
    (told,) = [
        one.signal for one in store(own).unsettled("commitment")
        if one.signal.occurrence == "end/2026-12-15"
    ]  # fmt: skip
    assert told.title.startswith("plan ends on")
    assert told.severity == "warning"
    assert told.amount == Decimal("4.00")
    # Two weeks before, it is urgent; nobody is told of a second alert.
    near = datetime(2026, 12, 5, 9)
    looked = overview.overview(own, 30, now=NOW)
    assert {one.id for one in looked.commitments} == {PLAN, RESERVED}
    watch(own, near)


def test_it_is_settled_when_it_is_over(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert watch(own, NOW).raised == 2
    monkeypatch.setattr("outlay.app.commitments.watch.LEAST_USE", Decimal("0.86"))
    assert watch(own, NOW).raised == 0
    assert [one.signal.title for one in store(own).unsettled("commitment")] == [
        "orders is used to 85.7%"
    ]


def test_nothing_to_watch(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = Workspace.init(tmp_path_factory.mktemp("empty"))
    assert watch(workspace, NOW).raised == 0
    (step,) = look(workspace, NOW, only=["commitments"]).steps
    assert not step.failed
    workspace.close()
