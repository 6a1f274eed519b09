"""`outlay query`, `sql`, `explain`, `record`, `dimensions`, `values`: ask the ledger."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
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
    RatesName,
    RulesAsOf,
    Sort,
    Splits,
    To,
    Where,
    question,
    within,
)
from outlay.cli.output import NOTHING, Col, count, money
from outlay.cli.results import NO_VALUE, show_result, sql_cell
from outlay.cli.values import moment_of, period_of

_FORMATS = ("table", "json", "csv", "parquet")


def register(app: typer.Typer) -> None:
    """Add the commands of questions."""
    _register_query(app)
    _register_explain(app)
    _register_record(app)
    _register_discovery(app)
    _register_sql(app)


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
        rates: RatesName = None,
        splits: Splits = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
        format: Annotated[
            str | None,
            typer.Option(help="table (default), json, csv or parquet; with --out by its name."),
        ] = None,
        out: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Write there instead of printing.")
        ] = None,
    ) -> None:
        """Ask what was spent: sums of a measure by dimensions and time, exact to the last digit.

        Without a range the whole ledger is asked; without --currency every currency stands apart.
        """
        asked_format = _format(format, out)
        wanted = "json" if cli.out.json else asked_format
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
            rates=rates,
            splits=splits,
            as_of=as_of,
            rules_as_of=rules_as_of,
        )
        result = cli.workspace.query(asked)
        show_result(cli.out, result, wanted, out)


def _format(asked: str | None, out: Path | None) -> str:
    """The format that is meant; a file's by its name when none is asked for."""
    wanted = asked or ("table" if out is None else out.suffix.removeprefix("."))
    if wanted not in _FORMATS:
        raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
    if wanted == "table" and out is not None:
        raise typer.BadParameter("a file is written as json, csv or parquet: say --format")
    if wanted == "parquet" and out is None and sys.stdout.isatty():
        raise typer.BadParameter("--format parquet needs --out FILE or a pipe")
    return wanted


def _register_explain(app: typer.Typer) -> None:
    @command(
        app,
        "explain",
        panel=QUESTIONS,
        examples=["outlay explain --where \"ServiceName = 'AWS Lambda'\" --by SubAccountId"],
    )
    def explain(
        cli: Cli,
        measure: Measure = None,
        by: By = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        limit: Limit = None,
        as_of: AsOf = None,
        splits: Splits = None,
        rules_as_of: RulesAsOf = None,
        lines: Annotated[
            int, typer.Option(metavar="N", min=0, help="The largest lines to show a file.")
        ] = 3,
    ) -> None:
        """Take an amount apart: by group, delivery, file and line; each level adds up exactly."""
        from outlay.cli.explaining import show_explanation

        asked = question(
            measures=measure,
            by=by,
            grain=None,
            start=from_,
            end=to,
            range=range_,
            where=where,
            compare=None,
            limit=limit,
            sort=None,
            currency=None,
            as_of=as_of,
            splits=splits,
            rules_as_of=rules_as_of,
        )
        found = cli.workspace.explain(asked, lines=lines)
        if cli.out.json:
            cli.out.data(found.to_json())
        else:
            show_explanation(cli.out, found)


def _register_record(app: typer.Typer) -> None:
    @command(
        app,
        "record",
        panel=QUESTIONS,
        examples=["outlay record acme-cur 2026-10 0 1742"],
    )
    def record(
        cli: Cli,
        source: Annotated[str, typer.Argument(help="The source's name.")],
        period: Annotated[str, typer.Argument(help="The billing period, YYYY-MM.")],
        file: Annotated[int, typer.Argument(min=0, help="x_SourceFile of the charge.")],
        line: Annotated[int, typer.Argument(min=1, help="x_SourceLine of the charge.")],
        as_of: AsOf = None,
    ) -> None:
        """Show the vendor's own record that a charge came from, field by field."""
        wanted = period_of(period)
        assert wanted is not None
        found = cli.workspace.raw_record(source, wanted, file, line, moment_of(as_of, "as_of"))
        if cli.out.json:
            cli.out.data(found)
        else:
            rows = [(name, value) for name, value in found.items() if value not in (None, "")]
            cli.out.table([Col("Column"), Col("Value")], rows)


