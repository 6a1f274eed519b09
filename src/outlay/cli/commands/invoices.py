"""`outlay invoices`: what issuers ask for, against what their charges come to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money, plural
from outlay.cli.values import period_of

if TYPE_CHECKING:
    from outlay.statements.invoices import Row

_Period = Annotated[
    str | None, typer.Option("--period", metavar="YYYY-MM", help="One billing period.")
]
_Invoice = Annotated[str, typer.Argument(help="The invoice's name, or its invoice id.")]


def register(app: typer.Typer) -> None:
    """Add the group `invoices`."""
    group = typer.Typer(
        no_args_is_help=True, help="Invoices against charges, with the difference explained."
    )
    app.add_typer(group, name="invoices", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_add(group)
    _register_import(group)
    _register_remove(group)


def _register_list(group: typer.Typer) -> None:
    @command(
        group,
        "list",
        examples=[
            "outlay invoices list --period 2026-09",
            "outlay invoices list --state differs --format csv",
        ],
    )
    def list_invoices(
        cli: Cli,
        period: _Period = None,
        state: Annotated[
            str,
            typer.Option(
                help="differs, 'no charges', explained, 'no invoice' or matched; default: all."
            ),
        ] = "",
        form: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
    ) -> None:
        """List every invoice and all charges by issuer, invoice id, period and currency."""
        from outlay.app import invoice_shapes, invoices
        from outlay.statements.invoices import STATES

        _one_of(state, ("", *STATES), "--state")
        _one_of(form, ("table", "json", "csv"), "--format")
        found = invoices.reconciliation(cli.workspace, period_of(period))
        rows = [row for row in found.rows if state in ("", row.state)]
        if cli.out.json or form == "json":
            cli.out.data(invoice_shapes.reconciliation_json(found, rows))
        elif form == "csv":
            _write_csv(invoice_shapes.rows_table(rows))
        elif rows:
            cli.out.table(
                [Col("Period"), Col("Issuer"), Col("Invoice"), Col("State"), Col(""),
                 Col("Invoiced", True), Col("Charges", True), Col("Difference", True),
                 Col("Unexplained", True)],
                [_line(row) for row in rows],
            )  # fmt: skip
        else:
            cli.out.say("There are no charges and no invoices to show.")


def _one_of(given: str, allowed: tuple[str, ...], option: str) -> None:
    if given not in allowed:
        names = ", ".join(repr(one) for one in allowed if one)
        raise typer.BadParameter(f"{option} takes {names}, not {given!r}")


def _write_csv(table: Any) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow(["" if value is None else str(value) for value in row.values()])


def _line(row: Row) -> tuple[str, ...]:
    return (
        str(row.period),
        row.issuer or NOTHING,
        row.invoice_id or "(names none)",
        row.state,
        row.currency,
        money(row.invoice.spec.amount) if row.invoice else NOTHING,
        money(row.charged if row.charges is None else row.charges) if row.lines else NOTHING,
        money(row.difference),
        money(row.unexplained),
    )


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay invoices show EUINUS26-202609"])
    def show(cli: Cli, name: _Invoice) -> None:
        """Show one invoice: what its charges are, and why it differs from them."""
        from outlay.app import invoice_shapes, invoices

        row = invoices.show(cli.workspace, name)
        if cli.out.json:
            cli.out.data(invoice_shapes.row_json(row))
            return
        assert row.invoice is not None
        spec = row.invoice.spec
        cli.out.say(f"{row.issuer}, invoice {row.invoice_id}, {row.period}: {row.state}")
        facts = [("Invoice", _exact(spec.amount), spec.source)]
        if row.lines:
            facts.append(("Charges", _exact(row.charges), plural(row.lines, "charge")))
        for category, amount in row.categories.items():
            facts.append((f"  {category}", _exact(amount), row.charged_currency))
        if row.difference is not None:
            facts.append(("Difference", _exact(row.difference), "invoice less charges"))
        for one in row.explanations:
            what = one.reason if one.taken else f"({one.reason}, does not explain it)"
            facts.append((f"  {what}", _exact(one.amount), one.text))
        if row.unexplained is not None:
            facts.append(("Unexplained", _exact(row.unexplained), ""))
        cli.out.table([Col(""), Col(spec.currency, True), Col("")], facts)
        for note in row.notes:
            cli.out.say(note)


def _exact(amount: Any) -> str:
    from outlay.money import money_text

    return NOTHING if amount is None else money_text(amount)


def _register_add(group: typer.Typer) -> None:
    @command(
        group,
        "add",
        examples=[
            'outlay invoices add --issuer "Amazon Web Services, Inc." --id EUINUS26-202609 '
            "--period 2026-09 --currency USD --amount 1683.94 --issued 2026-10-03"
        ],
    )
    def add(
        cli: Cli,
        issuer: Annotated[str, typer.Option(help="As charges say: InvoiceIssuerName.")],
        number: Annotated[str, typer.Option("--id", help="As charges say: InvoiceId.")],
        period: Annotated[str, typer.Option(metavar="YYYY-MM", help="The billing period.")],
        currency: Annotated[str, typer.Option(help="What it is to be paid in, such as EUR.")],
        amount: Annotated[str, typer.Option(help="What is to be paid, tax included.")],
        tax: Annotated[str | None, typer.Option(help="The tax in it.")] = None,
        credits: Annotated[str | None, typer.Option(help="The credits in it, negative.")] = None,
        issued: Annotated[str | None, typer.Option(metavar="DAY", help="Issued on.")] = None,
        due: Annotated[str | None, typer.Option(metavar="DAY", help="To be paid by.")] = None,
        account: Annotated[
            str, typer.Option(help="BillingAccountId, where the bill names no invoice.")
        ] = "",
        rate: Annotated[
            str | None,
            typer.Option(help="How much of its currency one unit of the charges' currency is."),
        ] = None,
        note: Annotated[str, typer.Option(help="A remark.")] = "",
        name: Annotated[str, typer.Option(help="Its name; default: of issuer and id.")] = "",
    ) -> None:
        """Enter an invoice, or correct the one that was entered."""
        from outlay.app import invoice_shapes, invoices

        fields = {
            "issuer": issuer, "invoice_id": number, "billing_period": period,
            "currency": currency, "amount": amount, "tax": tax, "credits": credits,
            "issued_on": issued, "due_on": due, "account": account, "rate": rate, "note": note,
        }  # fmt: skip
        done = invoices.save(cli.workspace, fields, name, author=cli.author)
        row = invoices.show(cli.workspace, done.name)
        if cli.out.json:
            cli.out.data(invoice_shapes.row_json(row))
        cli.out.say(f"The invoice {done.name} is kept (version {done.version}): {row.state}.")


def _register_import(group: typer.Typer) -> None:
    @command(group, "import", examples=["outlay invoices import invoices.csv"])
    def import_(
        cli: Cli,
        file: Annotated[Path, typer.Argument(help="CSV: a row per invoice, or Invoice Detail.")],
    ) -> None:
        """Take every invoice of a CSV file, or none.

        The columns are issuer, invoice_id, billing_period, currency and amount, and may be tax,
        credits, issued_on, due_on, account, rate and note. A FOCUS Invoice Detail dataset is
        summed by invoice.
        """
        from outlay.app import invoices

        text = invoices.read_file(file)
        done = invoices.import_csv(cli.workspace, text, file.name, author=cli.author)
        if cli.out.json:
            cli.out.data(
                {
                    "added": list(done.added),
                    "changed": list(done.changed),
                    "unchanged": list(done.unchanged),
                }
            )
        cli.out.say(
            f"{plural(len(done.added), 'invoice')} added, {len(done.changed)} changed, "
            f"{len(done.unchanged)} as before."
        )


def _register_remove(group: typer.Typer) -> None:
    @command(group, "remove", examples=["outlay invoices remove oracle-77-2026-09"])
    def remove(cli: Cli, name: Annotated[str, typer.Argument(help="The invoice's name.")]) -> None:
        """Remove an invoice; its history stays."""
        from outlay.app import invoices

        invoices.remove(cli.workspace, name, author=cli.author)
        if cli.out.json:
            cli.out.data({"removed": name})
        cli.out.say(f"The invoice {name} is removed.")
