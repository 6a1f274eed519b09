"""`outlay get`, `history`: everything that is configured, and who changed it."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.command import CONFIGURATION, Cli, command
from outlay.cli.output import NOTHING, Col, moment


def register(app: typer.Typer) -> None:
    """Add the commands of resources."""
    _register_get(app)
    _register_history(app)


def _register_get(app: typer.Typer) -> None:
    @command(
        app,
        "get",
        panel=CONFIGURATION,
        examples=["outlay get", "outlay get source", "outlay get source acme-cur"],
    )
    def get(
        cli: Cli,
        kind: Annotated[
            str | None, typer.Argument(help="Source, View…; none lists the kinds.")
        ] = None,
        name: Annotated[str | None, typer.Argument(help="One resource; none lists all.")] = None,
    ) -> None:
        """Show what is configured: the kinds, the resources of one, or one as its file."""
        from outlay.app import shapes
        from outlay.resources import write_resources

        store = cli.workspace.resources
        if kind is None:
            rows = [(k.name, str(len(store.names(k.name))), k.description) for k in store.registry]
            if cli.out.json:
                cli.out.data(
                    [{"kind": r[0], "count": int(r[1]), "description": r[2]} for r in rows]
                )
            else:
                cli.out.table([Col("Kind"), Col("Count", True), Col("What it is")], rows)
            return
        found = store.list(kind) if name is None else [store.get(kind, name)]
        if cli.out.json:
            data = [shapes.resource_json(resource) for resource in found]
            cli.out.data(data if name is None else data[0])
        elif name is not None:
            cli.out.say(write_resources([found[0].document()]).rstrip())
        elif found:
            cli.out.table(
                [Col("Name"), Col("Version", True), Col("Author"), Col("Changed (UTC)")],
                [(r.name, str(r.version), r.author, moment(r.updated_at)) for r in found],
            )
        else:
            cli.out.say(f"There is no {store.registry.get(kind).title.lower()} yet.")


def _register_history(app: typer.Typer) -> None:
    @command(
        app,
        "history",
        panel=CONFIGURATION,
        examples=["outlay history source acme-cur", "outlay history view monthly --restore 2"],
    )
    def history(
        cli: Cli,
        kind: Annotated[str, typer.Argument(help="Source, View…")],
        name: Annotated[str, typer.Argument(help="The resource's name; it may be removed.")],
        restore: Annotated[
            int | None, typer.Option(metavar="VERSION", help="Make this version current again.")
        ] = None,
    ) -> None:
        """Show every change of a resource: who, when, what; or bring a version back."""
        from outlay.app import shapes

        store = cli.workspace.resources
        if restore is not None:
            cli.workspace.restore_resource(kind, name, restore, author=cli.author)
        changes = store.history(kind, name)
        if cli.out.json:
            cli.out.data([shapes.change_json(change) for change in changes])
        elif not changes:
            cli.out.say(f"{store.registry.get(kind).title} {name!r} was never configured.")
        else:
            rows = [
                (
                    *(str(c.version), c.action, c.author, moment(c.at)),
                    "\n".join(f"{d.field}: {_old(d.before)} → {_old(d.after)}" for d in c.diff),
                )
                for c in changes
            ]
            columns = [Col("Version", True), Col("Action"), Col("Author"), Col("At (UTC)")]
            cli.out.table([*columns, Col("Changed")], rows)


def _old(value: object) -> str:
    return NOTHING if value is None else str(value)
