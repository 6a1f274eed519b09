"""Each trap of Databricks' usage, and what its records become."""

from decimal import Decimal
from pathlib import Path

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.databricks import Databricks, DatabricksOptions
from outlay.sources.transports.file import FileTransport
from tests.sources.databricks.usage import load, price, record, write

pytestmark = pytest.mark.slow

LIST = [price("0.15")]


def test_a_price_change_within_a_day_prices_each_hour_once(tmp_path: Path) -> None:
    noon = "2026-10-05T12:00:00.000Z"
    prices = [price("0.55", until=noon), price("0.60", since=noon)]
    hours = [("10", "11"), ("11", "12"), ("12", "13")]
    rows = [
        record(
            number,
            "1",
            usage_start_time=f"2026-10-05T{start}:00:00.000Z",
            usage_end_time=f"2026-10-05T{end}:00:00.000Z",
        )
        for number, (start, end) in enumerate(hours)
    ]
    found = load(tmp_path, {"usage": rows, "list_prices": prices})
    # By Databricks' own join: usage that ends at the change has the new price.
    assert [str(row[0].normalize()) for row in found.rows("BilledCost")] == ["0.55", "0.6", "0.6"]
    assert [o.status for o in found.outcomes] == ["loaded"]


def test_retractions_and_restatements_are_summed(tmp_path: Path) -> None:
    late = {"ingestion_date": "2026-10-20"}
    rows = [
        record(1, "10"),
        record(2, "-10", record_type="RETRACTION", **late),
        record(3, "8", record_type="RESTATEMENT", **late),
    ]
    found = load(tmp_path, {"usage": rows, "list_prices": LIST})
    assert found.rows("BilledCost", "x_RecordType", "ChargeClass") == [
        (Decimal("1.5"), "ORIGINAL", None),
        (Decimal("-1.5"), "RETRACTION", None),
        (Decimal("1.2"), "RESTATEMENT", None),
    ]


def test_a_correction_of_a_month_that_was_over_is_one_in_focus_too(tmp_path: Path) -> None:
    rows = [record(1), record(2, "-2", record_type="RETRACTION", ingestion_date="2026-11-03")]
    found = load(tmp_path, {"usage": rows, "list_prices": LIST})
    assert found.rows("ChargeClass") == [(None,), ("Correction",)]


def test_promotions_are_in_the_list_price(tmp_path: Path) -> None:
    offer = price("0.55", pricing={"default": "0.55", "effective_list": {"default": "0.30"}})
    found = load(tmp_path, {"usage": [record(1, "1")], "list_prices": [offer]})
    assert found.rows("ListCost") == [(Decimal("0.3"),)]
    plain = price("0.55", pricing={"default": "0.55"})
    found = load(tmp_path / "plain", {"usage": [record(1, "1")], "list_prices": [plain]})
    assert found.rows("ListCost") == [(Decimal("0.55"),)]


def test_account_prices_are_contracted_and_list_stays_list(tmp_path: Path) -> None:
    account = [price("0.12", pricing={"default": "0.12"})]
    other = record(2, "1", sku_name="PREMIUM_SQL_COMPUTE")
    prices = [*LIST, price("0.7", sku_name="PREMIUM_SQL_COMPUTE")]
    found = load(
        tmp_path,
        {"usage": [record(1, "1"), other], "list_prices": prices, "account_prices": account},
    )
    assert found.rows("BilledCost", "EffectiveCost", "ContractedCost", "ListCost") == [
        (Decimal("0.12"), Decimal("0.12"), Decimal("0.12"), Decimal("0.15")),
        (Decimal("0.7"), Decimal("0.7"), Decimal("0.7"), Decimal("0.7")),
    ]
    assert "1 records have no account price" in found.notes
    assert found.broken_rules == []


def test_without_account_prices_it_says_that_they_are_list(tmp_path: Path) -> None:
    assert "priced at list" in load(tmp_path, {"usage": [record(1)], "list_prices": LIST}).notes


