"""What the ledger's Contract Commitment dataset says of each commitment, read once for all who ask.

To work the dataset out takes a pass over the charges, whatever is asked of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.app.unchanged import kept

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_SQL = (
    "SELECT ContractCommitmentId AS id, ContractCommitmentDescription AS title, "
    "ContractCommitmentBenefitCategory AS benefit, "
    'CAST(ContractCommitmentPeriodStart AS DATE) AS "start", '
    'CAST(ContractCommitmentPeriodEnd AS DATE) AS "end", '
    "ContractCommitmentDurationType AS duration, ContractCommitmentPaymentModel AS payment, "
    "ContractCommitmentCost AS cost FROM contract_commitment"
)


@dataclass(frozen=True)
class Recorded:
    """A record of the dataset: `end` is the day of its PeriodEnd, `cost` in its currency; None is
    not known."""

    id: str
    title: str
    benefit: str
    start: date | None
    end: date | None
    duration: str
    payment: str
    cost: Decimal | None


def recorded(workspace: Workspace, now: datetime | None = None) -> tuple[Recorded, ...]:
    """Every record, in no order. For those who see the whole ledger; QueryError where nothing was
    loaded."""
    whole_only("commitments")
    return kept(workspace, "commitments.recorded", (), lambda: _read(workspace), now=now)


def _read(workspace: Workspace) -> tuple[Recorded, ...]:
    return tuple(
        Recorded(
            str(row["id"]),
            str(row["title"] or ""),
            str(row["benefit"] or ""),
            row["start"],
            row["end"],
            str(row["duration"] or ""),
            str(row["payment"] or ""),
            row["cost"],
        )
        for row in workspace.sql(_SQL).table.to_pylist()
    )
