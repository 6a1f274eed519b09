"""`outlay views list|show|save|remove`: questions under a name."""

from __future__ import annotations

import shlex
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
)
from outlay.cli.output import Col, moment

_Name = Annotated[str, typer.Argument(help="The view's name.")]


def register(app: typer.Typer) -> None:
    """Add the group `views`."""
    group = typer.Typer(no_args_is_help=True, help="Keep questions under a name.")
    app.add_typer(group, name="views", rich_help_panel=QUESTIONS)
    _register_save(group)

    @command(group, "list", examples=["outlay views list"])
    def list_views(cli: Cli) -> None:
        """List the saved views."""
        from outlay.app import shapes

        views = cli.workspace.views()
        if cli.out.json:
            cli.out.data([shapes.resource_json(view) for view in views])
        elif views:
            cli.out.table(
                [Col("View"), Col("Title"), Col("Author"), Col("Changed (UTC)")],
                [
                    (v.name, str(getattr(v.spec, "title", "")), v.author, moment(v.updated_at))
                    for v in views
                ],
            )
        else:
            cli.out.say(
                "No view yet: outlay views save NAME --by ServiceName keeps a question; so does "
                "the page's Save."
            )

    @command(group, "show", examples=["outlay views show services-by-month"])
    def show(cli: Cli, name: _Name) -> None:
        """Show a saved view, and the `outlay query` that asks it."""
        from outlay.app import shapes

        view = cli.workspace.view(name)
        if cli.out.json:
            cli.out.data(shapes.resource_json(view))
            return
        query = cli.workspace.view_query(name)
        cli.out.say(f"{getattr(view.spec, 'title', '') or name} (version {view.version})")
        description = getattr(view.spec, "description", "")
        if description:
            cli.out.say(description)
        cli.out.say(f"outlay query {shlex.join(query.to_cli())}")

    @command(group, "remove", examples=["outlay views remove services-by-month"])
    def remove(cli: Cli, name: _Name) -> None:
        """Remove a saved view; `outlay history view NAME --restore N` brings it back."""
        cli.workspace.delete_view(name, author=cli.author)
        if cli.out.json:
            cli.out.data({"removed": name})
        cli.out.say(f"The view {name} is removed.")


def _register_save(group: typer.Typer) -> None:
    @command(
        group,
        "save",
        examples=[
            "outlay views save services-by-month --by ServiceName --grain month "
            "--range last-6-months --title 'Services by month'"
        ],
    )
    def save(
        cli: Cli,
        name: _Name,
        title: Annotated[str, typer.Option(help="For people; default the name.")] = "",
        description: Annotated[str, typer.Option(help="What it is for.")] = "",
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
    ) -> None:
        """Save a question under a name; the options are those of `outlay query`."""
        from outlay.app import shapes

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
        view = cli.workspace.save_view(
            name, asked, title=title, description=description, author=cli.author
        )
        if cli.out.json:
            cli.out.data(shapes.resource_json(view))
        cli.out.say(f"The view {name} is saved (version {view.version}).")
