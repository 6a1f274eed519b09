"""`outlay export focus`: the ledger as FOCUS files that any tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import Col, count
from outlay.cli.values import period_of


def register(app: typer.Typer) -> None:
    """Add the group `export`."""
    group = typer.Typer(no_args_is_help=True, help="Write charges for other tools.")
    app.add_typer(group, name="export", rich_help_panel=QUESTIONS)

    @command(
        group,
        "focus",
        examples=[
            "outlay export focus --period 2026-10 --out focus",
            "outlay export focus --focus-version 1.2 --format csv --period 2026-10 --out focus",
        ],
    )
    def focus(
        cli: Cli,
        out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write into.")],
        focus_version: Annotated[str, typer.Option(help="1.4 or 1.2.")] = "1.4",
        format: Annotated[str, typer.Option(help="parquet or csv.")] = "parquet",
        period: Annotated[
            str | None, typer.Option(metavar="YYYY-MM", help="Default: every period.")
        ] = None,
    ) -> None:
        """Write the charges as FOCUS files, one a source and period, every digit kept."""
        with cli.out.progress() as progress:
            written = cli.workspace.export_focus(
                focus_version, format, period_of(period), out, progress=progress
            )
        if cli.out.json:
            cli.out.data(
                [
                    {"path": str(file.path), "rows": file.rows, "bytes": file.size}
                    for file in written
                ]
            )
        elif written:
            cli.out.table(
                [Col("File"), Col("Rows", True), Col("Bytes", True)],
                [(str(file.path), count(file.rows), count(file.size)) for file in written],
            )
        else:
            cli.out.say("No data for this period: `outlay deliveries` lists what there is.")
