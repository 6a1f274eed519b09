"""What else a line says: tax and corrections, months, currencies, labels, places, resources."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.gcp_billing.bills import fee, row, write_lines
from tests.sources.gcp_billing.conftest import Book, costs

pytestmark = pytest.mark.slow

TAX = {
    "service": {"id": "CCCC-TAX", "description": "Invoice"},
    "sku": {"id": "TAX-0001", "description": "Tax"},
    "project": None,
    "usage": {"amount": "0", "unit": None, "amount_in_pricing_units": "1", "pricing_unit": None},
    "cost_at_list": "0",
}


def test_what_is_no_usage_has_no_price_and_claims_no_saving(book: Book) -> None:
    kinds = {
        "tax": "Tax",
        "adjustment": "Adjustment",
        "rounding_error": "Adjustment",
        "roundoff": "Adjustment",
        "something_new": "Adjustment",
    }
    charges = book.rows([row(cost_type=kind, cost="-1.5", **TAX) for kind in kinds])
    assert [one["ChargeCategory"] for one in charges] == list(kinds.values())
    for charge in charges:
        assert charge["ChargeFrequency"] == "One-Time"
        for cost in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
            assert charge[cost] == Decimal("-1.5")
        for name in ("SubAccountId", "SkuPriceId", "PricingQuantity", "PricingCategory"):
            assert charge[name] is None
    assert book.checks == []


def test_a_month_is_its_invoice_only_with_the_rounding(book: Book) -> None:
    charges = book.rows([row(cost="10.001"), row(cost_type="rounding_error", cost="-0.001", **TAX)])
    assert costs(charges) == 10


def test_usage_before_the_invoices_month_is_late_and_not_a_correction(book: Book) -> None:
    late = row(
        invoice={"month": "202611"}, usage_start_time="2026-10-31 23:00:00 UTC",
        usage_end_time="2026-11-01 00:00:00 UTC", export_time="2026-11-02 06:00:00 UTC",
    )  # fmt: skip
    (charge,) = book.rows([late])
    assert charge["BillingPeriodStart"] == datetime(2026, 11, 1)
    assert charge["BillingPeriodEnd"] == datetime(2026, 12, 1)
    assert charge["ChargePeriodStart"] == datetime(2026, 10, 31, 23)
    assert charge["ChargePeriodEnd"] == datetime(2026, 11, 1)
    assert charge["ChargeClass"] is None
    assert [check.rule for check in book.checks] == ["ChargePeriod-in-BillingPeriod"]


def test_an_adjustment_of_a_closed_month_is_a_correction(book: Book) -> None:
    info = {"id": "a", "description": "Price correction", "mode": "PARTIAL_CORRECTION"}
    old, new = (
        row(cost_type="adjustment", cost="-4.2", adjustment_info=info, usage_start_time=start)
        for start in ("2026-09-03 00:00:00 UTC", "2026-10-03 00:00:00 UTC")
    )
    charges = book.rows([old, new])
    assert [one["ChargeClass"] for one in charges] == ["Correction", None]
    assert charges[0]["ChargeDescription"] == "Price correction"
    assert charges[0]["x_AdjustmentMode"] == "PARTIAL_CORRECTION"


def test_late_rows_restate_the_month_and_equal_ones_are_all_kept(book: Book) -> None:
    same = row(cost="3")
    assert costs(book.rows([same, same])) == 6
    charges = book.rows([same, same, row(cost="1", export_time="2026-12-20 00:00:00 UTC")])
    assert costs(charges) == 7
    assert len(charges) == 3


def test_a_line_sent_again_stays_as_all_three_lines(book: Book) -> None:
    charges = book.rows([row(cost="3"), row(cost="-3"), row(cost="3.1")])
    assert [one["BilledCost"] for one in charges] == [3, -3, Decimal("3.1")]


def test_two_currencies_in_one_table_are_never_added(book: Book) -> None:
    charges = book.rows(
        [
            row(cost="10"),
            row(
                cost="9", currency="EUR", currency_conversion_rate="0.9",
                billing_account_id="01EURO-234567-89EFGH",
            ),
        ]
    )  # fmt: skip
    assert costs(charges, BillingCurrency="USD") == 10
    assert costs(charges, BillingCurrency="EUR") == 9
    assert charges[1]["x_CurrencyConversionRate"] == "0.9"
    (outcome,) = book.outcomes
    assert outcome.record is not None
    assert {line.currency for line in outcome.record.proof.lines} == {"USD", "EUR"}


def test_list_cost_is_googles(book: Book) -> None:
    charges = book.rows([row(cost="10", cost_at_list="12.5"), row(cost="10", cost_at_list=None)])
    assert [one["ListCost"] for one in charges] == [Decimal("12.5"), 10]
    assert [one["ContractedCost"] for one in charges] == [10, 10]


def test_labels_keep_their_keys_and_others_say_where_they_are_from(book: Book) -> None:
    charge = book.rows(
        [
            row(
                labels=[{"key": "team", "value": "shop"}, {"key": "beta", "value": ""}],
                project__labels=[{"key": "team", "value": "platform"}],
                system_labels=[{"key": "compute.googleapis.com/machine_spec", "value": "n2-8"}],
                tags=[
                    {"key": "class", "value": "internal", "inherited": True, "namespace": "55"},
                    {"key": "class", "value": "public", "inherited": False, "namespace": "66"},
                ],
            )
        ]
    )[0]
    assert dict(charge["Tags"]) == {
        "team": "shop",
        "beta": "true",
        "project:team": "platform",
        "system:compute.googleapis.com/machine_spec": "n2-8",
        "tag:55/class": "internal",
        "tag:66/class": "public",
    }
    assert charge["x_InstanceType"] == "n2-8"


def test_of_a_key_that_stands_twice_the_first_counts(book: Book) -> None:
    twice = [{"key": "team", "value": "a"}, {"key": "team", "value": "b"}]
    assert dict(book.rows([row(labels=twice)])[0]["Tags"]) == {"team": "a"}


def test_clusters_and_namespaces_of_gke(book: Book) -> None:
    labels = {
        "goog-k8s-cluster-name": "prod",
        "goog-k8s-cluster-location": "europe-west3",
        "k8s-namespace": "kube:unallocated",
        "k8s-workload-name": "web",
        "k8s-workload-type": "apps/v1-Deployment",
        "k8s-label/app": "web",
    }
    listed = [{"key": key, "value": value} for key, value in labels.items()]
    (charge,) = book.rows([row(labels=listed)])
    assert dict(charge["Tags"]) == labels
    assert charge["x_Cluster"] == "prod"
    assert charge["x_Namespace"] == "kube:unallocated"
    assert charge["x_Controller"] == "web"
    assert charge["x_ControllerKind"] == "apps/v1-Deployment"


def test_folders_above_a_project(book: Book) -> None:
    ancestors = [
        {"resource_name": "projects/400", "display_name": "shop"},
        {"resource_name": "folders/9311", "display_name": "Prod"},
        {"resource_name": "organizations/55", "display_name": ""},
    ]
    charges = book.rows([row(project__ancestors=ancestors), row(project=None)])
    assert charges[0]["x_ProjectAncestors"] == "organizations/55 / Prod"
    assert charges[1]["x_ProjectAncestors"] is None
    assert charges[1]["SubAccountId"] is charges[1]["SubAccountType"] is None


def test_regions_and_zones(book: Book) -> None:
    places: list[tuple[dict[str, Any], str | None, str | None]] = [
        ({"region": "europe-west3", "zone": "europe-west3-a"}, "europe-west3", "europe-west3-a"),
        ({"region": "europe-west3-b", "zone": None}, "europe-west3", "europe-west3-b"),
        ({"region": None, "location": "eu", "zone": None}, "eu", None),
        ({"region": "", "location": "", "zone": ""}, None, None),
    ]
    charges = book.rows([row(location=location) for location, *_ in places])
    for charge, (_, region, zone) in zip(charges, places, strict=True):
        assert (charge["RegionId"], charge["AvailabilityZone"]) == (region, zone)


def test_bytes_are_counted_in_the_pricing_unit(book: Book) -> None:
    usage = {
        "amount": "2900000000000000000000", "unit": "byte-seconds",
        "amount_in_pricing_units": "1039.25", "pricing_unit": "gibibyte month",
    }  # fmt: skip
    charges = book.rows([row(usage=usage), row()])
    assert charges[0]["ConsumedQuantity"] == Decimal("1039.25")
    assert charges[0]["ConsumedUnit"] == "gibibyte month"
    assert (charges[1]["ConsumedQuantity"], charges[1]["ConsumedUnit"]) == (720000, "seconds")


def test_a_price_is_given_where_it_is_per_one_unit(book: Book) -> None:
    price = {"list_price": "0.06", "effective_price": "0.05", "tier_start_amount": 0}
    charges = book.rows(
        [
            row(cost_at_list="12", price={**price, "pricing_unit_quantity": 1}),
            row(cost_at_list="12", price={**price, "pricing_unit_quantity": 1000}),
            row(cost_at_list="12", price={**price, "tier_start_amount": 512}),
        ]
    )
    assert [one["ContractedUnitPrice"] for one in charges] == [
        Decimal("0.05"),
        None,
        Decimal("0.05"),
    ]
    assert charges[0]["ListUnitPrice"] == Decimal("0.06")
    assert [one["SkuPriceId"] for one in charges[1:]] == [
        "2E27-4F75-95CD",
        "2E27-4F75-95CD/from 512",
    ]


def test_spot_is_dynamic(book: Book) -> None:
    charges = book.rows(
        [
            row(sku__description="Spot Preemptible N2 Instance Core running in Frankfurt"),
            row(consumption_model={"id": "SPOT", "description": "Preemptible spot"}),
        ]
    )
    assert [one["PricingCategory"] for one in charges] == ["Dynamic", "Dynamic"]


def test_who_sells_on_the_marketplace(book: Book) -> None:
    charges = book.rows(
        [
            row(transaction_type="THIRD_PARTY_RESELLER", seller_name="Acme Scanner Inc."),
            row(transaction_type="THIRD_PARTY_RESELLER", seller_name="Google"),
            row(transaction_type="GOOGLE", seller_name="Google"),
        ]
    )
    assert [one["ServiceProviderName"] for one in charges] == [
        "Acme Scanner Inc.", "Google Cloud", "Google Cloud",
    ]  # fmt: skip
    assert {one["InvoiceIssuerName"] for one in charges} == {"Google Cloud"}


def test_gemini_tokens_have_their_model(book: Book) -> None:
    charges = book.rows(
        [
            row(
                service={"id": "C7E2-9256-1C43", "description": "Vertex AI"},
                sku={"id": "AAAA", "description": "Gemini 2.5 Pro Text Input"},
                usage={"unit": "count", "amount": "5000", "pricing_unit": "1000 count"},
                credits=[{"name": "Trial", "type": "PROMOTION", "amount": "-1"}],
            )
        ]
    )
    assert {one["x_Model"] for one in charges} == {"gemini-2.5-pro"}
    assert {one["SkuMeter"] for one in charges} == {"Gemini 2.5 Pro Text Input"}


def test_resources_by_their_global_name(book: Book) -> None:
    name = "//compute.googleapis.com/projects/1/zones/europe-west3-a/instances/1001"
    charges = book.rows(
        [row(resource={"name": "web-1", "global_name": name}), row(resource={"name": "web-2"})]
    )
    assert (charges[0]["ResourceId"], charges[0]["ResourceName"]) == (name, "web-1")
    assert (charges[1]["ResourceId"], charges[1]["ResourceName"]) == ("web-2", "web-2")


def test_a_moment_is_no_empty_period(book: Book) -> None:
    (charge,) = book.rows([row(usage_end_time="2026-10-05 00:00:00 UTC")])
    assert charge["ChargePeriodEnd"] == datetime(2026, 10, 5, 0, 0, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cost": "convertible"}, "cost is no amount"),
        ({"cost": None}, "cost is empty"),
        ({"cost_at_list": "a lot"}, "cost_at_list is no amount"),
        ({"currency": None}, "currency is empty"),
        ({"usage_start_time": "yesterday"}, "usage_start_time is no time"),
        ({"invoice": {"month": "October"}}, "invoice.month is no month"),
    ],
)
def test_what_cannot_be_read_is_rejected_by_name(
    changes: dict[str, Any], reason: str, book: Book
) -> None:
    path = write_lines(book.folder / "bad.jsonl", [row(), row(**changes)])
    (outcome,) = book.load(path)
    assert (outcome.status, outcome.rejected) == ("held", 1)
    assert outcome.record is not None
    assert reason in outcome.record.rejects_sample[0].reason


def test_a_whole_bill_breaks_no_rule(book: Book) -> None:
    price = {"list_price": "0.05", "effective_price": "0.05"}
    book.rows(
        [
            row(price=price),
            row(cost_type="tax", cost="1.9", **TAX),
            fee("8", "160", price=price),
        ]
    )
    assert book.checks == []
    assert book.notes == []
