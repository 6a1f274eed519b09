"""Proposals: several vendors' tables in several languages, with reasons and doubts."""

from pathlib import Path
from typing import Any

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.csv_mapped import CsvMapping
from outlay.sources.csv_mapped.infer import Proposal, propose
from outlay.sources.detect import UnknownBill, detect
from outlay.sources.registry import SOURCES
from outlay.sources.transports.file import FileTransport


def proposal(folder: Path, table: str, name: str = "acme-invoice-2026-10.csv") -> Proposal:
    path = folder / name
    path.write_text(table, encoding="utf-8")
    transport = FileTransport(str(path))
    (file,) = transport.list()
    return propose(transport, file)


def cells(found: Proposal) -> dict[str, Any]:
    """Target → column or constant, and how it is read."""
    return {
        line.target: line.cell if len(line.cell) > 1 else next(iter(line.cell.values()))
        for line in found.evidence
    }


def test_a_german_invoice(tmp_path: Path) -> None:
    found = proposal(
        tmp_path,
        "Rechnungsnr.;Leistungsdatum;Produkt;Beschreibung;Menge;Einheit;Einzelpreis;"
        "Nettobetrag (EUR);MwSt.;Kostenstelle;Art\n"
        "BP-1;01.10.2026;Pro;Seats;1.200;Seats;39,00;936,00;177,84;CC-1;Abo\n"
        "BP-1;31.10.2026;Pro;Renders;;Renders;0,012;1.014,40;2,74;CC-1;Nutzung\n"
        "Summe;;;;;;;1.950,40;180,58;;\n",
    )
    assert cells(found) == {
        "BilledCost": {"column": "Nettobetrag (EUR)", "number": "1.234,56"},
        "BillingCurrency": "EUR",
        "ChargePeriodStart": {"column": "Leistungsdatum", "date": "DD.MM.YYYY"},
        "ChargeCategory": {
            "column": "Art",
            "map": {"Abo": "Purchase", "Nutzung": "Usage"},
            "default": "Usage",
        },
        "ConsumedQuantity": {"column": "Menge", "number": "1.234,56"},
        "ConsumedUnit": "Einheit",
        "InvoiceId": "Rechnungsnr.",
        "ServiceName": "Produkt",
        "ChargeDescription": "Beschreibung",
        "tags.cost-center": "Kostenstelle",
    }
    assert found.tax == {"column": "MwSt.", "number": "1.234,56"}
    assert found.skip == [{"column": "Rechnungsnr.", "is": ["Summe"]}]
    assert found.vendor == "Acme" and not found.missing
    CsvMapping.model_validate(found.mapping())


def test_an_english_export(tmp_path: Path) -> None:
    found = proposal(
        tmp_path,
        "Invoice ID,Usage Start,Usage End,Service,Total Cost,Currency,Team,tag:env,Labels\n"
        'I-1,2026-10-01,2026-10-31,CDN,"1,234.50",USD,web,prod,"{""a"": ""b""}"\n'
        'I-1,2026-10-01,2026-10-31,DNS,0.40,USD,ops,prod,"{}"\n',
    )
    told = cells(found)
    assert told["BilledCost"] == {"column": "Total Cost", "number": "1,234.56"}
    assert told["BillingCurrency"] == "Currency"
    assert told["ChargePeriodStart"] == "Usage Start"
    assert told["ChargePeriodEnd"] == {"column": "Usage End", "inclusive": True}
    assert told["tags.team"] == "Team"
    assert found.tags_from == [{"prefix": "tag:"}, {"json": "Labels"}]
    assert any("last day itself" in doubt for doubt in found.doubts)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        (
            "Date;Libellé;Montant HT;Devise",
            "05/10/2026;Hébergement;12,50;EUR",
            {"BilledCost": "Montant HT", "BillingCurrency": "Devise", "ChargePeriodStart": "Date",
             "ChargeDescription": "Libellé"},
        ),
        (
            "Fecha;Producto;Importe;Moneda",
            "05/10/2026;Correo;12,50;EUR",
            {"BilledCost": "Importe", "ServiceName": "Producto", "ChargePeriodStart": "Fecha"},
        ),
        (
            "Data;Servizio;Importo €;Quantità",
            "05/10/2026;Posta;12,50;3",
            {"BilledCost": "Importo €", "BillingCurrency": "EUR", "ServiceName": "Servizio",
             "ConsumedQuantity": "Quantità"},
        ),
        (
            "Datum;Omschrijving;Bedrag",
            "05-10-2026;Hosting;€ 12,50",
            {"BilledCost": "Bedrag", "BillingCurrency": "EUR", "ChargePeriodStart": "Datum"},
        ),
        (
            "日付,サービス,金額,通貨",
            "2026/10/25,CDN,1250,JPY",
            {"BilledCost": "金額", "BillingCurrency": "通貨", "ServiceName": "サービス"},
        ),
    ],
)  # fmt: skip
def test_other_languages(tmp_path: Path, header: str, row: str, expected: dict[str, str]) -> None:
    found = cells(proposal(tmp_path, f"{header}\n{row}\n"))
    told = {k: v["column"] if isinstance(v, dict) else v for k, v in found.items()}
    assert told | expected == told


