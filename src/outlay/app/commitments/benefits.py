"""Who pays for commitments and who benefits: by owner, so that it adds up exactly.

The owner of the account that bought a commitment pays for it; the owners of the usage that it
covered benefit. The unused part stays with who bought it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.commitments.ledger import Looked, asked
from outlay.expression.errors import QueryError, near_names
from outlay.money import total
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

ACCOUNT = "SubAccountName"
"""Whose things are where there is no virtual tag: the account's name."""

NOBODY = "Unallocated"
UNUSED = "(unused)"


@dataclass(frozen=True)
class Benefit:
    """What one owner's commitments did for another's usage: `cost` of theirs that it used up,
    `on_demand` in whose place it stands, and so `saved`. Of the unused part (`unused`), the cost
    is all there is."""

    payer: str
    beneficiary: str
    commitment: str
    cost: Decimal
    on_demand: Decimal
    unused: bool = False

    @property
    def saved(self) -> Decimal:
        """On-demand equivalent less cost."""
        return total((self.on_demand, self.cost.copy_negate()))


@dataclass(frozen=True)
class Matrix:
    """Who pays and who benefits, in one currency, by the values of `tag`. Cells and unused parts
    add up to the cost of all commitments (`cost`), exactly."""

    tag: str
    currency: str
    start: date
    end: date
    benefits: tuple[Benefit, ...]

    @property
    def payers(self) -> tuple[str, ...]:
        """Who pays, the most first."""
        return _ranked((one.payer, one.cost) for one in self.benefits)

    @property
    def beneficiaries(self) -> tuple[str, ...]:
        """Who benefits, the most first."""
        return _ranked((one.beneficiary, one.cost) for one in self.benefits if not one.unused)

    @property
    def cost(self) -> Decimal:
        """What all commitments cost."""
        return total(one.cost for one in self.benefits)

    @property
    def saved(self) -> Decimal:
        """What they saved, less their unused part."""
        return total(one.saved for one in self.benefits)

    def paid(self, payer: str, beneficiary: str | None = None) -> Decimal:
        """What a payer paid for a beneficiary (None: the unused part)."""
        return total(
            one.cost for one in self.benefits
            if one.payer == payer
            and (one.unused if beneficiary is None else
                 not one.unused and one.beneficiary == beneficiary)
        )  # fmt: skip

    def paid_by(self, payer: str) -> Decimal:
        """All that a payer paid."""
        return total(one.cost for one in self.benefits if one.payer == payer)

    def used_by(self, beneficiary: str) -> Decimal:
        """What a beneficiary used of all commitments."""
        return total(
            one.cost for one in self.benefits if not one.unused and one.beneficiary == beneficiary
        )

    def saved_for(self, beneficiary: str) -> Decimal:
        """What a beneficiary saved by them."""
        return total(
            one.saved for one in self.benefits if not one.unused and one.beneficiary == beneficiary
        )

    @property
    def unused(self) -> Decimal:
        """The unused part of all."""
        return total(one.cost for one in self.benefits if one.unused)


def _ranked(pairs: Iterable[tuple[str, Decimal]]) -> tuple[str, ...]:
    sums: dict[str, list[Decimal]] = {}
    for name, amount in pairs:
        sums.setdefault(name, []).append(amount)
    return tuple(sorted(sums, key=lambda name: (-total(sums[name]), name)))


def default_tag(workspace: Workspace) -> str:
    """The virtual tag of owners, as the savings policy has it; else the first there is; the
    account's name where there is none."""
    from outlay.app.savings.policy import owner_tag, policy

    rules = workspace.rules()
    return owner_tag(rules, policy(workspace)) or next(iter(sorted(rules.tags)), ACCOUNT)