@pytest.mark.parametrize(
    ("billed_by", "billed"), [("auto", "0"), ("cloud", "0"), ("databricks", "0.3")]
)
def test_azure_databricks_counts_once(tmp_path: Path, billed_by: str, billed: str) -> None:
    azure = {"usage": [record(1, cloud="AZURE")], "list_prices": [price("0.15", cloud="AZURE")]}
    found = load(tmp_path, azure, billed_by=billed_by)
    assert found.rows("BilledCost", "EffectiveCost", "ListCost") == [
        (Decimal(billed), Decimal(billed), Decimal("0.3"))
    ]
    assert ("billed by the cloud" in found.notes) == (billed == "0")
    issuer = "Microsoft" if billed == "0" else "Databricks"
    assert found.rows("InvoiceIssuerName", "HostProviderName") == [(issuer, "Microsoft")]
    assert found.broken_rules == []


def test_databricks_on_aws_is_billed_by_databricks(tmp_path: Path) -> None:
    found = load(tmp_path, {"usage": [record(1)], "list_prices": LIST})
    assert found.rows("BilledCost", "InvoiceIssuerName") == [(Decimal("0.3"), "Databricks")]


def test_a_price_is_of_its_cloud(tmp_path: Path) -> None:
    prices = [price("0.15"), price("9", cloud="GCP")]
    found = load(tmp_path, {"usage": [record(1, "1")], "list_prices": prices})
    assert found.rows("BilledCost") == [(Decimal("0.15"),)]


@pytest.mark.parametrize(
    "prices",
    [
        [price("0.15", sku_name="OTHER")],
        [price("0.15", until="2026-10-01T00:00:00.000Z")],
        [price("0.15", since="2026-11-01T00:00:00.000Z")],
    ],
)
def test_usage_without_a_price_is_rejected_by_the_name_of_its_sku(
    tmp_path: Path, prices: list[dict[str, object]]
) -> None:
    found = load(tmp_path, {"usage": [record(1)], "list_prices": prices})
    assert [o.status for o in found.outcomes] == ["held"]
    assert found.reasons == [
        "no price of PREMIUM_JOBS_COMPUTE on AWS at the time of its use: the row has no cost"
    ]


def test_two_prices_at_one_time_are_refused(tmp_path: Path) -> None:
    found = load(tmp_path, {"usage": [record(1)], "list_prices": [price("0.15"), price("0.2")]})
    (outcome,) = found.outcomes
    assert outcome.status == "failed"
    assert "has 2 prices of PREMIUM_JOBS_COMPUTE on AWS" in outcome.message


def test_the_same_price_twice_is_one(tmp_path: Path) -> None:
    found = load(tmp_path, {"usage": [record(1, "1")], "list_prices": [*LIST, *LIST]})
    assert found.rows("BilledCost") == [(Decimal("0.15"),)]


def test_prices_in_several_currencies_need_a_choice(tmp_path: Path) -> None:
    tables = {
        "usage": [record(1, "1")],
        "list_prices": [price("0.15"), price("0.14", currency_code="EUR")],
    }
    (outcome,) = load(tmp_path, tables).outcomes
    assert "EUR, USD" in outcome.message and "currency" in outcome.message
    found = load(tmp_path / "eur", tables, currency="EUR")
    assert found.rows("BilledCost", "BillingCurrency") == [(Decimal("0.14"), "EUR")]
    (outcome,) = load(tmp_path / "gbp", tables, currency="GBP").outcomes
    assert "no prices in GBP" in outcome.message


def test_products_are_exact_past_what_a_double_has(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        {"usage": [record(1, "12345.123456789012345678")], "list_prices": [price("0.123")]},
    )
    with_all_digits = Decimal("12345.123456789012345678") * Decimal("0.123")
    assert found.rows("BilledCost") == [(with_all_digits,)]


def test_what_does_not_fit_the_ledger_is_rejected_by_name(tmp_path: Path) -> None:
    tables = {
        "usage": [record(1, "99999999999999999"), record(2, "many"), record(3, "")],
        "list_prices": [price("99")],
    }
    found = load(tmp_path, tables)
    assert found.reasons == [
        "usage_quantity times its price does not fit the ledger: the row has no cost",
        "usage_quantity is no number that the ledger holds exactly: the row has no cost",
        "usage_quantity is empty: the row has no cost",
    ]


