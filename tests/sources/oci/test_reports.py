"""Oracle's reports, trap by trap."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from outlay.lake import LoadOutcome
from outlay.sources.contract import SourceError
from outlay.sources.detect import detect
from outlay.sources.oci.names import resource_type_sql, unit_name
from outlay.sources.transports.file import FileTransport
from tests.contract.ledger import Ledger
from tests.sources.oci.reports import USAGE_ROW, cost, focus, write

pytestmark = pytest.mark.slow

OCTOBER = "2026-10"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "lake")


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


def loaded(outcomes: list[LoadOutcome]) -> dict[str, tuple[int, int]]:
    """Period → rows read and charges, of slices that were loaded and proven."""
    found = {}
    for outcome in outcomes:
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None and outcome.record.proof.reconciled
        found[str(outcome.billing_period)] = (outcome.record.proof.rows_read, outcome.record.rows)
    return found


def ask(ledger: Ledger, name: str, columns: str, period: str = OCTOBER) -> list[tuple[object, ...]]:
    with duckdb.connect() as reader:
        return reader.execute(
            f"SELECT {columns} FROM {ledger.charges(name, period)} "
            "ORDER BY x_SourceFile, x_SourceLine"
        ).fetchall()


def test_a_row_says_who_what_where_and_how_much(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "000301.csv", [cost()])
    ledger.load("oci", bucket)
    columns = (
        "BillingAccountId, SubAccountType, ServiceName, ServiceCategory, ServiceSubcategory, "
        "RegionId, SkuId, PricingUnit, x_OciCompartmentName, x_OciReferenceNumber, "
        "InvoiceIssuerName, ChargeClass"
    )
    assert ask(ledger, "oci", columns) == [
        (
            *("8821", "Tenancy", "COMPUTE", "Compute", "Virtual Machines"),
            *("eu-frankfurt-1", "B93113", "OCPU-Hours", "shop", "ref-1"),
            *("Oracle", None),
        )
    ]
    amounts = "BilledCost, EffectiveCost, ListCost, ContractedCost, PricingQuantity, ListUnitPrice"
    assert ask(ledger, "oci", amounts) == [(*[Decimal("0.05")] * 4, Decimal(2), Decimal("0.025"))]


def test_times_come_with_and_without_seconds_in_one_row(ledger: Ledger, bucket: Path) -> None:
    write(
        bucket / "000301.csv",
        [
            cost(intervalUsageStart="2026-10-31T23:00Z", intervalUsageEnd="2026-11-01T00:00:00Z"),
            cost(intervalUsageStart="2026-10-31T23:00:00.000Z", intervalUsageEnd=""),
        ],
    )
    ledger.load("oci", bucket)
    ends = ask(
        ledger, "oci", "CAST(ChargePeriodStart AS VARCHAR), CAST(ChargePeriodEnd AS VARCHAR)"
    )
    assert ends == [("2026-10-31 23:00:00", "2026-11-01 00:00:00")] * 2


def test_files_have_no_month_their_rows_do_and_a_new_file_joins_its_months(
    ledger: Ledger, bucket: Path
) -> None:
    write(bucket / "000301.csv", [cost(intervalUsageStart="2026-09-30T23:00Z"), cost()])
    assert loaded(ledger.load("oci", bucket)) == {"2026-09": (1, 1), OCTOBER: (1, 1)}
    write(bucket / "000302.csv", [cost(myCost="0.07")])
    again = ledger.load("oci", bucket)
    assert [(str(o.billing_period), o.status) for o in again] == [
        ("2026-09", "unchanged"),
        (OCTOBER, "loaded"),
    ]
    assert ledger.sums("oci", OCTOBER, "BillingCurrency") == {"USD": Decimal("0.12")}


def test_tag_columns_differ_from_file_to_file(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "000301.csv", [{**cost(), "tags/team": "search", "tags/Ops.Owner": ""}])
    write(bucket / "000302.csv", [{**cost(), "tags/Team": "Search", r"tags/Dev\a-b.c'd": "x"}])
    write(bucket / "000303.csv", [cost()])
    ledger.load("oci", bucket)
    assert ask(ledger, "oci", "Tags") == [
        ({"team": "search"},),
        ({"Team": "Search", r"Dev\a-b.c'd": "x"},),
        ({},),
    ]


def test_a_correction_stays_beside_the_row_that_it_corrects(ledger: Ledger, bucket: Path) -> None:
    back = {"isCorrection": "true", "backreferenceNo": "ref-1"}
    write(
        bucket / "000301.csv",
        [
            cost(myCost="10"),
            cost(referenceNo="ref-2", myCost="-10", billedQuantity="-2", **back),
            cost(referenceNo="ref-3", myCost="4", **back),
        ],
    )
    (outcome,) = ledger.load("oci", bucket)
    assert ledger.sums("oci", OCTOBER, "BillingCurrency") == {"USD": Decimal(4)}
    rows = ask(ledger, "oci", "BilledCost, x_OciBackReferenceNumber, ChargeClass, ChargeCategory")
    assert rows == [
        (10, None, None, "Usage"),
        (-10, "ref-1", None, "Usage"),  # the month was open: no correction in FOCUS's sense
        (4, "ref-1", None, "Usage"),
    ]
    assert outcome.record is not None
    assert "2 rows correct others" in " ".join(outcome.record.notes)


def test_a_correction_of_a_month_that_was_over_is_billed_in_the_next(
    ledger: Ledger, bucket: Path
) -> None:
    write(bucket / "000301.csv", [cost(intervalUsageStart="2026-09-20T10:00Z", myCost="10")])
    write(
        bucket / "000302.csv",
        [
            cost(myCost="1"),
            cost(
                **{"intervalUsageStart": "2026-09-20T10:00Z", "intervalUsageEnd": ""},
                **{"isCorrection": "true", "backreferenceNo": "ref-1", "myCost": "-3"},
            ),
        ],
    )
    assert loaded(ledger.load("oci", bucket)) == {"2026-09": (1, 1), OCTOBER: (2, 2)}
    columns = "CAST(ChargePeriodStart AS DATE), CAST(BillingPeriodStart AS DATE), ChargeClass"
    rows = [tuple(map(str, row)) for row in ask(ledger, "oci", columns)]
    assert rows == [
        ("2026-10-05", "2026-10-01", "None"),
        ("2026-09-20", "2026-10-01", "Correction"),
    ]


def test_late_usage_of_the_month_before_leaves_that_month_open(
    ledger: Ledger, bucket: Path
) -> None:
    late = "2026-09-30T23:00Z"
    write(
        bucket / "000302.csv",
        [
            cost(intervalUsageStart="2026-10-01T00:00Z"),
            cost(intervalUsageStart=late),
            cost(intervalUsageStart=late, isCorrection="true", backreferenceNo="x", myCost="-1"),
        ],
    )
    ledger.load("oci", bucket)
    assert ask(ledger, "oci", "BilledCost, ChargeClass", "2026-09") == [
        (Decimal("0.05"), None),
        (Decimal(-1), None),
    ]


def test_a_back_reference_alone_is_no_correction(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "000301.csv", [cost(backreferenceNo="17053")])
    (outcome,) = ledger.load("oci", bucket)
    assert outcome.record is not None
    assert "correct" not in " ".join(outcome.record.notes)


def test_the_overage_is_part_of_the_cost_and_never_added(ledger: Ledger, bucket: Path) -> None:
    write(
        bucket / "000301.csv",
        [cost(myCost="5", myCostOverage="2", billedQuantityOverage="80", overageFlag="Y")],
    )
    ledger.load("oci", bucket)
    assert ledger.sums("oci", OCTOBER, "x_OciCostOverage") == {"2": Decimal(5)}
    assert ask(ledger, "oci", "x_OciOverageFlag, x_OciBilledQuantityOverage") == [("Y", "80")]


def test_exact_amounts_in_every_spelling(ledger: Ledger, bucket: Path) -> None:
    texts = ["0.012264277499950943", "3.6018280000E-8", "-0", "6.266090E-12"]
    write(bucket / "000301.csv", [cost(myCost=text, unitPrice="") for text in texts])
    ledger.load("oci", bucket)
    assert [row[0] for row in ask(ledger, "oci", "BilledCost")] == [Decimal(t) for t in texts]


def test_the_tenancy_is_called_as_its_root_compartment(ledger: Ledger, bucket: Path) -> None:
    root = cost()["lineItem/tenantId"]
    write(bucket / "000301.csv", [cost(), cost(compartmentId=root, compartmentName="kestrel")])
    ledger.load("oci", bucket)
    assert ask(ledger, "oci", "SubAccountName") == [("kestrel",)] * 2


def test_a_file_that_was_copied_twice_counts_once(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "reports/cost-csv/000301.csv", [cost()])
    write(bucket / "again/000301.csv", [cost()])
    (outcome,) = ledger.load("oci", bucket)
    assert ledger.sums("oci", OCTOBER, "BillingCurrency") == {"USD": Decimal("0.05")}
    assert outcome.record is not None
    notes = " ".join(outcome.record.notes)
    assert "reports/cost-csv/000301.csv is a copy of again/000301.csv" in notes


def test_reports_of_two_tenancies_may_have_one_name(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "a/000301.csv", [cost(tenantId="ocid1.tenancy.oc1..a")])
    write(bucket / "b/000301.csv", [cost(tenantId="ocid1.tenancy.oc1..b")])
    ledger.load("oci", bucket)
    assert ledger.sums("oci", OCTOBER, "SubAccountId") == {
        f"ocid1.tenancy.oc1..{name}": Decimal("0.05") for name in "ab"
    }


def test_usage_reports_are_left_out_beside_cost_reports(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "cost-csv/000301.csv", [cost()])
    write(bucket / "usage-csv/000301.csv", [USAGE_ROW])
    (outcome,) = ledger.load("oci", bucket)
    assert outcome.record is not None and outcome.record.proof.rows_read == 1
    assert "1 usage report left out" in " ".join(outcome.record.notes)


def test_usage_reports_alone_are_known_and_refused(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "000301.csv", [USAGE_ROW])
    (feed,) = detect(FileTransport(str(bucket)))
    assert feed.kind == "oci"
    with pytest.raises(SourceError, match="1 usage report alone.*reports/cost-csv"):
        ledger.load("oci", bucket)


def test_a_stranger_in_the_folder_is_refused(ledger: Ledger, bucket: Path) -> None:
    from outlay.sources.oci import Oci, OciOptions

    write(bucket / "000301.csv", [cost()])
    write(bucket / "people.csv", [{"name": "Ada", "born": "1815"}])
    with pytest.raises(SourceError, match="people.csv is no report of Oracle"):
        Oci().deliveries(FileTransport(str(bucket)), OciOptions())


def test_without_a_cost_column_it_says_so(ledger: Ledger, bucket: Path) -> None:
    row = cost()
    del row["cost/currencyCode"]
    write(bucket / "000301.csv", [row])
    (outcome,) = ledger.load("oci", bucket)
    assert outcome.status == "failed" and "cost/currencyCode" in outcome.message


# --- FOCUS reports ---------------------------------------------------------------------------


def test_focus_reports_have_the_names_of_the_preview(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "000301.csv", [focus()])
    (outcome,) = ledger.load("oci", bucket)
    assert outcome.record is not None and outcome.record.focus_version == "1.0-preview"
    columns = (
        "ServiceProviderName, InvoiceIssuerName, RegionId, ConsumedQuantity, "
        "ServiceSubcategory, x_OciReferenceNumber, x_ChargeSubcategory, ListCost"
    )
    assert ask(ledger, "oci", columns) == [
        (
            *("Oracle", "Oracle", "eu-frankfurt-1", 2),
            *("Virtual Machines", "ref-1", "On-Demand", Decimal("0.05")),
        )
    ]


def test_both_reports_of_the_same_days_count_once(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "cost-csv/000301.csv", [cost(), cost(referenceNo="ref-2")])
    write(bucket / "FOCUS Reports/000301.csv", [focus(), focus(oci_ReferenceNumber="ref-2")])
    (outcome,) = ledger.load("oci", bucket)
    assert outcome.status == "loaded", outcome.message
    assert ledger.sums("oci", OCTOBER, "BillingCurrency") == {"USD": Decimal("0.10")}
    assert outcome.record is not None
    assert outcome.record.proof.rows_read == 4
    assert list(outcome.record.proof.rows_folded.values()) == [2]


def test_days_that_only_the_focus_reports_have_are_theirs(ledger: Ledger, bucket: Path) -> None:
    write(bucket / "cost-csv/000301.csv", [{**cost(), "tags/team": "search"}])
    write(
        bucket / "FOCUS Reports/000301.csv",
        [
            focus(),
            focus(ChargePeriodStart="2026-10-06T10:00Z", ChargePeriodEnd="2026-10-06T11:00Z"),
        ],
    )
    ledger.load("oci", bucket)
    rows = ask(ledger, "oci", "CAST(CAST(ChargePeriodStart AS DATE) AS VARCHAR), Tags['team']")
    assert sorted(rows) == [("2026-10-05", "search"), ("2026-10-06", "search")]


def test_a_correction_is_not_told_twice(ledger: Ledger, bucket: Path) -> None:
    write(
        bucket / "cost-csv/000301.csv",
        [
            cost(),
            cost(
                **{"intervalUsageStart": "2026-10-02T10:00Z", "isCorrection": "true"},
                **{"backreferenceNo": "ref-0", "myCost": "-1"},
            ),
        ],
    )
    write(
        bucket / "FOCUS Reports/000301.csv",
        [
            focus(),
            focus(
                BilledCost="-1",
                EffectiveCost="-1",
                ChargePeriodStart="2026-10-02T10:00Z",
                oci_BackReferenceNumber="ref-0",
            ),
        ],
    )
    ledger.load("oci", bucket)
    assert ledger.sums("oci", OCTOBER, "BillingCurrency") == {"USD": Decimal("-0.95")}


@pytest.mark.parametrize(("choice", "tag"), [("cost", ""), ("focus", "search")])
def test_the_option_chooses_one_of_the_two(
    ledger: Ledger, bucket: Path, choice: str, tag: str
) -> None:
    write(bucket / "cost-csv/000301.csv", [cost()])
    write(bucket / "FOCUS Reports/000301.csv", [focus()])
    (outcome,) = ledger.load("oci", bucket, reports=choice)
    assert ledger.sums("oci", OCTOBER, "Tags['team']") == {tag: Decimal("0.05")}
    assert outcome.record is not None
    assert "left out by the option reports" in " ".join(outcome.record.notes)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1 GiB MONTHS STORAGE_SIZE", "GiB-Months"),
        ("1 NONE HOURS OCPUS", "OCPU-Hours"),
        ("ONE HOURS OCPUS", "OCPU-Hours"),
        ("ONE ECPU HOURS", "ECPU-Hours"),
        ("1 NONE HOURS INSTANCE", "Instance-Hours"),
        ("1000000 NONE NONE DATAPOINTS", "1000000 Datapoints"),
        ("1 GiB HOURS DATA_TRANSFERRED", "GiB"),
        ("ONE GiB MONTHS STORAGE_SIZE", "GiB-Months"),
        ("10000 NONE NONE REQUESTS", "10000 Requests"),
        ("", ""),
    ],
)
def test_units_are_spelled_as_focus_spells_them(text: str, name: str) -> None:
    assert unit_name(text) == name


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("ocid1.instance.oc1.eu-frankfurt-1.one", "Instance"),
        ("ocid1.autonomousdatabase.oc1..x", "Autonomous Database"),
        ("ocid1.newthing.oc1..x", "newthing"),
        ("axi5rjbot4mp/MonitoringData", None),
        (None, None),
    ],
)
def test_an_ocid_says_what_kind_of_thing_it_is(resource: str | None, kind: str | None) -> None:
    with duckdb.connect() as engine:
        found = engine.execute(
            f"SELECT {resource_type_sql('r')} FROM (SELECT CAST(? AS VARCHAR) AS r)", [resource]
        ).fetchone()
    assert found == (kind,)
