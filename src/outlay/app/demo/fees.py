"""What follows from usage on an AWS bill: commitments, discounts, credits, support and tax."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb

from outlay.app.demo import prices
from outlay.app.demo.story import (
    ACCOUNT_IDS,
    FJELLKIT_PAYER,
    MARKETPLACE_VENDOR,
    PAYER,
    RI_ARN,
    SP_GROWTH_ARN,
    SP_STEADY_ARN,
    Story,
)
from outlay.app.demo.table import Span, insert
from outlay.money import BillingPeriod

# Hourly commitments of the two Savings Plans, US dollars.
STEADY_COMMITMENT = Decimal("9.80")
GROWTH_COMMITMENT = Decimal("3.40")
GROWTH_UPFRONT = Decimal("1.70")
RESERVED_DATABASES = 6
EDP_RATE = Decimal("0.06")
SUPPORT_RATE = Decimal("0.03")
SALES_TAX = Decimal("0.0625")
FJELLKIT_VAT = Decimal("0.25")


def add(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    """Add to the table `line`, which holds the usage of the span, all that follows from it."""
    _plan_lines(con, story, span)
    _reservation_lines(con, story, span)
    _pods(con)
    _marketplace(con, span)
    _discounts(con)
    _credits_and_refund(con, story, span)
    _month_end(con, span)


def _plan_lines(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    """Negations that cancel the covered usage; each day's fee with what was used of it."""
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
        " amount, unit, rate, cost, region, sp_arn, description",
        """SELECT bill, 91000, period, day, until, account, 'SavingsPlanNegation', service,
            product, usage_type, operation, sum(amount), unit, -rate, -sum(cost), region, sp_arn,
            'SavingsPlanNegation used by AccountId : ' || account || ' and UsageSku : ' || sku
        FROM line WHERE type = 'SavingsPlanCoveredUsage'
        GROUP BY ALL""",
    )
    plans = (
        (SP_STEADY_ARN, STEADY_COMMITMENT, Decimal(0), "No Upfront", date(1970, 1, 1)),
        (SP_GROWTH_ARN, GROWTH_COMMITMENT, GROWTH_UPFRONT, "Partial Upfront",
         story.growth_plan_bought),
    )  # fmt: skip
    for arn, commitment, upfront, option, bought in plans:
        usage_type = f"ComputeSP:1yr{option.replace(' ', '')}"
        text = f"1 year {option} Compute Savings Plan"
        start = max(bought, span.first)
        if start >= span.end:
            continue
        insert(
            con,
            "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
            " amount, unit, cost, sp_arn, sp_total, sp_used, sp_upfront, sp_recurring, region,"
            " term, description",
            f"""WITH used AS (SELECT day, sum(sp_eff) AS used FROM line
                WHERE sp_arn = '{arn}' AND sp_eff IS NOT NULL GROUP BY day),
            days AS (SELECT CAST(range AS DATE) AS day
                FROM range(TIMESTAMP '{start}', TIMESTAMP '{span.end}', INTERVAL 1 DAY))
            SELECT 'main', 92000, date_trunc('month', day), day, day + 1, '{PAYER.id}',
                'SavingsPlanRecurringFee', 'ComputeSavingsPlans',
                '{prices.product_name("ComputeSavingsPlans")}', '{usage_type}', '', 24, 'Hrs',
                {24 * (commitment - upfront)}, '{arn}', {24 * commitment}, coalesce(used, 0),
                {24 * upfront}, {24 * (commitment - upfront)}, 'global', '', '{text}'
            FROM days LEFT JOIN used USING (day)""",
        )
        if upfront and span.first <= bought < span.end:
            insert(
                con,
                "bill, seq, period, day, until, account, type, service, product, usage_type,"
                " operation, amount, unit, cost, sp_arn, region, term, description",
                f"""SELECT 'main', 93000, date_trunc('month', DATE '{bought}'), DATE '{bought}',
                    DATE '{bought}' + 1, '{PAYER.id}', 'SavingsPlanUpfrontFee',
                    'ComputeSavingsPlans', '{prices.product_name("ComputeSavingsPlans")}',
                    '{usage_type}', '', 1, 'Quantity', {upfront * 24 * 365}, '{arn}', 'global',
                    '', '{text}, upfront'""",
            )