def _register_discovery(app: typer.Typer) -> None:
    @command(app, "dimensions", panel=QUESTIONS, examples=["outlay dimensions"])
    def dimensions(cli: Cli, range_: Range = None) -> None:
        """List what can be grouped and filtered by, with the share of money that has a value."""
        from outlay.app import shapes

        found = cli.workspace.dimensions(within=within(range_, None))
        if cli.out.json:
            cli.out.data([shapes.dimension_json(one) for one in found])
        elif found:
            rows = [
                (x.name, x.kind, x.title, _amounts(x.covered), _amounts(x.total)) for x in found
            ]
            columns = [Col("Dimension"), Col("Kind"), Col("Title", optional=True)]
            cli.out.table([*columns, Col("EffectiveCost with it", True), Col("Of", True)], rows)
        else:
            cli.out.say("No data yet: outlay load PATH loads a bill.")

    @command(
        app,
        "values",
        panel=QUESTIONS,
        examples=["outlay values ServiceName", "outlay values tags.team --search plat"],
    )
    def values(
        cli: Cli,
        dimension: Annotated[str, typer.Argument(help="A dimension, from `dimensions`.")],
        search: Annotated[str, typer.Option(help="Only values that contain this text.")] = "",
        range_: Range = None,
        where: Where = None,
        limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.")] = 50,
    ) -> None:
        """List the values of a dimension with the money behind them, largest first."""
        from outlay.app import shapes

        found = cli.workspace.values(
            dimension, search=search, limit=limit, within=within(range_, where)
        )
        if cli.out.json:
            cli.out.data([shapes.value_json(one) for one in found])
        elif found:
            rows = [
                (NO_VALUE if x.value is None else str(x.value), _amounts(x.amounts), count(x.lines))
                for x in found
            ]
            cli.out.table([Col("Value"), Col("EffectiveCost", True), Col("Lines", True)], rows)
        else:
            cli.out.say("No value matches. Without --search and --where all of them are listed.")


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return "\n".join(f"{money(amount)} {code}" for code, amount in amounts.items()) or NOTHING


def _register_sql(app: typer.Typer) -> None:
    @command(
        app,
        "sql",
        panel=QUESTIONS,
        examples=[
            'outlay sql "SELECT ServiceName, sum(BilledCost) FROM charges GROUP BY ALL"',
            'outlay sql "SELECT * FROM daily" --limit 20 --json',
        ],
    )
    def sql(
        cli: Cli,
        text: Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT.")],
        as_of: AsOf = None,
        limit: Annotated[
            int, typer.Option(min=1, metavar="N", help="At most so many rows.")
        ] = 1000,
        timeout: Annotated[
            float, typer.Option(min=0.1, metavar="SECONDS", help="Stop after so long.")
        ] = 60.0,
    ) -> None:
        """Run read-only SQL over the views charges, daily, contexts, usage and FOCUS datasets.

        Charges are the vendor's lines in FOCUS columns; daily sums them by day and context. The
        datasets are billing_period, invoice_detail and contract_commitment.
        """
        result = cli.workspace.sql(
            text, as_of=moment_of(as_of, "as_of"), limit=limit, timeout_seconds=timeout
        )
        if cli.out.json:
            cli.out.data(result.to_json())
            return
        numbers = {f.name for f in result.table.schema if str(f.type).startswith(_NUMERIC)}
        columns = [Col(name, name in numbers) for name in result.table.column_names]
        cli.out.table(columns, [[sql_cell(v) for v in row.values()] for row in result.rows()])
        if result.truncated:
            cli.out.say(f"Only the first {count(limit)} rows; --limit shows more.")


_NUMERIC = ("decimal", "int", "uint", "double", "float")
