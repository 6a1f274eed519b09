"""What a recommendation promises when it is accepted, so that no dollar is promised twice."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@dataclass(frozen=True)
class Promised:
    """The saving a month of the finding that counts, and what is left of it after netting; the
    same at list prices (None: not known)."""

    saving: Decimal
    net: Decimal
    net_list: Decimal | None


def promise(workspace: Workspace, one: Recommendation) -> Promised:
    """What it promises now."""
    finding = one.finding
    return Promised(finding.monthly_saving, finding.monthly_saving, finding.monthly_saving_list)