def _reservation_lines(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    """The reservation's upfront payment once, its fee and unused part every month."""
    bought = story.reservation_bought
    sku = prices.SKUS["db.r6g.2xlarge"]
    upfront, recurring = prices.RESERVATION_UPFRONT, prices.RESERVATION_RECURRING
    usage_type = "HeavyUsage:db.r6g.2xlarge"
    common = (
        f"'{PAYER.id}', '{{type}}', 'AmazonRDS', '{sku.product}', '{usage_type}', "
        f"'{sku.operation}', '{sku.family}', '{sku.instance}', '{sku.id}'"
    )
    columns = (
        "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
        " family, instance, sku, amount, unit, rate, cost, ri_arn, region, term, description"
    )
    if span.first <= bought < span.end:
        paid = RESERVED_DATABASES * upfront * 24 * 365
        insert(
            con,
            columns + ", ri_upfront",
            f"""SELECT 'main', 94000, DATE '{bought}', DATE '{bought}', DATE '{bought}' + 1,
                {common.format(type="Fee")}, {RESERVED_DATABASES}, 'Quantity', 0, {paid},
                '{RI_ARN}', 'us-east-1', '', 'Sign up charge for subscription: {RESERVED_DATABASES}
 db.r6g.2xlarge', {paid}""".replace("\n ", " "),
        )
    month = BillingPeriod.of(max(span.first, bought))
    while month.start < span.end:
        billed_hours = RESERVED_DATABASES * 24 * (month.end - month.start).days
        past = RESERVED_DATABASES * 24 * (min(month.end, span.end) - month.start).days
        insert(
            con,
            columns + ", ri_period_amort, ri_unused_amort, ri_unused_recurring, ri_unused_quantity",
            f"""SELECT 'main', 95000, DATE '{month.start}', DATE '{month.start}',
                DATE '{month.end}', {common.format(type="RIFee")}, {billed_hours}, 'Hrs',
                {recurring}, {billed_hours * recurring}, '{RI_ARN}', 'us-east-1', 'Reserved',
                'USD {recurring} hourly fee per PostgreSQL, db.r6g.2xlarge instance',
                {past * upfront}, {past * upfront} - coalesce(sum(ri_amort), 0),
                {past * recurring} - coalesce(sum(ri_recurring), 0),
                {past} - coalesce(sum(amount), 0)
            FROM line WHERE ri_arn = '{RI_ARN}' AND type = 'DiscountedUsage'
                AND period = DATE '{month.start}'""",
        )
        month = month.next()


# Namespace, workload, team label and thousandths of the node; the last takes what remains.
_PODS = (
    ("shop", "cart", "checkout", 290),
    ("shop", "catalog", "storefront", 240),
    ("ml", "recs-cache", "ml", 180),
    ("mobile", "gateway", "mobile", 150),
    ("mobile", "push-preview", "mobile", 40),
    ("monitoring", "collector", "platform", None),
)


def _pods(con: duckdb.DuckDBPyConnection) -> None:
    """Split cost allocation: pods share out the node's amortised cost to the last digit."""
    values = ", ".join(
        f"({number}, '{space}', '{name}', '{team}', {'NULL' if share is None else share})"
        for number, (space, name, team, share) in enumerate(_PODS)
    )
    con.execute(f"""
        CREATE OR REPLACE TABLE pod AS
        WITH node AS (SELECT *, CASE type WHEN 'Usage' THEN cost ELSE sp_eff END AS paid FROM line
                      WHERE tags['aws:eks:cluster-name'] = 'kestrel'
                      AND type IN ('SavingsPlanCoveredUsage', 'Usage')),
        part AS (SELECT n.*, p.*, CAST(CAST(n.paid AS DECIMAL(38,10))
                * CAST(p.share - 15 + CAST('0x' || substr(md5(n.resource || n.day || p.number),
                    1, 6) AS INTEGER) % 31 AS DECIMAL(6,0)) * 0.001 AS DECIMAL(18,8)) AS taken
            FROM node n, (VALUES {values}) p(number, space, workload, team, share))
        SELECT *, coalesce(taken, paid - sum(taken) OVER (PARTITION BY resource, day)) AS whole
        FROM part""")
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
        " family, resource, amount, unit, rate, cost, region, description, tags, split_parent,"
        " split_usage, split_unused, split_cost",
        """SELECT bill, 96000 + number, period, day, until, account, 'Usage', 'AmazonEKS',
            'Amazon Elastic Container Service for Kubernetes', 'EKS-EC2-vCPU-Hours',
            'EKSPod-EC2', 'Compute', 'arn:aws:eks:us-east-1:' || account || ':pod/kestrel/'
            || space || '/' || workload || '-' || substr(md5(resource || number), 1, 5), 24,
            'vCPU-Hours', 0, 0, region, 'pod of ' || workload,
            MAP {'team': team, 'aws:eks:cluster-name': 'kestrel', 'aws:eks:namespace': space,
                 'aws:eks:workload-name': workload},
            resource, 24, CAST(CAST(whole AS DECIMAL(38,10)) * 0.17 AS DECIMAL(18,8)),
            whole - CAST(CAST(whole AS DECIMAL(38,10)) * 0.17 AS DECIMAL(18,8))
        FROM pod""",
    )


