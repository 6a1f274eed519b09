"""`outlay statements`: what each value of a virtual tag owes for a month."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, Output

if TYPE_CHECKING:
    from outlay.app.statement_files import StatementFile
    from outlay.statements.documents import Statement, StatementMonth

_PLAN = Annotated[str, typer.Argument(help="A statement plan, or a virtual tag.")]
_MONTH = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month.")]
_OUT = Annotated[
    Path | None, typer.Option("--out", help="A file or folder; default: the terminal's output.")
]


def register(app: typer.Typer) -> None:
    """Add the group `statements`."""
    group = typer.Typer(
        no_args_is_help=True, help="Showback and chargeback: a month by value, to the cent."
    )
    app.add_typer(group, name="statements", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_close(group)
    _register_export(group)
    _register_journal(group)
    _register_dispute(group)
    _register_answer(group)
    _register_disputes(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay statements list"])
    def list_plans(cli: Cli) -> None:
        """List the plans and virtual tags that have statements, with the state of their months."""
        from outlay.app import statement_files, statements

        found = [
            (plan, statements.months(cli.workspace, plan.name))
            for plan in statements.plans(cli.workspace)
        ]
        if cli.out.json:
            cli.out.data(
                [
                    statement_files.plan_json(plan)
                    | {"months": [{"month": str(m), "state": state} for m, state in months]}
                    for plan, months in found
                ]
            )
            return
        if not found:
            cli.out.say("There is no virtual tag yet: statements are of one. See `outlay tags`.")
            return
        rows = []
        for plan, months in found:
            closed = [str(month) for month, state in months if state == "closed"]
            drafts = [str(month) for month, state in months if state == "draft"]
            last = f"{closed[0]} (of {len(closed)})" if closed else NOTHING
            rows.append(
                (plan.name, plan.title, plan.spec.mode, plan.currency, last, str(len(drafts)))
            )
        cli.out.table(
            [Col("Plan"), Col("Title"), Col("Kind"), Col("Currency"), Col("Last closed"),
             Col("Drafts", number=True)],
            rows,
        )  # fmt: skip


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=[
            "outlay statements show team 2026-09",
            "outlay statements show team 2026-09 storefront",
        ],
    )
    def show(
        cli: Cli,
        plan: _PLAN,
        month: _MONTH,
        value: Annotated[
            str | None, typer.Argument(help="One value; without it, all of them.")
        ] = None,
    ) -> None:
        """Show a month by value, or one value's statement line by line.

        A draft is worked out now; a closed month is shown as it was closed.
        """
        from outlay.app import statement_files, statements
        from outlay.money import BillingPeriod

        period = BillingPeriod.parse(month)
        if value is not None:
            whole, one = statements.statement(cli.workspace, plan, period, value)
            if cli.out.json:
                cli.out.data(one.to_json())
            else:
                _show_statement(cli.out, whole, one)
            return
        whole = statements.month(cli.workspace, plan, period)
        if cli.out.json:
            cli.out.data(statement_files.month_json(whole))
        else:
            _show_month(cli.out, whole)


def _show_month(out: Output, whole: StatementMonth) -> None:
    from outlay.statements.paper import money
    from outlay.statements.sections import COLUMNS

    out.say(f"{whole.title}, {whole.month}, {whole.state}, in {whole.currency}")
    columns = [Col(whole.tag), *(Col(title, number=True) for title in COLUMNS.values())]

    def amounts(of: dict[str, Decimal], total: Decimal) -> list[str]:
        return [money(amount, whole.places) for amount in (*of.values(), total)]

    out.table(
        [*columns, Col("Total", number=True)],
        [[one.label, *amounts(one.columns, one.total)] for one in whole.statements],
        totals=[["Sum", *amounts(whole.columns, whole.total)]],
    )
    out.say(f"The bill of {whole.month} is {money(whole.bill, whole.places)} {whole.currency}"
            + (f"; {money(whole.adjustments, whole.places)} correct earlier months."
               if whole.adjustments else "."))  # fmt: skip
    for problem in whole.problems:
        out.say(f"Cannot be closed yet: {problem}")
    for warning in whole.warnings:
        out.say(f"Note: {warning}")


def _show_statement(out: Output, whole: StatementMonth, one: Statement) -> None:
    from outlay.statements.paper import money
    from outlay.statements.sections import SECTIONS

    owner = f", owner {one.owner}" if one.owner else ""
    out.say(f"{one.label}, {one.month}, {one.state}, in {one.currency}{owner}")
    out.table(
        [Col("Section"), Col("Line"), Col("About", optional=True), Col("Amount", number=True)],
        [
            (SECTIONS[ln.section].title, ln.name, ln.detail, money(ln.amount, one.places))
            for ln in one.lines
        ],
        totals=[("Total", "", "", money(one.total, one.places))],
    )


def _register_close(group: typer.Typer) -> None:
    @command(
        group,
        "close",
        examples=["outlay statements close team 2026-09 --yes --note 'approved by finance'"],
    )
    def close(
        cli: Cli,
        plan: _PLAN,
        month: _MONTH,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        note: Annotated[str, typer.Option(help="A note for the trail.")] = "",
    ) -> None:
        """Close a month: its statements never change again, later restatements are adjustments.

        Snapshot, rules and rates are pinned. Months close in order, and only when they are over.
        """
        from outlay.app import statement_files, statements
        from outlay.money import BillingPeriod

        period = BillingPeriod.parse(month)
        if not yes and not cli.out.json and sys.stdin.isatty():
            _show_month(cli.out, statements.month(cli.workspace, plan, period))
            typer.confirm(f"Close {period} of {plan} for good?", abort=True)
        elif not yes:
            raise typer.BadParameter("closing is for good: confirm it with --yes")
        done = statements.close(cli.workspace, plan, period, author=cli.author, note=note)
        if cli.out.json:
            cli.out.data(statement_files.month_json(done))
        else:
            cli.out.say(
                f"Closed {period} of {plan}: {len(done.statements)} statements, "
                f"{done.total} {done.currency}, digest {done.digest[:16]}."
            )


def _register_export(group: typer.Typer) -> None:
    @command(
        group,
        "export",
        examples=[
            "outlay statements export team 2026-09 --format xlsx --out team-2026-09.xlsx",
            "outlay statements export team 2026-09 storefront --format pdf --out storefront.pdf",
        ],
    )
    def export(
        cli: Cli,
        plan: _PLAN,
        month: _MONTH,
        value: Annotated[str | None, typer.Argument(help="One value; without it, all.")] = None,
        format: Annotated[str, typer.Option(help="json, csv, xlsx, html or pdf.")] = "csv",
        out: _OUT = None,
    ) -> None:
        """Write a month, or one value's statement, as a file with the numbers of the page."""
        from outlay.app import statement_files
        from outlay.money import BillingPeriod

        form = "json" if cli.out.json else format
        period = BillingPeriod.parse(month)
        _write(cli.out, statement_files.export(cli.workspace, plan, period, form, value), out)


