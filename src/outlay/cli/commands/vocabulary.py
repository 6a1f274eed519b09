"""`outlay vocabulary`: one name for services, regions and kinds of resources of all providers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import CONFIGURATION, FAILED, INCOMPLETE, OK, Cli, command
from outlay.cli.commands.asking import AsOf
from outlay.cli.output import NOTHING, Col, moment, money, plural
from outlay.cli.values import moment_of

if TYPE_CHECKING:
    from outlay.app.status import SourceLoad
    from outlay.app.vocabulary import Coverage

_SHOWN = 30

_Later = Annotated[bool, typer.Option("--later", help="Leave history to the next sync.")]


def register(app: typer.Typer) -> None:
    """Add the group `vocabulary`."""
    group = typer.Typer(
        no_args_is_help=True, help="One name for services, regions and kinds of resources."
    )
    app.add_typer(group, name="vocabulary", rich_help_panel=CONFIGURATION)
    _register_show(group)
    _register_coverage(group)
    _register_rules(group)


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=[
            "outlay vocabulary show --provider AWS --search database",
            "outlay vocabulary show --unmapped",
        ],
    )
    def show(
        cli: Cli,
        provider: Annotated[str, typer.Option(help="Only this provider's.")] = "",
        search: Annotated[str, typer.Option(help="Only what has this text in it.")] = "",
        unmapped: Annotated[
            bool, typer.Option("--unmapped", help="What has no name, largest money first.")
        ] = False,
        limit: Annotated[int, typer.Option(min=1, help="Rows shown of each.")] = _SHOWN,
    ) -> None:
        """Show the shipped tables, or the values of the bills that have no name."""
        from outlay.app import vocabulary

        if unmapped:
            found = vocabulary.coverage(cli.workspace)
            if cli.out.json:
                cli.out.data([vocabulary.unmapped_json(item) for item in found.unmapped])
            else:
                _unmapped(cli, found, limit)
            return
        tables = vocabulary.tables_json(provider, search)
        if cli.out.json:
            cli.out.data(tables)
            return
        cli.out.say(f"Vocabulary {tables['version']}")
        services, regions = tables["services"], tables["regions"]
        cli.out.table(
            [Col("Provider"), Col("Service"), Col("Category"), Col("Subcategory")],
            [
                (row["provider"], row["name"], row["category"], row["subcategory"])
                for row in services[:limit]
            ],
        )
        cli.out.table(
            [Col("Provider"), Col("Region"), Col("Place"), Col("Country")],
            [
                (row["provider"], row["id"], row["name"], row["country"] or NOTHING)
                for row in regions[:limit]
            ],
        )
        cli.out.say("Kinds of resources: " + (", ".join(tables["resource_types"]) or NOTHING))
        left = max(0, len(services) - limit) + max(0, len(regions) - limit)
        if left:
            cli.out.say(f"{left} more rows: narrow with --provider and --search, or use --json.")


def _register_coverage(group: typer.Typer) -> None:
    @command(group, "coverage", examples=["outlay vocabulary coverage"])
    def coverage(cli: Cli, as_of: AsOf = None) -> None:
        """Show how much of each provider's money has names, and what has none."""
        from outlay.app import vocabulary

        found = vocabulary.coverage(cli.workspace, moment_of(as_of, "as_of"))
        if cli.out.json:
            cli.out.data(vocabulary.coverage_json(found))
            return
        if not found.shares:
            cli.out.say("Nothing is loaded yet: outlay load PATH.")
            return
        shares: dict[tuple[str, str], dict[str, str]] = {}
        for share in found.shares:
            shares.setdefault((share.provider, share.currency), {})[share.about] = (
                f"{share.percent} %"
            )
        cli.out.table(
            [Col("Provider"), Col(""), *(Col(title, True) for title in vocabulary.ABOUT.values())],
            [
                (provider, currency, *(row.get(about, NOTHING) for about in vocabulary.ABOUT))
                for (provider, currency), row in shares.items()
            ],
        )
        _unmapped(cli, found, _SHOWN)
        if found.outdated:
            cli.out.say(
                f"{len(found.outdated)} slices were named by another vocabulary: the next sync "
                "names them anew, or outlay vocabulary relift now."
            )


