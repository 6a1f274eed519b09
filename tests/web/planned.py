"""A company with a plan, written so that every amount can be added by hand.

Bills from June to 20 October 2026: every day shop 10.00 and data 5.00, on each first of the month
a fee of 90.00 of shop. The plan's year begins in July; its baseline is flat and made as on 1 July,
so that each month is June: shop 300.00 and 90.00, data 150.00, together 540.00.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from outlay.app import Workspace
from outlay.app.planning import plans
from outlay.app.planning.plan_baseline import make_baseline
from outlay.money import BillingPeriod
from outlay.planning.plans.edits import CellEdit
from outlay.planning.plans.model import Version
from tests.budgets.company import company

PLAN = "fy27"
SPEC = {
    "title": "Cloud plan FY2027",
    "starts": "2026-07",
    "currency": "USD",
    "hierarchy": ["team", "ServiceName"],
    "baseline": {"method": "flat"},
    "owner": "finance@acme.example",
}
MONTHS = tuple(f"2026-{m:02d}" for m in range(7, 13)) + tuple(f"2027-{m:02d}" for m in range(1, 7))
YEAR = Decimal("6480.00")


def planned(folder: Path) -> Workspace:
    """The company with the plan: version 1 approved, and a draft of an estimate from it."""
    workspace = company(folder)
    plans.new_plan(workspace, PLAN, SPEC)
    make_baseline(workspace, PLAN, cut=date(2026, 7, 1))
    edit(workspace, "shop", "Amazon Elastic Compute Cloud", "2026-09", "330.00", "A launch")
    plans.submit(workspace, PLAN, "as discussed")
    plans.approve(workspace, PLAN, 1, "the board agreed")
    plans.start_draft(workspace, PLAN, title="Latest estimate")
    return workspace


def line_of(workspace: Workspace, *path: str) -> str:
    """The id of a line."""
    document = plans.version(workspace, PLAN).document
    return next(line.id for line in document.live if line.path == path)


def edit(
    workspace: Workspace, team: str, service: str, month: str, amount: str, reason: str
) -> Version:
    """Set one amount."""
    cell = CellEdit(line_of(workspace, team, service), BillingPeriod.parse(month), Decimal(amount))
    return plans.edit_cells(workspace, PLAN, [cell], reason)
