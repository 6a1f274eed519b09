"""`outlay usage`, `provisional`, `tie`: what was used, and what it is estimated to cost."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import CONFIGURATION, QUESTIONS, Cli, command
from outlay.cli.commands.asking import AsOf, From, Grain, Limit, Range, To, Where
from outlay.cli.output import NOTHING, Col, count, money
from outlay.cli.results import NO_VALUE

if TYPE_CHECKING:
    from outlay.query.usage import Lane, UsageQuery, UsageResult

By = Annotated[
    str | None,
    typer.Option(
        metavar="D1,D2",
        help="Usage columns, tags.KEY or x_ columns, e.g. x_Namespace.",
    ),
]
_FORMATS = ("table", "json", "csv")
_ESTIMATE = "Estimates are by the tool's or a list's prices: no charges, and in no total of them."


def register(app: typer.Typer) -> None:
    """Add the commands of usage."""
    _register_usage(app)
    _register_provisional(app)
    _register_tie(app)


def _register_usage(app: typer.Typer) -> None:
    @command(
        app,
        "usage",
        panel=QUESTIONS,
        examples=[
            "outlay usage",
            "outlay usage --metric cpu_request,cpu_usage --by x_Namespace --range last-month",
            "outlay usage --by x_Model,tags.team --grain day --format csv",
        ],
    )
    def usage(
        cli: Cli,
        metric: Annotated[
            str | None, typer.Option(metavar="M1,M2", help="Metrics; default all.")
        ] = None,
        by: By = None,
        grain: Grain = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        limit: Limit = None,
        as_of: AsOf = None,
        format: Annotated[str | None, typer.Option(help="table (default), json or csv.")] = None,
    ) -> None:
        """Ask what was used: sums by metric and unit, with what they are estimated to cost.

        Quantities of different metrics never add up. Without --by and --grain the metrics are
        listed. Estimates are no charges and are never added to them.
        """
        from outlay.app import usage as usages

        wanted = "json" if cli.out.json else (format or "table")
        if wanted not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
        asked = _question(
            metric=metric, by=by, grain=grain, start=from_, end=to, range=range_, where=where,
            limit=limit, as_of=as_of,
        )  # fmt: skip
        result = usages.usage(cli.workspace, asked)
        if wanted == "json":
            cli.out.data(result.to_json())
        elif wanted == "csv":
            sys.stdout.write(result.to_csv())
        else:
            _show_usage(cli, result)


def _question(
    *,
    metric: str | None,
    by: str | None,
    grain: str | None,
    start: str | None,
    end: str | None,
    range: str | None,
    where: str | None,
    limit: int | None,
    as_of: str | None,
) -> UsageQuery:
    from outlay.query.usage import UsageQuery

    parts = {"metric": metric, "by": by, "grain": grain, "from": start, "to": end,
             "range": range, "where": where, "limit": limit, "as_of": as_of}  # fmt: skip
    return UsageQuery.of({name: value for name, value in parts.items() if value is not None})


def _show_usage(cli: Cli, result: UsageResult) -> None:
    if not result.rows:
        cli.out.say(
            "No usage yet. Load a cluster's or a gateway's: outlay source kinds lists them."
            if result.snapshot is None or not result.query.to_params()
            else "No usage matches. Widen --range or --where; outlay usage lists the metrics."
        )
        return
    query = result.query
    timed = query.grain != "none"
    columns = [
        *([Col(query.grain.capitalize())] if timed else []),
        *(Col(name) for name in query.by),
        *(Col("Metric"), Col("Unit"), Col("Quantity", True)),
        *(Col(f"Estimate ({code})", True) for code in result.currencies),
        Col("Rows", True, optional=True),
    ]
    rows = []
    for row in result.rows:
        values = [NO_VALUE if value is None else str(value) for value in row.values]
        if row.is_other:
            values = ["Other", *("" for _ in values[1:])]
        rows.append(
            [
                *([str(row.period)] if timed else []),
                *values,
                *(row.metric, row.unit, _quantity(row.quantity)),
                *(money(row.estimates.get(code)) for code in result.currencies),
                count(row.rows),
            ]
        )
    blank = [""] * (len(query.by) + timed)
    totals = []
    if blank:
        for total in result.totals:
            totals.append(
                [
                    *(["Total", *blank[1:]]),
                    *(total.metric, total.unit, _quantity(total.quantity)),
                    *(money(total.estimates.get(code)) for code in result.currencies),
                    count(total.rows),
                ]
            )
    cli.out.table(columns, rows, totals=totals)
    if result.currencies:
        cli.out.say(f"Estimated together: {_amounts(result.estimates)}. {_ESTIMATE}")


def _quantity(value: Decimal) -> str:
    """A quantity for people: two decimals, more where it is small."""
    if value and abs(value) < Decimal("0.01"):
        return f"{value:.3g}"
    return f"{value.quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{money(amount)} {code}" for code, amount in amounts.items()) or NOTHING


def _register_provisional(app: typer.Typer) -> None:
    @command(
        app,
        "provisional",
        panel=QUESTIONS,
        examples=[
            "outlay provisional",
            "outlay provisional --by tags.team --range this-month",
        ],
    )
    def provisional(
        cli: Cli,
        by: By = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        as_of: AsOf = None,
    ) -> None:
        """Show what usage is estimated to cost where its bill has not come yet.

        An estimate of an hour is superseded once the bill that the source is tied to (outlay
        tie) has charged for the same scope in that hour. What is left is provisional: it is never
        added to charges.
        """
        from outlay.app import usage as usages

        asked = _question(
            metric=None, by=by, grain=None, start=from_, end=to, range=range_, where=where,
            limit=None, as_of=as_of,
        )  # fmt: skip
        lane = usages.provisional(cli.workspace, asked)
        if cli.out.json:
            cli.out.data(lane.to_json())
        else:
            _show_lane(cli, lane)


def _show_lane(cli: Cli, lane: Lane) -> None:
    open_ = [row for row in lane.rows if row.provisional]
    if open_:
        columns = [
            *(Col("Day"), Col("Usage of"), Col("Until billed by")),
            *(Col(name) for name in lane.query.by),
            *(Col("Currency"), Col("Estimated", True), Col("Billed meanwhile", True, True)),
            *(Col("Provisional", True), Col("Rated by", optional=True)),
        ]
        rows = [
            [
                *(str(row.day), row.source, row.bill),
                *(NO_VALUE if value is None else str(value) for value in row.values),
                *(row.currency, money(row.estimated), money(row.superseded)),
                *(money(row.provisional), row.rated_by),
            ]
            for row in open_
        ]
        cli.out.table(columns, rows)
        cli.out.say(f"Provisional: {_amounts(lane.provisional)}. An estimate, in no total.")
    elif lane.rows:
        cli.out.say(
            f"Nothing is provisional: the bills have charged for all that was estimated "
            f"({_amounts(lane.superseded)})."
        )
    else:
        cli.out.say("Nothing is provisional: no tied source has an estimate here.")
    if lane.unmatched:
        cli.out.say(
            f"{_amounts(lane.unmatched)} were estimated for hours that the bills have closed "
            "without a charge for the same scope: not provisional."
        )
    for name, amounts in lane.untied.items():
        cli.out.say(
            f"{name} estimates {_amounts(amounts)} and is tied to no bill: outlay tie {name} BILL "
            "--match ResourceId"
        )
    for name, amounts in lane.unscoped.items():
        cli.out.say(
            f"{name} estimates {_amounts(amounts)} for usage without a value to match by: not in "
            "the lane."
        )
    for note in lane.notes:
        cli.out.say(f"Note: {note}")


def _register_tie(app: typer.Typer) -> None:
    @command(
        app,
        "tie",
        panel=CONFIGURATION,
        examples=[
            "outlay tie cluster acme-cur --match ResourceId",
            "outlay tie gateway openai anthropic --match x_Model",
            "outlay tie cluster --none",
        ],
    )
    def tie(
        cli: Cli,
        source: Annotated[str, typer.Argument(help="The source of usage.")],
        bills: Annotated[
            list[str] | None,
            typer.Argument(metavar="[BILL]...", help="Whose charges supersede its estimates."),
        ] = None,
        match: Annotated[
            str | None,
            typer.Option(
                metavar="C1,C2", help="Columns or tags that both have in common; default none."
            ),
        ] = None,
        where: Annotated[
            str | None, typer.Option(metavar="EXPR", help="Which of the bill's charges count.")
        ] = None,
        none: Annotated[bool, typer.Option("--none", help="Tie it to no bill.")] = False,
    ) -> None:
        """Tie a source of usage to the bill that supersedes its estimates."""
        from outlay.app import usage as usages
        from outlay.expression.dimensions import split_names

        if bool(bills) == none:
            raise typer.BadParameter("name the bill's source, or say --none")
        made = usages.tie(
            cli.workspace,
            source,
            bills or None,
            split_names(match or ""),
            where or "",
            author=cli.author,
        )
        if cli.out.json:
            cli.out.data({"source": source, "superseded_by": made and made.model_dump()})
        elif made is None:
            cli.out.say(f"{source} is tied to no bill: its estimates are never provisional.")
        else:
            by = f" by {', '.join(made.match)}" if made.match else ""
            cli.out.say(
                f"Estimates of {source} are superseded by charges of {' and '.join(bills or ())}"
                f"{by}, hour by hour. Next: outlay provisional"
            )
