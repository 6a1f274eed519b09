"""`outlay utilization`: how busy resources are, by resource, metric and statistic."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, Defaulting, command
from outlay.cli.commands.alerts import NoWatch, look_after
from outlay.cli.commands.asking import AsOf, From, Limit, Range, To
from outlay.cli.output import NOTHING, Col, count, moment, money
from outlay.cli.values import options_of, period_of, place_of

if TYPE_CHECKING:
    from outlay.app.utilization.asking import Covered
    from outlay.query.utilization import UtilizationQuery, UtilizationResult

_FORMATS = ("table", "json", "csv")
_SHOWN = 200
_UNITS = {"Percent": "%", "State": ""}


def register(app: typer.Typer) -> None:
    """Add the group `utilization`, whose own question is `show`."""
    group = typer.Typer(
        cls=Defaulting, help="How busy resources are, and where that comes from; `show` by itself."
    )
    app.add_typer(group, name="utilization", rich_help_panel=QUESTIONS)
    _register_show(group)
    _register_sources(group)
    _register_sync(group)


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=[
            "outlay utilization show",
            "outlay utilization show --resource i-0a1b2c3d --grain day",
            "outlay utilization show --metric cpu,memory --by ServiceProviderName "
            "--range last-month",
            "outlay utilization show --coverage",
        ],
    )
    def show(
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
        that of the periods' averages. Values never add up, so that there is no total. `outlay
        utilization` alone is the same.
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


def _register_sources(group: typer.Typer) -> None:
    @command(
        group,
        "add",
        examples=[
            "outlay utilization add watch --location cloudwatch",
            "outlay utilization add watch --location cloudwatch "
            "--option role=arn:aws:iam::{account}:role/outlay-read",
            "outlay utilization add nodes --location https://prometheus.example.com "
            "--option token=env:PROMETHEUS_TOKEN",
        ],
    )
    def add(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
        location: Annotated[
            str,
            typer.Option(
                metavar="LOC",
                help="cloudwatch, azure-monitor, cloud-monitoring, the address of a Prometheus, "
                "or a file, folder or bucket of what a tool exported.",
            ),
        ],
        option: Annotated[
            list[str] | None,
            typer.Option(metavar="K=V", help="An option; `outlay source kinds` has them."),
        ] = None,
        cadence: Annotated[
            str, typer.Option(help="How often it is asked: hourly, daily, monthly or manual.")
        ] = "daily",
    ) -> None:
        """Configure where measurements come from: an API, or files. Credentials are never stored.

        An API is asked about the resources of the bill's last days, for whole days that are not
        there yet; the last days are read again.
        """
        from outlay.app import shapes
        from outlay.app.utilization import sources

        place = sources.location_of(location)
        status = sources.add(
            cli.workspace, name, place_of(cli, place), options_of(option), cadence,
            author=cli.author,
        )  # fmt: skip
        if cli.out.json:
            cli.out.data(shapes.source_json(status))
        cli.out.say(f"The source {name} is configured. Next: outlay utilization sync {name}")

    @command(
        group,
        "sources",
        examples=["outlay utilization sources", "outlay utilization sources --json"],
    )
    def list_sources(cli: Cli) -> None:
        """List where measurements come from: how fresh each is, and what failed."""
        from outlay.app import shapes
        from outlay.app.utilization import sources

        found = sources.sources(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.source_json(one) for one in found])
            return
        if not found:
            cli.out.say("No source of measurements yet: outlay utilization add NAME --location …")
            return
        cli.out.table(
            [
                *(Col("Source"), Col("From"), Col("Cadence"), Col("Freshness"), Col("Newest")),
                *(Col("Measurements", True), Col("Last run"), Col("Next (UTC)", optional=True)),
            ],
            [
                [
                    *(one.name, sources.tool_of(one.location)),
                    one.cadence + ("" if one.enabled else " (paused)"),
                    *(one.freshness, str(one.newest_period or NOTHING), count(one.usage_rows)),
                    one.last_run.outcome if one.last_run else NOTHING,
                    moment(one.next_sync_at),
                ]
                for one in found
            ],
        )
        for one in found:
            if one.error:
                cli.out.say(f"{one.name}: {one.error}")


def _register_sync(group: typer.Typer) -> None:
    @command(
        group,
        "sync",
        examples=[
            "outlay utilization sync nodes",
            "outlay utilization sync nodes --period 2026-10",
        ],
    )
    def sync(
        cli: Cli,
        names: Annotated[
            list[str] | None,
            typer.Argument(metavar="[SOURCE]", help="Default: all that are not manual."),
        ] = None,
        period: Annotated[
            str | None,
            typer.Option(metavar="YYYY-MM", help="This month alone, every day of it anew."),
        ] = None,
        no_watch: NoWatch = False,
    ) -> int:
        """Bring measurements up to date; what cannot be had leaves what there was as it is."""
        from outlay.app.utilization import sources
        from outlay.cli.commands.bills import show_loads

        with cli.out.progress() as progress:
            done = sources.sync(cli.workspace, names, period_of(period), progress=progress)
        if not done:
            cli.out.say("No source is due: `outlay utilization add` configures one.")
        code = show_loads(cli, done)
        if not no_watch and done:
            look_after(cli)
        return code


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
            "Nothing was measured here. Widen --range, load measurements (`outlay source kinds` "
            "says which are read), or ask a tool's API: `outlay utilization add`."
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
