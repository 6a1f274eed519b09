"""What each line of a CUR costs: billed, effective, list and contracted, and the proof of it.

The rule is AWS's published one for amortised cost, by line item type. Two facts of a delivery
decide its shape: whether it is net (discounts in net columns and no lines of their own), and in
which accounts the Savings Plan negations cancel the covered usage, to the last digit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from outlay.focus.sql import literal
from outlay.sources.aws_cur.columns import Columns
from outlay.sources.contract import Fold, Raw, Reject

COVERED_BY_PLAN = "SavingsPlanCoveredUsage"
NEGATION = "SavingsPlanNegation"
COVERED_BY_RESERVATION = "DiscountedUsage"
PLAN_FEE = "SavingsPlanRecurringFee"
PLAN_UPFRONT = "SavingsPlanUpfrontFee"
RESERVATION_FEE = "RIFee"

DISCOUNTS = (
    "EdpDiscount",
    "PrivateRateDiscount",
    "BundledDiscount",
    "SppDiscount",
    "DistributorDiscount",
    "CrossServiceDiscount",
    "Discount",
)
"""Negotiated discounts as lines of their own: their amount is negative."""

KNOWN_TYPES = (
    "Usage",
    COVERED_BY_RESERVATION,
    COVERED_BY_PLAN,
    NEGATION,
    PLAN_FEE,
    PLAN_UPFRONT,
    RESERVATION_FEE,
    "Fee",
    "Tax",
    "Credit",
    "Refund",
    *DISCOUNTS,
)

# canonical column → its counterpart after discounts
_NET = {
    "lineItem/UnblendedCost": "lineItem/NetUnblendedCost",
    "savingsPlan/SavingsPlanEffectiveCost": "savingsPlan/NetSavingsPlanEffectiveCost",
    "reservation/EffectiveCost": "reservation/NetEffectiveCost",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": (
        "reservation/NetUnusedAmortizedUpfrontFeeForBillingPeriod"
    ),
    "reservation/UnusedRecurringFee": "reservation/NetUnusedRecurringFee",
}

# what a line item type's effective cost is read from: the report must have one column of each
_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    COVERED_BY_PLAN: (("savingsPlan/SavingsPlanEffectiveCost",),),
    COVERED_BY_RESERVATION: (("reservation/EffectiveCost",),),
    PLAN_FEE: (("savingsPlan/TotalCommitmentToDate",), ("savingsPlan/UsedCommitment",)),
    RESERVATION_FEE: (
        (
            "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
            "reservation/UnusedRecurringFee",
        ),
    ),
}


@dataclass(frozen=True)
class Facts:
    """What the rows of a delivery say as a whole: lines by line item type, and whether the costs
    are net of discounts."""

    types: dict[str, int]
    net: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Costs:
    """SQL of the four costs of a row, of the unused part of a fee, and of their proof."""

    billed: str
    effective: str
    list: str
    contracted: str
    unused: str
    covered: str
    """The amount that a covered line takes of its commitment."""
    formulas: dict[str, str]
    folds: tuple[Fold, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...] = field(default=())


def is_commitment_fee(columns: Columns) -> str:
    """SQL condition: the line buys a commitment (its cost is spread over other lines)."""
    kind = columns.text("lineItem/LineItemType")
    condition = f"{kind} IN ({_texts((PLAN_FEE, PLAN_UPFRONT, RESERVATION_FEE))})"
    if columns.has("reservation/ReservationARN"):
        arn = columns.text("reservation/ReservationARN")
        condition = f"({condition} OR ({kind} = 'Fee' AND {arn} IS NOT NULL))"
    return condition


def is_net(columns: Columns, wish: str, filled: int, types: dict[str, int]) -> bool:
    """Whether the costs are those after discounts: as wished, or as the delivery's shape says.

    It is net when the net cost is filled and no discount has a line of its own; then the
    unblended cost leaves the discount out, else the lines bring it in. Never both.
    """
    if wish == "net":
        columns.require("lineItem/NetUnblendedCost", "which the option cost=net asks for")
    if wish != "auto":
        return wish == "net"
    return filled > 0 and not any(kind in types for kind in DISCOUNTS)


def uncancelled_groups(raw: Raw, columns: Columns, facts: Facts) -> list[tuple[str, ...]]:
    """Groups (period, payer, account, currency) whose covered usage and negations do not sum to
    exactly zero, rejected lines left out."""
    if COVERED_BY_PLAN not in facts.types and NEGATION not in facts.types:
        return []
    kind = columns.text("lineItem/LineItemType")
    rejected = " OR ".join(f"coalesce({r.when}, false)" for r in rejects(columns, facts))
    groups = ", ".join(f"{sql} AS g{at}" for at, sql in enumerate(_group(columns)))
    return [
        (*map(str, keys),)
        for *keys, _ in raw.ask(
            f"SELECT {groups}, sum({_cost(columns, facts.net)}) AS rest FROM raw "
            f"WHERE {kind} IN ({_texts((COVERED_BY_PLAN, NEGATION))}) AND NOT ({rejected}) "
            "GROUP BY g0, g1, g2, g3 HAVING rest IS DISTINCT FROM 0 ORDER BY g0, g1, g2, g3"
        )
    ]


def costs(columns: Columns, facts: Facts, uncancelled: Sequence[tuple[str, ...]]) -> Costs:
    """The cost expressions of a delivery whose `uncancelled` groups are known.

    Raises SourceError when a column is missing that a line item type of the delivery needs.
    """
    _refuse_missing(columns, facts)
    kind = columns.text("lineItem/LineItemType")
    cost = _cost(columns, facts.net)
    fee = is_commitment_fee(columns)
    plan = _amount(columns, facts.net, "savingsPlan/SavingsPlanEffectiveCost")
    reserved = _amount(columns, facts.net, "reservation/EffectiveCost")
    public = columns.money("pricing/PublicOnDemandCost")
    billed, folds, notes = _billed(columns, facts, uncancelled, cost)
    effective = _case(
        kind,
        facts,
        {COVERED_BY_PLAN: plan, COVERED_BY_RESERVATION: reserved, NEGATION: "0"},
        f"CASE WHEN {fee} THEN 0 ELSE {cost} END",
    )
    no_price = {NEGATION: "0"} | dict.fromkeys(DISCOUNTS, "0")
    listed = _case(
        kind,
        facts,
        {COVERED_BY_RESERVATION: reserved} | no_price,
        f"CASE WHEN {fee} THEN 0 ELSE {cost} END",
    )
    contracted = _case(
        kind,
        facts,
        {COVERED_BY_RESERVATION: f"coalesce({public}, {reserved})", NEGATION: "0"},
        f"CASE WHEN {fee} THEN 0 ELSE {cost} END",
    )
    return Costs(
        billed=billed,
        effective=effective,
        list=f"coalesce({public}, {listed})",
        contracted=contracted,
        unused=_unused(columns, facts, kind),
        covered=_case(kind, facts, {COVERED_BY_PLAN: plan}, "NULL"),
        formulas=_formulas(columns, facts.net),
        folds=folds,
        rejects=rejects(columns, facts),
        notes=notes,
    )


def _cost(columns: Columns, net: bool) -> str:
    """SQL of what the line costs: unblended, or net where the delivery is net."""
    unblended = columns.money("lineItem/UnblendedCost")
    if not net:
        return unblended
    return f"coalesce({columns.money('lineItem/NetUnblendedCost')}, {unblended})"


def _amount(columns: Columns, net: bool, name: str) -> str:
    """SQL of an amortised amount, 0 where the line has none."""
    parts = [name, *([_NET[name]] if net and name in _NET else [])]
    held = [columns.money(part) for part in reversed(parts) if columns.has(part)]
    return f"coalesce({', '.join([*held, '0'])})"


def _case(kind: str, facts: Facts, by_type: dict[str, str], otherwise: str) -> str:
    """A CASE over the line item type, of the types that the delivery has."""
    cases = " ".join(
        f"WHEN {literal(name)} THEN {sql}" for name, sql in by_type.items() if name in facts.types
    )
    return f"CASE {kind} {cases} ELSE {otherwise} END" if cases else otherwise


def _billed(
    columns: Columns, facts: Facts, uncancelled: Sequence[tuple[str, ...]], cost: str
) -> tuple[str, tuple[Fold, ...], tuple[str, ...]]:
    """Billed cost: covered usage is 0 where its negations cancel it, and they are left out."""
    if COVERED_BY_PLAN not in facts.types and NEGATION not in facts.types:
        return cost, (), ()
    kind = columns.text("lineItem/LineItemType")
    cancelled = "true"
    notes: tuple[str, ...] = ()
    if uncancelled:
        key = f"concat_ws('|', {', '.join(_group(columns))})"
        listed = ", ".join(literal("|".join(group)) for group in uncancelled)
        cancelled = f"{key} NOT IN ({listed})"
        accounts = ", ".join(sorted({group[2] for group in uncancelled})[:5])
        notes = (
            f"Savings Plan negations do not cancel the covered usage in {len(uncancelled)} "
            f"(period, payer, account, currency) groups (accounts {accounts}): covered usage "
            "keeps its unblended cost there, and negations stay as charges",
        )
    billed = f"CASE WHEN {kind} = {literal(COVERED_BY_PLAN)} AND {cancelled} THEN 0 ELSE {cost} END"
    fold = Fold(
        "Savings Plan negations that cancel the covered usage of their account",
        f"{kind} = {literal(NEGATION)} AND {cancelled}",
    )
    return billed, (fold,) if NEGATION in facts.types else (), notes


def _group(columns: Columns) -> list[str]:
    """SQL of the group within which negations must cancel covered usage."""
    month = f"strftime({columns.time('bill/BillingPeriodStartDate')}, '%Y-%m')"
    keys = [month] if columns.has("bill/BillingPeriodStartDate") else ["''"]
    for name in ("bill/PayerAccountId", "lineItem/UsageAccountId", "lineItem/CurrencyCode"):
        keys.append(f"coalesce({columns.text(name)}, '')")
    return [f"coalesce({keys[0]}, '')", *keys[1:]]


def _unused(columns: Columns, facts: Facts, kind: str) -> str:
    """SQL of the part of a commitment's fee that no usage took."""
    total = _amount(columns, False, "savingsPlan/TotalCommitmentToDate")
    used = _amount(columns, False, "savingsPlan/UsedCommitment")
    upfront = "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"
    reserved = (
        f"{_amount(columns, facts.net, upfront)} + "
        f"{_amount(columns, facts.net, 'reservation/UnusedRecurringFee')}"
    )
    return _case(kind, facts, {PLAN_FEE: f"{total} - {used}", RESERVATION_FEE: reserved}, "0")


