"""What a line costs, when it is billed, and what makes it unreadable: SQL over the raw rows."""

from outlay.sources.contract import Reject
from outlay.sources.gcp_billing.columns import Columns
from outlay.sources.gcp_billing.credits import CreditSql

_MONEY = "DECIMAL(38,21)"


def month_sql(columns: Columns) -> str:
    """SQL of the first day of the invoice's month; NULL where it is none."""
    if not columns.has("invoice.month"):
        return f"CAST(date_trunc('month', {columns.time('usage_start_time')}) AS DATE)"
    text = f"replace({columns.text('invoice.month')}, '-', '')"
    return f"CAST(try_strptime({text}, '%Y%m') AS DATE)"


def is_regular(columns: Columns) -> str:
    """SQL condition: the line is usage or a purchase; no tax, rounding or adjustment."""
    return f"lower(coalesce({columns.text('cost_type')}, 'regular')) = 'regular'"


def list_cost_sql(columns: Columns) -> str:
    """SQL of the list cost: cost_at_list. Tax, rounding and corrections have no list price, and
    Google writes 0; what they cost is then no saving."""
    cost = columns.money("cost")
    if not columns.has("cost_at_list"):
        return cost
    listed = columns.money("cost_at_list")
    return (
        f"CASE WHEN {listed} IS NULL OR ({listed} = 0 AND NOT {is_regular(columns)}) THEN {cost} "
        f"ELSE {listed} END"
    )


def contracted_cost_sql(columns: Columns) -> str:
    """SQL of the cost at the contract's price before commitments and other credits.

    Where a commitment's price is in the line itself (another consumption model), Google states
    what the line would cost without it.
    """
    cost = columns.money("cost")
    if not columns.has("cost_at_effective_price_default"):
        return cost
    default = columns.money("cost_at_effective_price_default")
    return f"CASE WHEN {is_regular(columns)} THEN coalesce({default}, {cost}) ELSE {cost} END"


def formulas(columns: Columns, credits: CreditSql | None) -> dict[str, str]:
    """Google's own sums over the raw lines: billed is cost and all credits, and so is effective,
    since a fee is spread within its invoice month."""
    everything, own = (credits.all, credits.own) if credits else ("0", "0")
    billed = f"CAST({columns.money('cost')} + {everything} AS {_MONEY})"
    return {
        "BilledCost": billed,
        "EffectiveCost": billed,
        "ListCost": f"CAST({list_cost_sql(columns)} + {own} AS {_MONEY})",
        "ContractedCost": f"CAST({contracted_cost_sql(columns)} + {own} AS {_MONEY})",
    }


def rejects_of(columns: Columns, credits: CreditSql | None, month: str) -> tuple[Reject, ...]:
    """Lines whose cost, credits, time, month or currency cannot be read."""
    found = [
        Reject("cost is no amount that fits exactly", columns.unfit("cost")),
        Reject("cost is empty", f"{columns.money('cost')} IS NULL"),
        Reject("usage_start_time is no time", f"{columns.time('usage_start_time')} IS NULL"),
        Reject("invoice.month is no month (YYYYMM)", f"({month}) IS NULL"),
        Reject("currency is empty", f"{columns.text('currency')} IS NULL"),
    ]
    for path in ("cost_at_list", "cost_at_effective_price_default"):
        if columns.has(path):
            found.append(Reject(f"{path} is no amount that fits exactly", columns.unfit(path)))
    if credits is not None:
        found.append(Reject("credits cannot be read as a list", columns.unreadable("credits")))
        found.append(Reject("a credit's amount is none that fits exactly", credits.unfit))
    return tuple(reject for reject in found if reject.when != "false")