def _marketplace(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """A vendor's monthly contract and daily overage, on an invoice of its own."""
    account, vendor = ACCOUNT_IDS["security"], MARKETPLACE_VENDOR
    shared = (
        "bill, seq, period, day, until, account, type, service, product, usage_type, operation,"
        " amount, unit, rate, cost, list_rate, list_cost, description, billing_entity,"
        " legal_entity, region"
    )
    days = f"range(TIMESTAMP '{span.first}', TIMESTAMP '{span.end}', INTERVAL 1 DAY) AS r(moment)"
    insert(
        con,
        shared,
        f"""SELECT 'main', 97000, date_trunc('month', moment), CAST(moment AS DATE),
            CAST(moment AS DATE) + 1, '{account}', 'Usage', '6k2quillstack',
            'Quillstack Log Search', 'MP:gb-indexed-Units', '', units, 'Units', 0.11, units * 0.11,
            0.11, units * 0.11, 'GB indexed above the contract', 'AWS Marketplace', '{vendor}', ''
        FROM (SELECT moment, CAST(CAST('0x' || substr(md5('mp' || CAST(moment AS DATE)), 1, 6)
              AS INTEGER) % 90 + 180 AS DECIMAL(18,6)) AS units FROM {days})""",
    )
    # Bought twice: the data team has a contract of its own for the same product.
    for number, (holder, price) in enumerate(
        ((account, Decimal(3800)), (ACCOUNT_IDS["data-prod"], Decimal(450)))
    ):
        insert(
            con,
            shared,
            f"""SELECT 'main', {97500 + number}, CAST(moment AS DATE), CAST(moment AS DATE),
            CAST(moment + INTERVAL 1 MONTH AS DATE), '{holder}', 'Fee', '6k2quillstack',
            'Quillstack Log Search', 'MP:contract', '', 1, 'Units', {price}, {price}, {price},
            {price}, 'Quillstack Log Search, monthly contract', 'AWS Marketplace', '{vendor}', ''
        FROM {days} WHERE day(moment) = 1""",
        )


def _discounts(con: duckdb.DuckDBPyConnection) -> None:
    """The Enterprise Discount Program: own lines, a day, account and service."""
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, region,"
        " amount, cost, description",
        f"""SELECT bill, 98000, period, day, until, account, 'EdpDiscount', service, product, '',
            region, 1, -sum(CAST(cost AS DECIMAL(18,8)) * {EDP_RATE}), 'Enterprise Program Discount'
        FROM line WHERE bill = 'main' AND type = 'Usage' AND cost > 0 AND billing_entity IS NULL
        GROUP BY bill, period, day, until, account, service, product, region""",
    )


