"""A mapping's vocabulary, and what is said when it does not fit."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from outlay.lake import Lake, LoadOutcome
from outlay.sources.csv_mapped import CsvMapped, CsvMapping, CsvOptions
from outlay.sources.transports.file import FileTransport

pytestmark = pytest.mark.slow

COLUMNS: dict[str, Any] = {
    "BilledCost": "Amount",
    "BillingCurrency": {"constant": "EUR"},
    "ChargePeriodStart": "Day",
}


class Desk:
    """A table, a mapping, and a lake to load it into."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake.open(folder / "lake", threads=1)
        self.folder = folder / "bill"
        self.folder.mkdir()
        self.outcomes: list[LoadOutcome] = []

    def load(self, table: str, columns: dict[str, Any] | None = None, **more: Any) -> str:
        """Load a table; gives what failed or was held back, as one text."""
        (self.folder / "bill.csv").write_text(table, encoding="utf-8")
        options = CsvOptions.model_validate(
            {"mapping": {"vendor": "Acme", "columns": COLUMNS | (columns or {})} | more}
        )
        transport = FileTransport(str(self.folder))
        self.outcomes = self.lake.load("acme", CsvMapped(), transport, options)
        return " ".join(o.message for o in self.outcomes if o.status in ("failed", "held"))

    def rows(self, columns: str) -> list[tuple[Any, ...]]:
        """Columns of the charges, in file order."""
        paths = [str(item.charges_path) for item in self.lake.pin().slices]
        with duckdb.connect() as reader:
            return reader.execute(
                f"SELECT {columns} FROM read_parquet(?, union_by_name = true) "
                "ORDER BY x_SourceFile, x_SourceLine, ChargeCategory DESC",
                [paths],
            ).fetchall()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def problems(columns: dict[str, Any] | None = None, **more: Any) -> str:
    """What a mapping is refused with."""
    with pytest.raises(ValidationError) as caught:
        CsvMapping.model_validate({"vendor": "Acme", "columns": COLUMNS | (columns or {})} | more)
    return str(caught.value)


# --- the vocabulary ----------------------------------------------------------------------------


def test_the_least_mapping_gives_whole_charges(desk: Desk) -> None:
    assert desk.load("Day,Amount,Note\n2026-10-05,1.50,hello\n") == ""
    assert desk.rows(
        "BilledCost, EffectiveCost, ListCost, ContractedCost, BillingCurrency, ServiceName, "
        "ServiceCategory, ServiceProviderName, InvoiceIssuerName, BillingAccountId, "
        "ChargeCategory, ChargeFrequency, x_Note"
    ) == [
        (
            *[Decimal("1.5")] * 4,
            *("EUR", "Acme", "Other", "Acme", "Acme", "Acme", "Usage", "Usage-Based", "hello"),
        )
    ]
    times = desk.rows(
        "CAST(ChargePeriodStart AS VARCHAR), CAST(ChargePeriodEnd AS VARCHAR), "
        "CAST(BillingPeriodStart AS VARCHAR), CAST(BillingPeriodEnd AS VARCHAR)"
    )
    assert [text[:10] for text in times[0]] == [
        *("2026-10-05", "2026-10-06", "2026-10-01", "2026-11-01")
    ]
    (record,) = [outcome.record for outcome in desk.outcomes]
    assert record is not None and record.checks == ()


def test_numbers_dates_sign_and_factor(desk: Desk) -> None:
    cell = {"column": "Amount", "number": "1.234,56", "multiply": "0.01", "sign": "minus"}
    day = {"column": "Day", "date": ["DD.MM.YYYY", "YYYY-MM-DD"]}
    table = "Day;Amount\n05.10.2026;€ 1.234,50\n2026-10-06;-7\n"
    assert desk.load(table, {"BilledCost": cell, "ChargePeriodStart": day}) == ""
    assert desk.rows("BilledCost, CAST(CAST(ChargePeriodStart AS DATE) AS VARCHAR)") == [
        (Decimal("-12.345"), "2026-10-05"),
        (Decimal("0.07"), "2026-10-06"),
    ]


def test_months_and_last_days(desk: Desk) -> None:
    table = "Month,Amount\n2026-10,1\n"
    month = {"ChargePeriodStart": {"column": "Month", "date": "YYYY-MM"}}
    assert desk.load(table, month) == ""
    ends = "CAST(CAST(ChargePeriodEnd AS DATE) AS VARCHAR)"
    assert desk.rows(ends) == [("2026-11-01",)]
    table = "Day,Until,Amount\n2026-10-01,2026-10-31,1\n"
    assert desk.load(table, {"ChargePeriodEnd": {"column": "Until", "inclusive": True}}) == ""
    assert desk.rows(ends) == [("2026-11-01",)]


