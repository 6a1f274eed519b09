"""The charges that a condition selects, by day and price: what baselines and proofs are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from outlay.access import whole_ledger
from outlay.allocation.rules import Ruleset
from outlay.app.complete import incomplete_from
from outlay.expression import compile_condition, parse, referenced
from outlay.expression.dimensions import CHARGE_DAY, VIRTUAL, Dimension
from outlay.focus.sql import literal
from outlay.lake import Pin, Slice
from outlay.query.discounts import CONTRACTED, EFFECTIVE
from outlay.query.studying import studied
from outlay.savings.realised.exact import added
from outlay.savings.realised.measuring import Use
from outlay.savings.realised.model import Line, PriceKey

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_METER = ("coalesce(x_UsageType, SkuMeter, x_MeterName, SkuId, ServiceName, '')", "SkuId")
_UNIT = "coalesce(PricingUnit, ConsumedUnit, '')"
_QUANTITY = "CASE WHEN PricingUnit IS NOT NULL THEN PricingQuantity ELSE ConsumedQuantity END"
_RECURRING = (
    "(ChargeCategory = 'Usage' OR (ChargeCategory = 'Purchase' AND ChargeFrequency = 'Recurring')) "
    "AND ChargeClass IS DISTINCT FROM 'Correction'"
)
"""What repeats: usage and subscriptions. Fees that are paid once, credits, refunds and corrections
are told apart."""

_ON_DEMAND = {
    "PricingCategory": "Standard",
    "x_LineItemType": "Usage",
    "x_PricingModel": "OnDemand",
}
"""What columns say of usage that no commitment covers."""

NOT_YET = "not complete yet"


class Bill:
    """The bill of one snapshot from a day on."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, pin: Pin, since: date, tags: Sequence[str],
        view: str,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._view = view
        self._tags = frozenset(tags)
        self.pin = pin
        self.since = since
        found = connection.execute(f"DESCRIBE {view}").fetchall()
        self._columns = frozenset(str(row[0]) for row in found)
        self._periods: dict[str, list[Slice]] = {}
        for one in pin.slices:
            self._periods.setdefault(one.source, []).append(one)

    @property
    def snapshot(self) -> str:
        """The lake's snapshot."""
        return str(self.pin.snapshot_id or "")

    def lines(
        self,
        where: str,
        first: date,
        end: date,
        *,
        currency: str = "",
        resources: Sequence[str] = (),
        successor: str = "",
        fleet: bool = False,
        discounted: bool = True,
        account: str = "",
    ) -> list[Line]:
        """The lines of the days from `first` to `end` (exclusive): those of `where`, those of
        `successor`, and others of the same `resources`. A `fleet`'s are not told apart by
        resource. Costs are after private discounts in lines of their own, unless `discounted` is
        False. `account` is the one whose resources they are, where others have resources of the
        same names. QueryError for a condition that cannot be read."""
        own = self._condition(where)
        after = self._condition(successor) if successor else "false"
        listed = ", ".join(map(literal, resources))
        same = f"ResourceId IN ({listed})" if listed else "false"
        if account:
            same = f"({same} AND SubAccountId = {literal(account)})"
        resource = "''" if fleet else "coalesce(ResourceId, '')"
        usage, sku = _METER
        of = f"AND BillingCurrency = {literal(currency)}" if currency else ""
        done = self._connection.execute(
            f"SELECT ChargeDay, {resource}, concat_ws(' · ', {usage}, nullif({sku}, {usage})), "
            f"{_UNIT}, CASE WHEN {own} THEN 'own' WHEN {after} THEN 'successor' ELSE 'resource' "
            "END AS role, coalesce(CommitmentDiscountId, ''), "
            "coalesce(CommitmentDiscountStatus, ''), "
            f"coalesce({_RECURRING}, false), coalesce(x_SourceName, ''), "
            f"CASE WHEN count({_QUANTITY}) = count(*) THEN sum({_QUANTITY}) END, "
            f"{_sum(EFFECTIVE, discounted)}, sum(ListCost), {_sum(CONTRACTED, discounted)} "
            f"FROM {self._view} WHERE ChargeDay >= DATE '{first}' "
            f"AND ChargeDay < DATE '{end}' {of} AND ({own} OR {after} OR {same}) "
            "GROUP BY ALL ORDER BY ALL"
        )
        return [_line(row, account) for row in done.fetchall()]

    def uses(
        self, commitments: Sequence[str], first: date, end: date
    ) -> dict[date, dict[str, Use]]:
        """What of commitments was used and unused on each day, over the whole ledger."""
        if not commitments:
            return {}
        listed = ", ".join(map(literal, commitments))
        unused = "CommitmentDiscountStatus = 'Unused'"
        done = self._connection.execute(
            "SELECT ChargeDay, CommitmentDiscountId, "
            f"coalesce(sum(EffectiveCost) FILTER (WHERE {unused} IS NOT TRUE), 0), "
            f"coalesce(sum(ContractedCost) FILTER (WHERE {unused} IS NOT TRUE), 0), "
            f"coalesce(sum(EffectiveCost) FILTER (WHERE {unused}), 0), "
            f"coalesce(sum({CONTRACTED}) FILTER (WHERE {unused} IS NOT TRUE), 0) FROM {self._view} "
            f"WHERE CommitmentDiscountId IN ({listed}) AND ChargeCategory = 'Usage' "
            f"AND ChargeDay >= DATE '{first}' AND ChargeDay < DATE '{end}' GROUP BY ALL"
        )
        found: dict[date, dict[str, Use]] = {}
        for day, name, used, contracted, left, off in done.fetchall():
            found.setdefault(day, {})[str(name)] = Use(str(name), used, contracted, left, off)
        return found

    def bought(self, where: str, since: date, end: date) -> list[str]:
        """The commitments that cover what a condition selects in the days from `since` on, and
        that nothing was charged of before `since`."""
        own = self._condition(where, uncovered=True)
        done = self._connection.execute(
            f"SELECT DISTINCT CommitmentDiscountId FROM {self._view} WHERE {own} "
            f"AND ChargeDay >= DATE '{since}' AND ChargeDay < DATE '{end}' "
            "AND CommitmentDiscountId IS NOT NULL AND CommitmentDiscountId NOT IN "
            f"(SELECT CommitmentDiscountId FROM {self._view} WHERE ChargeDay < DATE '{since}' "
            "AND CommitmentDiscountId IS NOT NULL) ORDER BY 1"
        )
        return [str(row[0]) for row in done.fetchall()]

    def by_resource(
        self, resources: Sequence[str]
    ) -> dict[tuple[str, str, str], tuple[tuple[str, ...], dict[date, Decimal]]]:
        """By account (and, under '', of all accounts together), resource and currency: the sources
        that charge it, and what each of its days would have cost without commitments: what covers
        it changes nothing of the resource."""
        if not resources:
            return {}
        listed = ", ".join(map(literal, resources))
        done = self._connection.execute(
            "SELECT coalesce(SubAccountId, ''), ResourceId, BillingCurrency, ChargeDay, "
            f"list(DISTINCT x_SourceName), sum(ContractedCost) FROM {self._view} "
            f"WHERE ResourceId IN ({listed}) AND {_RECURRING} GROUP BY ALL ORDER BY ALL"
        )
        found: dict[tuple[str, str, str], tuple[set[str], dict[date, Decimal]]] = {}
        for account, resource, currency, day, sources, cost in done.fetchall():
            for place in {account, ""}:
                names, costs = found.setdefault((place, resource, currency), (set(), {}))
                names.update(sources)
                costs[day] = added((costs.get(day, Decimal(0)), cost))
        return {key: (tuple(sorted(names)), costs) for key, (names, costs) in found.items()}

    def whole_until(self, sources: Sequence[str] = ()) -> date | None:
        """The first day that is not whole in the bills of these sources (none: of all)."""
        wanted = set(sources)
        return incomplete_from(one for one in self.pin.slices if not wanted or one.source in wanted)

    def reads(self, sources: Sequence[str], month: date) -> str:
        """Which deliveries a month's days of these sources are read from."""
        return ",".join(sorted(one.delivery.id for one in self._of(sources, month)))

    def left_out(self, sources: Sequence[str], today: date) -> Callable[[date], str]:
        """Why a day does not count, in words ('' when it does): it is not whole yet, or a bill of
        it was never loaded. What is not there is never taken for nothing."""
        until = min(self.whole_until(sources) or today, today)

        def reason(day: date) -> str:
            if day >= until:
                return NOT_YET
            for source in sources:
                periods = [one.billing_period for one in self._periods.get(source, ())]
                if any(one.start <= day < one.end for one in periods):
                    continue
                if all(one.end <= day for one in periods):
                    return NOT_YET
                return f"no bill of {source} for this day"
            return ""

        return reason

    def _of(self, sources: Sequence[str], month: date) -> Iterator[Slice]:
        for source in sources:
            for one in self._periods.get(source, ()):
                if one.billing_period.start <= month < one.billing_period.end:
                    yield one

    def _condition(self, where: str, *, uncovered: bool = False) -> str:
        """A condition in SQL; `uncovered`, as if no commitment covered anything."""
        if not where:
            return "false"
        resolve = self._as_uncovered if uncovered else self._resolve
        compiled = compile_condition(parse(where), resolve)
        return f"coalesce({compiled.sql(dialect='duckdb')}, false)"

    def _as_uncovered(self, dimension: Dimension) -> exp.Expr:
        if dimension.kind == "column" and dimension.name.startswith("CommitmentDiscount"):
            return exp.cast(exp.null(), "VARCHAR")
        if dimension.kind == "column" and dimension.name in _ON_DEMAND:
            return exp.Literal.string(_ON_DEMAND[dimension.name])
        return self._resolve(dimension)

    def _resolve(self, dimension: Dimension) -> exp.Expr:
        if dimension == CHARGE_DAY:
            return exp.column("ChargeDay", quoted=True)
        if dimension.kind == VIRTUAL and dimension.name in self._tags:
            return exp.column(dimension.name, quoted=True)
        if dimension.kind in ("tag", "label"):
            return self._tag(dimension)
        if dimension.kind == "column" and dimension.name in self._columns:
            return exp.column(dimension.name, quoted=True)
        return exp.cast(exp.null(), "VARCHAR")

    def _tag(self, dimension: Dimension) -> exp.Expr:
        key = exp.Literal.string(dimension.name)

        def value(column: str) -> exp.Expr:
            arguments = [exp.column(column, quoted=True), key.copy()]
            return exp.Anonymous(this="map_extract_value", expressions=arguments)

        named = [c for c in ("AllocatedTags", "Tags") if c in self._columns]
        if dimension.kind == "label":
            named = [c for c in named if c == "AllocatedTags"]
        if not named:
            return exp.cast(exp.null(), "VARCHAR")
        if len(named) == 1:
            return value(named[0])
        return exp.Coalesce(this=value(named[0]), expressions=[value(named[1])])


