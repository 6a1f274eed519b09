"""The provisional lane: an estimate is replaced by the bill for the same scope and hour."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.query import CostQuery, QueryError, run
from outlay.query.usage import Lane, SupersededBy, UsageQuery, provisional
from tests.query.usage_lake import Ledger, charge, pod

pytestmark = pytest.mark.slow

NOW = datetime(2026, 10, 20)
BY_NODE = SupersededBy("aws", ("ResourceId",))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def lane(ledger: Ledger, tie: SupersededBy | None = BY_NODE, **parts: Any) -> Lane:
    ties = {} if tie is None else {"cluster": tie}
    return provisional(ledger.lake, ties, UsageQuery.of(parts), now=NOW)


def left(found: Lane) -> dict[str, Decimal]:
    """Day → dollars that are provisional."""
    return {str(row.day): row.provisional for row in found.rows}


def test_an_estimate_is_provisional_until_the_bill_has_its_scope_and_hours(ledger: Ledger) -> None:
    ledger.cluster(
        "cluster",
        [pod("2026-10-05", "24", "i-1"), pod("2026-10-05", "48", "i-2", "db")],
        [pod("2026-10-06", "24", "i-1")],
    )
    assert left(lane(ledger)) == {"2026-10-05": Decimal(72), "2026-10-06": Decimal(24)}
    # The bill has the first day of one node.
    ledger.bill("aws", [charge("20", "2026-10-05T00", "2026-10-06T00", "i-1")])
    found = lane(ledger)
    assert left(found) == {"2026-10-05": Decimal(48), "2026-10-06": Decimal(24)}
    assert found.superseded == {"USD": Decimal(24)}
    # Now all of it, and another amount than was estimated: nothing of the estimate is left.
    ledger.bill(
        "aws",
        [
            charge("20", "2026-10-05T00", "2026-10-06T00", "i-1"),
            charge("40", "2026-10-05T00", "2026-10-06T00", "i-2"),
            charge("20", "2026-10-06T00", "2026-10-07T00", "i-1"),
        ],
    )
    found = lane(ledger)
    assert found.provisional == {"USD": Decimal(0)}
    assert found.superseded == {"USD": Decimal(96)}


def test_an_estimate_is_never_in_a_sum_of_charges(ledger: Ledger) -> None:
    ledger.bill("aws", [charge("20", "2026-10-05T00", "2026-10-06T00", "i-1")])
    before = run(ledger.lake, CostQuery(), now=NOW).totals
    ledger.cluster("cluster", [pod("2026-10-06", "24", "i-1")])
    assert left(lane(ledger)) == {"2026-10-06": Decimal(24)}
    assert run(ledger.lake, CostQuery(), now=NOW).totals == before


def test_of_a_day_only_the_hours_that_are_billed_are_superseded(ledger: Ledger) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24", "i-1")])
    hours = [
        charge("1", f"2026-10-05T{at:02d}", f"2026-10-05T{at + 1:02d}", "i-1") for at in range(6)
    ]
    ledger.bill("aws", hours)
    assert left(lane(ledger)) == {"2026-10-05": Decimal(18)}


@pytest.mark.parametrize(
    "other",
    [
        {"ResourceId": "i-2"},
        {"ChargeCategory": "Tax"},
        {"ChargeCategory": "Purchase"},
        {"ChargePeriodStart": "2026-10-04T00:00:00Z", "ChargePeriodEnd": "2026-10-05T00:00:00Z"},
    ],
)
def test_other_charges_do_not_supersede(ledger: Ledger, other: dict[str, str]) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24", "i-1")])
    ledger.bill("aws", [charge("20", "2026-10-05T00", "2026-10-06T00", "i-1") | other])
    assert left(lane(ledger)) == {"2026-10-05": Decimal(24)}


def test_a_charge_is_not_known_for_longer_than_until_it_was_delivered(ledger: Ledger) -> None:
    # A month's charge in a bill that is loaded today says nothing of the hours after today.
    ledger.cluster("cluster", [pod("2099-10-05", "24", "i-1")])
    ledger.bill("aws", [charge("20", "2099-10-01T00", "2099-11-01T00", "i-1")])
    assert left(lane(ledger)) == {"2099-10-05": Decimal(24)}


def test_hours_that_the_bill_has_closed_without_a_charge_are_unmatched(ledger: Ledger) -> None:
    steps = [
        [pod(f"2026-10-{day:02d}", "24", "i-1"), pod(f"2026-10-{day:02d}", "2", "lb", "lb")]
        for day in range(5, 9)
    ]
    ledger.cluster("cluster", *steps)
    bills = [("2026-10-05T00", "2026-10-05T06"), ("2026-10-06T00", "2026-10-07T00")]
    bills.append(("2026-10-07T00", "2026-10-07T12"))
    ledger.bill("aws", [charge("1", start, end, "i-1") for start, end in bills])
    found = lane(ledger)
    # The last charge ends on the 7th at noon: what is before the 6th at noon is closed.
    assert left(found) == {
        "2026-10-05": Decimal(0),
        "2026-10-06": Decimal(1),
        "2026-10-07": Decimal(12) + Decimal(2),
        "2026-10-08": Decimal(26),
    }
    # 18 hours of the node on the 5th, and the balancer for a day and a half.
    assert found.unmatched == {"USD": Decimal(18) + Decimal(2) + Decimal(1)}
    assert found.superseded == {"USD": Decimal(6) + Decimal(24) + Decimal(12)}


def test_a_condition_narrows_the_bill(ledger: Ledger) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24", "i-1")])
    ledger.bill(
        "aws",
        [charge("1", "2026-10-05T00", "2026-10-06T00", "i-1", SubAccountName="Data")],
    )
    tie = SupersededBy("aws", ("ResourceId",), "SubAccountName <> 'Data'")
    assert left(lane(ledger)) == {"2026-10-05": Decimal(0)}
    assert left(lane(ledger, tie)) == {"2026-10-05": Decimal(24)}


def test_without_columns_the_whole_source_is_superseded_by_the_hour(ledger: Ledger) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24", None)], [pod("2026-10-06", "12", None)])
    ledger.bill("aws", [charge("20", "2026-10-05T00", "2026-10-06T00", "anything")])
    found = lane(ledger, SupersededBy("aws"))
    assert left(found) == {"2026-10-05": Decimal(0), "2026-10-06": Decimal(12)}
    assert found.unscoped == {}


def test_what_has_no_scope_or_no_bill_is_said_and_not_provisional(ledger: Ledger) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24", None)])
    found = lane(ledger)
    assert found.rows == ()
    assert found.unscoped == {"cluster": {"USD": Decimal(24)}}
    assert found.notes == ("aws, which should bill cluster, has not delivered yet",)
    untied = lane(ledger, None)
    assert (untied.rows, untied.untied) == ((), {"cluster": {"USD": Decimal(24)}})


def test_by_columns_ranges_and_conditions(ledger: Ledger) -> None:
    ledger.cluster(
        "cluster",
        [pod("2026-10-05", "24", "i-1", labels={"team": "shop"}), pod("2026-10-05", "6", "i-1")],
        [pod("2026-10-06", "12", "i-1", labels={"team": "shop"})],
    )
    found = lane(ledger, by="tags.team", range="last-month")
    assert found.rows == ()
    found = lane(ledger, by="tags.team")
    assert [(str(r.day), r.values, r.provisional) for r in found.rows] == [
        ("2026-10-05", ("shop",), Decimal(24)),
        ("2026-10-05", (None,), Decimal(6)),
        ("2026-10-06", ("shop",), Decimal(12)),
    ]
    assert lane(ledger, where="tags.team = 'shop'").provisional == {"USD": Decimal(36)}


def test_hours_without_a_price_are_rated_by_the_bills_last_price_of_the_node(
    ledger: Ledger,
) -> None:
    lines = [
        charge("0.10", f"2026-10-05T{at:02d}", f"2026-10-05T{at + 1:02d}", "i-1")
        for at in range(22, 24)
    ]
    # Effective cost of the last day: 0.30 over two hours.
    lines += [
        charge("0.10", "2026-10-06T00", "2026-10-06T01", "i-1"),
        charge("0.20", "2026-10-06T01", "2026-10-06T02", "i-1"),
    ]
    ledger.bill("aws", lines)
    _node_hours(ledger, {"i-1": range(4), "i-7": range(4)})
    found = lane(ledger)
    (row,) = found.rows
    assert (row.day, row.rated_by, row.currency) == (date(2026, 10, 6), "bill", "USD")
    assert row.estimated == Decimal("0.60")
    assert row.provisional == Decimal("0.30"), "two of four hours are billed"
    assert found.notes == (
        "1 resources of cluster have no price: neither the tool gives one nor has aws charged for "
        "them before",
    )


def _node_hours(ledger: Ledger, nodes: dict[str, range]) -> None:
    """Reports of OpenShift's operator: a node was there in these hours of 6 October."""
    from tests.sources.kubernetes.usage import csv_text, pod_row

    rows = [
        pod_row(at, day="2026-10-06", resource_id=node, node=node)
        for node, hours in nodes.items()
        for at in hours
    ]
    folder = ledger.folder / "cluster"
    folder.mkdir()
    (folder / "pods.csv").write_text(csv_text(rows))
    ledger._load("cluster", folder)


