"""Commitments: whose fee is spread over which usage, exactly.

Google bills a commitment as a fee line (`Commitment v1: N2 Cpu in Belgium for 1 Year`) and takes
the covered usage off by credits on the usage's lines. Effective cost puts the fee where the use
was: within one billing account, currency, invoice month and kind of commitment, the fee is shared
out by the amounts that the credits cover. What of it no usage took is the commitment's unused
part. Amounts are shared in integers, the residual on the largest part, so that an invoice month's
effective cost is its billed cost to the last digit.
"""

from dataclasses import dataclass

from outlay.focus.sql import literal
from outlay.sources.contract import Raw
from outlay.sources.gcp_billing.columns import Columns
from outlay.sources.gcp_billing.credits import RESOURCE_CUD, SPEND_CUD, CreditSql
from outlay.sources.gcp_billing.credits import TABLE as CREDITS

TABLE = "gcp_line"
"""What is known of the lines that have credits or are fees (see `make_lines`)."""

_UNIT = 1_000_000_000
_FEE = "^commitment\\b"
_MONEY = "DECIMAL(38,21)"


def is_fee(columns: Columns, credits: CreditSql | None) -> str:
    """SQL condition: the line is the fee of a commitment.

    Its SKU begins with the word, or it has the credit that takes off a fee what was used.
    """
    sku = f"lower(coalesce({columns.text('sku.description')}, ''))"
    kind = f"lower(coalesce({columns.text('cost_type')}, 'regular'))"
    named = f"regexp_matches({sku}, {literal(_FEE)})"
    if credits is not None:
        named = f"({named} OR coalesce({credits.offset}, false))"
    return f"({kind} = 'regular' AND {named})"


def _kind(text: str) -> str:
    """SQL of what is committed, from a SKU's description."""
    return (
        f"CASE WHEN regexp_matches({text}, '\\b(core|cpu|vcpu)s?\\b') THEN 'CPU' "
        f"WHEN regexp_matches({text}, '\\bram\\b') THEN 'RAM' "
        f"WHEN contains({text}, 'local ssd') THEN 'Local SSD' "
        f"WHEN regexp_matches({text}, '\\b(gpu|tpu)') THEN regexp_extract({text}, "
        "'[a-z0-9 ]*\\b(gpu|tpu)') ELSE '' END"
    )


def _family(text: str) -> str:
    """SQL of the machine family in a SKU's description; empty for the first (N1)."""
    bare = f"regexp_replace({text}, '^commitment[^:]*: *|^(spot )?(preemptible )?(reserved )?', '')"
    first = f"regexp_extract({bare}, '^([a-z][0-9]+[a-z]?)\\b', 1)"
    return (
        f"CASE WHEN {first} = 'n1' THEN '' WHEN {first} <> '' THEN upper({first}) "
        f"WHEN starts_with({bare}, 'compute optimized') THEN 'C2' "
        f"WHEN starts_with({bare}, 'memory-optimized') THEN 'M1' ELSE '' END"
    )


def _units(amount: str) -> str:
    """SQL of an amount in whole billionths, for sharing."""
    return f"CAST(CAST({amount} AS DECIMAL(38,9)) * {_UNIT} AS HUGEINT)"


def _amount(units: str) -> str:
    """SQL of the DECIMAL(38,21) of so many billionths."""
    return (
        f"CAST(CAST({units} AS DECIMAL(27,0)) * CAST('0.000000001' AS DECIMAL(10,9)) AS {_MONEY})"
    )


@dataclass(frozen=True)
class LineSql:
    """SQL over the mapping's source of what `make_lines` found; constants where there is nothing.

    `netted` is the sum of the credits that are part of the price. `covered` (NULL unless a known
    commitment covers some of the line) is the cost that commitments cover, `whole` whether that
    is all of it, `share` the fees' part, `quantity` the quantity covered. `unused` is of a fee.
    """

    source: str = "raw"
    netted: str = f"CAST(0 AS {_MONEY})"
    covered: str = f"CAST(NULL AS {_MONEY})"
    whole: str = "false"
    share: str = f"CAST(NULL AS {_MONEY})"
    quantity: str = f"CAST(NULL AS {_MONEY})"
    unused: str = f"CAST(NULL AS {_MONEY})"
    commitment: str = "CAST(NULL AS VARCHAR)"
    name: str = "CAST(NULL AS VARCHAR)"
    spend: str = "false"