def _register_journal(group: typer.Typer) -> None:
    @command(group, "journal", examples=["outlay statements journal team 2026-09 --out je.csv"])
    def journal(cli: Cli, plan: _PLAN, month: _MONTH, out: _OUT = None) -> None:
        """Write a month's journal entries for the general ledger, as CSV: accrual, its reversal,
        and the charge with recoverable tax apart. Each balances to the cent."""
        from outlay.app import statement_files
        from outlay.money import BillingPeriod

        period = BillingPeriod.parse(month)
        _write(cli.out, statement_files.journal_file(cli.workspace, plan, period), out)


def _write(out: Output, found: StatementFile, target: Path | None) -> None:
    """To a file, into a folder under its own name, or to the output."""
    if target is None:
        if (
            sys.stdout.isatty()
            and found.media.startswith("application/")
            and ("json" not in found.media)
        ):
            raise typer.BadParameter("this form is no text: name a file with --out")
        sys.stdout.flush()
        sys.stdout.buffer.write(found.content)
        return
    place = target / found.name if target.is_dir() else target
    try:
        place.write_bytes(found.content)
    except OSError as error:
        raise typer.BadParameter(f"{place} cannot be written: {error.strerror or error}") from None
    out.say(f"Wrote {place}.")


def _register_dispute(group: typer.Typer) -> None:
    @command(
        group,
        "dispute",
        examples=[
            "outlay statements dispute team 2026-09 storefront --line 'direct/Amazon Simple "
            "Storage Service' --amount 12.50 --reason 'The bucket is of data' --to data"
        ],
    )
    def dispute(
        cli: Cli,
        plan: _PLAN,
        month: _MONTH,
        value: Annotated[str, typer.Argument(help="The value whose statement it is.")],
        line: Annotated[str, typer.Option(help="The line's id; the CSV and JSON have it.")],
        reason: Annotated[str, typer.Option(help="Why it is not yours.")],
        amount: Annotated[
            str | None, typer.Option(help="How much of it; default: all of the line.")
        ] = None,
        to: Annotated[str, typer.Option("--to", help="The value that should have it.")] = "",
    ) -> None:
        """Dispute a line of a statement: amount, reason, and who should have it."""
        from outlay.app import disputes
        from outlay.money import BillingPeriod, parse_money

        made = disputes.dispute(
            cli.workspace,
            plan,
            BillingPeriod.parse(month),
            value,
            line=line,
            amount=None if amount is None else parse_money(amount),
            reason=reason,
            proposed=to,
            author=cli.author,
        )
        owner = disputes.owner_of(cli.workspace, made)
        if cli.out.json:
            cli.out.data(disputes.dispute_json(made) | {"owner": owner})
        else:
            cli.out.say(
                f"Dispute {made.id}: {made.amount} {made.currency} of {made.value}. "
                + (f"{owner} should answer: " if owner else "Answer it with ")
                + f"outlay statements answer {made.id} --accept"
            )


