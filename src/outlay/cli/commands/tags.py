"""`outlay tags`: virtual tags, what their rules catch, and what they would."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.command import CONFIGURATION, Cli, command
from outlay.cli.commands import tagtrials
from outlay.cli.commands.asking import AsOf, Currency, Measure, Range, RulesAsOf, Where
from outlay.cli.commands.tagtrials import (
    amounts,
    say_coverage,
    say_scope,
    shares,
    show_rules,
    within,
)
from outlay.cli.output import NOTHING, Col, count, moment

_Name = Annotated[str, typer.Argument(help="The virtual tag's name.")]
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the group `tags`."""
    group = typer.Typer(
        no_args_is_help=True, help="Virtual tags: their rules, before and after they are saved."
    )
    app.add_typer(group, name="tags", rich_help_panel=CONFIGURATION)
    _register_list(group)
    _register_show(group)
    tagtrials.register(group)
    _register_values(group)
    _register_history(group)


# --- list and show --------------------------------------------------------------------------


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay tags list"])
    def list_tags(cli: Cli) -> None:
        """List the virtual tags with how much of the money each allocates."""
        from outlay.app import shapes_allocation, tags

        found = tags.overview(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes_allocation.overview_json(one) for one in found])
        elif found:
            columns = [
                Col("Tag"), Col("Values", True), Col("Allocated", True), Col("Builds on"),
                Col("Version", True), Col("Author", optional=True),
                Col("Changed (UTC)", optional=True),
            ]  # fmt: skip
            cli.out.table(
                columns,
                [
                    (one.name, count(one.values), shares(one.covered.share),
                     ", ".join(one.builds_on) or NOTHING, str(one.version), one.author,
                     moment(one.updated_at))
                    for one in found
                ],
            )  # fmt: skip
        else:
            cli.out.say(
                "No virtual tag yet: write one as a file (docs/allocation/virtual-tags.md), see "
                "what it would do with outlay tags preview FILE, save it with outlay apply FILE."
            )


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=["outlay tags show team", "outlay tags show team --range last-month"],
    )
    def show(
        cli: Cli,
        name: _Name,
        range_: Range = None,
        where: Where = None,
        currency: Currency = None,
        measure: Measure = None,
    ) -> None:
        """Show the rules of a tag with what each of them catches."""
        from outlay.allocation.model import VirtualTagSpec
        from outlay.app import allocating, shapes_allocation

        resource = cli.workspace.resources.get("VirtualTag", name)
        asked = within(measures=measure, range=range_, where=where, currency=currency)
        spec = resource.spec
        assert isinstance(spec, VirtualTagSpec)
        found = allocating.preview_tag(cli.workspace, name, spec, asked)
        if cli.out.json:
            cli.out.data(shapes_allocation.tag_json(cli.workspace, resource, found))
            return
        title = f"{spec.title} ({name})" if spec.title else name
        cli.out.say(f"{title}, version {resource.version} by {resource.author or NOTHING}")
        if spec.description:
            cli.out.say(spec.description)
        show_rules(cli, found, spec)
        say_coverage(cli, found.effect)
        say_scope(cli, found.scope)


# --- values, history ------------------------------------------------------------------------


def _register_values(group: typer.Typer) -> None:
    @command(
        group,
        "values",
        examples=["outlay tags values team", "outlay tags values team --range last-month"],
    )
    def values(
        cli: Cli,
        name: _Name,
        range_: Range = None,
        where: Where = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
        splits: Annotated[
            str | None, typer.Option(help="direct: without what splits give and take.")
        ] = None,
    ) -> None:
        """List the values of a tag with owner, parent, dates and money, largest first."""
        from outlay.app import allocating

        asked = within(
            range=range_, where=where, as_of=as_of, rules_as_of=rules_as_of, splits=splits
        )
        found = allocating.tag_values(cli.workspace, name, asked)
        if cli.out.json:
            cli.out.data([one.to_json() for one in found])
            return
        columns = [
            Col("Value"), Col("Title"), Col("Owner"), Col("Parent"), Col("Active"),
            Col("Money", True), Col("Charges", True),
        ]  # fmt: skip
        cli.out.table(
            columns,
            [
                (one.value, one.about.title or NOTHING, one.about.owner or NOTHING,
                 one.about.parent or NOTHING, _active(one.active, one.about.from_, one.about.until),
                 amounts(one.money), count(one.lines))
                for one in found
            ],
        )  # fmt: skip


def _active(active: bool, start: object, end: object) -> str:
    dates = f" ({start or ''} – {end or ''})".replace("( ", "(").replace(" )", ")")
    return ("yes" if active else "no") + (dates if start or end else "")


def _register_history(group: typer.Typer) -> None:
    @command(group, "history", examples=["outlay tags history team"])
    def history(cli: Cli, name: _Name) -> None:
        """Show every version of a tag: who saved it when, and what changed."""
        show_history(cli, "VirtualTag", name)

    @command(group, "restore", examples=["outlay tags restore team 3"])
    def restore(
        cli: Cli,
        name: _Name,
        version: Annotated[int, typer.Argument(min=1, help="As `outlay tags history` tells.")],
    ) -> None:
        """Make an earlier version of a tag current again, as a new version."""
        show_restored(cli, "VirtualTag", name, version)


def show_history(cli: Cli, kind: str, name: str) -> None:
    """The versions of a resource, oldest first."""
    from outlay.app import shapes, shapes_allocation

    changes = cli.workspace.history(kind, name)
    if not changes:
        cli.workspace.resources.get(kind, name)
    if cli.out.json:
        cli.out.data([shapes.change_json(change) for change in changes])
        return
    columns = [Col("Version", True), Col("Action"), Col("Author"), Col("At (UTC)")]
    cli.out.table(
        [*columns, Col("Note", optional=True), Col("Changed")],
        [
            (str(c.version), c.action, c.author, moment(c.at), c.note,
             "\n".join(shapes_allocation.change_lines(c)))
            for c in changes
        ],
    )  # fmt: skip


def show_restored(cli: Cli, kind: str, name: str, version: int) -> None:
    """Bring a version back, and say so."""
    from outlay.app import shapes

    found = cli.workspace.restore_resource(kind, name, version, author=cli.author)
    if cli.out.json:
        cli.out.data(shapes.resource_json(found))
    cli.out.say(f"Version {version} of {name} is current again (as version {found.version}).")