FOUND = LineSql(
    source=f"raw LEFT JOIN {TABLE} USING (_file, _line)",
    netted="coalesce(k_netted, 0)",
    covered="k_covered",
    whole="coalesce(k_whole, false)",
    share="k_share",
    quantity="k_quantity",
    unused="k_unused",
    commitment="k_commitment",
    name="k_commitment_name",
    spend="coalesce(k_spend, false)",
)


def make_lines(
    raw: Raw, columns: Columns, credits: CreditSql | None, month: str, rejected: str
) -> None:
    """Make the table of lines that have credits or are fees; `gcp_credit` must be made before."""
    sku = f"lower(coalesce({columns.text('sku.description')}, ''))"
    fee = is_fee(columns, credits)
    spend = f"contains({sku}, 'dollar based')"
    if credits is not None:
        spend = f"({spend} OR coalesce({credits.offset} AND NOT regexp_matches({sku}, "
        spend = f"{spend}{literal(_FEE)}), false))"
    region = f"coalesce({columns.text('location.region')}, {columns.text('location.location')}, '')"
    cost = columns.money("cost")
    group = (
        f"concat_ws('|', coalesce({columns.text('billing_account_id')}, ''), "
        f"coalesce({columns.text('currency')}, ''), coalesce(CAST({month} AS VARCHAR), ''), "
        "CASE WHEN k_spend THEN 'spend' ELSE 'resource' END)"
    )
    scope = (
        f"concat_ws('|', coalesce({columns.text('service.id')}, ''), "
        f"CASE WHEN k_spend THEN '' ELSE {_kind(sku)} END, {region})"
    )
    raw.make(
        TABLE,
        f"""WITH credited AS (
            SELECT _file, _line, sum(k_amount) FILTER (k_netted) AS k_netted,
                sum(k_amount) FILTER (k_type IN ({literal(RESOURCE_CUD)}, {literal(SPEND_CUD)}))
                    AS k_commit,
                bool_or(k_type = {literal(SPEND_CUD)}) AS k_dollar
            FROM {CREDITS} GROUP BY ALL),
        line AS (
            SELECT _file, _line, k_fee AS fee, k_spend, k_netted, k_commit, {cost} AS cost,
                coalesce({columns.quantity("usage.amount_in_pricing_units")}, 0) AS amount,
                coalesce({columns.text("usage.pricing_unit")}, '') AS unit,
                {columns.text("sku.description")} AS sku,
                {columns.text("subscription.instance_id")} AS instance,
                {columns.text("billing_account_id")} AS account,
                {region} AS region, {_kind(sku)} AS kind, {_family(sku)} AS family,
                {group} AS pool_group, {scope} AS scope
            FROM (SELECT raw.*, k_netted, k_commit, {fee} AS k_fee,
                    CASE WHEN {fee} THEN {spend} ELSE coalesce(k_dollar, false) END AS k_spend
                FROM raw LEFT JOIN credited USING (_file, _line))
            WHERE (k_netted IS NOT NULL OR k_fee) AND NOT {rejected}),
        {_POOLS}""",
    )


_WASTE = f"coalesce(TRY({_units('net')} * (bought - used) // bought), 0)"