def _register_answer(group: typer.Typer) -> None:
    @command(
        group,
        "answer",
        examples=[
            "outlay statements answer 1 --accept",
            "outlay statements answer 2 --refuse --reason 'The rule is right'",
        ],
    )
    def answer(
        cli: Cli,
        number: Annotated[int, typer.Argument(help="The dispute's number.")],
        accept: Annotated[bool, typer.Option("--accept", help="Its amount moves.")] = False,
        refuse: Annotated[bool, typer.Option("--refuse", help="It stays; give a reason.")] = False,
        reason: Annotated[str, typer.Option(help="Why; a refusal needs it.")] = "",
        to: Annotated[str, typer.Option("--to", help="Who takes it, if not as proposed.")] = "",
    ) -> None:
        """Answer a dispute: accepted, its amount moves on the next statement."""
        from outlay.app import disputes

        if accept == refuse:
            raise typer.BadParameter("say --accept or --refuse")
        done = disputes.answer(
            cli.workspace, number, accept=accept, reason=reason, proposed=to, author=cli.author
        )
        if cli.out.json:
            cli.out.data(disputes.dispute_json(done))
        elif accept:
            cli.out.say(
                f"Dispute {done.id} is accepted: {done.amount} {done.currency} move from "
                f"{done.value} to {done.proposed} on the next statement."
            )
        else:
            cli.out.say(f"Dispute {done.id} is refused.")


def _register_disputes(group: typer.Typer) -> None:
    @command(group, "disputes", examples=["outlay statements disputes team"])
    def listed(cli: Cli, plan: _PLAN) -> None:
        """List the disputes of a plan with their state."""
        from outlay.app import disputes
        from outlay.money.cents import places
        from outlay.statements.paper import money

        found = disputes.disputes(cli.workspace, plan)
        if cli.out.json:
            cli.out.data([disputes.dispute_json(one) for one in found])
            return
        if not found:
            cli.out.say("Nothing is disputed.")
            return
        cli.out.table(
            [Col("No.", number=True), Col("Month"), Col("Of"), Col("To"), Col("State"),
             Col("Line", optional=True), Col("Reason", optional=True), Col("Amount", number=True)],
            [
                (
                    str(one.id),
                    str(one.month),
                    one.value,
                    one.proposed or NOTHING,
                    " ".join(dict.fromkeys(t for t in (one.state, one.answer) if t)),
                    one.line,
                    one.reason,
                    f"{money(one.amount, places(one.currency))} {one.currency}",
                )
                for one in found
            ],
        )  # fmt: skip