def _sum(discount: str, discounted: bool) -> str:
    """SQL of the sum of a cost, by the column of what was taken off it."""
    cost = {EFFECTIVE: "EffectiveCost", CONTRACTED: "ContractedCost"}[discount]
    return f"sum({cost})" if discounted else f"sum({cost} + {discount})"


def _line(row: Sequence[Any], account: str) -> Line:
    (day, resource, meter, unit, role, commitment, status, recurring, source, quantity, cost,
     listed, contracted) = row  # fmt: skip
    zero = Decimal(0)
    return Line(
        day=day,
        key=PriceKey(str(resource), str(meter), str(unit), account),
        quantity=quantity,
        cost=cost or zero,
        list_cost=listed or zero,
        contracted=contracted or zero,
        role=role,
        commitment=str(commitment),
        status=str(status),
        recurring=bool(recurring),
        source=str(source),
    )


def tags_of(conditions: Sequence[str], rules: Ruleset) -> tuple[str, ...]:
    """The virtual tags that conditions look at."""
    found: dict[str, None] = {}
    for text in conditions:
        for dimension in referenced(parse(text)) if text else ():
            if dimension.kind == VIRTUAL and dimension.name in rules.tags:
                found.setdefault(dimension.name)
    return tuple(found)


@contextmanager
def bill(
    workspace: Workspace,
    since: date,
    conditions: Sequence[str],
    *,
    as_of: int | None = None,
    many: bool = False,
) -> Iterator[Bill]:
    """The bill from `since` on, for whoever asks: what it tells is shown to those alone who may
    see the recommendation. `conditions` are those that will be asked, `as_of` a snapshot's id
    (None: the newest); `many` keeps the days in memory, for many questions."""
    rules = workspace.rules()
    tags = tags_of(conditions, rules)
    pin = workspace.pin(as_of)
    never = date.max - timedelta(days=1)
    with (
        whole_ledger(),
        studied(
            workspace.lake, since=since, recent=since if many else never, pin=pin, rules=rules,
            tags=tags,
        ) as connection,
    ):  # fmt: skip
        yield Bill(connection, pin, since, tags, "daily" if many else "history")
