"""`outlay restatements`, `snapshots`, `runs`: what changed, and when."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import HISTORY, Cli, command
from outlay.cli.output import NOTHING, Col, count, moment, money
from outlay.cli.values import moment_of

if TYPE_CHECKING:
    from outlay.lake import RestatementReport
    from outlay.lake.types import MeasureChange

_SHOWN = ("BilledCost", "EffectiveCost")


def register(app: typer.Typer) -> None:
    """Add the commands of history."""
    _register_restatements(app)
    _register_snapshots(app)
    _register_runs(app)


def _register_restatements(app: typer.Typer) -> None:
    @command(
        app,
        "restatements",
        panel=HISTORY,
        examples=[
            "outlay restatements --from 2026-11-01 --to 2026-11-20",
            "outlay restatements --from 2026-11-01 --by SubAccountId,ServiceName --json",
        ],
    )
    def restatements(
        cli: Cli,
        from_: Annotated[
            str, typer.Option("--from", metavar="T", help="A day, UTC time or snapshot.")
        ],
        to: Annotated[
            str | None, typer.Option(metavar="T", help="As --from; default: now.")
        ] = None,
        by: Annotated[
            str, typer.Option(metavar="D1,D2", help="Dimensions to split the change by.")
        ] = "",
    ) -> None:
        """Show what vendors restated between two moments: by slice, with cause and money."""
        from outlay.app import shapes
        from outlay.expression.dimensions import split_names

        report = cli.workspace.restatements(
            _required(from_), moment_of(to, "to"), split_names(by) if by else ()
        )
        if cli.out.json:
            cli.out.data(shapes.restatement_json(report))
        elif not report.slices:
            cli.out.say("Nothing changed between the two.")
        else:
            _slices(cli, report)
            if report.by:
                _rows(cli, report)


def _register_snapshots(app: typer.Typer) -> None:
    @command(app, "snapshots", panel=HISTORY, examples=["outlay snapshots"])
    def snapshots(cli: Cli) -> None:
        """List the states that the ledger was in; --as-of takes any of them."""
        from outlay.app import shapes

        found = cli.workspace.snapshots()
        if cli.out.json:
            cli.out.data([shapes.snapshot_json(snapshot) for snapshot in found])
        elif not found:
            cli.out.say("No data yet: outlay load PATH loads a bill.")
        else:
            columns = [
                *(Col("Snapshot"), Col("Committed (UTC)"), Col("Cause")),
                *(Col("Slices added", True), Col("Removed", True), Col("Detail", optional=True)),
            ]
            rows = [
                (
                    str(item.snapshot_id),
                    f"{item.committed_at:%Y-%m-%d %H:%M:%S}",
                    item.cause,
                    count(len(item.added)),
                    count(len(item.removed)),
                    "lines" if item.detail else "days only",
                )
                for item in found
            ]
            cli.out.table(columns, rows)


def _register_runs(app: typer.Typer) -> None:
    @command(app, "runs", panel=HISTORY, examples=["outlay runs", "outlay runs acme-cur"])
    def runs(
        cli: Cli,
        source: Annotated[str | None, typer.Argument(help="Default: of every source.")] = None,
        limit: Annotated[int, typer.Option(min=1, metavar="N", help="The newest so many.")] = 20,
    ) -> None:
        """List when sources were read, and what came of it; the newest first."""
        from outlay.app import shapes

        found = cli.workspace.runs(source, limit)
        if cli.out.json:
            cli.out.data([shapes.run_json(run) for run in found])
        elif not found:
            cli.out.say("No run yet: outlay load PATH loads a bill.")
        else:
            columns = [Col("Source"), Col("What"), Col("Started (UTC)"), Col("Ended (UTC)")]
            rows = [
                (
                    *(run.source, run.action, moment(run.started_at), moment(run.ended_at)),
                    *(run.outcome, run.message),
                )
                for run in found
            ]
            cli.out.table([*columns, Col("Outcome"), Col("Message", optional=True)], rows)


def _required(text: str) -> datetime | int:
    moment_ = moment_of(text, "from")
    assert moment_ is not None
    return moment_


def _slices(cli: Cli, report: RestatementReport) -> None:
    cli.out.say(
        f"From {moment(report.before.committed_at)} to {moment(report.after.committed_at)} UTC"
    )
    rows = [
        (
            *(item.source, str(item.billing_period), item.cause),
            *(count(item.rows_before), count(item.rows_after)),
            *_money(change),
        )
        for item in report.slices
        for change in item.measures
        if change.measure in _SHOWN
    ]
    columns = [Col("Source"), Col("Period"), Col("Cause"), Col("Rows before", True)]
    cli.out.table([*columns, Col("Rows after", True), *_MONEY_COLUMNS], rows)


def _rows(cli: Cli, report: RestatementReport) -> None:
    rows = [
        (*(str(NOTHING if v is None else v) for v in row.values), *_money(change))
        for row in report.rows
        for change in row.measures
        if change.measure in _SHOWN and change.change
    ]
    cli.out.table([*(Col(name) for name in report.by), *_MONEY_COLUMNS], rows)


_MONEY_COLUMNS = (
    *(Col("Measure"), Col("Currency")),
    *(Col("Before", True), Col("After", True), Col("Change", True)),
)


def _money(change: MeasureChange) -> tuple[str, ...]:
    sign = "+" if change.change > Decimal(0) else ""
    return (
        *(change.measure, change.currency, money(change.before), money(change.after)),
        sign + money(change.change),
    )