# Every name below is of the CTE `line`, never of the vendor's columns.
_POOLS = f"""
keyed AS (
    SELECT *, pool_group || '|' || scope || '|' || family AS exact,
        pool_group || '|' || scope AS near FROM line),
fee AS (SELECT *, cost + coalesce(k_netted, 0) AS net FROM keyed WHERE fee),
covered AS (
    SELECT *, -k_commit AS amount_covered FROM keyed
    WHERE NOT fee AND k_commit <> 0 AND cost <> 0),
fee_exact AS (SELECT DISTINCT exact FROM fee),
fee_near AS (SELECT near, min(exact) AS exact FROM fee GROUP BY near),
covered_pool AS (
    SELECT covered.*, coalesce(fee_exact.exact, fee_near.exact, pool_group || '|rest') AS pool
    FROM covered LEFT JOIN fee_exact ON covered.exact = fee_exact.exact
        LEFT JOIN fee_near ON covered.near = fee_near.near),
matched AS (
    SELECT pool FROM covered_pool GROUP BY pool HAVING sum({_units("amount_covered")}) > 0),
fee_pool AS (
    SELECT fee.*, CASE WHEN matched.pool IS NULL THEN pool_group || '|rest' ELSE fee.exact END
        AS pool
    FROM fee LEFT JOIN matched ON fee.exact = matched.pool),
weighted AS (
    SELECT *, {_units("amount_covered")} AS weight,
        CASE WHEN amount_covered = cost THEN {_units("amount")}
             ELSE coalesce(TRY({_units("amount")} * {_units("amount_covered")}
                 // {_units("cost")}), 0) END AS used
    FROM covered_pool WHERE pool IN (SELECT pool FROM fee_pool)
        AND pool IN (SELECT pool FROM matched) AND {_units("cost")} <> 0),
used AS (
    SELECT pool, sum(weight) AS weight, sum(used) AS used, min(unit) AS unit,
        count(DISTINCT unit) AS units FROM weighted GROUP BY pool),
bought AS (
    SELECT fee_pool.pool, sum({_units("amount")}) AS bought, min(fee_pool.unit) AS unit,
        count(DISTINCT fee_pool.unit) AS units,
        min(instance) AS instance, count(DISTINCT instance) AS instances, min(sku) AS name,
        min(account) AS account, min(region) AS region, min(kind) AS kind, min(family) AS family,
        bool_or(k_spend) AS spend
    FROM fee_pool GROUP BY fee_pool.pool),
pool AS (
    SELECT bought.*, used.weight, used.used,
        -- A share of the fee is unused where both are counted in one unit and less was used.
        NOT ends_with(bought.pool, '|rest') AND NOT spend AND bought.units = 1 AND used.units = 1
            AND bought.unit = used.unit AND bought.unit <> '' AND used.used > 0
            AND used.used < bought.bought AS counted,
        CASE WHEN instances = 1 THEN instance
             WHEN ends_with(bought.pool, '|rest') THEN concat_ws('/', account,
                CASE WHEN spend THEN 'spend commitments' ELSE 'resource commitments' END)
             ELSE concat_ws('/', account, nullif(region, ''), nullif(trim(family || ' ' ||
                CASE WHEN spend THEN 'spend commitment' ELSE kind END), '')) END AS id
    FROM bought LEFT JOIN used ON bought.pool = used.pool),
fee_part AS (
    SELECT fee_pool.*, id, CASE WHEN weight IS NULL THEN net
        WHEN counted THEN {_amount(_WASTE)}
        ELSE 0 END AS unused
    FROM fee_pool JOIN pool ON fee_pool.pool = pool.pool),
spread AS (SELECT pool, sum(net) - sum(unused) AS rest FROM fee_part GROUP BY pool),
part AS (
    SELECT weighted.*, id, name, rest,
        {_amount(f"coalesce(TRY({_units('rest')} * weighted.weight // pool.weight), 0)")} AS part,
        row_number() OVER (PARTITION BY weighted.pool
            ORDER BY weighted.weight DESC, _file, _line) AS place
    FROM weighted JOIN pool ON weighted.pool = pool.pool
        JOIN spread ON weighted.pool = spread.pool),
shared AS (
    SELECT *, part + CASE WHEN place = 1 THEN rest - sum(part) OVER (PARTITION BY pool)
        ELSE 0 END AS share FROM part)
SELECT line._file, line._line, coalesce(line.k_netted, 0) AS k_netted,
    CASE WHEN shared.pool IS NOT NULL THEN shared.amount_covered END AS k_covered,
    shared.pool IS NOT NULL AND line.cost = shared.amount_covered
        AND line.k_netted = line.k_commit AS k_whole,
    CAST(shared.share AS {_MONEY}) AS k_share, {_amount("shared.used")} AS k_quantity,
    CAST(fee_part.unused AS {_MONEY}) AS k_unused,
    coalesce(shared.id, fee_part.id) AS k_commitment,
    coalesce(shared.name, fee_part.sku) AS k_commitment_name,
    line.k_spend AS k_spend
FROM line LEFT JOIN shared ON line._file = shared._file AND line._line = shared._line
    LEFT JOIN fee_part ON line._file = fee_part._file AND line._line = fee_part._line"""