def _unmapped(cli: Cli, found: Coverage, limit: int) -> None:
    from outlay.app.vocabulary import ABOUT

    if not found.unmapped:
        cli.out.say("Every value has a name.")
        return
    cli.out.table(
        [Col("Provider"), Col("Without a name"), Col("Service"), Col("Value"), Col("Money", True)],
        [
            (
                item.provider,
                ABOUT[item.about],
                item.service or NOTHING,
                item.value or NOTHING,
                f"{money(item.amount)} {item.currency}",
            )
            for item in found.unmapped[:limit]
        ],
    )
    if len(found.unmapped) > limit:
        cli.out.say(f"{len(found.unmapped) - limit} more: outlay vocabulary show --unmapped --json")


def _register_rules(group: typer.Typer) -> None:
    @command(group, "set", examples=["outlay vocabulary set names.yaml"])
    def set_(
        cli: Cli,
        file: Annotated[Path, typer.Argument(help="YAML with resources of kind Vocabulary.")],
        later: _Later = False,
    ) -> int:
        """Save names of your own and name history anew by them."""
        from outlay.app import shapes, vocabulary

        saved = vocabulary.save_file(cli.workspace, file, author=cli.author)
        for resource in saved:
            cli.out.say(f"The vocabulary {resource.name} is saved (version {resource.version}).")
        return _relift(cli, [shapes.resource_json(resource) for resource in saved], later=later)

    @command(group, "list", examples=["outlay vocabulary list"])
    def list_(cli: Cli) -> None:
        """List the vocabularies of your own."""
        from outlay.app import shapes, vocabulary

        found = vocabulary.vocabularies(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.resource_json(resource) for resource in found])
        elif found:
            cli.out.table(
                [Col("Vocabulary"), Col("Rules", True), Col("Author"), Col("Changed (UTC)")],
                [
                    (r.name, str(len(getattr(r.spec, "rules", ()))), r.author, moment(r.updated_at))
                    for r in found
                ],
            )
        else:
            cli.out.say(
                "There are none: outlay vocabulary set FILE saves one (outlay vocabulary show "
                "--unmapped says what has no name)."
            )

    @command(group, "remove", examples=["outlay vocabulary remove ours"])
    def remove(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="The vocabulary's name.")],
        later: _Later = False,
    ) -> int:
        """Remove names of your own; history gets the shipped ones again."""
        from outlay.app import vocabulary

        vocabulary.remove(cli.workspace, name, author=cli.author)
        cli.out.say(f"The vocabulary {name} is removed.")
        return _relift(cli, [{"removed": name}], later=later)

    @command(group, "relift", examples=["outlay vocabulary relift"])
    def relift(cli: Cli) -> int:
        """Name every slice anew that another version of the vocabulary named."""
        return _relift(cli, [], later=False)


def _relift(cli: Cli, changed: list[dict[str, Any]], *, later: bool) -> int:
    """Name history anew, unless later, and say what came of it."""
    from outlay.app import shapes, vocabulary

    loads: list[SourceLoad] = []
    if not later:
        with cli.out.progress() as progress:
            loads = vocabulary.relift(cli.workspace, progress=progress)
    if cli.out.json:
        relifted = [shapes.load_json(load) for load in loads]
        cli.out.data({"changed": changed, "relifted": relifted})
    slices = sum(o.status == "loaded" for load in loads for o in load.outcomes)
    if later:
        cli.out.say("History is named anew by the next sync.")
    else:
        cli.out.say(f"{plural(slices, 'slice')} named anew." if slices else "All is up to date.")
    for load in loads:
        if load.message:
            cli.out.say(f"{load.source}: {load.message}")
    if any(load.failed for load in loads):
        return FAILED
    return INCOMPLETE if any(load.incomplete for load in loads) else OK
