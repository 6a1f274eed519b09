"""The lines of the AWS bills, made by DuckDB from fleet, prices and calendar; exact decimals.

Usage comes first; negations, fees, discounts, credits, support and tax follow from it, so that
the bill agrees with itself: negations cancel, used and unused commitment add up to what was
bought, pods share out exactly the node.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa

from outlay.app.demo import fees, fleet, prices, shapes, waste
from outlay.app.demo.story import (
    ACCOUNT_IDS,
    ACCOUNTS,
    RI_ARN,
    SP_GROWTH_ARN,
    SP_STEADY_ARN,
    Story,
)
from outlay.app.demo.table import COLUMNS, Span, insert

_WHOLE_UNITS = (
    "'Requests', 'Events', 'IOs', 'Queries', 'Checks', 'PutRequest', 'ReadRequestUnits', "
    "'WriteRequestUnits', 'ConfigurationItemRecorded'"
)
_REGION_PREFIX = {"us-east-1": "", "ap-southeast-2": "APS2-", "eu-north-1": "EUN1-"}


def build(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    """Fill the table `line` with the lines of the days of the span."""
    con.execute(f"CREATE OR REPLACE TABLE line ({COLUMNS})")
    _register(con, story, span)
    _usage(con, story, span)
    fees.add(con, story, span)


def _register(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    main, acquired = fleet.main_fleet(story), fleet.fjellkit_fleet(story)
    idle = waste.waste(story)
    fleet.check_skus(main + acquired + idle)
    uses = [("main", use) for use in main] + [("fjellkit", use) for use in acquired]
    # Last: the number of a use decides its noise.
    uses += [("main", use) for use in idle]
    uses += [("main", use) for use in fleet.nodes()[fleet.NODES :]]
    rows = [_use_row(number, bill, use) for number, (bill, use) in enumerate(uses)]
    con.register("use_rows", pa.Table.from_pylist(rows, schema=_USE_SCHEMA))
    con.execute("CREATE OR REPLACE TABLE use AS SELECT * FROM use_rows")
    con.unregister("use_rows")
    days = [row for row in shapes.factors(story) if span.first <= row[0] < span.end]
    table = pa.Table.from_pylist(
        [dict(zip(("day", "pattern", "growth", "factor"), row, strict=True)) for row in days],
        schema=pa.schema(
            [("day", pa.date32()), ("pattern", pa.string()), ("growth", pa.string()),
             ("factor", pa.decimal128(12, 4))]
        ),
    )  # fmt: skip
    con.register("shape_rows", table)
    con.execute("CREATE OR REPLACE TABLE shape AS SELECT * FROM shape_rows")
    con.unregister("shape_rows")


_USE_SCHEMA = pa.schema(
    [("seq", pa.int32()), ("bill", pa.string()), ("account", pa.string()),
     ("service", pa.string()), ("product", pa.string()), ("family", pa.string()),
     ("usage_type", pa.string()), ("operation", pa.string()), ("unit", pa.string()),
     ("instance", pa.string()), ("sku", pa.string()), ("rate", pa.decimal128(18, 10)),
     ("resource", pa.string()), ("amount", pa.decimal128(18, 6)), ("pattern", pa.string()),
     ("growth", pa.string()), ("tags", pa.map_(pa.string(), pa.string())),
     ("start", pa.date32()), ("until", pa.date32()), ("purchase", pa.string()),
     ("rotate", pa.int32()), ("cap", pa.int32()), ("region", pa.string()),
     ("noise", pa.bool_()), ("zone", pa.string())]
)  # fmt: skip


def _use_row(number: int, bill: str, use: fleet.Use) -> dict[str, object]:
    sku = prices.SKUS[use.sku]
    prefix = _REGION_PREFIX[use.region]
    spot = use.purchase == "spot" and sku.family == "Compute Instance"
    usage_type = sku.usage_type.replace("BoxUsage", "SpotUsage") if spot else sku.usage_type
    zone = "abc"[fleet.digest(use.resource) % 3] if sku.instance else ""
    return {
        "seq": number, "bill": bill, "account": ACCOUNT_IDS[use.account],
        "service": sku.service, "product": sku.product, "family": sku.family,
        "usage_type": prefix + usage_type,
        "operation": sku.operation + (":SV001" if spot else ""), "unit": sku.unit,
        "instance": sku.instance, "sku": sku.id, "rate": sku.rate.quantize(Decimal("1E-10")),
        "resource": use.resource, "amount": use.amount.quantize(Decimal("1E-6")),
        "pattern": use.pattern, "growth": use.growth, "tags": sorted(use.tags.items()),
        "start": max(use.start, date(1970, 1, 1)), "until": min(use.end, date(9999, 1, 1)),
        "purchase": use.purchase, "rotate": use.rotate, "cap": use.cap, "region": use.region,
        "noise": use.noise, "zone": use.region + zone if zone else "",
    }  # fmt: skip


def _usage(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    """One line a day and use. The first delivery of the restated month counted S3 requests half
    as much again, and the traffic of its last days had not arrived."""
    logs = story.anomalies[0]
    late = span.end - timedelta(days=3)
    estimate = "CASE WHEN service = 'AmazonS3' AND unit = 'Requests' THEN 1.5 ELSE 1 END"
    bought = story.reservation_bought
    con.execute(f"""
        CREATE OR REPLACE TABLE used AS
        WITH drawn AS (
            SELECT u.*, s.day, s.factor,
                CAST('0x' || substr(md5(u.seq || '/' || u.resource || '/' || s.day), 1, 7)
                     AS INTEGER) AS luck
            FROM use u JOIN shape s USING (pattern, growth)
            WHERE s.day BETWEEN u.start AND u.until
        ), measured AS (
            SELECT *, CASE
                WHEN NOT noise THEN 1.000
                WHEN account = '{ACCOUNT_IDS[logs.account]}' AND usage_type = 'DataProcessing-Bytes'
                    AND resource LIKE '%/shared' AND day BETWEEN DATE '{logs.start}'
                    AND DATE '{logs.end}'
                THEN CASE day WHEN DATE '{logs.start}' THEN 14.000
                     WHEN DATE '{logs.end}' THEN 9.500 ELSE 24.000 END
                ELSE 0.940 + CAST(luck % 121 AS DECIMAL(6,0)) * 0.001 END AS swing
            FROM drawn
        ), counted AS (
            SELECT *, CAST(amount AS DECIMAL(38,6)) * factor * CAST(swing AS DECIMAL(6,3))
                * {estimate if span.early else "1"} AS quantity
            FROM measured
        )
        SELECT * EXCLUDE (amount, rate, quantity),
            CAST(CASE WHEN cap > 0 THEN least(quantity, cap)
                 WHEN unit IN ({_WHOLE_UNITS}) THEN round(quantity, 0)
                 ELSE quantity END AS DECIMAL(18,6)) AS amount,
            rate AS list_rate,
            CASE WHEN usage_type LIKE '%SpotUsage%'
                THEN CAST(CAST(CAST(rate AS DECIMAL(38,10)) * {prices.SPOT_SHARE}
                     * (0.850 + CAST(luck % 301 AS DECIMAL(6,0)) * 0.001) AS DECIMAL(10,4))
                     AS DECIMAL(18,10))
                ELSE rate END AS rate,
            CASE WHEN purchase = 'ri' AND day < DATE '{bought}' THEN 'on-demand'
                ELSE purchase END AS paid
        FROM counted
        WHERE NOT ({"true" if span.early else "false"} AND service = 'AWSDataTransfer'
                   AND day >= DATE '{late}')
    """)
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
        " family, instance, sku, resource, amount, unit, rate, cost, list_rate, list_cost, term,"
        " region, zone, description, tags, sp_arn, sp_rate, sp_eff, ri_arn, ri_eff, ri_amort,"
        " ri_recurring",
        _usage_select(),
    )
    if span.early:
        _metered_in_error(con, span)


def _times(amount: str, factor: object) -> str:
    """A product in SQL, rounded half up to eight decimals as the vendor's lines are."""
    return f"CAST(CAST({amount} AS DECIMAL(38,6)) * {factor} AS DECIMAL(18,8))"


