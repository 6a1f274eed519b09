"""`outlay export focus`: the ledger as FOCUS files that any tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import Col, Output, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outlay.app.export import ExportedFile


def register(app: typer.Typer) -> None:
    """Add the group `export`."""
    group = typer.Typer(no_args_is_help=True, help="Write charges for other tools.")
    app.add_typer(group, name="export", rich_help_panel=QUESTIONS)

    @command(
        group,
        "focus",
        examples=[
            "outlay export focus --period 2026-10 --out focus",
            "outlay export focus --period 2026-10 --tags team --splits team --out focus",
            "outlay export focus --dataset all --source aws-main --out focus",
            "outlay export focus --focus-version 1.2 --format csv --period 2026-10 --out focus",
        ],
    )
    def focus(
        cli: Cli,
        out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write into.")],
        dataset: Annotated[
            str,
            typer.Option(
                metavar="D",
                help="cost-and-usage, billing-period, invoice-detail, contract-commitment or all.",
            ),
        ] = "cost-and-usage",
        focus_version: Annotated[
            str, typer.Option(help="1.4, or 1.2 (cost-and-usage alone).")
        ] = "1.4",
        format: Annotated[str, typer.Option(help="parquet or csv.")] = "parquet",
        period: Annotated[
            list[str] | None,
            typer.Option(
                metavar="YYYY-MM", help="May be given several times. Default: every period."
            ),
        ] = None,
        source: Annotated[
            list[str] | None,
            typer.Option(metavar="NAME", help="May be given several times. Default: every source."),
        ] = None,
        tags: Annotated[
            str | None,
            typer.Option(
                metavar="T1,T2", help="Virtual tags as x_VirtualTag_ columns: all (default), none."
            ),
        ] = None,
        splits: Annotated[
            str | None,
            typer.Option(metavar="TAG", help="Rows that move the cost that splits of TAG share."),
        ] = None,
    ) -> None:
        """Write FOCUS datasets as files, one a source and period, every digit kept.

        What a dataset lacks is named with the reason, here and in manifest.json beside the files.
        """
        from outlay.app.export import Wanted
        from outlay.money import BillingPeriod

        periods = [BillingPeriod.parse(text) for text in period or ()]
        wanted = Wanted.of(dataset, focus_version, format, periods, source or (), tags, splits)
        with cli.out.progress() as progress:
            written = cli.workspace.export_focus(wanted, out, progress=progress)
        if cli.out.json:
            cli.out.data([file.to_json() for file in written])
        elif written:
            _show(cli.out, written)
        else:
            cli.out.say("No data for this period: `outlay deliveries` lists what there is.")


def _show(out: Output, written: Sequence[ExportedFile]) -> None:
    out.table(
        [Col("File"), Col("Rows", True), Col("Bytes", True)],
        [(str(file.path), count(file.rows), count(file.size)) for file in written],
    )
    lacking: dict[tuple[str, str, str], list[str]] = {}
    for file in written:
        if file.dataset == "cost-and-usage":
            continue  # its columns without a value are in the manifest
        for one in file.missing:
            key = (file.dataset, one.column, one.reason)
            lacking.setdefault(key, []).append(f"{file.source} ({count(one.rows)})")
    if lacking:
        out.say("What could not be made (rows by source):")
        out.table(
            [Col("Dataset"), Col("Column"), Col("Missing in"), Col("Why")],
            [
                (dataset, column, _summed(where), reason)
                for (dataset, column, reason), where in lacking.items()
            ],
        )


def _summed(where: Sequence[str]) -> str:
    """The sources in which a column is missing; a long list by its number."""
    return ", ".join(where) if len(where) <= 3 else f"{len(where)} files"
