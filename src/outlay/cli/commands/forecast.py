"""`outlay forecast`: forecasts of any question."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import (
    AsOf,
    By,
    Currency,
    Measure,
    RatesName,
    RulesAsOf,
    Splits,
    Where,
    question,
)
from outlay.cli.output import NOTHING, Col, money, plural

if TYPE_CHECKING:
    from outlay.app.forecasting.accuracy import Accuracy, Said
    from outlay.app.forecasting.answer import ForecastAnswer, SeriesForecast

_MOST_SERIES = 20
_FORMATS = ("table", "json", "csv")
_WHATS = ("ahead", "accuracy")

What = Annotated[
    str | None,
    typer.Argument(
        metavar="[ahead|accuracy]",
        help="ahead (default): what is to come; accuracy: what was said against what came.",
    ),
]
Days = Annotated[
    int | None,
    typer.Option(metavar="N", help="So many days ahead (default 90), or back (accuracy: 30)."),
]
Until = Annotated[
    str | None, typer.Option(metavar="DAY", help="Instead of --days: the day after the last.")
]
Daily = Annotated[bool, typer.Option("--daily", help="By day in JSON and CSV, not by month.")]
Plain = Annotated[
    bool, typer.Option("--without-changes", help="Leave the planned changes out of it.")
]
Limit = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="Show so many groups (not in CSV); totals are of all of them."
    ),
]
Format = Annotated[str | None, typer.Option(help="table (default), json or csv.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="The same as --format csv.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "forecast",
        panel=QUESTIONS,
        examples=[
            "outlay forecast",
            "outlay forecast --by ServiceName --until 2027-04-01",
            "outlay forecast --by team --where \"SubAccountName = 'shop-prod'\" --days 30 --csv",
            "outlay forecast accuracy --by ServiceName --days 30",
        ],
    )
    def what_is_to_come(
        cli: Cli,
        what: What = None,
        measure: Measure = None,
        by: By = None,
        where: Where = None,
        days: Days = None,
        until: Until = None,
        daily: Daily = False,
        without_changes: Plain = False,
        limit: Limit = None,
        currency: Currency = None,
        rates: RatesName = None,
        splits: Splits = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
        format: Format = None,
        csv: AsCsv = False,
    ) -> None:
        """Forecast the groups of a question and their total, month by month.

        A month that has begun is its actual days and the forecast of the others. Parts add up to
        the total to the cent; charges of a calendar (fees, tax, support) come on their days. With
        *accuracy*: what was forecast some days ago against what came since.
        """
        from outlay.app.forecasting.asked import checked, horizon

        wanted = "json" if cli.out.json else "csv" if csv else (format or "table")
        if wanted not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
        if what not in (None, *_WHATS):
            raise typer.BadParameter(f"it is one of {', '.join(_WHATS)}, not {what!r}")
        asked = checked(
            question(
                measures=measure, by=by, grain="day" if daily else None, start=None, end=None,
                range=None, where=where, compare=None, limit=None, sort=None, currency=currency,
                rates=rates, splits=splits, as_of=as_of, rules_as_of=rules_as_of,
            )
        )  # fmt: skip
        if what == "accuracy":
            _check_back(until, daily, without_changes)
            _accuracy(cli, asked, days, wanted, limit)
            return
        from outlay.app.forecasting.forecasting import forecast
        from outlay.app.forecasting.told import to_csv, to_json

        _, end = horizon("", until or "")
        answer = forecast(cli.workspace, asked, days=days, until=end, changes=not without_changes)
        if wanted == "json":
            cli.out.data(to_json(answer, limit=limit))
        elif wanted == "csv":
            sys.stdout.write(to_csv(answer))
        else:
            _show(cli, answer, limit or _MOST_SERIES)


def _show(cli: Cli, answer: ForecastAnswer, most: int) -> None:
    """The forecast as tables, one a currency."""
    last = answer.history.end if answer.history else answer.start
    cli.out.say(f"Forecast of {answer.measure} from {answer.start} to {answer.end} (exclusive).")
    if answer.reason:
        cli.out.say(f"There is no forecast: {answer.reason}.")
        return
    cli.out.say(f"Complete days up to {last} (exclusive) are actual.")
    for whole in answer.totals:
        cli.out.say()
        if whole.reason:
            cli.out.say(f"No forecast in {whole.currency}: {whole.reason}.")
            continue
        parts = answer.of(whole.currency)
        _table(cli, answer, whole, parts if answer.query.by else (), most)
        cli.out.say(f"{whole.currency or 'Total'}: {whole.method}, {whole.tried.words}.")
    _beside(cli, answer)


def _table(
    cli: Cli,
    answer: ForecastAnswer,
    whole: SeriesForecast,
    parts: tuple[SeriesForecast, ...],
    most: int,
) -> None:
    last = answer.before[-1]
    columns = [Col(" / ".join(answer.query.by) or f"Total ({whole.currency or ''})")]
    columns += [Col(str(last), True, optional=True)]
    columns += [Col(f"{month.period}{'' if month.whole else '*'}", True) for month in whole.months]
    columns += [Col("Method", optional=True), Col("Past error", optional=True)]

    def line(one: SeriesForecast) -> tuple[str, ...]:
        error = NOTHING if one.tried.wape is None else f"{one.tried.wape:.0%}"
        return (
            one.title,
            money(one.before[last]),
            *(NOTHING if one.mean is None else money(m.outlook) for m in one.months),
            one.method,
            error,
        )

    band = whole.months
    cli.out.table(
        columns,
        [line(one) for one in parts[:most]],
        totals=[
            line(whole),
            ("80 % of the time between", "", *(money(m.bands[80][0]) for m in band), "", ""),
            ("and", "", *(money(m.bands[80][1]) for m in band), "", ""),
        ],
    )
    if len(parts) > most:
        cli.out.say(f"{plural(len(parts) - most, 'more group')}: --limit shows more.")
    if any(not month.whole for month in whole.months):
        cli.out.say("* up to the end of the forecast, not of the month.")


def _beside(cli: Cli, answer: ForecastAnswer) -> None:
    """What else is told: what could not be forecast alone, planned changes, notes."""
    if answer.alone:
        named = ", ".join(one.title for one in answer.alone[:5])
        cli.out.say(
            f"{plural(len(answer.alone), 'group')} without a forecast of their own: {named}"
            f"{' …' if len(answer.alone) > 5 else ''} ({answer.alone[0].reason})."
        )
    for change in answer.changes:
        amounts = ", ".join(f"{money(a)} {c}".strip() for c, a in change.amounts.items())
        told = f"adds {amounts}" if amounts else f"not counted: {change.reason}"
        cli.out.say(f"Planned: {change.title} ({change.effect} from {change.day}): {told}.")
    for note in answer.notes:
        cli.out.say(f"Note: {note}")


def _check_back(until: str | None, daily: bool, without_changes: bool) -> None:
    """What was said is told up to the last complete day, of whole days together and without
    planned changes: an option that says otherwise must not seem to be heard."""
    given = {"--until": until, "--daily": daily, "--without-changes": without_changes}
    for name, value in given.items():
        if value:
            raise typer.BadParameter(
                f"{name} belongs to what is to come; accuracy takes --days: how many days back"
            )


def _accuracy(cli: Cli, asked: object, days: int | None, wanted: str, limit: int | None) -> None:
    from outlay.app.forecasting.accuracy import accuracy
    from outlay.app.forecasting.told import accuracy_csv, accuracy_json
    from outlay.query import CostQuery

    assert isinstance(asked, CostQuery)
    found = accuracy(cli.workspace, asked, days=30 if days is None else days)
    if wanted == "json":
        cli.out.data(accuracy_json(found, limit=limit))
    elif wanted == "csv":
        sys.stdout.write(accuracy_csv(found))
    else:
        _said(cli, found, limit or _MOST_SERIES)


def _said(cli: Cli, found: Accuracy, most: int) -> None:
    stood = (
        f"by the ledger as it was known then ({found.as_of} UTC)"
        if found.how == "known"
        else f"by today's ledger without what came after, since {found.why}"
    )
    cli.out.say(
        f"Forecast of {found.days} days, {found.start} to {found.end} (exclusive), {stood}."
    )
    if found.reason:
        cli.out.say(f"There was no forecast: {found.reason}.")
        return

    def line(one: Said) -> tuple[str, ...]:
        off = NOTHING if one.off is None else f"{one.off:+.1%}"
        expected = NOTHING if one.expected is None else money(one.expected)
        inside = NOTHING if one.expected is None else f"{one.inside} of {found.days}"
        return one.title, expected, money(one.actual), off, inside

    for whole in found.totals:
        own = [one for one in found.rows if one.currency == whole.currency]
        cli.out.table(
            [Col(" / ".join(found.query.by) or "Total"), Col("Forecast", True),
             Col(f"Came ({whole.currency or ''})", True), Col("Off", True),
             Col("Days within 80 %", True, optional=True)],
            [line(one) for one in own[:most]] if found.query.by else [],
            totals=[line(whole)],
        )  # fmt: skip
        if found.query.by and len(own) > most:
            cli.out.say(f"{plural(len(own) - most, 'more group')}: --limit shows more.")
