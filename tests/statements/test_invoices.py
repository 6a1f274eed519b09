"""Invoices against charges: who takes what, and how a difference is explained."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.app import Workspace, WorkspaceError, invoices
from outlay.money import BillingPeriod, total
from outlay.resources.errors import ResourceError
from outlay.statements.billed import Rounded
from outlay.statements.invoice_files import read_invoices
from outlay.statements.invoices import Row, reconcile
from tests.statements.invoiced import AWS, Known, billed, invoice, line, load

SEPTEMBER = BillingPeriod(2026, 9)


def only(rows: tuple[Row, ...], number: str | None = "I-1") -> Row:
    (row,) = [row for row in rows if row.invoice_id == number]
    return row


def reasons(row: Row) -> dict[str, Decimal | None]:
    return {one.reason: one.amount for one in row.taken}


def adds_up(row: Row) -> bool:
    """The difference is what is taken and what is not explained, to the last digit."""
    assert row.difference is not None and row.unexplained is not None
    known = [one.amount for one in row.taken if one.amount is not None]
    return total((*known, row.unexplained)) == row.difference


def test_the_same_amount_matches() -> None:
    row = only(reconcile([billed("60"), billed("40", category="Tax")], [invoice("100")], Known()))
    assert (row.state, row.difference, row.unexplained) == ("matched", 0, 0)
    assert row.categories == {"Tax": Decimal(40), "Usage": Decimal(60)}
    assert row.lines == 2


def test_rounding_of_the_total_matches_and_is_shown() -> None:
    row = only(reconcile([billed("99.996")], [invoice("100.00")], Known()))
    assert row.state == "matched"
    assert row.difference == Decimal("0.004")
    assert reasons(row) == {"rounding": Decimal("0.004")}
    assert adds_up(row)


def test_half_a_unit_is_rounding_and_more_is_not() -> None:
    assert only(reconcile([billed("99.995")], [invoice("100.00")], Known())).state == "matched"
    row = only(reconcile([billed("99.9949")], [invoice("100.00")], Known()))
    assert (row.state, row.unexplained) == ("differs", Decimal("0.0051"))


def test_the_smallest_unit_is_the_currencys() -> None:
    yen = dict(currency="JPY")
    row = only(reconcile([billed("1000.4", **yen)], [invoice("1000", **yen)], Known()))
    assert row.state == "matched"
    row = only(reconcile([billed("1000.04")], [invoice("1000")], Known()))
    assert row.state == "differs"


def test_lines_that_were_rounded_one_by_one() -> None:
    # Three lines of 33.335 are 100.005, but 33.34 each, 100.02, on the invoice.
    evidence = Known(sums=Rounded(Decimal("100.02"), 3, Decimal("100.01"), 1))
    row = only(reconcile([billed("100.005", lines=3)], [invoice("100.02")], evidence))
    assert row.state == "explained"
    assert reasons(row) == {"rounding": Decimal("0.015")}
    assert "Each charge" in row.taken[0].text


def test_within_what_rounding_can_change() -> None:
    evidence = Known(sums=Rounded(Decimal("100"), 12, Decimal("100"), 12))
    row = only(reconcile([billed("100")], [invoice("100.06")], evidence))
    assert row.state == "explained"
    assert "12 lines" in row.taken[0].text
    assert only(reconcile([billed("100")], [invoice("100.07")], evidence)).state == "differs"


def test_tax_that_the_bill_does_not_have() -> None:
    row = only(reconcile([billed("100")], [invoice("119", tax="19")], Known()))
    assert row.state == "explained"
    assert reasons(row) == {"tax": Decimal(19)}


def test_tax_counts_also_where_more_is_unexplained() -> None:
    row = only(reconcile([billed("100")], [invoice("150", tax="19")], Known()))
    assert (row.state, row.unexplained) == ("differs", Decimal(31))
    assert reasons(row) == {"tax": Decimal(19)}
    assert adds_up(row)


def test_tax_that_differs_is_no_reason_by_itself() -> None:
    sums = [billed("100"), billed("18", category="Tax")]
    explained = only(reconcile(sums, [invoice("119", tax="19")], Known()))
    assert reasons(explained) == {"tax": Decimal(1)}
    row = only(reconcile(sums, [invoice("125", tax="19")], Known()))
    assert (row.state, row.unexplained) == ("differs", Decimal(7))
    assert [one.reason for one in row.explanations] == ["tax"]
    assert row.taken == ()


def test_credits_that_the_bill_does_not_have() -> None:
    row = only(reconcile([billed("100")], [invoice("75", credits="-25")], Known()))
    assert (row.state, reasons(row)) == ("explained", {"credits": Decimal(-25)})


def test_charges_that_name_no_invoice_explain_and_are_shown_once() -> None:
    sums = [billed("90"), billed("10", number=None, lines=4)]
    rows = reconcile(sums, [invoice("100")], Known())
    row = only(rows)
    assert (row.state, reasons(row)) == ("explained", {"unnamed": Decimal(10)})
    assert only(rows, None).state == "explained"
    assert total(row.charged for row in rows) == 100
    rows = reconcile(sums, [invoice("90")], Known())
    assert (only(rows).state, only(rows, None).state) == ("matched", "no invoice")


def test_corrections_since_the_invoice() -> None:
    evidence = Known(then=[billed("100"), billed("5", number="I-2")])
    stated = invoice("100", issued_on="2026-10-03")
    row = only(reconcile([billed("97.5")], [stated], evidence))
    assert (row.state, reasons(row)) == ("explained", {"corrected": Decimal("2.5")})
    assert evidence.asked == [date(2026, 10, 3)]


def test_a_candidate_that_does_not_add_up_is_shown_and_not_taken() -> None:
    evidence = Known(then=[billed("98")], refused="0.3")
    row = only(reconcile([billed("97.5")], [invoice("100")], evidence))
    assert (row.state, row.unexplained) == ("differs", Decimal("2.5"))
    assert {one.reason: one.amount for one in row.explanations} == {
        "corrected": Decimal("0.5"), "rejected": Decimal("0.3"),
    }  # fmt: skip
    assert row.taken == ()


def test_a_held_delivery_and_rejected_rows_together() -> None:
    evidence = Known(changes={"USD": "4"}, refused="1.5")
    row = only(reconcile([billed("94.5")], [invoice("100")], evidence))
    assert (row.state, reasons(row)) == (
        "explained", {"held": Decimal(4), "rejected": Decimal("1.5")},
    )  # fmt: skip
    row = only(reconcile([billed("96")], [invoice("100")], evidence))
    assert reasons(row) == {"held": Decimal(4)}


def test_a_bill_that_is_missing_says_so_without_an_amount() -> None:
    evidence = Known(sentences=["aws has no bill of 2026-09: there is none."])
    row = only(reconcile([billed("100", period="2026-08", number="I-0")], [invoice("5")], evidence))
    assert row.state == "no charges"
    assert row.difference is None
    assert evidence.sentences[0] in row.notes
    row = only(reconcile([billed("96")], [invoice("100")], evidence))
    assert (row.state, row.unexplained) == ("differs", Decimal(4))
    assert [(one.reason, one.amount) for one in row.explanations] == [("incomplete", None)]


def test_an_invoice_in_another_currency_by_its_own_rate() -> None:
    stated = invoice("92.00", currency="EUR", rate="0.92")
    row = only(reconcile([billed("100")], [stated], Known()))
    assert (row.state, row.charged_currency, row.charged) == ("matched", "USD", 100)
    assert row.charges == Decimal("92.00")
    assert "0.92, as stated" in row.notes[0]


def test_an_invoice_in_another_currency_without_a_rate_of_its_own() -> None:
    row = only(reconcile([billed("100")], [invoice("92", currency="EUR")], Known(ecb="0.91")))
    assert (row.state, row.charges, row.unexplained) == ("differs", Decimal(91), Decimal(1))
    assert "implies 0.92" in row.notes[0]
    row = only(reconcile([billed("100")], [invoice("92", currency="EUR")], Known()))
    assert (row.state, row.charges, row.difference) == ("differs", None, None)


def test_two_currencies_are_never_added() -> None:
    sums = [billed("100"), billed("7", currency="EUR")]
    row, other = reconcile(sums, [invoice("100")], Known())[::-1]
    assert (row.state, row.charged) == ("matched", 100)
    assert "EUR" in row.notes[0]
    assert (other.state, other.currency, other.charged) == ("no invoice", "EUR", 7)


def test_an_issuer_that_names_no_invoice() -> None:
    sums = [billed("60", number=None), billed("40", number=None, account="222222222222")]
    row = only(reconcile(sums, [invoice("100", invoice_id="G-9")], Known()), "G-9")
    assert row.state == "matched"
    assert row.accounts == ("111111111111", "222222222222")
    by_account = [
        invoice("60", invoice_id="G-1", account="111111111111"),
        invoice("41", invoice_id="G-2", account="222222222222"),
    ]
    rows = reconcile(sums, by_account, Known())
    assert only(rows, "G-1").state == "matched"
    assert (only(rows, "G-2").state, only(rows, "G-2").unexplained) == ("differs", 1)


def test_two_invoices_that_want_the_same_charges_get_none() -> None:
    rivals = [invoice("60", invoice_id="G-1"), invoice("40", invoice_id="G-2")]
    rows = reconcile([billed("100", number=None)], rivals, Known())
    assert [row.state for row in rows] == ["no charges", "no charges", "no invoice"]
    assert "state the account" in rows[0].notes[0]


def test_an_id_that_is_used_again_is_told_apart_by_period() -> None:
    sums = [billed("10"), billed("20", period="2026-10")]
    both = [invoice("10"), invoice("20", billing_period="2026-10")]
    assert [row.state for row in reconcile(sums, both, Known())] == ["matched", "matched"]
    # One invoice takes what names it, also where it stands in a later bill.
    assert only(reconcile(sums, [invoice("30")], Known())).state == "matched"


def test_hints_where_an_invoice_finds_no_charges() -> None:
    row = reconcile([billed("1", issuer="AWS EMEA")], [invoice("1")], Known())[0]
    assert row.notes == ("Charges of AWS EMEA name an invoice of this id.",)
    row = only(reconcile([billed("1", number="I-7")], [invoice("1")], Known()))
    assert row.notes == ("Charges of the issuer and period name I-7.",)


money = st.decimals(-1000, 1000, places=3)
sums_of = st.builds(
    lambda amount, number, issuer, period, currency, category: billed(
        str(amount), number=number, issuer=issuer, period=period, currency=currency,
        category=category,
    ),
    money, st.sampled_from(["I-1", "I-2", None]), st.sampled_from([AWS, "Oracle"]),
    st.sampled_from(["2026-09", "2026-10"]), st.sampled_from(["USD", "EUR"]),
    st.sampled_from(["Usage", "Tax", "Credit"]),
)  # fmt: skip
stated = st.builds(
    lambda amount, number, issuer, period, currency, tax: invoice(
        str(amount), invoice_id=number, issuer=issuer, billing_period=period, currency=currency,
        tax=tax,
    ),
    money, st.sampled_from(["I-1", "I-2", "I-3"]), st.sampled_from([AWS, "Oracle"]),
    st.sampled_from(["2026-09", "2026-10"]), st.sampled_from(["USD", "EUR"]),
    st.sampled_from([None, "0", "19"]),
)  # fmt: skip


@given(
    st.lists(sums_of, max_size=12),
    st.lists(stated, max_size=4, unique_by=lambda one: one.name),
    st.sampled_from(["0", "1.5"]),
)
def test_every_charge_is_in_one_row_and_every_difference_adds_up(
    sums: list, entered: list, refused: str
) -> None:
    rows = reconcile(sums, entered, Known(refused=refused, ecb="0.9"))
    for currency in ("USD", "EUR"):
        shown = total(row.charged for row in rows if row.charged_currency == currency)
        assert shown == total(one.billed for one in sums if one.currency == currency)
    assert sum(row.lines for row in rows) == len(sums)
    assert sorted(row.invoice.name for row in rows if row.invoice) == sorted(
        one.name for one in entered
    )
    for row in rows:
        if row.difference is not None:
            assert adds_up(row)
            assert (row.state == "differs") == bool(row.unexplained)


# --- over a workspace -----------------------------------------------------------------


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("invoices")
    workspace = Workspace.init(place / "ws", name="Acme")
    at_first = [line("60.005"), line("39.999", "2026-09-04", service="Amazon S3")]
    load(workspace, place / "bills", at_first, "aws")
    later = [line("60.005"), line("41.499", "2026-09-04", service="Amazon S3")]
    load(workspace, place / "bills", [*later, line("7", number="")], "aws")
    workspace.close()
    return place / "ws"


@pytest.fixture
def workspace(_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy, quicker than to load it."""
    shutil.copytree(_made, tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


def test_the_ledgers_own_corrections_are_found(workspace: Workspace) -> None:
    invoices.save(
        workspace,
        {
            "issuer": AWS, "invoice_id": "I-1", "billing_period": "2026-09", "currency": "USD",
            "amount": "100.00",
        },
        author="test",
    )  # fmt: skip
    row = invoices.show(workspace, "I-1")
    # 60.005 + 39.999 = 100.004 at first; 101.504 since. The rest is rounding of the total.
    assert row.state == "explained"
    assert row.difference == Decimal("-1.504")
    assert reasons(row) == {"corrected": Decimal("-1.500"), "rounding": Decimal("-0.004")}


def test_each_line_rounded_is_found_in_the_charges(workspace: Workspace) -> None:
    # 60.01 + 41.50 = 101.51; the sum is 101.504.
    spec = invoice("101.51").spec
    row_name = invoices.save(workspace, spec, author="test").name
    row = invoices.show(workspace, row_name)
    assert (row.state, reasons(row)) == ("explained", {"rounding": Decimal("0.006")})
    assert "line of the invoice" in row.taken[0].text


def test_reconciliation_holds_every_charge(workspace: Workspace) -> None:
    found = invoices.reconciliation(workspace)
    assert total(row.charged for row in found.rows) == Decimal("108.504")
    assert [row.state for row in found.rows] == ["no invoice", "no invoice"]
    assert found.periods == (SEPTEMBER,)
    assert found.totals[0].charged == Decimal("108.504")
    assert invoices.reconciliation(workspace, SEPTEMBER.next()).rows == ()


def test_an_invoice_is_entered_once(workspace: Workspace) -> None:
    first = invoices.save(workspace, invoice("100").spec, author="test")
    again = invoices.save(workspace, invoice("101.504").spec, author="test")
    assert (again.name, again.version) == (first.name, 2)
    with pytest.raises(ResourceError, match="is entered already, as"):
        invoices.save(workspace, invoice("1").spec, "another", author="test")
    with pytest.raises(WorkspaceError, match="there is no invoice 'I-9'"):
        invoices.show(workspace, "I-9")


def test_due_on_comes_from_the_terms_that_are_stated(workspace: Workspace) -> None:
    (workspace.path / "stated.yaml").write_text(
        f'invoices:\n  "{AWS}": {{PaymentTerms: Net 30, PaymentDueDays: 30}}\n'
    )
    invoices.save(workspace, invoice("100", issued_on="2026-10-03").spec, author="test")
    (stated,) = invoices.invoices(workspace)
    assert stated.spec.due_on == date(2026, 11, 2)


ROWS = """\
issuer,invoice_id,billing_period,currency,amount,tax,issued_on
"Amazon Web Services, Inc.",I-1,2026-09,USD,"1,101.504",,2026-10-03
"Amazon Web Services, Inc.",I-2,2026-09,USD,7.00,0.5,
"""


def test_a_file_of_invoices(workspace: Workspace) -> None:
    done = invoices.import_csv(workspace, ROWS, "september.csv", author="test")
    assert (len(done.added), done.changed, done.unchanged) == (2, (), ())
    again = invoices.import_csv(workspace, ROWS.replace("7.00", "8"), "september.csv", author="t")
    assert (again.added, len(again.changed), len(again.unchanged)) == ((), 1, 1)
    amounts = {one.spec.invoice_id: one.spec.amount for one in invoices.invoices(workspace)}
    assert amounts == {"I-1": Decimal("1101.504"), "I-2": Decimal(8)}
    assert {one.spec.source for one in invoices.invoices(workspace)} == {"september.csv"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("issuer,amount\nA,1\n", "lacks invoice_id, billing_period, currency"),
        (ROWS.replace("tax", "vat"), "has the column 'vat'"),
        (ROWS.replace("7.00", "seven"), "line 3: .*amount: 'seven' is not an amount"),
        (ROWS.replace("7.00", "0." + "1" * 22), "line 3: .*22 decimals"),
        (ROWS.replace("7.00", "NaN"), "line 3: .*not a finite amount"),
        (ROWS.replace("2026-09,USD,7", "2026-9,USD,7"), "line 3: .*not a billing period"),
        (ROWS.replace("I-2", "I-1"), "line 3: the invoice of line 2 again"),
        (ROWS + "only,two\n", "line 4: the row does not have as many fields"),
        (ROWS.splitlines()[0] + "\n", "has no invoice"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(
    workspace: Workspace, text: str, message: str
) -> None:
    with pytest.raises(ResourceError, match=message):
        invoices.import_csv(workspace, text, "september.csv", author="test")
    assert invoices.invoices(workspace) == []


def test_invoice_detail_lines_make_invoices() -> None:
    text = (
        "InvoiceIssuerName,InvoiceId,BillingPeriodStart,BillingCurrency,BilledCost,ChargeCategory,"
        "InvoiceIssueDate,PaymentDueDate,InvoiceIssueStatus\n"
        "Oracle,77,2026-09-01T00:00:00Z,EUR,100.10,Usage,2026-10-02T00:00:00Z,2026-11-01,Issued\n"
        "Oracle,77,2026-09-01T00:00:00Z,EUR,19.02,Tax,2026-10-02T00:00:00Z,2026-11-01,Issued\n"
        "Oracle,78,2026-10-01T00:00:00Z,EUR,5,Usage,,,Open\n"
    )
    (found,) = read_invoices(text, "detail.csv")
    assert (found.invoice_id, found.amount, found.tax) == (
        "77",
        Decimal("119.12"),
        Decimal("19.02"),
    )
    assert (found.issued_on, found.due_on) == (date(2026, 10, 2), date(2026, 11, 1))
    assert found.credits == 0
    assert found.source == "Invoice Detail, detail.csv"


def _deliver(workspace: Workspace, folder: Path, lines: list[dict[str, str]]) -> str:
    """Load a bill as the source's next delivery; gives its outcome."""
    from tests.web.company import csv_text

    (folder / "aws.csv").write_text(csv_text(lines), encoding="utf-8")
    (done,) = workspace.load([str(folder / "aws.csv")], source="aws")
    return done.outcome


def test_a_delivery_that_is_held_back_explains_what_is_not_in(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws", name="Acme")
    load(workspace, tmp_path / "bills", [line("100")], "aws")
    broken = {**line("5"), "EffectiveCost": "five"}
    assert _deliver(workspace, tmp_path / "bills", [line("100"), line("20"), broken]) == "held"
    invoices.save(workspace, invoice("120").spec, author="test")
    row = invoices.show(workspace, "I-1")
    assert (row.state, row.charged, reasons(row)) == ("explained", 100, {"held": Decimal(20)})
    # What the ledger knows is no explanation of another amount.
    invoices.save(workspace, invoice("130").spec, author="test")
    row = invoices.show(workspace, "I-1")
    assert (row.state, row.unexplained, row.taken) == ("differs", Decimal(30), ())


def test_rejected_rows_explain_what_they_billed(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws", name="Acme")
    folder = tmp_path / "bills"
    load(workspace, folder, [line("1", "2026-08-01", number="I-0")], "aws")
    (folder / "all.csv").write_text(
        _csv([line("100"), {**line("5"), "EffectiveCost": "five"}]), encoding="utf-8"
    )
    workspace.load([str(folder / "all.csv")], source="most", max_rejected=Decimal(1))
    invoices.save(workspace, invoice("105").spec, author="test")
    row = invoices.show(workspace, "I-1")
    assert (row.state, reasons(row)) == ("explained", {"rejected": Decimal(5)})


def _csv(lines: list[dict[str, str]]) -> str:
    from tests.web.company import csv_text

    return csv_text(lines)


def test_the_delivery_of_the_day_of_issue_is_the_one_compared(workspace: Workspace) -> None:
    from dataclasses import replace

    from outlay.app.evidence import LedgerEvidence
    from outlay.statements.billed import billed_sums

    pin = workspace.pin()
    evidence = LedgerEvidence(workspace, pin, billed_sums(workspace.lake, pin))
    slot = ("aws", SEPTEMBER)
    first, second = evidence._versions[slot]
    evidence.__dict__["_versions"] = {
        slot: [
            replace(first, committed_at=datetime(2026, 10, 2, 9)),
            replace(second, committed_at=datetime(2026, 10, 5, 9)),
        ]
    }

    def then(day: date | None) -> tuple[Decimal, str] | None:
        found = evidence.earlier([slot], day)
        return None if found is None else (total(one.billed for one in found[0]), found[1])

    assert then(date(2026, 10, 2)) == (Decimal("100.004"), "at the end of 2026-10-02")
    assert then(date(2026, 10, 4)) == (Decimal("100.004"), "at the end of 2026-10-04")
    assert then(date(2026, 10, 5)) is None  # the second delivery was there by then
    assert then(date(2026, 10, 1)) == (
        Decimal("100.004"), "when first loaded (2026-10-02 09:00)",
    )  # fmt: skip
    assert then(None) == (Decimal("100.004"), "when first loaded (2026-10-02 09:00)")
