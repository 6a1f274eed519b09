"""The FOCUS datasets over slices: when a bill was first loaded, and the views of raw SQL."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from outlay.lake.types import DeliveryRecord, LakeError
from outlay.query import QueryError, sql
from outlay.query.datasets import delivery_facts
from tests.query.fixtures import SmallLake

ROW = {
    "BilledCost": "2.5",
    "BillingAccountId": "1",
    "InvoiceIssuerName": "Acme",
    "InvoiceId": "I-1",
    "BillingPeriodStart": "2026-01-01",
    "BillingPeriodEnd": "2026-02-01",
}


class Records:
    """Deliveries by id; one that is gone raises, as the lake does."""

    def __init__(self, *records: DeliveryRecord) -> None:
        self.known = {record.id: record for record in records}

    def record(self, delivery_id: str) -> DeliveryRecord:
        if delivery_id not in self.known:
            raise LakeError(f"no record of {delivery_id}")
        return self.known[delivery_id]


def test_a_bill_was_first_loaded_with_its_first_delivery(lake: SmallLake) -> None:
    current = lake.add("2026-01", [ROW])
    first = replace(current.delivery, id="A", loaded_at=datetime(2026, 1, 3), replaces=None)
    second = replace(current.delivery, id="B", loaded_at=datetime(2026, 1, 9), replaces="A")
    newest = replace(current, delivery=replace(current.delivery, replaces="B"))
    (fact,) = delivery_facts([newest], Records(first, second))
    assert (fact.first_loaded, fact.last_loaded) == (datetime(2026, 1, 3), datetime(2026, 3, 1))
    # As far as records are still there; without any, the delivery itself.
    (fact,) = delivery_facts([newest], Records(second))
    assert fact.first_loaded == datetime(2026, 1, 9)
    (fact,) = delivery_facts([newest])
    assert fact.first_loaded == datetime(2026, 3, 1)


def test_a_circle_of_records_ends(lake: SmallLake) -> None:
    current = lake.add("2026-01", [ROW])
    one = replace(current.delivery, id="A", replaces="B", loaded_at=datetime(2026, 1, 3))
    other = replace(current.delivery, id="B", replaces="A", loaded_at=datetime(2026, 1, 2))
    (fact,) = delivery_facts([replace(current, delivery=one)], Records(one, other))
    assert fact.first_loaded == datetime(2026, 1, 2)


def test_sql_joins_datasets_with_charges(lake: SmallLake) -> None:
    lake.add("2026-01", [ROW, ROW | {"BilledCost": "0.25", "ServiceName": "Storage"}])
    found = sql(
        lake,
        "SELECT d.InvoiceId, d.BilledCost, p.BillingPeriodStatus, count(*) AS charges "
        "FROM invoice_detail d JOIN billing_period p USING (InvoiceIssuerName) "
        "JOIN charges c ON c.InvoiceId = d.InvoiceId AND "
        "d.InvoiceDetailGrain LIKE '%' || c.ServiceName || '%' GROUP BY ALL ORDER BY 2",
    )
    assert [tuple(row.values()) for row in found.rows()] == [
        ("I-1", Decimal("0.25"), "Closed", 1),
        ("I-1", Decimal("2.5"), "Closed", 1),
    ]


def test_sql_of_an_empty_lake_says_what_to_do(lake: SmallLake) -> None:
    for view in ("billing_period", "invoice_detail", "contract_commitment"):
        with pytest.raises(QueryError, match="Load a bill first"):
            sql(lake, f"SELECT * FROM {view}")


def test_what_is_made_cannot_be_reached_by_another_name(lake: SmallLake) -> None:
    lake.add("2026-01", [ROW])
    for name in ("outlay_made", "outlay_deliveries"):
        with pytest.raises(QueryError, match="there is no table"):
            sql(lake, f"SELECT * FROM {name}")
