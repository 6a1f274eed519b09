"""`outlay platforms`: what data platforms and model vendors charged, who it was for, the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import AsOf, From, Range, RulesAsOf, To
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from outlay.query.platforms import PlatformProof, Scope

_MOST = 40


def register(app: typer.Typer) -> None:
    """Add the command `platforms`."""

    @command(
        app,
        "platforms",
        panel=QUESTIONS,
        examples=[
            "outlay platforms",
            "outlay platforms snowflake --by x_Role --idle share --range last-month",
            "outlay platforms databricks --by x_JobName",
            "outlay platforms ai --by tags.customer --json",
        ],
    )
    def platforms(
        cli: Cli,
        name: Annotated[
            str | None, typer.Argument(metavar="PLATFORM", help="snowflake, databricks or ai.")
        ] = None,
        by: Annotated[
            str | None,
            typer.Option(metavar="D", help="Whom cost is given to: a column, tag, virtual tag."),
        ] = None,
        idle: Annotated[
            str | None,
            typer.Option(metavar="WAY", help="keep (default) or share, by attributed credits."),
        ] = None,
        measure: Annotated[
            str | None, typer.Option(metavar="M", help="BilledCost (default), EffectiveCost…")
        ] = None,
        range_: Range = None,
        start: From = None,
        end: To = None,
        by_day: Annotated[
            bool, typer.Option("--by-day", help="Each day is a scope of its own.")
        ] = False,
        no_usage: Annotated[
            bool, typer.Option("--no-usage", help="The bill alone: nothing is given by usage.")
        ] = False,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
    ) -> None:
        """Allocate Snowflake, Databricks or AI, with the proof that it adds up to the bill.

        For each scope (a warehouse's day, a job, a key's model): direct + by usage + idle +
        unattributed = charge, to the last digit. Without a name, the platforms that there are.
        """
        from outlay.app import platforms as use
        from outlay.query.platforms import PlatformQuery

        if name is None:
            _overview(cli)
            return
        parts = {
            "by": by,
            "idle": idle,
            "measure": measure,
            "range": range_,
            "from": start,
            "to": end,
            "by_day": by_day,
            "usage": not no_usage,
            "as_of": as_of,
            "rules_as_of": rules_as_of,
        }
        found = use.prove(cli.workspace, PlatformQuery.of(name, parts))
        if cli.out.json:
            cli.out.data(found.to_json())
        else:
            _show(cli, found)


def _overview(cli: Cli) -> None:
    from outlay.app import platforms as use
    from outlay.money import money_text
    from outlay.query.platforms import PLATFORMS

    found = use.there(cli.workspace)
    if cli.out.json:
        cli.out.data(
            [
                {
                    "platform": one.name,
                    "title": one.title,
                    "billed": {c: money_text(a) for c, a in found[one.name].items()},
                }
                for one in PLATFORMS
                if one.name in found
            ]
        )
        return
    if not found:
        cli.out.say(
            "No platform has charges here. Load a bill of Snowflake, Databricks, OpenAI or "
            "Anthropic: outlay source kinds lists them."
        )
        return
    rows = [
        [one.name, one.title, code, money(amount)]
        for one in PLATFORMS
        for code, amount in found.get(one.name, {}).items()
    ]
    cli.out.table([Col("Platform"), Col("Title"), Col("Currency"), Col("Billed", True)], rows)


def _show(cli: Cli, found: PlatformProof) -> None:
    if not found.scopes:
        cli.out.say(f"No charges of {found.platform.title} in this range.")
        return
    _show_scopes(cli, found)
    cli.out.table(
        [Col(found.by), Col("Currency"), Col("Direct", True), Col("By usage", True),
         Col("Idle", True), Col("Total", True)],
        [
            [c.value, c.currency, *map(money, (c.direct, c.by_usage, c.idle, c.total))]
            for c in found.consumers
        ],
    )  # fmt: skip
    for rest in found.unattributed:
        cli.out.say(f"Unattributed: {money(rest.amount)} {rest.currency}: {rest.reason}")
    for scope in found.totals:
        cli.out.say(f"Allocated {money(scope.allocated)} of {money(scope.charge)} {scope.currency}")
    cli.out.say(f"{found.proven_scopes:,} of {found.all_scopes:,} scopes add up to the last digit.")
    for tie in found.ties:
        if tie.proven is False:
            cli.out.say(
                f"{tie.source} {tie.billing_period} does not agree with its bill: "
                f"{tie.charged:f} of {tie.stated:f} {tie.currency}"
            )
    proven = sum(1 for tie in found.ties if tie.proven)
    whole = sum(1 for tie in found.ties if tie.whole)
    cli.out.say(f"{proven:,} of {whole:,} whole months are what the vendor's own rows state.")
    for note in found.notes:
        cli.out.say(f"Note: {note}")


def _show_scopes(cli: Cli, found: PlatformProof) -> None:
    names = list(found.scopes[0].values)
    columns = [
        *(Col(name, optional=True) for name in names),
        *([Col("Day")] if found.query.by_day or found.scopes[0].day else []),
        Col("Currency", optional=True),
        *(Col(t, True) for t in ("Direct", "By usage", "Idle", "Unattributed", "Charge")),
    ]
    rows = [_row(scope, found) for scope in found.scopes[:_MOST]]
    totals = [["Total", *[""] * (len(columns) - 7), s.currency, *_amounts(s)]
              for s in found.totals]  # fmt: skip
    cli.out.table(columns, rows, totals=totals)
    if len(found.scopes) > _MOST:
        cli.out.say(f"The largest {_MOST} of {len(found.scopes):,} scopes; --json has all.")


def _row(scope: Scope, found: PlatformProof) -> list[str]:
    day = [str(scope.day)] if scope.day else []
    names = [NOTHING if value is None else value for value in scope.values.values()]
    return [*names, *day, scope.currency, *_amounts(scope)]


def _amounts(scope: Scope) -> list[str]:
    return [*(money(part) for part in scope.parts.values()), money(scope.charge)]
