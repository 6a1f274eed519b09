"""`outlay ai reconcile`: what model vendors bill beside what their usage was estimated to cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import Range
from outlay.cli.output import NOTHING, Col, money
from outlay.cli.results import NO_VALUE

if TYPE_CHECKING:
    from outlay.query.usage.reconcile import ReconcileRow, Reconciliation


def register(app: typer.Typer) -> None:
    """Add the group `ai`."""
    group = typer.Typer(no_args_is_help=True, help="Model vendors: costs beside estimates.")
    app.add_typer(group, name="ai", rich_help_panel=QUESTIONS)
    _register_reconcile(group)


def _register_reconcile(group: typer.Typer) -> None:
    @command(
        group,
        "reconcile",
        examples=[
            "outlay ai reconcile",
            "outlay ai reconcile --by project,model --range last-month",
            "outlay ai reconcile --by day --source openai",
        ],
    )
    def reconcile(
        cli: Cli,
        by: Annotated[
            str,
            typer.Option(
                metavar="K1,K2",
                help="day, project, model, token-type, tier, key, user.",
            ),
        ] = "model",
        range_: Range = None,
        source: Annotated[
            str | None, typer.Option(metavar="S1,S2", help="Bills to compare; default all.")
        ] = None,
    ) -> None:
        """Compare what OpenAI, Anthropic and others bill with their usage at public prices.

        A gateway's log is compared with the bill that it is tied to (outlay tie). Costs and
        estimates are of the same tokens: they are shown beside each other and never added.
        """
        from outlay.app import ai_reconcile
        from outlay.expression.dimensions import split_names

        found = ai_reconcile.reconcile(
            cli.workspace,
            by=split_names(by),
            range_=range_ or "all",
            sources=split_names(source or ""),
        )
        if cli.out.json:
            cli.out.data(found.to_json())
        else:
            _show(cli, found)


def _show(cli: Cli, found: Reconciliation) -> None:
    if not found.rows:
        cli.out.say(
            "Nothing to compare: no source has both a bill and usage of models here. Load OpenAI, "
            "Anthropic or a gateway's log: outlay source kinds lists them."
        )
    else:
        columns = [
            Col("Bill"),
            Col("Usage of", optional=True),
            *(Col(name.replace("-", " ").capitalize()) for name in found.by),
            *(Col("Currency", optional=True), Col("Billed", True), Col("Estimated", True)),
            *(Col("Difference", True), Col("Tokens without a price", True, optional=True)),
        ]
        totals = [
            [row.bill, row.usage, "Total", *("" for _ in found.by[1:]), *_amounts(row)]
            for row in found.totals()
        ]
        rows = [
            [
                *(row.bill, row.usage),
                *(NO_VALUE if value is None else str(value) for value in row.values),
                *_amounts(row),
            ]
            for row in found.rows
        ]
        cli.out.table(columns, rows, totals=totals)
        cli.out.say("Billed and estimated are the same tokens: never add the two.")
    for bill, amounts in found.aside.items():
        listed = ", ".join(f"{money(amount)} {code}" for code, amount in amounts.items())
        cli.out.say(f"Credits and adjustments of {bill} are left out: {listed}.")
    for note in found.notes:
        cli.out.say(f"Note: {note}")


def _amounts(row: ReconcileRow) -> list[str]:
    return [
        row.currency,
        NOTHING if row.cost is None else money(row.cost),
        NOTHING if row.estimate is None else money(row.estimate),
        money(row.difference),
        f"{row.unpriced.quantize(Decimal(1)):,}" if row.unpriced else NOTHING,
    ]