def test_several_columns_concat_map_and_default(desk: Desk) -> None:
    columns: dict[str, Any] = {
        "ServiceName": {"column": ["Product", "Group"]},
        "ChargeDescription": {
            "concat": ["Product", {"constant": "of"}, "Group"],
            "separator": " ",
        },
        "ChargeCategory": {
            "column": "Art",
            "map": {"Abo": "Purchase", "Gutschrift": "Credit"},
            "default": "Usage",
        },
        "x_CostOwner": {"constant": "finance"},
    }
    table = (
        "Day,Amount,Product,Group,Art\n2026-10-05,1,Seats,Base,Abo\n2026-10-05,-1,,Base,Gutschrift\n"
        "2026-10-05,1,Calls,Base,\n"
    )
    assert desk.load(table, columns) == ""
    assert desk.rows("ServiceName, ChargeDescription, ChargeCategory, x_CostOwner") == [
        ("Seats", "Seats of Base", "Purchase", "finance"),
        ("Base", "of Base", "Credit", "finance"),
        ("Calls", "Calls of Base", "Usage", "finance"),
    ]


def test_tags_from_columns_prefixes_and_json(desk: Desk) -> None:
    table = (
        "Day;Amount;Kostenstelle;tag:env;tag:team;Labels\n"
        '2026-10-05;1;CC-1;prod;;"{""team"": ""search"", ""tier"": ""1""}"\n'
        "2026-10-05;1;;;ml;\n"
    )
    more: dict[str, Any] = {
        "tags": {"cost-center": "Kostenstelle"},
        "tags_from": [{"prefix": "tag:"}, {"json": "Labels"}],
    }
    assert desk.load(table, **more) == ""
    assert [dict(row[0]) for row in desk.rows("Tags")] == [
        {"cost-center": "CC-1", "env": "prod", "team": "search", "tier": "1"},
        {"team": "ml"},
    ]


def test_a_currency_a_row_with_its_symbols(desk: Desk) -> None:
    cell = {"column": "Cur", "map": {"€": "EUR"}}
    table = "Day,Amount,Cur\n2026-10-05,1,€\n2026-10-05,2,USD\n"
    assert desk.load(table, {"BillingCurrency": cell}) == ""
    assert desk.rows("BillingCurrency, PricingCurrency") == [("EUR", "EUR"), ("USD", "USD")]


def test_tax_is_a_charge_of_its_own_and_proven(desk: Desk) -> None:
    table = "Day,Amount,VAT\n2026-10-05,10.00,1.90\n2026-10-06,5,\nTotal,15,1.9\n"
    skip = [{"column": "Day", "is": "Total"}]
    assert desk.load(table, tax="VAT", skip=skip) == ""
    assert desk.rows("BilledCost, ChargeCategory, EffectiveCost") == [
        (Decimal(10), "Usage", Decimal(10)),
        (Decimal("1.90"), "Tax", Decimal("1.90")),
        (Decimal(5), "Usage", Decimal(5)),
    ]
    (record,) = [outcome.record for outcome in desk.outcomes]
    assert record is not None
    assert record.proof.rows_folded == {"rows that the mapping skips: Day is Total": 1}
    assert record.checks == ()


@pytest.mark.parametrize(
    "skip",
    [
        {"column": "Day", "is": ["Total", "Sum"]},
        {"column": "Day", "starts": "To"},
        {"column": "Note", "empty": True},
    ],
)
def test_rows_that_are_no_charges_are_skipped_and_counted(desk: Desk, skip: dict[str, Any]) -> None:
    assert desk.load("Day,Amount,Note\n2026-10-05,1,x\nTotal,convertible,\n", skip=[skip]) == ""
    assert len(desk.rows("1")) == 1


def test_what_is_not_mapped_is_kept_unless_it_shall_not(desk: Desk) -> None:
    table = "Day,Amount,Cost Owner\n2026-10-05,1,Ada\n"
    assert desk.load(table) == ""
    assert desk.rows("x_CostOwner") == [("Ada",)]
    assert desk.load(table, keep=False) == ""
    assert not [c for c in desk.lake.pin().slices[0].delivery.columns if c == "x_CostOwner"]


def test_changing_the_mapping_lifts_history_anew(desk: Desk) -> None:
    table = "Day,Amount,Brutto\n2026-10-05,1,1.19\n"
    desk.load(table)
    desk.load(table)
    assert [outcome.status for outcome in desk.outcomes] == ["unchanged"]
    desk.load(table, {"BilledCost": "Brutto"})
    assert [(o.status, o.record.cause if o.record else "") for o in desk.outcomes] == [
        ("loaded", "options")
    ]
    assert desk.rows("BilledCost") == [(Decimal("1.19"),)]


