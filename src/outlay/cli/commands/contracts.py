"""`outlay contracts`: what is owed to vendors, how far it is used up, and the prices agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from outlay.app.contracts.contracts import ContractStatus
    from outlay.app.contracts.pricing import PriceReport

_Name = Annotated[str, typer.Argument(help="The contract's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="What is owed to vendors, and how far it is used up."
    )
    app.add_typer(group, name="contracts", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_prices(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay contracts list"])
    def list_contracts(cli: Cli) -> None:
        """List the contracts, by the day on which notice is due.

        A contract `falls short` when it is heading for less than what is owed. It `exceeds` when
        what is paid for is used up before the term ends, and is `met early` when a promise to spend
        is.
        """
        from outlay.app.contracts import contracts, shapes

        found = contracts.statuses(cli.workspace)
        if cli.out.json:
            cli.out.data(shapes.list_json(found))
        elif not found:
            cli.out.say(
                "No contract yet: `outlay apply FILE` keeps those of a file (kind Contract), the "
                "page Contracts has a form."
            )
        else:
            _table(cli, found)


def _table(cli: Cli, found: tuple[ContractStatus, ...]) -> None:
    rows = []
    for one in found:
        term, code = one.present, one.contract.spec.currency
        notice = str(one.ending.notice_on) if one.ending.days_left > 0 else NOTHING
        if term is None:
            rows.append((one.contract.name, one.state, *([NOTHING] * 4), notice, code))
            continue
        gap = NOTHING
        if term.shortfall:
            gap = f"-{money(term.shortfall)}"
        elif term.overage:
            gap = f"+{money(term.overage)}"
        rows.append(
            (one.contract.name, one.state, money(term.used), money(term.term.amount),
             money(term.outlook), gap, notice, code)
        )  # fmt: skip
    cli.out.table(
        [Col("Contract"), Col("State"), Col("Used", True), Col("Owed", True),
         Col("Outlook", True), Col("Gap", True), Col("Notice due"), Col("")],
        rows,
    )  # fmt: skip
    for one in found:
        if one.problem:
            cli.out.say(f"{one.contract.name}: {one.problem}")


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay contracts show aws-edp"])
    def show(cli: Cli, name: _Name) -> None:
        """Where a contract stands: its terms, what it is heading for, and how it ends."""
        from outlay.app.contracts import contracts, shapes, words

        one = contracts.show(cli.workspace, name)
        if cli.out.json:
            cli.out.data(shapes.status_json(one))
            return
        cli.out.say(f"{one.contract.title}: {one.contract.spec.vendor}")
        cli.out.say(" ".join(filter(None, (words.sentence(one), words.notice(one)))))
        if one.problem:
            return
        cli.out.table(
            [Col("Term"), Col("State"), Col("Owed", True), Col("Carried", True, optional=True),
             Col("Used", True), Col("Outlook", True), Col("Short", True), Col("Beyond", True),
             Col("Used up on", optional=True), Col("")],
            [
                (f"{t.term.from_} to {t.term.until}", t.state, money(t.term.amount),
                 money(t.carried), money(t.used), money(t.outlook), money(t.shortfall),
                 money(t.overage), str(t.used_up_on or NOTHING), one.contract.spec.currency)
                for t in one.terms
            ],
        )  # fmt: skip


def _register_prices(group: typer.Typer) -> None:
    @command(
        group,
        "prices",
        examples=[
            "outlay contracts prices aws-edp",
            "outlay contracts prices aws-edp --range last-month --wrong",
        ],
    )
    def prices(
        cli: Cli,
        name: _Name,
        range_: Annotated[
            str, typer.Option("--range", help="As in questions; default the last 90 days.")
        ] = "",
        wrong: Annotated[
            bool, typer.Option("--wrong", help="Only what was charged otherwise than agreed.")
        ] = False,
    ) -> None:
        """Hold each agreed price against every SKU that it is for: charged, expected, difference.

        A difference above nought was charged too much.
        """
        from outlay.app.contracts import pricing, shapes

        found = pricing.prices(cli.workspace, name, range_)
        if cli.out.json:
            cli.out.data(shapes.prices_json(found))
            return
        _checks(cli, found, wrong)


def _checks(cli: Cli, found: PriceReport, wrong: bool) -> None:
    shown = found.wrong if wrong else found.checks
    if not found.contract.spec.prices:
        cli.out.say("No price is kept with this contract.")
        return
    if shown:
        cli.out.table(
            [Col("Price"), Col("SKU"), Col("Meter", optional=True), Col("Verdict"),
             Col("Charged", True), Col("Expected", True), Col("Difference", True), Col("")],
            [
                (one.price.name, one.charged.sku or one.charged.title, one.charged.title,
                 one.verdict, money(one.charged.amount), money(one.expected), money(one.difference),
                 one.charged.currency)
                for one in shown
            ],
        )  # fmt: skip
    beyond = ", ".join(f"{money(amount)} {code}" for code, amount in found.overcharged)
    cli.out.say(
        f"{found.since} to {found.until}: "
        + (f"{beyond} charged beyond what was agreed." if beyond else "nothing was charged beyond "
           "what was agreed.")
    )  # fmt: skip
    for name in found.without:
        cli.out.say(f"Nothing was charged by {name}.")
    for reason in sorted({one.reason for one in found.checks if one.reason}):
        cli.out.say(f"Cannot be told of some: {reason}.")
