"""Coverage, utilisation, savings rate, each commitment, ends, who pays and who benefits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.commitments import ledger, overview
from outlay.expression.errors import QueryError
from outlay.money import total
from tests.commitments.company import FIRST, NOW, PLAN, RESERVED, charge, hourly
from tests.commitments.company import plan as of_plan
from tests.web.company import load

D = Decimal


def test_the_figures_by_hand(kept: Workspace) -> None:
    found = overview.overview(kept, 30)
    assert (found.start, found.end) == (date(2026, 10, 2), date(2026, 11, 1))
    (usd,) = found.currencies
    whole = usd.whole
    # A day: 28 + 10 covered, 12 on demand; the plan costs 24, the reservation 7.
    assert (whole.covered, whole.on_demand, whole.eligible) == (D(1140), D(360), D(1500))
    assert (whole.used, whole.unused, whole.cost) == (D(27 * 30), D(4 * 30), D(31 * 30))
    assert whole.saved == 30 * (38 - 31)
    assert whole.coverage == D("0.76")
    assert whole.utilisation == D("0.870968")  # 27 ÷ 31
    assert whole.waste == D("0.129032")
    assert whole.savings_rate == D("0.14")  # 7 ÷ 50, as the FinOps Foundation has it
    # 24 + 4 + 10 of 50 machine hours.
    assert whole.coverage_hours == D("0.76")
    assert usd.before.eligible == 50  # 1 October alone was loaded of the thirty days before
    assert not found.hourly


def test_break_even_is_told_to_the_last_digit(kept: Workspace) -> None:
    held = overview.overview(kept, 30).commitments[0]
    # It covers what it costs: it has paid for itself on the last day of its year.
    even = D("4693001.400812435542752995224")
    figures = replace(held.figures, covered=even, used=even, unused=D(0))
    assert replace(held, figures=figures).break_even_days == 365


def test_usage_that_is_committed_without_a_status_benefits_too(tmp_path: Path) -> None:
    """FOCUS wants a status beside the commitment's id; not every bill has it."""
    workspace = Workspace.init(tmp_path / "workspace", name="Acme GmbH")
    bare = of_plan("Used") | {"CommitmentDiscountStatus": ""}
    rows = [
        charge("18.00", day, contracted="24.00", hours="24", billed="0", team="storefront",
               SkuMeter="BoxUsage:m6i.large", x_InstanceType="m6i.large", **bare)
        for day in (FIRST + timedelta(days=n) for n in range(31))
    ]  # fmt: skip
    load(workspace, tmp_path / "bills", "acme", rows)
    (usd,) = overview.overview(workspace, 30, now=NOW).currencies
    (matrix,) = overview.benefits(workspace, 30, now=NOW)
    assert usd.whole.cost == 30 * 18
    assert (matrix.cost, matrix.saved) == (usd.whole.cost, usd.whole.saved)


@pytest.mark.parametrize("by", ["provider", "service", "family", "region", "account", "type"])
def test_parts_add_up_to_the_whole(kept: Workspace, by: str) -> None:
    (usd,) = overview.overview(kept, 30, by).currencies
    for name in ("covered", "on_demand", "used", "unused", "covered_hours"):
        assert total(getattr(one.figures, name) for one in usd.parts) == getattr(usd.whole, name)
        assert total(getattr(one, name) for _, one in usd.days) == getattr(usd.whole, name)
    assert len(usd.days) == 30


def test_families_and_weekdays(kept: Workspace) -> None:
    (usd,) = overview.overview(kept, 28, "family").currencies
    parts = {one.value: one.figures.coverage for one in usd.parts}
    assert parts == {"m6i": D("0.7"), "db.r6g": D(1), "(unused)": None}  # 28 of 40 a day
    assert [(one.weekday, one.hour) for one in usd.week] == [(n, None) for n in range(7)]
    assert {one.figures.coverage for one in usd.week} == {D("0.76")}


def test_a_months_unused_part_is_spread_over_its_days(kept: Workspace) -> None:
    looked = ledger.look(kept, date(2026, 10, 10), date(2026, 10, 13), now=NOW)
    mine = [one for one in looked.cells if one.commitment == RESERVED and one.state == "unused"]
    assert [(one.day.day, one.effective) for one in mine] == [(10, D(1)), (11, D(1)), (12, D(1))]


