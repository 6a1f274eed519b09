"""A company of daily bills from June to October 2026, made of amounts that can be added by hand.

Every day: `shop` 10.00 and `data` 5.00, a fee of 90.00 of shop on each first of the month, and,
where it is asked for, a European bill.
"""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from outlay.planning.budgets.model import BUDGET
from tests.web.company import Line, line, load

FIRST, OCTOBER, NOW = date(2026, 6, 1), date(2026, 10, 1), date(2026, 10, 21)
NOVEMBER = date(2026, 11, 1)
TAG = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
FEE = Decimal("90.00")
SHOP, DATA = Decimal("10.00"), Decimal("5.00")


def days(since: date, until: date) -> list[date]:
    """The days from `since` (inclusive) to `until` (exclusive)."""
    return [since + timedelta(n) for n in range((until - since).days)]


def lines(since: date, until: date, shop: Decimal = SHOP) -> list[Line]:
    """The bill of some days; `shop` is what that team costs a day."""
    found = []
    for day in days(since, until):
        found.append(line(str(shop), str(day), team="shop", resource="i-1"))
        found.append(line(str(DATA), str(day), "Amazon Redshift", "Data", "data", resource="dw"))
        if day.day == 1:
            found.append(line(str(FEE), str(day), "AWS Support", team="shop"))
    return found


def company(folder: Path) -> Workspace:
    """The workspace with the tag `team`, the months before October as one source and October's
    first twenty days as another, so that October can be restated alone."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    load(workspace, folder / "bills", "before", lines(FIRST, OCTOBER))
    load(workspace, folder / "bills", "october", lines(OCTOBER, NOW))
    return workspace


def keep(workspace: Workspace, name: str, **fields: Any) -> None:
    """Keep a budget; monthly and in USD unless it is said otherwise."""
    workspace.resources.put(
        BUDGET.name, name, {"currency": "USD", "amount": "1000", **fields}, author="test"
    )
