"""Credits of a line: which are discounts on its cost, which are credits of their own.

`cost` is before credits, and what is billed is cost plus all credits. A discount belongs to the
price of what was used and is netted into the line; a promotion pays for whatever it meets and
becomes a charge of its own, so that both can be told apart. Either way their sum is billed.
"""

from dataclasses import dataclass

from outlay.focus.sql import literal, money_sql
from outlay.sources.contract import Raw
from outlay.sources.gcp_billing.columns import Columns

RESOURCE_CUD = "COMMITTED_USAGE_DISCOUNT"
SPEND_CUD = "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"
OFFSET = "FEE_UTILIZATION_OFFSET"
PROMOTION = "PROMOTION"

NETTED = (
    RESOURCE_CUD,
    SPEND_CUD,
    "SUSTAINED_USAGE_DISCOUNT",
    "DISCOUNT",
    "FREE_TIER",
    "SUBSCRIPTION_BENEFIT",
    "RESELLER_MARGIN",
    OFFSET,
)
"""Types of credit that are part of a line's price."""

# Spellings that are not Google's own, seen in exports that were rewritten.
_ALIASES = {
    "COMMITTED_USE_DISCOUNT": RESOURCE_CUD,
    "COMMITTED_USE_DISCOUNT_DOLLAR_BASE": SPEND_CUD,
    "SUSTAINED_USE_DISCOUNT": "SUSTAINED_USAGE_DISCOUNT",
    "FREE_TRIAL": PROMOTION,
}

# Exports before 2020 name a credit and give it no type. The first pattern that is found decides.
_BY_NAME = (
    ("fee utilization offset", OFFSET),
    ("committed us.*dollar|spend.based committed|commitments\\b", SPEND_CUD),
    ("committed us", RESOURCE_CUD),
    ("sustained us", "SUSTAINED_USAGE_DISCOUNT"),
    ("free ?trial|promotion|coupon|voucher|grant|marketing", PROMOTION),
    ("free", "FREE_TIER"),
    ("reseller", "RESELLER_MARGIN"),
    ("subscription", "SUBSCRIPTION_BENEFIT"),
    ("discount", "DISCOUNT"),
)
OTHER = "OTHER"

_NO_CREDITS = (
    "CAST([] AS STRUCT(name VARCHAR, full_name VARCHAR, id VARCHAR, type VARCHAR, "
    "amount VARCHAR)[])"
)

TABLE = "gcp_credit"
"""The credits of a delivery, one row each (see `make_credits`)."""


def type_sql(credit: str) -> str:
    """SQL of a credit's type, from the struct's type or else its names."""
    given = f"upper(nullif({credit}.type, ''))"
    renamed = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in _ALIASES.items())
    name = f"lower(concat_ws(' ', {credit}.name, {credit}.full_name, {credit}.id))"
    named = " ".join(
        f"WHEN regexp_matches({name}, {literal(pattern)}) THEN {literal(kind)}"
        for pattern, kind in _BY_NAME
    )
    return (
        f"CASE WHEN {given} IS NOT NULL THEN CASE {given} {renamed} ELSE {given} END "
        f"ELSE CASE {named} ELSE {literal(OTHER)} END END"
    )


def netted_sql(kind: str) -> str:
    """SQL condition: credits of this type are netted into their line.

    A type that is not known is a discount if its name says so.
    """
    listed = ", ".join(map(literal, NETTED))
    return f"({kind} IN ({listed}) OR contains({kind}, 'DISCOUNT'))"


@dataclass(frozen=True)
class CreditSql:
    """SQL over `raw` of a line's credits. `all` and `own` are sums as DECIMAL(38,21), 0 where
    there are none; `unfit` is the condition that a credit has no amount that fits, `offset` that
    one takes the used part off a commitment's fee."""

    list: str
    all: str
    own: str
    unfit: str
    offset: str

    @classmethod
    def of(cls, columns: Columns) -> "CreditSql | None":
        """The expressions; None where the files have no credits at all."""
        credits = columns.list("credits")
        if credits is None:
            return None
        amount = money_sql("x.amount", "VARCHAR")
        amounts = f"list_transform({credits}, lambda x: {amount})"
        own = (
            f"list_transform(list_filter({credits}, lambda x: "
            f"NOT {netted_sql(type_sql('x'))}), lambda x: {amount})"
        )
        return cls(
            list=credits,
            all=f"coalesce(list_sum({amounts}), 0)",
            own=f"coalesce(list_sum({own}), 0)",
            unfit=f"coalesce(list_count({amounts}) < len({credits}), false)",
            offset=(
                f"list_contains(list_transform({credits}, lambda x: {type_sql('x')}), "
                f"{literal(OFFSET)})"
            ),
        )


def make_credits(raw: Raw, credits: CreditSql | None, rejected: str) -> None:
    """Make the table of credits: `k_type`, `k_name`, `k_full_name`, `k_id`, `k_netted`, `k_amount`
    by `_file` and `_line`, without the credits of rejected rows."""
    listed = credits.list if credits else _NO_CREDITS
    raw.make(
        TABLE,
        f"""SELECT _file, _line, {type_sql("k")} AS k_type, nullif(k.name, '') AS k_name,
            nullif(k.full_name, '') AS k_full_name, nullif(k.id, '') AS k_id,
            {netted_sql(type_sql("k"))} AS k_netted,
            {money_sql("k.amount", "VARCHAR")} AS k_amount
        FROM (SELECT _file, _line, unnest({listed}) AS k FROM raw
              WHERE len({listed}) > 0 AND NOT {rejected})""",
    )