def _formulas(columns: Columns, net: bool) -> dict[str, str]:
    """AWS's formulas over the raw lines, in its own columns: what the charges must sum to.

    They name every line item type and share no part with the expressions of the charges.
    """

    def column(name: str) -> str:
        if net and columns.has(_NET.get(name, "")):
            return f"coalesce({columns.money(_NET[name])}, {columns.money(name)})"
        return columns.money(name)

    kind = columns.text("lineItem/LineItemType")
    arn = columns.text("reservation/ReservationARN")
    unblended = column("lineItem/UnblendedCost")
    public = columns.money("pricing/PublicOnDemandCost")
    plan = column("savingsPlan/SavingsPlanEffectiveCost")
    reserved = column("reservation/EffectiveCost")
    unused_upfront = column("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod")
    unused_recurring = column("reservation/UnusedRecurringFee")
    total = columns.money("savingsPlan/TotalCommitmentToDate")
    used = columns.money("savingsPlan/UsedCommitment")
    amortised = f"""CASE
        WHEN {kind} = 'SavingsPlanCoveredUsage' THEN {plan}
        WHEN {kind} = 'SavingsPlanRecurringFee' THEN coalesce({total}, 0) - coalesce({used}, 0)
        WHEN {kind} = 'SavingsPlanNegation' THEN 0
        WHEN {kind} = 'SavingsPlanUpfrontFee' THEN 0
        WHEN {kind} = 'DiscountedUsage' THEN {reserved}
        WHEN {kind} = 'RIFee' THEN coalesce({unused_upfront}, 0) + coalesce({unused_recurring}, 0)
        WHEN {kind} = 'Fee' AND {arn} IS NOT NULL THEN 0
        ELSE {unblended} END"""
    own_list = f"""CASE
        WHEN {public} IS NOT NULL THEN {public}
        WHEN {kind} = 'DiscountedUsage' THEN {reserved}
        WHEN {kind} IN ('SavingsPlanNegation', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee',
            'RIFee', {_texts(DISCOUNTS)}) THEN 0
        WHEN {kind} = 'Fee' AND {arn} IS NOT NULL THEN 0
        ELSE {unblended} END"""
    contracted = f"""CASE
        WHEN {kind} = 'DiscountedUsage' AND {public} IS NOT NULL THEN {public}
        WHEN {kind} = 'DiscountedUsage' THEN {reserved}
        WHEN {kind} IN ('SavingsPlanNegation', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee',
            'RIFee') THEN 0
        WHEN {kind} = 'Fee' AND {arn} IS NOT NULL THEN 0
        ELSE {unblended} END"""
    return {
        "BilledCost": unblended,
        "EffectiveCost": amortised,
        "ListCost": own_list,
        "ContractedCost": contracted,
    }