def test_several_bills_charge_for_one_source_and_hours_close_when_all_have_come(
    ledger: Ledger,
) -> None:
    ledger.cluster(
        "cluster", *([pod(f"2026-10-0{day}", "24", "i-1"), pod(f"2026-10-0{day}", "1", "i-2")]
                     for day in (5, 6, 7))
    )  # fmt: skip
    tie = SupersededBy(("aws", "gcp"), ("ResourceId",))
    ledger.bill("aws", [charge("9", "2026-10-05T00", "2026-10-08T00", "i-1")])
    found = lane(ledger, tie)
    assert left(found) == dict.fromkeys(("2026-10-05", "2026-10-06", "2026-10-07"), Decimal(1))
    assert found.notes == ("gcp, which should bill cluster, has not delivered yet",)
    ledger.bill("gcp", [charge("9", "2026-10-06T00", "2026-10-07T00", "i-2")])
    found = lane(ledger, tie)
    assert left(found)["2026-10-07"] == Decimal(1)
    assert found.provisional == {"USD": Decimal(1)}
    assert found.unmatched == {"USD": Decimal(1)}, "both bills are past the 5th"
    assert {row.bill for row in found.rows} == {"aws and gcp"}


def test_open_days_alone_have_the_same_that_is_provisional(ledger: Ledger) -> None:
    ledger.cluster("cluster", *([pod(f"2026-10-{day:02d}", "24", "i-1")] for day in range(1, 10)))
    ledger.bill(
        "aws",
        [charge("9", "2026-09-30T00", "2026-10-01T00", "i-1"),
         charge("9", "2026-10-01T00", "2026-10-03T00", "i-1"),
         charge("9", "2026-10-05T00", "2026-10-07T00", "i-1")],
    )  # fmt: skip
    whole, open_ = (
        provisional(ledger.lake, {"cluster": BY_NODE}, UsageQuery(), now=NOW, open_only=alone)
        for alone in (False, True)
    )
    assert whole.provisional == open_.provisional == {"USD": Decimal(72)}
    assert [str(row.day) for row in open_.rows] == [f"2026-10-0{day}" for day in (6, 7, 8, 9)]
    assert whole.unmatched == {"USD": Decimal(48)}


def test_a_tie_to_a_column_that_the_bill_lacks_is_named(ledger: Ledger) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24", "i-1")])
    ledger.bill("aws", [charge("20", "2026-10-05T00", "2026-10-06T00", "i-1")])
    with pytest.raises(QueryError, match="aws has no column x_Moon"):
        lane(ledger, SupersededBy("aws", ("ResourceId",), "x_Moon = '1'"))


def test_json_holds_every_digit(ledger: Ledger) -> None:
    ledger.cluster("cluster", [pod("2026-10-05", "24.000000001", "i-1")])
    data = lane(ledger, by="ResourceId").to_json()
    assert data["provisional"] == {"USD": "24.000000001"}
    assert data["rows"] == [
        {
            "source": "cluster", "superseded_by": "aws", "day": "2026-10-05", "ResourceId": "i-1",
            "currency": "USD", "rated_by": "usage", "estimated": "24.000000001",
            "superseded": "0.00", "provisional": "24.000000001", "unmatched": "0.00",
        }
    ]  # fmt: skip
