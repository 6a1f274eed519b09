"""Rows of the bill divided by weights, to the last digit: the table `outlay_parts`."""

from outlay.focus.multiply import multiplied_sql
from outlay.focus.share import shared_sql
from outlay.sources.contract import Raw
from outlay.sources.snowflake.bill import BILL_TABLE
from outlay.sources.snowflake.weights import WEIGHTS_TABLE

PARTS_TABLE = "outlay_parts"
SCALE = 12
"""Parts are whole units of 10^-12 of the currency, of a credit and of one."""

METHOD = "snowflake-attributed-credits"
"""AllocatedMethodId of compute that is divided by the credits that Snowflake attributes."""

PART_COLUMNS = ("id", "name", "type", "state", "user", "role", "tags", "size")


def make_parts(raw: Raw, *, priced: bool) -> None:
    """Make `outlay_parts`: the columns of the bill, who a part is of, cost, usage and ratio.

    A row of the bill is divided where there are weights of its account, day and service; an
    adjustment is not: what is free is reckoned once a day for the account. The ratio is the part
    of the warehouse's own share, so that ratios of one origin add up to 1.

    `priced` says that rate times usage is the amount of every row: then it is of every part too.
    """
    columns = ", ".join(f"w.{name} AS p_{name}" for name in PART_COLUMNS)
    joined = f"""SELECT b.*, {columns}, w.weight AS p_weight,
            concat_ws('/', w.type, coalesce(w.id, w.name)) AS p_origin,
            concat_ws(chr(31), w.id, w.name, w.type, w.state, w.user, w.role, w.tags) AS p_key,
            CAST(1 AS DECIMAL(38,21)) AS p_one
        FROM {BILL_TABLE} AS b JOIN {WEIGHTS_TABLE} AS w
            ON w.account = b.b_account AND w.day = b.b_day AND w.service = b.b_service
        WHERE NOT b.b_adjusts AND b.b_usage IS NOT NULL AND w.weight > 0"""
    divided = shared_sql(
        f"({joined})",
        by=["b_file", "b_line"],
        weight="p_weight",
        amounts={"p_cost": "b_amount", "p_usage": "b_usage"},
        order=["p_key"],
        scale=SCALE,
    )
    rated = shared_sql(
        f"({divided})",
        by=["b_file", "b_line", "p_origin"],
        weight="p_weight",
        amounts={"p_ratio": "p_one"},
        order=["p_key"],
        scale=SCALE,
    )
    cost = multiplied_sql("p_usage", "b_rate") if priced else "p_cost"
    raw.make(
        PARTS_TABLE,
        f"SELECT * REPLACE ({cost} AS p_cost), b_file AS _file, b_line AS _line "
        f"FROM ({rated}) WHERE p_cost IS NOT NULL",
    )
