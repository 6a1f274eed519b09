"""`outlay source add|list|show|remove|kinds|infer`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import BILLS, FAILED, OK, Cli, command
from outlay.cli.output import NOTHING, Col, count, moment, plural
from outlay.cli.values import max_rejected_option, options_of, place_of

if TYPE_CHECKING:
    from outlay.app import SourceStatus


def register(app: typer.Typer) -> None:
    """Add the group `source`."""
    group = typer.Typer(no_args_is_help=True, help="Configure where bills come from.")
    app.add_typer(group, name="source", rich_help_panel=BILLS)
    _register_add(group)
    _register_list(group)
    _register_remove(group)
    _register_kinds(group)


def _register_add(group: typer.Typer) -> None:
    @command(
        group,
        "add",
        examples=[
            "outlay source add acme-cur --kind aws-cur --location s3://acme-billing/cur",
            "outlay source add saas --kind focus --location bills/saas --cadence monthly",
        ],
    )
    def add(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
        kind: Annotated[str, typer.Option(help="What it is; `source kinds` lists them.")],
        location: Annotated[str, typer.Option(metavar="LOC", help="File, folder or URL.")],
        option: Annotated[
            list[str] | None, typer.Option(metavar="K=V", help="An option of the kind.")
        ] = None,
        cadence: Annotated[
            str, typer.Option(help="How often it delivers: hourly, daily, monthly or manual.")
        ] = "daily",
        max_rejected: Annotated[
            str, typer.Option(help="Share of rows that may be rejected, 0 to 1.")
        ] = "0",
    ) -> None:
        """Configure a source; `outlay sync` then reads it. Credentials are never stored."""
        from outlay.app import shapes

        place = place_of(cli, location)
        share = max_rejected_option(max_rejected)
        assert share is not None
        status = cli.workspace.add_source(
            name,
            kind,
            place,
            options_of(option),
            cadence,
            max_rejected=share,
            author=cli.author,
        )
        if cli.out.json:
            cli.out.data(shapes.source_json(status))
        cli.out.say(f"The source {name} is configured. Next: outlay sync {name}")


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay source list", "outlay source list --json"])
    def list_sources(cli: Cli) -> None:
        """List the sources: how fresh each is, what the ledger holds of it, and what failed."""
        from outlay.app import shapes

        sources = cli.workspace.sources()
        if cli.out.json:
            cli.out.data([shapes.source_json(source) for source in sources])
        elif not sources:
            cli.out.say(
                "No source yet: outlay load PATH loads a bill, outlay source add configures one."
            )
        else:
            columns = [
                *(Col("Source"), Col("Kind"), Col("Freshness"), Col("Newest")),
                *(Col("Slices", True, True), Col("Rows", True), Col("Rejected", True)),
                *(Col("Reconciled"), Col("Delivered (UTC)", optional=True)),
                Col("Last run", optional=True),
            ]
            cli.out.table(columns, [_line(source) for source in sources])
            for source in sources:
                if source.error:
                    cli.out.say(f"{source.name}: {source.error}")

    @command(group, "show", examples=["outlay source show acme-cur"])
    def show(cli: Cli, name: Annotated[str, typer.Argument(help="The source's name.")]) -> None:
        """Show one source with its configuration and its last run."""
        from outlay.app import shapes

        status = cli.workspace.show_source(name)
        if cli.out.json:
            cli.out.data(shapes.source_json(status))
            return
        run = status.last_run
        facts = {
            "Source": status.name,
            "Kind": status.kind,
            "Location": f"{status.location} {status.root}".strip() or NOTHING,
            "Options": ", ".join(_option(k, v) for k, v in status.options.items()) or NOTHING,
            "Cadence": status.cadence + ("" if status.enabled else " (disabled)"),
            "Freshness": f"{status.freshness}: {status.freshness_reason}",
            "In the ledger": f"{plural(status.slices, 'slice')}, {plural(status.rows, 'row')}, "
            f"{status.rejected} rejected",
            "Newest period": str(status.newest_period or NOTHING),
            "Reconciled": "yes" if status.reconciled else "NO",
            "Last run": f"{run.action} {run.outcome} at {moment(run.started_at)} UTC"
            if run
            else NOTHING,
        }
        cli.out.table([Col(""), Col("")], list(facts.items()))
        if status.error:
            cli.out.say(status.error)


def _option(name: str, value: object) -> str:
    """An option on one line: a mapping by its keys, whole with `--json`."""
    return (
        f"{name} ({', '.join(map(str, value))})" if isinstance(value, dict) else f"{name}={value}"
    )


def _line(source: SourceStatus) -> tuple[str, ...]:
    return (
        source.name,
        source.kind,
        source.freshness,
        str(source.newest_period or NOTHING),
        count(source.slices),
        count(source.rows),
        count(source.rejected),
        ("yes" if source.reconciled else "NO") if source.slices else NOTHING,
        moment(source.last_delivery_at),
        source.last_run.outcome if source.last_run else NOTHING,
    )


def _register_remove(group: typer.Typer) -> None:
    @command(
        group,
        "remove",
        examples=["outlay source remove acme-cur", "outlay source remove acme-cur --keep-data"],
    )
    def remove(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="The source's name.")],
        keep_data: Annotated[
            bool, typer.Option("--keep-data", help="Leave its charges in the ledger.")
        ] = False,
    ) -> None:
        """Remove a source and its charges; earlier snapshots still have them."""
        cli.workspace.remove_source(name, keep_data=keep_data, author=cli.author)
        if cli.out.json:
            cli.out.data({"removed": name, "data_kept": keep_data})
        cli.out.say(f"The source {name} is removed{'; its data was kept' if keep_data else ''}.")


def _register_kinds(group: typer.Typer) -> None:
    @command(group, "kinds", examples=["outlay source kinds"])
    def kinds(cli: Cli) -> None:
        """List the kinds of bills that can be read, with their options."""
        from outlay.app import shapes
        from outlay.app.sources import kinds as list_source_kinds

        # It needs no workspace here; over there it is that program's list.
        found = cli.workspace.source_kinds() if cli.server else list_source_kinds()
        if cli.out.json:
            cli.out.data([shapes.kind_json(kind) for kind in found])
            return
        for kind in found:
            cli.out.say(f"{kind.kind}: {kind.title}. {kind.description}")
            for option, description in kind.options.items():
                cli.out.say(f"    --option {option}=…  {description}")
            cli.out.say(f"    Example: {kind.example.strip()}")
            cli.out.say()

    _register_infer(group)


def _register_infer(group: typer.Typer) -> None:
    @command(
        group,
        "infer",
        here="it looks at a file and needs no ledger",
        examples=[
            "outlay source infer bills/2026-10.csv.gz",
            "outlay source infer invoice.csv --out mapping.yaml",
            "outlay source infer invoice.csv --mapping mapping.yaml",
        ],
    )
    def infer(
        cli: Cli,
        path: Annotated[str, typer.Argument(help="File, folder or URL.")],
        kind: Annotated[
            str | None, typer.Option(help="Look for this kind alone; csv proposes a mapping.")
        ] = None,
        mapping: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Try this mapping of a table.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Write the mapping, to correct it.")
        ] = None,
    ) -> int:
        """Say what kind of bill lies at a place, and why; nothing is loaded.

        For a table of another vendor, propose how its columns become charges, with the reasons
        and what is doubtful, and show what a load would give.
        """
        from outlay.app import shapes
        from outlay.app.inference import infer as infer_bill
        from outlay.app.options import read_yaml
        from outlay.cli.inferring import show, write

        place = path if "://" in path else str(Path(path).expanduser().absolute())
        given = None if mapping is None else read_yaml(str(mapping), "--mapping")
        found = infer_bill(place, kind, given)
        if out is not None:
            write(found, out)
        if cli.out.json:
            cli.out.data(shapes.inference_json(found))
        else:
            show(cli.out, found, path, out or mapping)
        return FAILED if found.trial is not None and found.trial.problems else OK
