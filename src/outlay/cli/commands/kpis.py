"""`outlay kpis`: how well the practice saves, by owner and month."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "kpis",
        panel=QUESTIONS,
        examples=["outlay kpis", "outlay kpis --owners", "outlay kpis --currency EUR"],
    )
    def kpis(
        cli: Cli,
        currency: Annotated[
            str, typer.Option(help="Of what is charged in it; default the workspace's.")
        ] = "",
        owners: Annotated[bool, typer.Option("--owners", help="By owner as well.")] = False,
        formulas: Annotated[
            bool, typer.Option("--formulas", help="How each is reckoned, with its figures.")
        ] = False,
    ) -> None:
        """The KPIs of saving: effective savings rate, coverage, utilisation, waste, realised
        against potential, time to act.

        Costs and commitments are of the last 30 whole days, decisions of the last 180.
        """
        from outlay.app.kpis import kpis as use
        from outlay.app.kpis import shapes
        from outlay.app.kpis.words import told

        found = use.kpis(cli.workspace, currency.upper())
        if cli.out.json:
            cli.out.data(shapes.kpis_json(found))
            return
        code = found.currency
        cli.out.table(
            [Col("KPI"), Col("Value", True), Col("Before", True), Col("")],
            [
                (one.title, told(one.value, one.kind, code), told(one.before, one.kind, code),
                 one.reason if one.value is None else "")
                for one in found.kpis
            ],
        )  # fmt: skip
        if formulas:
            for one in found.kpis:
                parts = ", ".join(
                    f"{part.name} {told(part.value, part.kind, code)}" for part in one.parts
                )
                cli.out.say(f"{one.title} = {one.formula}. {parts}.")
        if owners:
            cli.out.table(
                [Col(found.owner_tag or "Owner"), Col("Cost", True), Col("Open, net", True),
                 Col("Waste", True), Col("Realised", True), Col("Overdue", True),
                 Col("Time to act", True), Col("")],
                [
                    (one.owner or "nobody", money(one.cost), money(one.potential),
                     money(one.waste), money(one.realised), str(one.overdue),
                     NOTHING if one.days is None else f"{one.days} d", code)
                    for one in found.owners
                ],
            )  # fmt: skip
