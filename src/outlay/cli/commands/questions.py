"""`outlay query`, `sql`, `explain`, `dimensions`, `values`: ask the ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import (
    AsOf,
    By,
    Compare,
    Currency,
    From,
    Grain,
    Limit,
    Measure,
    Range,
    RulesAsOf,
    Sort,
    To,
    Where,
    question,
)

_FORMATS = ("table", "json", "csv", "parquet")


def register(app: typer.Typer) -> None:
    """Add the commands of questions."""
    _register_query(app)


def _register_query(app: typer.Typer) -> None:
    @command(
        app,
        "query",
        panel=QUESTIONS,
        examples=[
            "outlay query --by ServiceName --range last-month",
            "outlay query --by tags.team --grain month --measure BilledCost --format csv",
            "outlay query --by SubAccountName --range last-30-days --compare previous --limit 10",
        ],
    )
    def query(
        cli: Cli,
        measure: Measure = None,
        by: By = None,
        grain: Grain = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        compare: Compare = None,
        limit: Limit = None,
        sort: Sort = None,
        currency: Currency = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
        format: Annotated[str, typer.Option(help="table, json, csv or parquet.")] = "table",
        out: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Write there instead of printing.")
        ] = None,
    ) -> None:
        """Ask what was spent: sums of a measure by dimensions and time, exact to the last digit.

        Without a range the whole ledger is asked; without --currency every currency stands apart.
        """
        from outlay.cli.results import show_result

        if format not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {format!r}")
        asked = question(
            measures=measure,
            by=by,
            grain=grain,
            start=from_,
            end=to,
            range=range_,
            where=where,
            compare=compare,
            limit=limit,
            sort=sort,
            currency=currency,
            as_of=as_of,
            rules_as_of=rules_as_of,
        )
        wanted = "json" if cli.out.json else format
        if wanted == "parquet" and out is None and sys.stdout.isatty():
            raise typer.BadParameter("--format parquet needs --out FILE or a pipe")
        result = cli.workspace.query(asked)
        show_result(cli.out, result, wanted, out)
