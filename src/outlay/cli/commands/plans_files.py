"""`outlay plans export|import`: plans as workbooks and CSV."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from outlay.cli.command import Cli, command
from outlay.cli.commands.plans_common import Name, Number, done


def register_files(group: typer.Typer) -> None:
    """Add the commands."""
    _register_export(group)
    _register_import(group)


def _register_export(group: typer.Typer) -> None:
    @command(group, "export", examples=["outlay plans export fy2027 --out fy2027.xlsx"])
    def export(
        cli: Cli,
        plan: Name,
        version: Number = None,
        format: Annotated[
            str | None, typer.Option(help="xlsx, csv or json; default: by the file's name.")
        ] = None,
        out: Annotated[Path | None, typer.Option("--out", help="A file or folder.")] = None,
    ) -> None:
        """Write a version as a workbook from which all of it can be read again, CSV or JSON."""
        from outlay.app.planning.plan_files import export as export_plan

        named = out.suffix.lstrip(".").lower() if out is not None and not out.is_dir() else ""
        form = "json" if cli.out.json else format or named or ("xlsx" if out else "csv")
        found = export_plan(cli.workspace, plan, form, version)
        if out is None:
            if form == "xlsx":
                raise typer.BadParameter("a workbook is no text: name a file with --out")
            sys.stdout.flush()
            sys.stdout.buffer.write(found.content)
            return
        place = out / found.name if out.is_dir() else out
        try:
            place.write_bytes(found.content)
        except OSError as error:
            raise typer.BadParameter(f"{place} cannot be written: {error.strerror}") from None
        cli.out.say(f"Wrote {place}.")


def _register_import(group: typer.Typer) -> None:
    @command(
        group,
        "import",
        examples=[
            "outlay plans import fy2027 fy2027.xlsx",
            "outlay plans import fy2027 fy2027.xlsx --yes --reason 'round of March'",
        ],
    )
    def import_(
        cli: Cli,
        plan: Name,
        file: Annotated[Path, typer.Argument(help="An exported .xlsx or .csv, changed.")],
        yes: Annotated[bool, typer.Option("--yes", help="Do it, not only show it.")] = False,
        reason: Annotated[str, typer.Option(help="Why, beside spreadsheet import.")] = "",
    ) -> int | None:
        """Show what a changed workbook or CSV does to the draft; with --yes, do it.

        Changed amounts become adjustments; rows without a line's id are new lines.
        """
        from outlay.app.planning import plan_files, plan_shapes
        from outlay.planning.plans.model import path_text

        try:
            content = file.read_bytes()
        except OSError as error:
            raise typer.BadParameter(f"{file} cannot be read: {error.strerror}") from None
        if yes:
            made = plan_files.apply_import(cli.workspace, plan, content, file.name, reason)
            done(cli, made, f"imported {file.name}")
            return None
        found = plan_files.preview_import(cli.workspace, plan, content, file.name)
        if cli.out.json:
            cli.out.data(plan_shapes.preview_json(found))
            return int(found.refused)
        for change in found.changes:
            by = " (rounded)" if change.rounded else ""
            cli.out.say(f"{change.cell}: {change.name}, {change.month}, {_of(change.of)}"
                        f"{change.before:f} → {change.after:f}{by}")  # fmt: skip
        for row in found.lines:
            cli.out.say(f"{row.cell}: new line {row.line.name or path_text(row.line.path)}")
        for problem in found.problems:
            cli.out.say(f"Refused: {problem.cell} {problem.message}")
        for conflict in found.conflicts:
            cli.out.say(f"Conflict: {conflict}")
        if found.empty and not found.refused:
            cli.out.say("Nothing was changed in the file.")
        elif not found.refused:
            cli.out.say("Do it with --yes.")
        return int(found.refused)


def _of(of: str) -> str:
    return "" if of == "amount" else f"{of.replace('_', ' ')} "
