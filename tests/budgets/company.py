"""A company of daily bills from June to October 2026, made of amounts that can be added by hand.

Every day: `shop` 10.00 and `data` 5.00, a fee of 90.00 of shop on each first of the month, and,
where it is asked for, a European bill.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from outlay.planning.budgets.model import BUDGET
from tests.web.company import Line, line, load

FIRST, NOW = date(2026, 6, 1), date(2026, 10, 21)
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


def months(bill: Sequence[Line]) -> dict[str, list[Line]]:
    """A bill by its month."""
    found: dict[str, list[Line]] = {}
    for one in bill:
        found.setdefault(one["ChargePeriodStart"][:7], []).append(one)
    return found


def company(folder: Path, until: date = NOW) -> Workspace:
    """The workspace with bills up to a day (exclusive) and the tag `team`."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    load(workspace, folder / "bills", "aws", lines(FIRST, until))
    return workspace


def keep(workspace: Workspace, name: str, **fields: Any) -> None:
    """Keep a budget; monthly and in USD unless it is said otherwise."""
    workspace.resources.put(
        BUDGET.name, name, {"currency": "USD", "amount": "1000", **fields}, author="test"
    )