def _credits_and_refund(con: duckdb.DuckDBPyConnection, story: Story, span: Span) -> None:
    """Credits while they last, and money back for an outage, in a later month."""
    columns = (
        "bill, seq, period, day, until, account, type, service, product, usage_type, amount,"
        " cost, description, bill_type"
    )
    month = BillingPeriod.of(span.first)
    while month.start < span.end:
        whole = f"DATE '{month.start}', DATE '{month.start}', DATE '{month.end}'"
        ends = story.credits_expire.start - timedelta(days=1)
        if month < story.credits_expire:
            insert(
                con,
                columns,
                f"""SELECT 'main', 98500, {whole}, '{ACCOUNT_IDS["shop-prod"]}',
                'Credit', 'AmazonEC2', '{prices.product_name("AmazonEC2")}', '', 1, -2500,
                'AWS Migration Acceleration Program credit, expires {ends}', NULL""",
            )
        if story.acquisition <= month < story.at(-2):
            insert(
                con,
                columns,
                f"""SELECT 'fjellkit', 98500, {whole}, '{FJELLKIT_PAYER.id}',
                'Credit', 'AmazonEC2', '{prices.product_name("AmazonEC2")}', '', 1, -350,
                'AWS Activate credit', NULL""",
            )
        day = month.start + timedelta(days=5)
        if month == story.refund_month and day < span.end:
            insert(
                con,
                columns,
                f"""SELECT 'main', 98600, DATE '{month.start}', DATE '{day}',
                DATE '{day}' + 1, '{ACCOUNT_IDS["mobile-prod"]}', 'Refund', 'AmazonRDS',
                '{prices.product_name("AmazonRDS")}', 'InstanceUsage:db.r6g.xlarge', 1, -412.6,
                'Service level refund for {month.previous()}', 'Refund'""",
            )
        month = month.next()


def _month_end(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Support and tax, which come with the final bill."""
    closed = f"(period + INTERVAL 1 MONTH) <= DATE '{span.today}'"
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, amount,"
        " unit, cost, list_cost, description",
        f"""SELECT bill, 99000, period, period, CAST(period + INTERVAL 1 MONTH AS DATE),
            '{PAYER.id}', 'Fee', 'AWSSupportBusiness', 'AWS Support (Business)', 'Dollar', 1,
            'Dollar', CAST(sum(cost) * {SUPPORT_RATE} AS DECIMAL(18,2)),
            CAST(sum(cost) * {SUPPORT_RATE} AS DECIMAL(18,2)), 'AWS Support (Business)'
        FROM line WHERE bill = 'main' AND billing_entity IS NULL AND {closed}
        GROUP BY bill, period""",
    )
    insert(
        con,
        "bill, seq, period, day, until, account, type, service, product, usage_type, amount,"
        " cost, description, tax_type",
        f"""SELECT bill, 99500, period, period, CAST(period + INTERVAL 1 MONTH AS DATE), account,
            'Tax', service, product, '', 1,
            CAST(sum(cost) * CASE bill WHEN 'main' THEN {SALES_TAX} ELSE {FJELLKIT_VAT} END
                 AS DECIMAL(18,2)),
            'Tax for product code ' || service,
            CASE bill WHEN 'main' THEN 'USSalesTax' ELSE 'VAT' END
        FROM line WHERE billing_entity IS NULL AND {closed}
            AND (bill = 'fjellkit' OR service IN
                 ('AmazonEC2', 'AmazonRDS', 'AmazonElastiCache'))
        GROUP BY bill, period, account, service, product HAVING sum(cost) >= 1""",
    )
