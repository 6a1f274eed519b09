"""`outlay utilization`: how busy resources are, by resource, metric and statistic."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import AsOf, From, Limit, Range, To
from outlay.cli.output import NOTHING, Col, count, money

if TYPE_CHECKING:
    from outlay.app.utilization.asking import Covered
    from outlay.query.utilization import UtilizationQuery, UtilizationResult

_FORMATS = ("table", "json", "csv")
_SHOWN = 200
_UNITS = {"Percent": "%", "State": ""}


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(
        app,
        "utilization",
        panel=QUESTIONS,
        examples=[
            "outlay utilization",
            "outlay utilization --resource i-0a1b2c3d --grain day",
            "outlay utilization --metric cpu,memory --by ServiceProviderName --range last-month",
            "outlay utilization --coverage",
        ],
    )
    def utilization(
        cli: Cli,
        resource: Annotated[
            str | None, typer.Option(metavar="R1,R2", help="Resources; default all.")
        ] = None,
        metric: Annotated[
            str | None, typer.Option(metavar="M1,M2", help="Metrics, e.g. cpu; default all.")
        ] = None,
        by: Annotated[
            str | None,
            typer.Option(metavar="C1,C2", help="Columns to group by; default ResourceId."),
        ] = None,
        grain: Annotated[
            str | None, typer.Option(help="day, week or month; default the whole range.")
        ] = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        limit: Limit = None,
        as_of: AsOf = None,
        coverage: Annotated[
            bool, typer.Option("--coverage", help="How much of the bill is measured, instead.")
        ] = False,
        format: Annotated[str | None, typer.Option(help="table (default), json or csv.")] = None,
    ) -> None:
        """Show how busy resources are: average, 95th percentile, highest value, days measured.

        What was not measured is a dash, never zero. Of percentiles that no tool measured, it is
        that of the periods' averages. Values never add up, so that there is no total.
        """
        from outlay.query.utilization import UtilizationQuery

        wanted = "json" if cli.out.json else (format or "table")
        if wanted not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
        parts = {"resource": resource, "metric": metric, "by": by, "grain": grain, "from": from_,
                 "to": to, "range": range_, "limit": limit, "as_of": as_of}  # fmt: skip
        given = {name: value for name, value in parts.items() if value is not None}
        asked = UtilizationQuery.of(given)
        if coverage:
            if set(given) - {"from", "to", "range"} or wanted == "csv":
                raise typer.BadParameter("--coverage goes with --range, --from and --to alone")
            _coverage(cli, asked.range, wanted)
            return
        _measurements(cli, asked, wanted)


def _measurements(cli: Cli, asked: UtilizationQuery, wanted: str) -> None:
    from outlay.app.utilization import asking

    result = asking.measurements(cli.workspace, asked)
    if wanted == "json":
        cli.out.data(result.to_json())
    elif wanted == "csv":
        sys.stdout.write(result.to_csv())
    else:
        _show(cli, result)


def _show(cli: Cli, result: UtilizationResult) -> None:
    if not result.rows:
        cli.out.say(
            "Nothing was measured here. Widen --range, or load measurements: outlay source kinds "
            "says which are read (utilization)."
        )
        return
    timed = result.query.grain != "none"
    cli.out.table(
        [
            *(Col(name) for name in result.query.by),
            *([Col(result.query.grain.capitalize())] if timed else []),
            *(Col("Metric"), Col("Average", True), Col("p95", True), Col("Highest", True)),
            *(Col("Unit"), Col("Days", True), Col("Last", optional=True)),
        ],
        [
            [
                *(NOTHING if value is None else str(value) for value in row.values),
                *([str(row.period)] if timed else []),
                *(row.metric, value(row.average), value(row.p95), value(row.maximum)),
                *(row.unit, count(row.days), f"{row.last:%Y-%m-%d}"),
            ]
            for row in result.rows[:_SHOWN]
        ],
    )
    left = result.left_out + max(0, len(result.rows) - _SHOWN)
    if left:
        cli.out.say(f"{count(left)} more rows: name --resource or --metric, or --format csv.")


def value(number: Decimal | None) -> str:
    """A measured value for people: two decimals; a dash where nothing was measured."""
    if number is None:
        return NOTHING
    return f"{number:,.2f}" if abs(number) < 1000 else f"{number:,.0f}"


def _coverage(cli: Cli, range: str, wanted: str) -> None:
    from outlay.app.utilization import asking

    found = asking.coverage(cli.workspace, range)
    if wanted == "json":
        cli.out.data(found.to_json())
        return
    if not found.rows:
        cli.out.say("No bill has usage in this range. Widen --range, or load a bill.")
        return

    def line(one: Covered, name: str) -> list[str]:
        share = NOTHING if one.share is None else f"{one.share * 100:.1f} %"
        return [
            *(name, one.service, one.currency, money(one.cost), money(one.measured), share),
            f"{count(one.measured_resources)} of {count(one.resources)}",
            ", ".join(one.metrics) or NOTHING,
        ]

    cli.out.table(
        [
            *(Col("Provider"), Col("Service"), Col("Currency"), Col("Cost", True)),
            *(Col("Measured", True), Col("Share", True), Col("Resources", True)),
            Col("Metrics", optional=True),
        ],
        [line(one, one.provider) for one in found.rows],
        totals=[line(one, "Total") for one in found.totals],
    )
    if found.unbilled:
        names = ", ".join(found.unbilled[:3])
        cli.out.say(
            f"{count(len(found.unbilled))} measured resources have no cost here, e.g. {names}: "
            "their ids may be others than the bill's (docs/utilization.md)."
        )