def _usage_select() -> str:
    upfront, recurring = prices.RESERVATION_UPFRONT, prices.RESERVATION_RECURRING
    growth = f"starts_with(usage_type, 'BoxUsage:{'m7g'}')"
    return f"""
        WITH priced AS (
            SELECT *, CAST(CASE paid WHEN 'ri' THEN 0 ELSE CAST(amount AS DECIMAL(38,6)) * rate END
                           AS DECIMAL(18,8)) AS cost,
                CAST(CAST(list_rate AS DECIMAL(38,10)) * {prices.SAVINGS_PLAN_SHARE}
                     AS DECIMAL(18,10)) AS plan_rate
            FROM used)
        SELECT bill, seq, date_trunc('month', day), day, day + 1, account,
            CASE paid WHEN 'plan' THEN 'SavingsPlanCoveredUsage' WHEN 'ri' THEN 'DiscountedUsage'
                ELSE 'Usage' END,
            service, product, usage_type, operation, family, instance, sku,
            CASE WHEN rotate > 0 THEN 'i-0' || substr(md5(resource ||
                (day - DATE '2020-01-01') // rotate), 1, 17) ELSE resource END,
            amount, unit, CASE paid WHEN 'ri' THEN 0 ELSE rate END, cost, list_rate,
            {_times("amount", "list_rate")},
            CASE WHEN usage_type LIKE '%SpotUsage%' THEN 'Spot' WHEN paid = 'plan' THEN ''
                WHEN paid = 'ri' THEN 'Reserved' ELSE 'OnDemand' END,
            region, zone,
            CASE paid WHEN 'ri' THEN usage_type || ' reserved instance applied'
                ELSE '$' || trim(rtrim(CAST(rate AS VARCHAR), '0'), '.') || ' per ' || unit || ' '
                     || usage_type END,
            tags,
            CASE WHEN paid = 'plan' THEN
                CASE WHEN {growth} THEN '{SP_GROWTH_ARN}' ELSE '{SP_STEADY_ARN}' END END,
            CASE WHEN paid = 'plan' THEN plan_rate END,
            CASE WHEN paid = 'plan' THEN {_times("amount", "plan_rate")} END,
            CASE WHEN paid = 'ri' THEN '{RI_ARN}' END,
            CASE WHEN paid = 'ri' THEN {_times("amount", upfront + recurring)} END,
            CASE WHEN paid = 'ri' THEN {_times("amount", upfront)} END,
            CASE WHEN paid = 'ri' THEN {_times("amount", recurring)} END
        FROM priced WHERE amount > 0"""


def _metered_in_error(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """A line of the early delivery that the final one does not have."""
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
        " family, sku, resource, amount, unit, rate, cost, list_rate, list_cost, term, region,"
        " description",
        f"""SELECT 'main', 90000, DATE '{span.first}', DATE '{span.first}' + 4,
            DATE '{span.first}' + 5, '{ACCOUNT_IDS["data-prod"]}', 'Usage', 'AWSBackup',
            'AWS Backup', 'WarmStorage-ByteHrs-EBS', 'Storage', 'AWS Backup Storage',
            '{prices.SKUS["backup"].id}', '', 4290, 'GB-Mo', 0.05, 214.50, 0.05, 214.50,
            'OnDemand', 'us-east-1', '$0.05 per GB-Mo of backup storage (metered in error)'""",
    )


def account_names() -> dict[str, str]:
    """Account id → name, for the formats that carry names."""
    return {account.id: account.name for account in ACCOUNTS}