def test_two_readings_of_a_date_are_a_doubt(tmp_path: Path) -> None:
    found = proposal(tmp_path, "Date,Amount USD\n04/03/2026,1.00\n05/03/2026,2.00\n")
    assert cells(found)["ChargePeriodStart"] == {"column": "Date", "date": "MM/DD/YYYY"}
    assert any("as MM/DD/YYYY and as DD/MM/YYYY ('04/03/2026')" in d for d in found.doubts)
    found = proposal(tmp_path, "Date,Amount USD\n04/03/2026,1.00\n25/03/2026,2.00\n")
    assert cells(found)["ChargePeriodStart"] == {"column": "Date", "date": "DD/MM/YYYY"}
    assert not any("can be read as" in doubt for doubt in found.doubts)


def test_two_readings_of_an_amount_are_a_doubt(tmp_path: Path) -> None:
    found = proposal(tmp_path, "Datum;Betrag EUR\n25.10.2026;1.234\n26.10.2026;2.500\n")
    assert cells(found)["BilledCost"] == {"column": "Betrag EUR", "number": "1.234,56"}
    assert any("'1.234' is 1234 in the form '1.234,56'" in doubt for doubt in found.doubts)


def test_what_is_not_found_is_missing(tmp_path: Path) -> None:
    found = proposal(tmp_path, "Name,Colour\nAda,blue\n")
    assert found.missing == ["BilledCost", "BillingCurrency", "ChargePeriodStart"]
    found = proposal(tmp_path, "Day,Amount\n2026-10-05,1.50\n")
    assert found.missing == ["BillingCurrency"]


def test_net_is_preferred_to_gross_and_said(tmp_path: Path) -> None:
    found = proposal(tmp_path, "Datum;Brutto EUR;Netto EUR\n25.10.2026;11,90;10,00\n")
    assert cells(found)["BilledCost"]["column"] == "Netto EUR"
    assert any("'Brutto EUR'" in doubt for doubt in found.doubts)


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no rows"):
        proposal(tmp_path, "Day,Amount\n")


def test_an_unknown_table_leads_here_and_csv_claims_nothing(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text("Day,Amount\n2026-10-05,1\n")
    transport = FileTransport(str(tmp_path))
    with pytest.raises(UnknownBill, match="outlay source infer FILE") as caught:
        detect(transport)
    assert [file.path for file in caught.value.tables] == ["bill.csv"]
    assert SOURCES["csv"].recognise(transport, transport.list()) == []
    (feed,) = detect(transport, [SOURCES["csv"]])
    assert (feed.kind, feed.root) == ("csv", "bill.csv")


def test_of_several_candidates_the_one_that_says_it_best_is_taken(tmp_path: Path) -> None:
    found = proposal(
        tmp_path,
        "BillingPeriodEnd,UsageStart,UsageAccountId,UsageAmount,ListCost,UnblendedCost,"
        "InvoiceIssuerName,InvoiceId,service.id,service.description,Currency\n"
        "2026-11-01T00:00:00Z,2026-10-05T10:30:00Z,481020,12.5,9.5,8.25,Acme,I-1,S1,CDN,USD\n",
        "standard-october-costs.csv",
    )
    told = cells(found)
    assert told["BilledCost"] == "UnblendedCost"
    assert told["ConsumedQuantity"] == "UsageAmount"
    assert told["InvoiceId"] == "InvoiceId"
    assert told["ServiceName"] == "service.description"
    assert "ChargePeriodEnd" not in told  # a billing period's end is not that of a row
    assert any("'UsageAmount', 'ListCost'" in doubt for doubt in found.doubts)


def test_a_time_is_no_last_day(tmp_path: Path) -> None:
    found = proposal(tmp_path, "Start,End,Cost USD\n2026-10-05T10:00:00,2026-10-30T18:54:00,1.5\n")
    assert cells(found)["ChargePeriodEnd"] == "End"


def test_a_row_with_a_date_is_no_total(tmp_path: Path) -> None:
    found = proposal(
        tmp_path, "Date,Plan,Cost USD\n2026-10-05,Total Care,1.50\n2026-10-06,Total Care,2.50\n"
    )
    assert found.skip == []


def test_forms_that_fail_on_a_value_are_no_doubt(tmp_path: Path) -> None:
    lines = "".join(f"2026-10-05,{n}.25\n" for n in range(100))
    found = proposal(tmp_path, f"Date,Cost USD\n{lines}2026-10-06,4.9e-05\n")
    assert not any("in the form" in doubt for doubt in found.doubts)
