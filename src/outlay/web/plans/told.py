"""What actual charges say of a plan, as its pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from outlay.app import Workspace
from outlay.app.planning.plans import Plan
from outlay.planning.plans.model import Version

VIEWS = ("actual", "variance", "outlook")
"""The views of the grid that are of what was charged."""


@dataclass(frozen=True)
class Year:
    """A year against its plan: the outlook, what it is more than the plan in money and as a share,
    and actual less plan of the months that are complete."""

    outlook: Decimal | None
    variance: Decimal | None
    ratio: Decimal | None
    to_date: Decimal | None


def year(workspace: Workspace, plan: Plan, version: Version) -> Year:
    """The year of a version."""
    return Year(None, None, None, None)
