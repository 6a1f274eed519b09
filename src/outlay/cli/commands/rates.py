"""`outlay rates list|show|update|import`: what amounts are converted by."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from outlay.cli.command import CONFIGURATION, INCOMPLETE, OK, Cli, command
from outlay.cli.output import NOTHING, Col, plural

_CURRENCIES = 12


def register(app: typer.Typer) -> None:
    """Add the group `rates`."""
    group = typer.Typer(no_args_is_help=True, help="Exchange rates that amounts are converted by.")
    app.add_typer(group, name="rates", rich_help_panel=CONFIGURATION)
    _register_list(group)
    _register_show(group)
    _register_update(group)
    _register_import(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay rates list"])
    def list_rates(cli: Cli) -> None:
        """List what amounts can be converted by: the bank's rates and fixed tables."""
        from outlay.app import rates, shapes

        found = rates.list_rates(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.rates_json(info) for info in found])
            return
        cli.out.table(
            [Col("Name"), Col("Default"), Col("From"), Col("To"), Col("Currencies"), Col("What")],
            [
                (
                    info.name,
                    "yes" if info.default else NOTHING,
                    str(info.since or NOTHING),
                    str(info.until or "open"),
                    _codes(info.currencies),
                    info.title,
                )
                for info in found
            ],
        )


def _codes(codes: tuple[str, ...]) -> str:
    more = len(codes) - _CURRENCIES
    return ", ".join(codes[:_CURRENCIES]) + (f" and {more} more" if more > 0 else "")


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=[
            "outlay rates show EUR USD --on 2026-10-05",
            "outlay rates show EUR USD --from 2026-10-01 --to 2026-11-01 --rates finance",
        ],
    )
    def show(
        cli: Cli,
        source: Annotated[str, typer.Argument(metavar="FROM", help="The currency to convert.")],
        target: Annotated[str, typer.Argument(metavar="TO", help="The currency to convert to.")],
        on: Annotated[
            str | None, typer.Option("--on", metavar="DAY", help="The day; default: today.")
        ] = None,
        start: Annotated[
            str | None, typer.Option("--from", metavar="DAY", help="First day of a list.")
        ] = None,
        end: Annotated[
            str | None, typer.Option("--to", metavar="DAY", help="The day after its last.")
        ] = None,
        rates: Annotated[
            str | None, typer.Option(metavar="NAME", help="ecb or a table; default: the setting.")
        ] = None,
    ) -> int:
        """Show the rate by which charges of a day are converted, and where it is from."""
        from outlay.app import rates as exchange
        from outlay.app import shapes

        first, last = _days(cli, on, start, end)
        found = exchange.show_rates(
            cli.workspace, source.upper(), target.upper(), first, last, rates
        )
        if cli.out.json:
            cli.out.data([shapes.day_rate_json(day, rate) for day, rate in found])
        else:
            cli.out.table(
                [Col("Day"), Col("Rate", True), Col("Of"), Col("Published by")],
                [
                    (str(day), f"{rate.value:f}", str(rate.day), rate.publisher)
                    if rate
                    else (str(day), "no rate", NOTHING, NOTHING)
                    for day, rate in found
                ],
            )
        return OK if all(rate is not None for _, rate in found) else INCOMPLETE


def _days(cli: Cli, on: str | None, start: str | None, end: str | None) -> tuple[date, date]:
    from outlay.app.rates import days_asked

    if (start is None) != (end is None) or (on is not None and start is not None):
        raise typer.BadParameter("give either --on DAY, or --from DAY and --to DAY")
    return days_asked(cli.workspace, on or start or "", end or "")


def _register_update(group: typer.Typer) -> None:
    @command(
        group,
        "update",
        examples=["outlay rates update", "outlay rates update downloads/eurofxref-hist.zip"],
    )
    def update(
        cli: Cli,
        place: Annotated[
            str | None,
            typer.Argument(metavar="FILE", help="File or URL; default: the bank's own address."),
        ] = None,
    ) -> None:
        """Take a newer file of the European Central Bank's rates into the workspace."""
        from outlay.app import rates, shapes

        found = rates.update_bank(cli.workspace, place or rates.ECB_URL)
        if cli.out.json:
            cli.out.data(shapes.rates_json(found))
        cli.out.say(
            f"The bank's rates now reach from {found.since} to {found.until}, "
            f"{plural(len(found.currencies), 'currency').replace('currencys', 'currencies')}."
        )


def _register_import(group: typer.Typer) -> None:
    @command(group, "import", examples=["outlay rates import finance-rates.yaml"])
    def import_tables(
        cli: Cli,
        file: Annotated[Path, typer.Argument(help="A resource file of kind ExchangeRates.")],
    ) -> None:
        """Add or replace fixed tables, such as finance's month rates."""
        from outlay.app import rates

        names = rates.import_tables(cli.workspace, file, author=cli.author)
        if cli.out.json:
            cli.out.data({"imported": names})
        cli.out.say(
            f"Imported: {', '.join(names)}. Ask with --rates {names[0]}, or make it the default: "
            "rates in outlay.yaml."
        )
