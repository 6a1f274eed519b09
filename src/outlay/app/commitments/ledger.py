"""What the bill says of commitments: what they covered, what was unused, what could be covered.

Through questions, by day or (where a bill has hours) by hour. *On-demand equivalent* is
ContractedCost: what usage would cost without commitments, at negotiated prices. *Eligible* is what
a commitment covers, and usage on demand that some offer could cover (FOCUS's
CommitmentProgramEligibilityDetails is rare on bills, hence by the catalogue of offers); spot
usage is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from outlay.app.runs import utc_now
from outlay.app.unchanged import kept
from outlay.expression import text_literal
from outlay.expression.errors import QueryError
from outlay.money import MONEY_SCALE
from outlay.money.quotients import rounded
from outlay.query import CostQuery
from outlay.savings.planner.catalogue import Matched, catalogue
from outlay.savings.planner.gathering import HOUR_UNITS, Metered

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

State = Literal["covered", "unused", "on-demand"]
_HOURLY_DAYS = 31
"""Whether a bill has hours is told by so many last days."""

_COMMITTED = "CommitmentDiscountId IS NOT NULL OR PricingCategory = 'Committed'"
_BY = (
    "ServiceProviderName", "BillingAccountId", "SubAccountId", "SubAccountName", "ServiceName",
    "RegionId", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "PricingCategory", "SkuMeter", "PricingUnit",
)  # fmt: skip
_INSTANCE = "x_InstanceType"


@dataclass(frozen=True)
class Cell(Metered):
    """Charges that are alike, in one slot: a day, or an hour of it.

    `contracted` is the on-demand equivalent (0 of what is unused), `effective` the amortised cost.
    """

    account: str
    account_name: str
    family: str
    state: State
    commitment: str
    commitment_name: str
    type: str

    @property
    def day(self) -> date:
        """Its day, UTC."""
        return self.at.date()


@dataclass(frozen=True)
class Looked:
    """The whole days `start` to `end` (exclusive) of the ledger. `hourly` says whether every
    eligible charge of the last month of days is of an hour."""

    start: date
    end: date
    hourly: bool
    cells: tuple[Cell, ...]

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def within(self, start: date, end: date) -> Looked:
        """Some of its days."""
        cells = tuple(one for one in self.cells if start <= one.day < end)
        return Looked(start, end, self.hourly, cells)


def window(workspace: Workspace, days: int, now: datetime | None = None) -> tuple[date, date]:
    """The last `days` whole days, the end exclusive."""
    today = (now or utc_now()).date()
    end = min(workspace.incomplete_from() or today, today)
    return end - timedelta(days=days), end


def look(
    workspace: Workspace,
    start: date,
    end: date,
    *,
    scope: str = "",
    by_hour: bool = False,
    now: datetime | None = None,
) -> Looked:
    """The cells of some days; `scope` narrows them by a condition. `by_hour` asks for hours where
    the bill has them. QueryError for a condition that the ledger does not know."""
    recent = max(start, end - timedelta(days=_HOURLY_DAYS))
    # The same of every span with this end: a page looks at several.
    hourly = kept(
        workspace, "commitments.hourly", (recent, end, scope),
        lambda: _hourly(workspace, recent, end, scope, now), now=now or utc_now(),
    )  # fmt: skip
    cells = list(_cells(workspace, start, end, scope, by_hour and hourly, now))
    cells += _unused(workspace, start, end, scope, now)
    return Looked(start, end, hourly, tuple(_named(cells)))


def eligible_condition() -> str:
    """What commitments cover or could: a condition on charges."""
    services = ", ".join(text_literal(one) for one in catalogue().services)
    return (
        f"ChargeCategory = 'Usage' AND ({_COMMITTED} OR "
        f"(PricingCategory = 'Standard' AND ServiceName IN ({services})))"
    )


def asked(
    workspace: Workspace, query: CostQuery, by: Iterable[str], now: datetime | None
) -> Iterator[Mapping[str, Any]]:
    """The rows of a question, without a column that no charge has."""
    wanted = list(by)
    while True:
        try:
            result = workspace.query(query.but(by=tuple(wanted)), now=now)
        except QueryError as error:
            # A workspace without such a bill does not know the column.
            missing = next((one for one in wanted if f"no charge has {one}" in str(error)), None)
            if missing is None:
                raise
            wanted.remove(missing)
            continue
        for row in result.rows():
            yield row if result.currency is None else {**row, "BillingCurrency": result.currency}
        return


def _question(start: date, end: date, where: str, scope: str) -> CostQuery:
    question = CostQuery(
        measures=("EffectiveCost", "ContractedCost", "PricingQuantity"),
        range=f"{start}..{end}", where=where, splits="direct",
    )  # fmt: skip
    return question.narrowed(scope) if scope else question


def _hourly(workspace: Workspace, start: date, end: date, scope: str, now: datetime | None) -> bool:
    question = _question(start, end, eligible_condition(), scope).narrowed(
        "CommitmentDiscountStatus IS NULL OR CommitmentDiscountStatus <> 'Unused'"
    )
    rows = list(asked(workspace, question, ("ChargePeriodStart", "ChargePeriodEnd"), now))
    return bool(rows) and all(
        row["ChargePeriodEnd"] - row["ChargePeriodStart"] <= timedelta(hours=1) for row in rows
    )


def _cells(
    workspace: Workspace, start: date, end: date, scope: str, by_hour: bool, now: datetime | None
) -> Iterator[Cell]:
    known = catalogue()
    question = _question(start, end, eligible_condition(), scope).narrowed(
        "CommitmentDiscountStatus IS NULL OR CommitmentDiscountStatus <> 'Unused'"
    )
    by: tuple[str, ...] = (*_BY, _INSTANCE)
    if by_hour:
        by = (*by, "ChargePeriodStart")
    else:
        question = question.but(grain="day")
    matches: dict[tuple[str, ...], Matched | None] = {}
    for row in asked(workspace, question, by, now):
        said = {name: str(row.get(name) or "") for name in (*_BY, _INSTANCE)}
        meant = (
            said["ServiceProviderName"],
            said["ServiceName"],
            said["SkuMeter"],
            said[_INSTANCE],
        )
        if meant not in matches:
            matches[meant] = known.match(*meant)
        matched = matches[meant]
        covered = bool(said["CommitmentDiscountStatus"]) or said["PricingCategory"] == "Committed"
        if not covered and matched is None:
            continue
        at = row.get("ChargePeriodStart") if by_hour else row["period"]
        yield _cell(row, said, at, "covered" if covered else "on-demand", matched)


def _cell(
    row: Mapping[str, Any], said: Mapping[str, str], at: Any, state: State, matched: Matched | None
) -> Cell:
    quantity = row["PricingQuantity"] or Decimal(0)
    return Cell(
        at=at if isinstance(at, datetime) else datetime.combine(at, datetime.min.time()),
        provider=said["ServiceProviderName"],
        payer=said["BillingAccountId"],
        currency=str(row["BillingCurrency"]),
        service=said["ServiceName"],
        region=said["RegionId"],
        meter=said["SkuMeter"],
        matched=matched,
        effective=row["EffectiveCost"] or Decimal(0),
        contracted=Decimal(0) if state == "unused" else row["ContractedCost"] or Decimal(0),
        hours=quantity if said["PricingUnit"].casefold() in HOUR_UNITS else Decimal(0),
        account=said["SubAccountId"],
        account_name=said["SubAccountName"],
        family=matched.family if matched else "",
        state=state,
        commitment=said["CommitmentDiscountId"],
        commitment_name=said["CommitmentDiscountName"],
        type=said["CommitmentDiscountType"],
    )


def _unused(
    workspace: Workspace, start: date, end: date, scope: str, now: datetime | None
) -> Iterator[Cell]:
    """The unused parts. A line of many days (AWS states a reservation's by the month) is spread
    evenly over its days, of a month that goes on over those that were charged so far."""
    before = start - timedelta(days=366)
    question = _question(before, end, "CommitmentDiscountStatus = 'Unused'", scope)
    rows = asked(workspace, question, (*_BY, "ChargePeriodStart", "ChargePeriodEnd"), now)
    charged = workspace.incomplete_from() or (now or utc_now()).date()
    for row in rows:
        said = {name: str(row.get(name) or "") for name in _BY}
        first = row["ChargePeriodStart"].date()
        last = max(row["ChargePeriodEnd"].date(), first + timedelta(days=1))
        if (last - first).days > 1 and last > charged:
            last = max(charged + timedelta(days=1), first + timedelta(days=1))
        for day, part in _spread(first, last):
            if start <= day < end:
                amount = row["EffectiveCost"] or Decimal(0)
                shared = {**row, "EffectiveCost": part(amount), "PricingQuantity": Decimal(0)}
                yield _cell(shared, said, day, "unused", None)


def _spread(first: date, last: date) -> Iterator[tuple[date, Any]]:
    """Each day with what gives its part of an amount; the parts add up to it."""
    count = (last - first).days

    def part(number: int) -> Any:
        def of(amount: Decimal) -> Decimal:
            if count == 1:
                return amount
            whole = Fraction(amount)
            until = rounded(whole * (number + 1) / count, MONEY_SCALE)
            return until - rounded(whole * number / count, MONEY_SCALE)

        return of

    for number in range(count):
        yield first + timedelta(days=number), part(number)


def _named(cells: Iterable[Cell]) -> Iterator[Cell]:
    """Covered usage whose commitment the bill does not name (Google's spend commitments) belongs
    to the one commitment of its payer and service that has an unused part or a fee and no use."""
    listed = list(cells)
    used = {(c.payer, c.commitment) for c in listed if c.state == "covered" and c.commitment}
    idle: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in listed:
        if one.state == "unused" and (one.payer, one.commitment) not in used:
            idle.setdefault((one.payer, one.service), set()).add((one.commitment, one.type))
    for one in listed:
        if one.state == "covered" and not one.commitment:
            candidates = idle.get((one.payer, one.service), set())
            if len(candidates) == 1:
                ((commitment, kind),) = candidates
                yield replace(one, commitment=commitment, type=kind)
                continue
        yield one