# --- what does not fit -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("Day,Amount\n2026-10-05,1,234\n2026-10-01,1\n", "too many cells"),
        ("Day,Amount\n2026-10-05,12 Euro\n", "rejected"),
        ("Day,Amount\n05.10.2026,1\n2026-10-01,1\n", "rejected"),
        ("Day,Amount\n2026-10-05,\n2026-10-01,1\n", "rejected"),
    ],
)
def test_a_row_that_does_not_fit_holds_its_month_back(desk: Desk, table: str, message: str) -> None:
    found = desk.load(table)
    told = found + " ".join(
        row.reason for o in desk.outcomes if o.record for row in o.record.rejects_sample
    )
    assert message in told


def test_the_reason_names_column_and_form(desk: Desk) -> None:
    desk.load("Day,Amount\n2026-10-05,12 Euro\n05.10.2026,1\n")
    reasons = {row.reason for o in desk.outcomes if o.record for row in o.record.rejects_sample}
    assert "BilledCost is no cost that fits exactly in the form 1234.56 (column Amount)" in reasons
    assert "ChargePeriodStart is no date in the form ISO (column Day)" in reasons


def test_a_factor_that_would_round_is_refused(desk: Desk) -> None:
    cell = {"column": "Amount", "multiply": "0.000000000001"}
    assert "rejected" in desk.load("Day,Amount\n2026-10-05,0.0000000001234\n", {"BilledCost": cell})


def test_columns_that_are_not_there_are_named_all_at_once_with_near_ones(desk: Desk) -> None:
    found = desk.load(
        "Day,Amounts\n2026-10-05,1\n", {"ServiceName": "Produkt"}, tags={"team": "Amount"}
    )
    assert "BilledCost, tag team: the file has no column 'Amount'; did you mean 'Amounts'?" in found
    assert "ServiceName: the file has no column 'Produkt'; it has Day, Amounts" in found


def test_values_that_focus_does_not_know_are_shown(desk: Desk) -> None:
    found = desk.load("Day,Amount,Art\n2026-10-05,1,Abo\n", {"ChargeCategory": "Art"})
    assert "ChargeCategory is 'Abo' in some rows; give its map to" in found
    found = desk.load("Day,Amount,Cur\n2026-10-05,1,€\n", {"BillingCurrency": "Cur"})
    assert "BillingCurrency is '€' in some rows" in found


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ServiceNam": "A"}, "no FOCUS 1.4 column 'ServiceNam'; did you mean ServiceName"),
        ({"ServiceName": {"column": "A", "number": "1.234,56"}}, "ServiceName is no number"),
        ({"ServiceName": {"column": "A", "date": "DD.MM.YYYY"}}, "ServiceName is no time"),
        ({"Tags": "A"}, "given under tags"),
        ({"x_lower": "A"}, "PascalCase"),
        ({"BillingCurrency": {"constant": "EURO"}}, "no code of ISO 4217"),
        ({"ChargeCategory": {"constant": "Abo"}}, "cannot be 'Abo'; it is one of"),
        ({"BilledCost": {"column": "A", "number": "1.2.3"}}, "no number form '1.2.3'"),
        ({"BilledCost": {"column": "A", "multiply": "1e9"}}, "no factor below"),
        ({"BilledCost": {"column": "A", "constant": "1"}}, "exactly one of"),
        ({"BilledCost": {"colum": "A"}}, "colum"),
        (
            {"ChargePeriodStart": {"column": "A", "date": ["DD/MM/YYYY", "MM/DD/YYYY"]}},
            "04/03/2026 can be read as DD/MM/YYYY and as MM/DD/YYYY",
        ),
        ({"ServiceName": {"column": "A", "inclusive": True}}, "inclusive is of ends"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(columns: dict[str, Any], message: str) -> None:
    assert message in problems(columns)


def test_a_mapping_without_cost_date_or_currency_names_each() -> None:
    with pytest.raises(ValidationError) as caught:
        CsvMapping.model_validate({"vendor": "Acme", "columns": {"ServiceName": "A"}})
    for name in ("BilledCost", "BillingCurrency", "ChargePeriodStart"):
        assert f"{name} is missing" in str(caught.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"skip": [{"column": "A"}]}, "exactly one of is"),
        ({"tags_from": [{"json": "A", "prefix": "b"}]}, "exactly one of json"),
        ({"tax": {"constant": "1", "column": "A"}}, "exactly one of"),
    ],
)
def test_rules_about_rows_are_checked(more: dict[str, Any], message: str) -> None:
    assert message in problems(**more)


def test_the_option_is_needed_and_is_no_file_name_here() -> None:
    with pytest.raises(ValidationError, match="outlay source infer FILE"):
        CsvOptions.model_validate({})
    with pytest.raises(ValidationError, match="only the command line reads one"):
        CsvOptions.model_validate({"mapping": "mapping.yaml"})
