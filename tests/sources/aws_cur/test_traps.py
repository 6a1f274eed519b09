"""The traps of Cost and Usage Reports, each with the smallest bill that springs it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.sources.aws_cur import AwsCur, AwsCurOptions
from outlay.sources.contract import SourceError
from tests.sources.aws_cur.bills import (
    Line,
    assert_proven,
    csv_bytes,
    lift_lines,
    line,
    plain,
    write,
)
from tests.sources.harness import lift, stage


def without(one: Line, name: str) -> dict[str, str | None]:
    return {column: value for column, value in one.items() if column != name}


@pytest.mark.parametrize(
    ("missing", "snake"),
    [
        ("lineItem/UnblendedCost", "line_item_unblended_cost"),
        ("lineItem/LineItemType", "line_item_line_item_type"),
        ("lineItem/CurrencyCode", "line_item_currency_code"),
        ("lineItem/UsageStartDate", "line_item_usage_start_date"),
    ],
)
def test_a_needed_column_that_is_missing_is_named_with_its_spellings(
    tmp_path: Path, missing: str, snake: str
) -> None:
    with pytest.raises(SourceError, match=f"no column {missing} .{snake}.") as caught:
        lift_lines(tmp_path, without(line(), missing))
    assert "export the period again" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("SavingsPlanCoveredUsage", "savingsPlan/SavingsPlanEffectiveCost"),
        ("DiscountedUsage", "reservation/EffectiveCost"),
        ("SavingsPlanRecurringFee", "savingsPlan/TotalCommitmentToDate"),
        ("RIFee", "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod"),
    ],
)
def test_an_amortised_amount_without_a_column_is_an_error_only_where_lines_need_it(
    tmp_path: Path, kind: str, column: str
) -> None:
    with pytest.raises(SourceError, match=f"no column {column}.*of its 2 {kind} lines is unknown"):
        lift_lines(tmp_path, line(kind), line(kind), line())
    assert len(lift_lines(tmp_path, line()).rows("BilledCost")) == 1


@pytest.mark.parametrize("text", ["convertible", "1,5", "1e400", "0.1234567890123456789012"])
def test_a_cost_that_is_no_exact_amount_rejects_its_line(tmp_path: Path, text: str) -> None:
    lifted = lift_lines(tmp_path, line(cost="1"), line(cost=text))
    assert [plain(row) for row in lifted.rows("BilledCost", "_line")] == [("1", 1)]
    assert "lineItem/UnblendedCost is no amount that fits exactly" in lifted.rejected


def test_an_empty_cost_or_type_rejects_its_line(tmp_path: Path) -> None:
    lifted = lift_lines(tmp_path, line(), line(cost=None), {**line(), "lineItem/LineItemType": ""})
    assert lifted.rejected == {
        "lineItem/UnblendedCost is empty": 1,
        "lineItem/LineItemType is empty": 1,
    }
    assert len(lifted.rows("BilledCost")) == 1


def test_text_in_a_cost_column_that_the_line_does_not_need_is_no_reject(tmp_path: Path) -> None:
    amounts = {
        "reservation__EffectiveCost": "convertible",
        "savingsPlan__SavingsPlanEffectiveCost": "None",
        "pricing__publicOnDemandCost": "convertible",
    }
    lifted = lift_lines(tmp_path, line("Usage", "1", **amounts))
    assert lifted.rejected == {}
    assert [plain(row) for row in lifted.rows("EffectiveCost", "ListCost")] == [("1", "1")]
    (note,) = lifted.mapping.notes
    assert note.startswith("1 lines have a pricing/publicOnDemandCost that is no amount")


def test_text_in_a_cost_column_that_the_line_needs_rejects_it_by_name(tmp_path: Path) -> None:
    bad = line("DiscountedUsage", "0", reservation__EffectiveCost="convertible")
    lifted = lift_lines(tmp_path, line("DiscountedUsage", "0", reservation__EffectiveCost="2"), bad)
    assert lifted.rejected == {"reservation/EffectiveCost is no amount that fits exactly": 1}


def test_a_rejected_covered_line_does_not_let_its_negation_vanish(tmp_path: Path) -> None:
    lines = [
        line("SavingsPlanCoveredUsage", "4", savingsPlan__SavingsPlanEffectiveCost="3"),
        line("SavingsPlanCoveredUsage", "4", savingsPlan__SavingsPlanEffectiveCost="n/a"),
        line("SavingsPlanNegation", "-8"),
    ]
    lifted = lift_lines(tmp_path, *lines)
    assert [plain(row) for row in lifted.rows("BilledCost")] == [("4",), ("-8",)]
    assert lifted.folded == {}


def test_negotiated_discounts_give_the_same_total_as_lines_and_in_net_columns(
    tmp_path: Path,
) -> None:
    as_lines = lift_lines(
        tmp_path / "lines",
        line("Usage", "100", lineItem__NetUnblendedCost="95"),
        line("DiscountedUsage", "0", reservation__EffectiveCost="10"),
        line("EdpDiscount", "-5", lineItem__NetUnblendedCost="0"),
    )
    as_columns = lift_lines(
        tmp_path / "columns",
        line("Usage", "100", lineItem__NetUnblendedCost="95"),
        line(
            "DiscountedUsage",
            "0",
            lineItem__NetUnblendedCost="0",
            reservation__EffectiveCost="10.5",
            reservation__NetEffectiveCost="10",
        ),
    )
    for measure in ("BilledCost", "EffectiveCost"):
        assert as_lines.sums(measure, "''") == as_columns.sums(measure, "''")
    assert plain([as_columns.sums("BilledCost", "''")[""]]) == ("95",)
    assert "costs are net: discounts are in the net columns and have no lines" in (
        as_columns.mapping.notes
    )


@pytest.mark.parametrize(
    ("cost", "expected"), [("auto", "95"), ("net", "95"), ("unblended", "100")]
)
def test_net_or_unblended_by_option(tmp_path: Path, cost: str, expected: str) -> None:
    options = AwsCurOptions.model_validate({"cost": cost})
    one = line("Usage", "100", lineItem__NetUnblendedCost="95")
    lifted = lift_lines(tmp_path, one, options=options)
    assert [plain(row) for row in lifted.rows("BilledCost")] == [(expected,)]


def test_net_asked_for_where_there_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="lineItem/NetUnblendedCost .*option cost=net"):
        lift_lines(tmp_path, line(), options=AwsCurOptions(cost="net"))


def test_net_columns_that_are_empty_are_not_taken(tmp_path: Path) -> None:
    lifted = lift_lines(tmp_path, line("Usage", "100", lineItem__NetUnblendedCost=None))
    assert [plain(row) for row in lifted.rows("BilledCost")] == [("100",)]


def test_marketplace_sells_for_another(tmp_path: Path) -> None:
    offer = {
        "bill__BillingEntity": "AWS Marketplace",
        "lineItem__LegalEntity": "Acme Vendor Inc.",
        "bill__InvoicingEntity": "Amazon Web Services EMEA SARL",
    }
    image = line("Usage", "1", lineItem__ResourceId="i-1", **offer)
    lifted = lift_lines(tmp_path, line("Fee", "450", **offer), image, line("Usage", "2"))
    columns = ("ServiceProviderName", "HostProviderName", "InvoiceIssuerName", "BilledCost")
    issuer = "Amazon Web Services EMEA SARL"
    assert [plain(row) for row in lifted.rows(*columns)] == [
        ("Acme Vendor Inc.", "Acme Vendor Inc.", issuer, "450"),
        ("Acme Vendor Inc.", "AWS", issuer, "1"),
        ("AWS", "AWS", "AWS", "2"),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-08-03T23:00:00.000Z", "2026-08-03 23:00:00"),
        ("2026-08-03 23:00:00", "2026-08-03 23:00:00"),
        ("2026-08-04 01:00:00+02:00", "2026-08-03 23:00:00"),
        ("2026-08-03T23:00:00+00:00", "2026-08-03 23:00:00"),
    ],
)
def test_times_are_read_as_utc(tmp_path: Path, written: str, read: str) -> None:
    lifted = lift_lines(tmp_path, line(lineItem__UsageStartDate=written))
    assert lifted.rows("CAST(ChargePeriodStart AS VARCHAR)") == [(read,)]


def test_a_billing_period_is_a_calendar_month_however_its_end_is_written(tmp_path: Path) -> None:
    lifted = lift_lines(tmp_path, line(bill__BillingPeriodEndDate="2026-08-31T23:59:59Z"))
    assert lifted.rows(
        "CAST(BillingPeriodStart AS VARCHAR)", "CAST(BillingPeriodEnd AS VARCHAR)"
    ) == [("2026-08-01 00:00:00", "2026-09-01 00:00:00")]


def test_the_row_keeps_its_own_billing_period(tmp_path: Path) -> None:
    """Usage of July that is billed in August belongs to August; without a period, to its month."""
    late = line(lineItem__UsageStartDate="2026-07-31T23:00:00Z")
    lifted = lift_lines(tmp_path, late, {**late, "bill/BillingPeriodStartDate": ""})
    period = f"CAST({lifted.mapping.period} AS VARCHAR)"
    assert lifted.ask(f"SELECT {period} FROM raw ORDER BY _line") == [
        ("2026-08-01",),
        ("2026-07-01",),
    ]
    assert lifted.rows("strftime(BillingPeriodStart, '%m')") == [("08",), ("07",)]


def test_an_end_that_the_export_leaves_out_comes_from_the_interval(tmp_path: Path) -> None:
    one = without(line(), "lineItem/UsageEndDate")
    interval = {"identity/TimeInterval": "2026-08-03T00:00:00Z/2026-08-04T00:00:00Z"}
    lifted = lift_lines(tmp_path / "a", one | interval)
    assert lifted.rows("CAST(ChargePeriodEnd AS VARCHAR)") == [("2026-08-04 00:00:00",)]
    lifted = lift_lines(tmp_path / "b", one)
    assert lifted.rows("CAST(ChargePeriodEnd AS VARCHAR)") == [("2026-08-03 01:00:00",)]


@pytest.mark.parametrize(
    ("columns", "region", "name"),
    [
        ({"product__regionCode": "eu-west-1"}, "eu-west-1", None),
        ({"product__region": "us-west-2"}, "us-west-2", None),
        ({"lineItem__AvailabilityZone": "eu-central-1a"}, "eu-central-1", None),
        ({"lineItem__AvailabilityZone": "us-west-2-lax-1a"}, "us-west-2", None),
        ({"product__location": "EU (Ireland)"}, None, "EU (Ireland)"),
        ({"product__region": "mars-north-1"}, "mars-north-1", None),
        ({}, None, None),
    ],
)
def test_regions(tmp_path: Path, columns: dict[str, str], region: str, name: str) -> None:
    assert lift_lines(tmp_path, line(**columns)).rows("RegionId", "RegionName") == [(region, name)]


@pytest.mark.parametrize(
    ("resource", "code", "name", "kind"),
    [
        ("arn:aws:rds:us-east-1:1:db:orders", "AmazonRDS", "orders", "db"),
        ("arn:aws:lambda:us-east-1:1:function:resize", "AWSLambda", "resize", "function"),
        ("arn:aws:ec2:us-east-1:1:natgateway/nat-0cc1", "AmazonVPC", "nat-0cc1", "natgateway"),
        ("arn:aws:s3:::acme-lake", "AmazonS3", "acme-lake", "bucket"),
        ("arn:aws:sqs:us-east-1:1:jobs", "AWSQueueService", "jobs", "sqs"),
        ("arn:aws:eks:us-east-1:1:pod/prod/shop/web", "AmazonEKS", "prod/shop/web", "pod"),
        (
            "arn:aws:apigateway:us-east-1::/restapis/x1",
            "AmazonApiGateway",
            "restapis/x1",
            "restapis",
        ),
        ("i-0aa1", "AmazonEC2", None, "instance"),
        ("vol-0bb1", "AmazonEC2", None, "volume"),
        ("acme-lake", "AmazonS3", None, "bucket"),
        ("something", "AmazonEC2", None, None),
        (None, "AmazonEC2", None, None),
    ],
)
def test_resources(
    tmp_path: Path, resource: str | None, code: str, name: str | None, kind: str | None
) -> None:
    one = line(lineItem__ResourceId=resource, lineItem__ProductCode=code)
    assert lift_lines(tmp_path, one).rows("ResourceId", "ResourceName", "ResourceType") == [
        (resource, name, kind)
    ]


def test_prices_and_quantities_follow_the_sku(tmp_path: Path) -> None:
    usage = line(
        "Usage",
        "2.304",
        lineItem__UsageAmount="24",
        pricing__unit="Hrs",
        lineItem__UnblendedRate="0.0960000000",
        pricing__publicOnDemandRate="0.1",
        product__sku="SKU1",
        pricing__RateCode="SKU1.JRTCKXETXF.6YS6EN2CT7",
        lineItem__UsageType="BoxUsage:m6i.large",
        lineItem__Operation="RunInstances",
        product__instanceType="m6i.large",
    )
    tax = line("Tax", "1", lineItem__UsageAmount="1", product__sku="SKU1")
    columns = ("SkuId", "SkuPriceId", "SkuMeter", "SkuPriceDetails", "PricingQuantity",
               "PricingUnit", "ConsumedQuantity", "ConsumedUnit", "ListUnitPrice",
               "ContractedUnitPrice")  # fmt: skip
    assert [plain(row) for row in lift_lines(tmp_path, usage, tax).rows(*columns)] == [
        ("SKU1", "SKU1.JRTCKXETXF.6YS6EN2CT7", "BoxUsage:m6i.large",
         '{"InstanceType":"m6i.large"}', "24", "Hrs", "24", "Hrs", "0.1", "0.096"),
        (None,) * 10,
    ]  # fmt: skip


def test_a_sku_that_the_report_leaves_out_is_named_by_what_prices_are_keyed_by(
    tmp_path: Path,
) -> None:
    one = line(lineItem__UsageType="BoxUsage", lineItem__Operation="RunInstances")
    assert lift_lines(tmp_path, one).rows("SkuId", "SkuPriceId") == [
        ("AmazonEC2:BoxUsage:RunInstances", "AmazonEC2:BoxUsage:RunInstances")
    ]


def test_columns_may_change_between_files_of_one_delivery(tmp_path: Path) -> None:
    one = line("SavingsPlanCoveredUsage", "1", savingsPlan__SavingsPlanEffectiveCost="1")
    first = write(tmp_path / "1.csv", csv_bytes([one | {"savingsPlan/SavingsPlanARN": "a"}]))
    second = write(
        tmp_path / "2.csv.gz",
        csv_bytes([{"resourceTags/user:team": "x"} | one | {"savingsPlan/SavingsPlanArn": "b"}]),
    )
    lifted = lift(AwsCur(), first, second)
    assert_proven(lifted)
    assert lifted.rows("CommitmentDiscountId", "Tags") == [("a", {}), ("b", {"team": "x"})]


def test_doubles_mean_their_shortest_decimal(tmp_path: Path) -> None:
    costs = ["123456.789", "2.5893953072562468e-05", "1e-10", "-0.1", "0.30000000000000004"]
    lifted = lift_lines(tmp_path, *(line("Usage", cost) for cost in costs), form="parquet")
    assert [plain(row) for row in lifted.rows("BilledCost")] == [
        ("123456.789",),
        ("0.000025893953072562468",),
        ("0.0000000001",),
        ("-0.1",),
        ("0.30000000000000004",),
    ]


def test_currencies_are_never_added(tmp_path: Path) -> None:
    lifted = lift_lines(tmp_path, line(cost="1"), line(cost="2", lineItem__CurrencyCode="CNY"))
    billed = [entry for entry in lifted.proof() if entry[1] == "BilledCost"]
    assert [(entry[0], *plain(entry[2:])) for entry in billed] == [
        ("CNY", "2", "2"),
        ("USD", "1", "1"),
    ]


def test_parquet_with_zoned_times_and_integer_accounts(tmp_path: Path) -> None:
    stamp = (
        pa.array(["2026-08-03T00:00:00"])
        .cast(pa.timestamp("us"))
        .cast(pa.timestamp("us", tz="UTC"))
    )
    table = pa.table(
        {
            "line_item_line_item_type": ["Usage"],
            "line_item_unblended_cost": pa.array(["0.25"]).cast(pa.decimal128(20, 10)),
            "line_item_currency_code": ["USD"],
            "line_item_usage_start_date": stamp,
            "bill_payer_account_id": pa.array([111111111111]),
            "product": pa.array([[("product_name", "Amazon EC2"), ("region", "eu-west-1")]],
                                pa.map_(pa.string(), pa.string())),
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "bill.parquet")
    lifted = lift(AwsCur(), tmp_path / "bill.parquet")
    assert_proven(lifted)
    columns = ("BilledCost", "BillingAccountId", "ServiceName", "RegionId",
               "CAST(ChargePeriodStart AS VARCHAR)")  # fmt: skip
    assert [plain(row) for row in lifted.rows(*columns)] == [
        ("0.25", "111111111111", "Amazon EC2", "eu-west-1", "2026-08-03 00:00:00")
    ]


def test_line_ids_are_kept_on_request(tmp_path: Path) -> None:
    one = line(identity__LineItemId="abc")
    assert "x_LineItemId" not in lift_lines(tmp_path, one).mapping.main.columns
    lifted = lift_lines(tmp_path, one, options=AwsCurOptions(line_ids=True))
    assert lifted.rows("x_LineItemId") == [("abc",)]


def test_staging_keeps_only_what_the_mapping_reads() -> None:
    kept = AwsCur().wanted(
        [
            "lineItem/UnblendedCost",
            "savings_plan_savings_plan_a_r_n",
            "product/vcpu",
            "resourceTags/user:team",
            "noTags/user:app",
            "cost_category",
            "cost_category.BusinessUnit",
            "lineItem/BlendedCost",
        ]
    )
    assert list(kept) == [
        "lineItem/UnblendedCost",
        "savings_plan_savings_plan_a_r_n",
        "resourceTags/user:team",
        "noTags/user:app",
        "cost_category",
        "cost_category.BusinessUnit",
    ]


def test_a_service_is_given_by_name_and_code(tmp_path: Path) -> None:
    lines = [
        line(lineItem__ProductCode="5hnnev4d0v7", product__ProductName="Scanner"),
        line(lineItem__ProductCode="AmazonNewThing"),
        line(lineItem__ProductCode="AmazonS3"),
        line(lineItem__ProductCode=None),
    ]
    # The vocabulary names them further (tests/focus/test_vocabulary.py).
    assert lift_lines(tmp_path, *lines).rows("ServiceName", "x_ServiceCode") == [
        ("Scanner", "5hnnev4d0v7"),
        ("AmazonNewThing", "AmazonNewThing"),
        ("AmazonS3", "AmazonS3"),
        ("AWS", None),
    ]


def test_the_harness_stages_columns_that_differ_by_case_alone(tmp_path: Path) -> None:
    file = write(tmp_path / "bill.csv", b"tag,TAG\n1,2\n")
    raw = stage(file)
    assert raw.ask(f"SELECT {raw.columns['tag'].sql}, {raw.columns['TAG'].sql} FROM raw") == [
        ("1", "2")
    ]
