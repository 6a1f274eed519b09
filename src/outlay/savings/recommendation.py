"""A recommendation as it is followed: what tools say of one action on one resource; its life."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.model import Action, Finding, Nature, State


@dataclass(frozen=True)
class Discount:
    """What private discounts in lines of their own take off the charges that an action changes, a
    month: `before` is their effective cost without, `off` what is taken, `lines` which lines give
    it (``EdpDiscount of billing account 123``). Costs and savings are after it."""

    before: Decimal
    off: Decimal
    lines: tuple[str, ...] = ()

    @property
    def rate(self) -> Decimal:
        """The share that is taken off (0.06 is 6 %), to six places."""
        return rounded(Fraction(self.off) / Fraction(self.before), 6)


@dataclass(frozen=True)
class Recommendation:
    """One action on one resource (or scope), whoever found it.

    `findings` are what the tools say of it now, the one that counts first (see
    `outlay.savings.netting`); of one that nobody finds any more, what they said last. `group` and
    the resource make the alternatives: recommendations that share both exclude each other.
    `owner_tag` and `owner` are the virtual tag and its value that own the charges ('' for nobody),
    `assignee` a person. Moments are UTC. `due_on` is the day by which the present state should
    have ended (None: no limit), `snoozed_until` the first day on which it comes back, of a snoozed
    or a dismissed one. `chosen` is the number in `findings` that was accepted (None: none yet).
    `owner_why` says in words how the owner was found. `cost` is what the charges of `where` cost a
    month on the bill when it was last looked at (effective; None: the bill does not tell),
    `discount` what private discounts took off it (None: nothing, or they are in the lines). `gone`
    says since when and why no tool finds it any more ('' while one does). `cycle` counts how often
    the same was found anew after it had been done. `apart`: other accounts have a resource of the
    same name, so that its account belongs to its key.
    """

    id: int
    key: str
    state: State
    reason: str
    provider: str
    account: str
    region: str
    service: str
    resource: str
    resource_name: str
    scope: str
    where: str
    group: str
    action: Action
    nature: Nature
    currency: str
    findings: tuple[Finding, ...]
    owner_tag: str = ""
    owner: str = ""
    assignee: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    due_on: date | None = None
    snoozed_until: date | None = None
    accepted_at: datetime | None = None
    accepted_by: str = ""
    implemented_at: datetime | None = None
    verified_at: datetime | None = None
    updated_at: datetime | None = None
    chosen: int | None = None
    owner_why: str = ""
    cost: Decimal | None = None
    gone: str = ""
    cycle: int = 1
    discount: Discount | None = None
    apart: bool = False

    @property
    def finding(self) -> Finding:
        """The finding that counts: the accepted one, else the first."""
        return self.findings[self.chosen or 0]

    @property
    def subject(self) -> str:
        """What it is about, in words: the resource's name or id, else the scope."""
        return self.resource_name or self.resource or self.scope

    @property
    def place(self) -> tuple[str, str, str]:
        """The provider, account and resource that its alternatives share; the account where it
        tells resources of one name apart ('' elsewhere: tools do not all name it)."""
        return (self.provider, self.account if self.apart else "", self.resource)


def name_of(provider: str, resource: str) -> tuple[str, str]:
    """A resource's name as two accounts may have it, without case."""
    return (provider.lower(), resource.lower())


def key_of(finding: Finding | Recommendation, cycle: int = 1, *, apart: bool = False) -> str:
    """What a recommendation is told apart by, whichever tool found it; 64 hexadecimal digits. What
    is found again after it had been done is another `cycle`. Its account belongs
    to it where others have a resource of the same name (`apart`)."""
    parts = (finding.provider, finding.resource or f"\x1e{finding.account}\x1e{finding.scope}",
             finding.group, finding.action, *([str(cycle)] if cycle > 1 else []))  # fmt: skip
    if apart and finding.resource:
        parts = (*parts, f"\x1e{finding.account}")
    return hashlib.sha256("\x1f".join(parts).lower().encode()).hexdigest()