def rejects(columns: Columns, facts: Facts) -> tuple[Reject, ...]:
    """Lines whose cost or type cannot be read; only what the line's own type needs counts."""
    kind = columns.text("lineItem/LineItemType")
    cost = "lineItem/UnblendedCost"
    found = [
        Reject(f"{columns.name('lineItem/LineItemType')} is empty", f"{kind} IS NULL"),
        Reject(f"{columns.name(cost)} is no amount that fits exactly", columns.unfit(cost)),
        Reject(f"{columns.name(cost)} is empty", f"{columns.money(cost)} IS NULL"),
    ]
    needed = {name: "true" for name in (_NET[cost],) if facts.net}
    for type_name, columns_of_type in _NEEDED.items():
        if type_name in facts.types:
            for name in (name for names in columns_of_type for name in names):
                needed[name] = f"{kind} = {literal(type_name)}"
                if facts.net and name in _NET:
                    needed[_NET[name]] = needed[name]
    for name, when in needed.items():
        if columns.has(name):
            reason = f"{columns.name(name)} is no amount that fits exactly"
            condition = columns.unfit(name)
            found.append(Reject(reason, f"{when} AND {condition}" if when != "true" else condition))
    return tuple(found)


def _refuse_missing(columns: Columns, facts: Facts) -> None:
    for kind, alternatives in _NEEDED.items():
        for names in alternatives if kind in facts.types else ():
            if not any(columns.has(name) for name in names):
                columns.require(
                    names[0],
                    f"without which the amortised cost of its {facts.types[kind]} {kind} lines "
                    "is unknown",
                )


def _texts(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))