def test_a_record_that_came_twice_counts_once(tmp_path: Path) -> None:
    bill = write(tmp_path / "bill", {"usage": [record(1), record(2)], "list_prices": LIST})
    write(bill / "later", {"usage": [record(2), record(3)]})
    found = load(tmp_path, {})
    assert found.rows("BilledCost") == [(Decimal("0.3"),)] * 3
    assert "1 records came twice" in found.notes


def test_one_table_in_two_formats_is_read_once(tmp_path: Path) -> None:
    from tests.contract.sample import Line
    from tests.sources.databricks import sample

    bill = tmp_path / "bill"
    bill.mkdir()
    for format in ("jsonl", "parquet"):
        sample.write(bill, [Line("3")], format)
    found = load(tmp_path, {})
    assert found.rows("BilledCost") == [(Decimal(3),)]
    assert "usage-2026-10.parquet is usage-2026-10.jsonl in another format" in found.notes


@pytest.mark.parametrize(
    ("metadata", "resource"),
    [
        ({"job_id": "5", "job_name": "n", "cluster_id": "c"}, ("5", "n", "Job")),
        ({"cluster_id": "c", "notebook_id": "77"}, ("c", None, "Compute Cluster")),
        ({"warehouse_id": "wh-9", "job_id": "5"}, ("wh-9", None, "Warehouse")),
        ({"endpoint_id": "e", "endpoint_name": "rank"}, ("e", "rank", "AI Endpoint")),
        ({"job_id": "5"}, ("5", None, "Job")),
        ({}, (None, None, None)),
    ],
)
def test_the_resource_is_what_the_usage_names(
    tmp_path: Path, metadata: dict[str, str], resource: tuple[str | None, ...]
) -> None:
    found = load(tmp_path, {"usage": [record(1, metadata=metadata)], "list_prices": LIST})
    assert found.rows("ResourceId", "ResourceName", "ResourceType") == [resource]


def test_who_ran_it_and_its_tags_are_kept(tmp_path: Path) -> None:
    found = load(tmp_path, {"usage": [record(1)], "list_prices": LIST})
    assert found.rows(
        "x_RunAs", "Tags", "x_JobName", "x_IsServerless", "SubAccountId", "ServiceName"
    ) == [("svc-etl", {"team": "data"}, "nightly", "false", "1234567890123456", "Jobs Compute")]


def test_units_other_than_dbu_are_kept(tmp_path: Path) -> None:
    tokens = record(
        1,
        "1500000",
        sku_name="PREMIUM_SERVERLESS_REAL_TIME_INFERENCE",
        usage_unit="TOKEN",
        usage_type="TOKEN",
        billing_origin_product="MODEL_SERVING",
        metadata={"endpoint_name": "databricks-meta-llama-3-3-70b-instruct"},
    )
    prices = [price("0.0000005", sku_name="PREMIUM_SERVERLESS_REAL_TIME_INFERENCE")]
    found = load(tmp_path, {"usage": [tokens], "list_prices": prices})
    assert found.rows(
        "ConsumedQuantity", "ConsumedUnit", "SkuMeter", "x_Model", "ServiceCategory", "BilledCost"
    ) == [
        (
            Decimal(1500000),
            "TOKEN",
            "TOKEN",
            "databricks-meta-llama-3-3-70b-instruct",
            "AI and Machine Learning",
            Decimal("0.75"),
        )
    ]
    assert found.broken_rules == []


def test_an_unknown_product_keeps_its_name(tmp_path: Path) -> None:
    row = record(1, billing_origin_product="TIME_TRAVEL")
    found = load(tmp_path, {"usage": [row], "list_prices": LIST})
    assert found.rows("ServiceName", "x_ServiceCode") == [("Time Travel", "TIME_TRAVEL")]


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"list_prices": LIST}, "there is no usage"),
        ({"usage": [record(1)]}, "has no prices"),
    ],
)
def test_half_an_export_is_refused(
    tmp_path: Path, tables: dict[str, list[dict[str, object]]], words: str
) -> None:
    bill = write(tmp_path / "bill", tables)
    with pytest.raises(SourceError, match=words):
        Databricks().deliveries(FileTransport(str(bill)), DatabricksOptions())