def test_each_commitment(kept: Workspace) -> None:
    plan, reserved = overview.overview(kept, 30).commitments
    assert (plan.id, reserved.id) == (PLAN, RESERVED)
    assert (plan.name, reserved.name) == ("plan", "orders")
    assert plan.program is not None and plan.program.id == "aws-compute-savings-plan"
    assert plan.figures.utilisation == D("0.875")
    assert (plan.per_hour, plan.discount, plan.saved_a_day) == (D(1), D("0.25"), D("4.00"))
    # It costs 24 a day for 365 days and covers 28 a day: 24 × 365 ÷ 28 = 312.9 days.
    assert (plan.term_days, plan.break_even_days, plan.break_even) == (365, 313, None)
    assert plan.accounts == ("Data", "Shop")
    assert plan.elsewhere == 360  # 12 a day of m6i on demand
    assert plan.advice(NOW.date()).startswith("Usage that it could cover runs on demand")
    assert reserved.elsewhere == 0
    assert reserved.advice(NOW.date()).startswith("Exchange or resize")
    assert "cannot" in reserved.rule.exchange
    assert plan.rule.exchange == ""


def test_ends_that_are_stated(own: Workspace) -> None:
    assert [(one.commitment.id, one.day) for one in overview.ending(own)] == [
        (RESERVED, None), (PLAN, None),
    ]  # fmt: skip
    (own.path / "stated.yaml").write_text(
        f"commitments:\n  '{PLAN}':\n    ContractCommitmentPeriodStart: 2025-12-15T00:00:00Z\n"
        "    ContractCommitmentPeriodEnd: 2026-12-15T00:00:00Z\n"
    )
    first, second = overview.ending(own)
    assert (first.commitment.id, first.day, first.days_left) == (PLAN, date(2026, 12, 15), 44)
    assert first.commitment.break_even == date(2025, 12, 15) + timedelta(days=313)
    assert second.day is None
    assert [one.commitment.id for one in overview.ending(own, 30)] == [RESERVED]


def test_who_pays_and_who_benefits_adds_up(kept: Workspace) -> None:
    (matrix,) = overview.benefits(kept, 30)
    assert (matrix.tag, matrix.currency) == ("team", "USD")
    # platform bought the plan, data the reservation (its unused part says so).
    assert matrix.payers == ("platform", "data")
    assert matrix.beneficiaries == ("storefront", "data")
    assert matrix.paid("platform", "storefront") == 18 * 30
    assert matrix.paid("platform", "data") == 3 * 30
    assert matrix.paid("data", "data") == 6 * 30
    assert (matrix.paid("platform"), matrix.paid("data")) == (D(3 * 30), D(1 * 30))
    assert matrix.saved_for("storefront") == 6 * 30
    assert matrix.saved_for("data") == (1 + 4) * 30
    assert matrix.cost == 31 * 30
    assert total(matrix.paid_by(one) for one in matrix.payers) == matrix.cost
    assert total((*(matrix.used_by(one) for one in matrix.beneficiaries), matrix.unused)) == (
        matrix.cost
    )
    assert matrix.saved == 7 * 30
    assert overview.overview(kept, 30).currencies[0].whole.saved == matrix.saved
    (accounts,) = overview.benefits(kept, 30, "SubAccountName")
    assert accounts.cost == matrix.cost and accounts.payers == ("Data",)


def test_hours_where_the_bill_has_them(tmp_path: Path) -> None:
    workspace = hourly(tmp_path)
    found = overview.overview(workspace, 21)
    assert found.hourly
    (usd,) = found.currencies
    assert len(usd.week) == 168
    busy = {one.figures.on_demand for one in usd.week if one.hour and 8 <= one.hour < 20}
    assert busy == {D("4.00")}  # two Mondays of 2.00
    workspace.close()


def test_what_cannot_be_asked_is_told(kept: Workspace) -> None:
    with pytest.raises(QueryError, match="nothing to split by"):
        overview.overview(kept, 30, "colour")
    with pytest.raises(QueryError, match="days cannot be looked at"):
        overview.overview(kept, 0)
    with pytest.raises(QueryError, match="no virtual tag"):
        overview.benefits(kept, 30, "colour")


def test_who_sees_a_part_sees_none_of_it(kept: Workspace) -> None:
    part = Principal("sam", Level.EDITOR, scope="team = 'storefront'")
    with acting(part):
        for asked in (overview.overview, overview.ending, overview.benefits):
            with pytest.raises(AccessDeniedError):
                asked(kept)


def test_an_empty_workspace_has_nothing(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "empty")
    found = overview.overview(workspace)
    assert (found.currencies, found.commitments) == ((), ())
    assert overview.ending(workspace) == ()
    assert overview.benefits(workspace) == ()
    workspace.close()
