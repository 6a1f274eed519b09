"""`outlay close`: what is left to do before a month is closed, the prepaid bridge, the close."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import INCOMPLETE, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money, plural
from outlay.cli.values import period_of

if TYPE_CHECKING:
    from outlay.statements.close import CloseStatus

_MONTH = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month.")]
_PLAN = Annotated[
    str,
    typer.Option("--plan", help="A statement plan, or a virtual tag; default: the first one."),
]


def register(app: typer.Typer) -> None:
    """Add the group `close`."""
    group = typer.Typer(no_args_is_help=True, help="Month close, and the prepaid bridge.")
    app.add_typer(group, name="close", rich_help_panel=QUESTIONS)
    _register_status(group)
    _register_run(group)
    _register_bridge(group)
    _register_balance(group)


def _register_status(group: typer.Typer) -> None:
    @command(group, "status", examples=["outlay close status 2026-09 --plan team"])
    def status(cli: Cli, month: _MONTH, plan: _PLAN = "") -> int:
        """Show what is left to do before a month is closed.

        The exit code is 3 where a check blocks the close.
        """
        from outlay.app import closing
        from outlay.money import BillingPeriod

        found = closing.status(cli.workspace, BillingPeriod.parse(month), plan)
        _show(cli, found)
        return INCOMPLETE if found.blocking and not found.closed else OK


def _show(cli: Cli, found: CloseStatus) -> None:
    from outlay.app import close_shapes

    if cli.out.json:
        cli.out.data(close_shapes.status_json(found))
        return
    rows = []
    for check in found.checks:
        rows.append((check.title, check.state, check.text, ""))
        rows += [("", one.state, one.text, _amounts(one.amounts)) for one in check.findings]
    cli.out.table([Col("Check"), Col("State"), Col("What"), Col("Money", number=True)], rows)
    if found.closed:
        note = f": {found.note}" if found.note else ""
        cli.out.say(f"{found.month} of {found.plan} was closed by {found.closed_by}{note}.")
    elif found.blocking:
        cli.out.say(f"{plural(len(found.blocking), 'check')} to put right before the close.")
    else:
        cli.out.say(f"Ready: outlay close run {found.month} --plan {found.plan}")


def _amounts(amounts: Mapping[str, Decimal] | None) -> str:
    return ", ".join(f"{money(amount)} {code}" for code, amount in (amounts or {}).items())


def _register_run(group: typer.Typer) -> None:
    @command(
        group,
        "run",
        examples=[
            "outlay close run 2026-09 --plan team",
            'outlay close run 2026-09 --plan team --note "Loomlight credits us 63.39 in October"',
        ],
    )
    def run(
        cli: Cli,
        month: _MONTH,
        plan: _PLAN = "",
        note: Annotated[
            str, typer.Option(help="Why it is closed; needed where a check blocks.")
        ] = "",
    ) -> None:
        """Close a month: the statements of every value of the plan's tag, for good.

        Where a check blocks, a note has to say why the month is closed nevertheless; it is kept
        with the names of those checks. What statements themselves refuse cannot be closed over.
        """
        from outlay.app import closing
        from outlay.money import BillingPeriod

        done = closing.run(
            cli.workspace, BillingPeriod.parse(month), plan, author=cli.author, note=note
        )
        _show(cli, done)


def _register_bridge(group: typer.Typer) -> None:
    @command(
        group,
        "bridge",
        examples=["outlay close bridge --period 2026-09", "outlay close bridge --source aws-main"],
    )
    def bridge(
        cli: Cli,
        period: Annotated[
            str | None, typer.Option("--period", metavar="YYYY-MM", help="One month.")
        ] = None,
        source: Annotated[str, typer.Option("--source", help="One source.")] = "",
    ) -> None:
        """Bridge effective cost to billed cost by what is prepaid, to the last digit."""
        from outlay.app import bridge as bridging
        from outlay.app import close_shapes

        asked = period_of(period)
        if source:
            cli.workspace.show_source(source)
        found = bridging.prepaid_bridge(cli.workspace)
        months = [
            one
            for one in found.months
            if asked in (None, one.period) and source in ("", one.source)
        ]
        if cli.out.json:
            cli.out.data(close_shapes.bridge_json(found, months))
            return
        cli.out.table(
            [Col("Month"), Col("Source"), Col(""), Col("Opening", True), Col("Bought", True),
             Col("Used up", True), Col("Other", True), Col("Closing", True),
             Col("Effective", True), Col("Billed", True)],
            [
                (str(one.period), one.source, one.currency, money(one.opening), money(one.bought),
                 money(one.used_up), money(one.other) if one.other else NOTHING,
                 money(one.closing), money(one.effective), money(one.billed))
                for one in months
            ],
        )  # fmt: skip
        for gap in found.gaps:
            if source in ("", gap.source):
                what = gap.commitment or "what names no commitment"
                cli.out.say(
                    f"{gap.source}, {what}: {money(gap.short)} {gap.currency} at least was prepaid "
                    f"before {gap.first}. State it with outlay close balance."
                )
        for text in found.conflicts:
            cli.out.say(text)


def _register_balance(group: typer.Typer) -> None:
    @command(
        group,
        "balance",
        examples=[
            "outlay close balance aws-main --period 2025-11 --currency USD --amount 24000 "
            "--commitment arn:aws:savingsplans::480102030401:savingsplan/9d27f314"
        ],
    )
    def balance(
        cli: Cli,
        source: Annotated[str, typer.Argument(help="The source whose bill uses it up.")],
        period: Annotated[
            str, typer.Option(metavar="YYYY-MM", help="The month at whose beginning it holds.")
        ],
        currency: Annotated[str, typer.Option(help="Its currency.")],
        amount: Annotated[str, typer.Option(help="What was prepaid and not used yet.")],
        commitment: Annotated[
            str, typer.Option(help="Its CommitmentDiscountId; default: what names none.")
        ] = "",
        note: Annotated[str, typer.Option(help="Where the amount is from.")] = "",
    ) -> None:
        """State what was prepaid at the beginning of a month."""
        from outlay.app import bridge as bridging
        from outlay.app import close_shapes

        fields = {
            "source": source, "billing_period": period, "currency": currency, "amount": amount,
            "commitment": commitment, "note": note,
        }  # fmt: skip
        done = bridging.state_balance(cli.workspace, fields, author=cli.author)
        if cli.out.json:
            cli.out.data(close_shapes.stated_json(done))
        cli.out.say(f"The prepaid balance {done.name} is kept.")
