"""`outlay dictionaries`: keys and values that rules of virtual tags look things up in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outlay.cli.command import CONFIGURATION, Cli, command
from outlay.cli.commands.tags import show_history, show_restored
from outlay.cli.output import NOTHING, Col, count, moment

_Name = Annotated[str, typer.Argument(help="The dictionary's name.")]


def register(app: typer.Typer) -> None:
    """Add the group `dictionaries`."""
    group = typer.Typer(
        no_args_is_help=True, help="Keys and their values, such as account and owner."
    )
    app.add_typer(group, name="dictionaries", rich_help_panel=CONFIGURATION)
    _register_list(group)
    _register_show(group)
    _register_import(group)
    _register_history(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay dictionaries list"])
    def list_dictionaries(cli: Cli) -> None:
        """List the dictionaries, with the virtual tags that use each."""
        from outlay.app import shapes_allocation

        found = [
            shapes_allocation.dictionary_json(cli.workspace, resource)
            for resource in cli.workspace.resources.list("Dictionary")
        ]
        if cli.out.json:
            cli.out.data(found)
        elif found:
            columns = [
                Col("Dictionary"), Col("Entries", True), Col("Used by"), Col("Version", True),
                Col("Author", optional=True),
            ]  # fmt: skip
            cli.out.table(
                columns,
                [
                    (one["name"], count(one["entries"]), ", ".join(one["used_by"]) or NOTHING,
                     str(one["version"]), one["author"])
                    for one in found
                ],
            )  # fmt: skip
        else:
            cli.out.say(
                "No dictionary yet: outlay dictionaries import FILE.csv --key COLUMN --value "
                "COLUMN makes one."
            )


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=[
            "outlay dictionaries show account-owners",
            "outlay dictionaries show account-owners --search 1111",
        ],
    )
    def show(
        cli: Cli,
        name: _Name,
        search: Annotated[str, typer.Option(help="Only entries with this text in them.")] = "",
        limit: Annotated[int, typer.Option(min=1, help="Entries shown.")] = 50,
    ) -> None:
        """Show the entries of a dictionary."""
        from outlay.allocation.model import DictionarySpec
        from outlay.app import shapes

        resource = cli.workspace.resources.get("Dictionary", name)
        if cli.out.json:
            cli.out.data(shapes.resource_json(resource))
            return
        assert isinstance(resource.spec, DictionarySpec)
        wanted = search.lower()
        found = [
            e for e in resource.spec.entries if wanted in e.key.lower() or wanted in e.value.lower()
        ]
        cli.out.say(
            f"{resource.spec.title or name}, version {resource.version} of "
            f"{moment(resource.updated_at)} UTC, {count(len(resource.spec.entries))} entries"
        )
        cli.out.table(
            [Col("Key"), Col("Value"), Col("From"), Col("Until")],
            [
                (e.key, e.value, str(e.from_ or NOTHING), str(e.until or NOTHING))
                for e in found[:limit]
            ],
        )
        if len(found) > limit:
            cli.out.say(f"{len(found) - limit:,} more: narrow with --search, or use --limit.")


def _register_import(group: typer.Typer) -> None:
    @command(
        group,
        "import",
        examples=[
            "outlay dictionaries import accounts.csv --key account_id --value owner",
            "outlay dictionaries import owners.csv --name account-owners --key id --value team "
            "--from since --until till",
        ],
    )
    def import_(
        cli: Cli,
        file: Annotated[Path, typer.Argument(help="A CSV file with a header.")],
        key: Annotated[str, typer.Option(metavar="COL", help="The column of the keys.")],
        value: Annotated[str, typer.Option(metavar="COL", help="The column of the values.")],
        start: Annotated[
            str | None,
            typer.Option("--from", metavar="COL", help="The column of first days, YYYY-MM-DD."),
        ] = None,
        end: Annotated[
            str | None,
            typer.Option("--until", metavar="COL", help="The column of end days, exclusive."),
        ] = None,
        name: Annotated[str, typer.Option(help="The dictionary's name; default: the file's.")] = "",
        ignore_case: Annotated[
            bool | None,
            typer.Option("--ignore-case/--exact", help="Whether case of keys matters not."),
        ] = None,
    ) -> None:
        """Make a dictionary from a CSV file, or renew its entries.

        The entries are replaced whole, as a new version; the same file again changes nothing.
        """
        from outlay.app import dictionaries, shapes_allocation

        columns = {"key": key, "value": value, "from": start, "until": end}
        done = dictionaries.import_file(
            cli.workspace,
            file,
            {part: column for part, column in columns.items() if column},
            name=name,
            ignore_case=ignore_case,
            author=cli.author,
        )
        if cli.out.json:
            told = shapes_allocation.dictionary_json(cli.workspace, done.resource)
            cli.out.data(
                told | {"added": done.added, "changed": done.changed, "removed": done.removed}
            )
        cli.out.say(
            f"The dictionary {done.resource.name} has {done.entries:,} entries (version "
            f"{done.resource.version}): {done.added:,} keys are new, {done.changed:,} changed, "
            f"{done.removed:,} gone."
        )


def _register_history(group: typer.Typer) -> None:
    @command(group, "history", examples=["outlay dictionaries history account-owners"])
    def history(cli: Cli, name: _Name) -> None:
        """Show every version of a dictionary: who saved it when, and what changed."""
        show_history(cli, "Dictionary", name)

    @command(group, "restore", examples=["outlay dictionaries restore account-owners 2"])
    def restore(
        cli: Cli,
        name: _Name,
        version: Annotated[int, typer.Argument(min=1, help="As the history tells.")],
    ) -> None:
        """Make an earlier version of a dictionary current again, as a new version."""
        show_restored(cli, "Dictionary", name, version)