def benefits(
    workspace: Workspace, looked: Looked, tag: str = "", now: datetime | None = None
) -> tuple[Matrix, ...]:
    """A matrix for each currency. QueryError for a tag that there is not."""
    chosen = tag or default_tag(workspace)
    known = [*sorted(workspace.rules().tags), ACCOUNT]
    if chosen not in known:
        raise QueryError(
            f"{chosen!r} is no virtual tag", field="tag", text=chosen,
            near=near_names(chosen, known), allowed=known,
        )  # fmt: skip
    buyers = _buyers(workspace, looked, chosen, now)
    found: dict[str, list[Benefit]] = {}
    for one in _used(workspace, looked, chosen, buyers, now):
        found.setdefault(one[0], []).append(one[1])
    for cell in looked.cells:
        if cell.state == "unused":
            payer = buyers.get((cell.currency, cell.commitment), NOBODY)
            found.setdefault(cell.currency, []).append(
                Benefit(payer, UNUSED, cell.commitment, cell.effective, Decimal(0), unused=True)
            )
    return tuple(
        Matrix(chosen, currency, looked.start, looked.end, tuple(_merged(listed)))
        for currency, listed in sorted(found.items())
    )


def _merged(listed: Iterable[Benefit]) -> Iterable[Benefit]:
    groups: dict[tuple[str, str, str, bool], list[Benefit]] = {}
    for one in listed:
        key = (one.payer, one.beneficiary, one.commitment, one.unused)
        groups.setdefault(key, []).append(one)
    for (payer, beneficiary, commitment, unused), many in sorted(groups.items()):
        yield Benefit(
            payer, beneficiary, commitment,
            total(one.cost for one in many), total(one.on_demand for one in many), unused,
        )  # fmt: skip


def _buyers(
    workspace: Workspace, looked: Looked, tag: str, now: datetime | None
) -> Mapping[tuple[str, str], str]:
    """Who bought each commitment: the owner of its purchases, else of its unused part; of several
    owners the one of the most lines."""
    query = CostQuery(
        measures=("LineCount", "BilledCost"), range=f"..{looked.end}", splits="direct",
        where="CommitmentDiscountId IS NOT NULL AND "
        "(ChargeCategory = 'Purchase' OR CommitmentDiscountStatus = 'Unused')",
    )  # fmt: skip
    found: dict[tuple[str, str], list[tuple[bool, int, str]]] = {}
    for row in asked(workspace, query, (tag, "CommitmentDiscountId", "ChargeCategory"), now):
        key = (str(row["BillingCurrency"]), str(row["CommitmentDiscountId"]))
        bought = row["ChargeCategory"] == "Purchase"
        found.setdefault(key, []).append((bought, int(row["LineCount"]), str(row[tag] or NOBODY)))
    return {key: max(several)[2] for key, several in found.items()}


def _used(
    workspace: Workspace,
    looked: Looked,
    tag: str,
    buyers: Mapping[tuple[str, str], str],
    now: datetime | None,
) -> Iterable[tuple[str, Benefit]]:
    named = {
        (one.payer, one.service): one.commitment
        for one in looked.cells
        if one.state == "covered" and one.commitment
    }
    query = CostQuery(
        measures=("EffectiveCost", "ContractedCost"),
        range=f"{looked.start}..{looked.end}",
        splits="direct",
        where="ChargeCategory = 'Usage' AND (CommitmentDiscountStatus = 'Used' OR "
        "(PricingCategory = 'Committed' AND CommitmentDiscountStatus IS NULL))",
    )
    by = (tag, "CommitmentDiscountId", "BillingAccountId", "ServiceName")
    for row in asked(workspace, query, by, now):
        currency = str(row["BillingCurrency"])
        commitment = str(row.get("CommitmentDiscountId") or "") or named.get(
            (str(row["BillingAccountId"] or ""), str(row["ServiceName"] or "")), ""
        )
        payer = buyers.get((currency, commitment), NOBODY)
        yield currency, Benefit(
            payer, str(row[tag] or NOBODY), commitment,
            row["EffectiveCost"] or Decimal(0), row["ContractedCost"] or Decimal(0),
        )  # fmt: skip
