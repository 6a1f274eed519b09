"""The close of a month: what has to be looked at before statements are final.

A check is `ok`, asks for `attention`, or is `blocking`. A month with blocking checks closes only
over a note that says why; one whose statements cannot be made (`final`) does not close at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from outlay.money import BillingPeriod
from outlay.statements.errors import StatementError

CheckState = Literal["ok", "attention", "blocking"]
CheckName = Literal[
    "deliveries", "rejected", "invoices", "unallocated", "platforms", "kubernetes", "bridge",
    "disputes", "statements",
]  # fmt: skip
TITLES: Mapping[CheckName, str] = {
    "deliveries": "Deliveries",
    "rejected": "Rejected rows",
    "invoices": "Invoices",
    "unallocated": "Unallocated",
    "platforms": "Data platforms and AI",
    "kubernetes": "Kubernetes",
    "bridge": "Prepaid bridge",
    "disputes": "Disputes",
    "statements": "Statements",
}
"""The checks, in the order in which they are worked through."""

_RANK: dict[CheckState, int] = {"ok": 0, "attention": 1, "blocking": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that a check found: a sentence, its money by currency, and where it is put right
    (`link`, an address of the product; '' where there is no such place)."""

    state: CheckState
    text: str
    amounts: Mapping[str, Decimal] | None = None
    link: str = ""


@dataclass(frozen=True)
class Check:
    """One check of a month. `text` says what was looked at; a check without findings is ok.

    `final` findings cannot be closed over.
    """

    name: CheckName
    text: str
    findings: tuple[Finding, ...] = ()
    link: str = ""
    final: bool = False

    @property
    def title(self) -> str:
        """What it is called."""
        return TITLES[self.name]

    @property
    def state(self) -> CheckState:
        """The worst of its findings."""
        return max((one.state for one in self.findings), key=_RANK.__getitem__, default="ok")


@dataclass(frozen=True)
class CloseStatus:
    """Where a month of a statement plan stands. `closed_at` (UTC, naive) is None while it is open.

    `total` is what its statements come to, in `currency`.
    """

    plan: str
    month: BillingPeriod
    checks: tuple[Check, ...]
    currency: str
    total: Decimal | None
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""

    @property
    def closed(self) -> bool:
        """Whether the month is closed."""
        return self.closed_at is not None

    def in_state(self, state: CheckState) -> tuple[Check, ...]:
        """The checks in a state."""
        return tuple(one for one in self.checks if one.state == state)

    @property
    def blocking(self) -> tuple[Check, ...]:
        """The checks that keep the month open."""
        return self.in_state("blocking")

    @property
    def impossible(self) -> tuple[Check, ...]:
        """Those of them that no note gets over."""
        return tuple(one for one in self.blocking if one.final)

    def note_for(self, note: str) -> str:
        """The note to close with: it names what was closed over.

        StatementError where the month is closed, cannot be, or needs a note and has none.
        """
        if self.closed:
            raise StatementError(f"{self.month} of {self.plan} is closed already; it never changes")
        if self.impossible:
            raise StatementError(f"{self.month} cannot be closed: {_reasons(self.impossible)}")
        if self.blocking and not note.strip():
            raise StatementError(
                f"{self.month} is not ready: {_reasons(self.blocking)}. Put it right, or give a "
                "note that says why it is closed nevertheless."
            )
        over = ", ".join(one.title.lower() for one in self.blocking)
        return f"{note.strip()} (closed over: {over})" if over else note.strip()


def _reasons(checks: Sequence[Check]) -> str:
    texts = (one.text for check in checks for one in check.findings if one.state == "blocking")
    return "; ".join(text.rstrip(".") for text in texts)
