"""`outlay catalog`: where the lake's catalog is kept."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.command import WORKSPACE, Cli, command

_HERE = "it looks at the files of a workspace"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Where the catalog of the lake is: in its folder, or in PostgreSQL for several hosts.",
        epilog="Example:\n\noutlay catalog show",
    )
    app.add_typer(group, name="catalog", rich_help_panel=WORKSPACE)

    @command(group, "show", here=_HERE, examples=["outlay catalog show"])
    def show(cli: Cli) -> None:
        """Say where the lake's catalog is."""
        from outlay.app import state

        found = state.catalog(cli.workspace)
        if cli.out.json:
            cli.out.data({"catalog": found.shown, "shared": found.shared, "name": found.name})
        cli.out.say(f"The catalog is {found.shown}.")

    @command(group, "move", here=_HERE, examples=["outlay catalog move --to database"])
    def move(
        cli: Cli,
        to: Annotated[str, typer.Option(help="database (OUTLAY_CATALOG_URL) or folder.")],
    ) -> None:
        """Take the lake's catalog into the database that OUTLAY_CATALOG_URL names, or back into
        the folder. Stop the servers of the workspace first; nothing else moves."""
        from outlay.app import WorkspaceError, state

        if to not in ("database", "folder"):
            raise WorkspaceError(
                f"--to {to!r} is no place. Allowed: database, folder.", wrong_use=True
            )
        found = state.move_catalog(cli.workspace, "database" if to == "database" else "folder")
        if cli.out.json:
            cli.out.data({"catalog": found.shown, "shared": found.shared, "name": found.name})
        cli.out.say(f"The catalog is {found.shown} now.")
        if not found.shared:
            cli.out.say("Unset OUTLAY_CATALOG_URL before you go on.")
