"""`outlay splits list|show|preview|save|remove|history|restore`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import From, Measure, Range, RulesAsOf, To, Where, question
from outlay.cli.output import NOTHING, Col, moment, money, plural

if TYPE_CHECKING:
    from decimal import Decimal

    from outlay.app.splits import SplitPreview, SplitState
    from outlay.query import CostQuery

_Name = Annotated[str, typer.Argument(help="The split's name.")]
_File = Annotated[
    Path | None,
    typer.Argument(help="A file with the split (kind, name, spec); - reads standard input."),
]
_Note = Annotated[str, typer.Option(help="Why; kept with the version.")]


def register(app: typer.Typer) -> None:
    """Add the group `splits`."""
    group = typer.Typer(
        no_args_is_help=True, help="Give shared cost to those who use it; nothing is lost."
    )
    app.add_typer(group, name="splits", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_preview(group)
    _register_save(group)
    _register_history(group)


def _within(
    measure: str | None,
    from_: str | None,
    to: str | None,
    range_: str | None,
    where: str | None,
    rules_as_of: str | None,
) -> CostQuery:
    return question(
        measures=measure, by=None, grain=None, start=from_, end=to, range=range_, where=where,
        compare=None, limit=None, sort=None, currency=None, as_of=None, rules_as_of=rules_as_of,
    )  # fmt: skip


def _register_list(group: typer.Typer) -> None:
    @command(
        group, "list", examples=["outlay splits list", "outlay splits list --range last-month"]
    )
    def list_splits(
        cli: Cli,
        measure: Measure = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        rules_as_of: RulesAsOf = None,
    ) -> None:
        """List the splits in the order in which money flows: taken, given, kept and why."""
        from outlay.app import splits

        found = splits.overview(
            cli.workspace, _within(measure, from_, to, range_, where, rules_as_of)
        )
        if cli.out.json:
            cli.out.data([state.to_json(periods=False) for state in found])
            return
        if not found:
            cli.out.say(
                "No split yet: `outlay splits save FILE` saves one; docs/allocation/splits.md "
                "shows its form."
            )
            return
        cli.out.table(
            [
                *(Col("Split"), Col("Tag"), Col("Takes"), Col("Method"), Col("By")),
                *(Col("Taken", True), Col("Given", True), Col("Kept", True), Col("Feeds")),
            ],
            [
                (
                    state.name, state.spec.tag, state.takes, state.spec.method, state.spec.period,
                    _money(state.taken), _money(state.given), _money(state.kept),
                    ", ".join(state.feeds) or NOTHING,
                )
                for state in found
            ],
        )  # fmt: skip
        for state in found:
            for reason in state.reasons:
                cli.out.say(f"{state.name}, {reason}")


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay splits show share-platform --range last-month"])
    def show(
        cli: Cli,
        name: _Name,
        measure: Measure = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        rules_as_of: RulesAsOf = None,
    ) -> None:
        """Show a split: what each target gets, and every period with weights and shares."""
        from outlay.app import splits

        within = _within(measure, from_, to, range_, where, rules_as_of)
        state = splits.show(cli.workspace, name, within)
        if cli.out.json:
            cli.out.data(state.to_json())
        else:
            _show(cli, state)


def _show(cli: Cli, state: SplitState) -> None:
    version = f" (version {state.version})" if state.version else ""
    cli.out.say(f"{state.spec.title or state.name}{version}: {state.spec.description}".rstrip(": "))
    cli.out.say(
        f"{state.spec.tag}: takes {state.takes}, {state.spec.method} by {state.weighs}, "
        f"each {state.spec.period}"
    )
    for word, names in (("fed by", state.fed_by), ("feeds", state.feeds)):
        if names:
            cli.out.say(f"{word} {', '.join(names)}")
    cli.out.say(
        f"taken {_money(state.taken)}, given {_money(state.given)}, kept {_money(state.kept)}"
    )
    if state.targets:
        cli.out.table(
            [Col("Target"), Col("Gets", True)],
            [(name, _money(amounts)) for name, amounts in state.targets.items()],
        )
    for pool in state.pools:
        when = pool.day or pool.billing_period or "always"
        cli.out.say(f"{when}: {money(pool.taken)} {pool.currency}")
        if not pool.shares:
            cli.out.say(f"  stays, since {pool.reason}")
        for target, amount in pool.given.items():
            weight = pool.part.weights.get(target)
            told = f" weighs {_number(weight)}," if weight is not None else " through others,"
            share = f"{pool.shares[target]:010d}"
            cli.out.say(f"  {target}{told} share {share[:-9]}.{share[-9:]}: {money(amount)}")
        for note in pool.part.notes:
            cli.out.say(f"  {note}")


def _register_preview(group: typer.Typer) -> None:
    @command(
        group,
        "preview",
        examples=[
            "outlay splits preview share-platform.yaml",
            "outlay splits preview --remove share-platform",
        ],
    )
    def preview(
        cli: Cli,
        file: _File = None,
        remove: Annotated[
            str | None, typer.Option(metavar="NAME", help="What removing this split would do.")
        ] = None,
        measure: Measure = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
    ) -> None:
        """What saving a split would do, in money: what each value pays before and after."""
        from outlay.app import splits

        within = _within(measure, from_, to, range_, where, None)
        if (file is None) == (remove is None):
            raise typer.BadParameter("give a file, or --remove NAME")
        if remove is not None:
            found = splits.preview(cli.workspace, remove, None, within)
        else:
            name, spec = _document(file)
            found = splits.preview(cli.workspace, name, spec, within)
        if cli.out.json:
            cli.out.data(found.to_json())
        else:
            _show_preview(cli, found)


def _show_preview(cli: Cli, found: SplitPreview) -> None:
    if found.state:
        _show(cli, found.state)
    several = len({one.currency for one in found.values}) > 1
    rows = []
    for one in found.values:
        before, after = one.before or {}, one.after or {}
        rows.append(
            (
                one.value,
                *([one.currency] if several else []),
                *(money(side["total"]) if side else NOTHING for side in (before, after)),
                *(money(after[part]) if after else NOTHING for part in ("direct", "shared")),
                ("+" if one.change > 0 else "") + money(one.change),
            )
        )
    cli.out.table(
        [
            *(Col(found.tag), *([Col("Currency")] if several else [])),
            *(Col("Before", True), Col("After", True), Col("Direct", True), Col("Shared", True)),
            Col("Change", True),
        ],
        rows,
    )
    for warning in found.warnings:
        cli.out.say(f"Note: {warning}")


def _register_save(group: typer.Typer) -> None:
    @command(group, "save", examples=["outlay splits save share-platform.yaml --note 'as agreed'"])
    def save(cli: Cli, file: _File, note: _Note = "") -> None:
        """Save the split of a file as a new version; `preview` first shows what it does."""
        from outlay.app import shapes, splits

        name, spec = _document(file)
        saved = splits.save(cli.workspace, name, spec, author=cli.author, note=note)
        if cli.out.json:
            cli.out.data(shapes.resource_json(saved))
        else:
            cli.out.say(f"The split {name} is saved as version {saved.version}.")

    @command(group, "remove", examples=["outlay splits remove share-platform"])
    def remove(cli: Cli, name: _Name) -> None:
        """Remove a split: cost stays where the rules say. `restore` brings it back."""
        cli.workspace.resources.delete("Split", name, author=cli.author)
        if cli.out.json:
            cli.out.data({"removed": name})
        else:
            cli.out.say(f"The split {name} is removed.")


def _document(file: Path | None) -> tuple[str, Mapping[str, Any]]:
    """The one split of a file."""
    import sys

    from outlay.app import WorkspaceError
    from outlay.resources import parse_resources

    assert file is not None
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be read: {error.strerror}", wrong_use=True) from None
    documents = parse_resources(text, str(file))
    if len(documents) != 1 or documents[0].kind != "Split":
        raise WorkspaceError(
            f"{file} holds {plural(len(documents), 'resource')}: one of kind Split is expected. "
            "`outlay plan` and `outlay apply` take files of several.",
            wrong_use=True,
        )
    return documents[0].name, documents[0].spec.model_dump(mode="json", exclude_unset=True)


def _register_history(group: typer.Typer) -> None:
    @command(group, "history", examples=["outlay splits history share-platform"])
    def history(cli: Cli, name: _Name) -> None:
        """Every version of a split: who, when, why, and what was changed."""
        from outlay.app import shapes

        changes = cli.workspace.resources.history("Split", name)
        if cli.out.json:
            cli.out.data([shapes.change_json(change) for change in changes])
            return
        for change in changes:
            cli.out.say(
                f"version {change.version}, {moment(change.at)}, {change.author or NOTHING}: "
                f"{change.action}{f' ({change.note})' if change.note else ''}"
            )
            for one in change.diff:
                cli.out.say(f"  {one.field}: {_text(one.before)} → {_text(one.after)}")

    @command(group, "restore", examples=["outlay splits restore share-platform --version 2"])
    def restore(
        cli: Cli,
        name: _Name,
        version: Annotated[int, typer.Option(metavar="N", min=1, help="The version to restore.")],
    ) -> None:
        """Make an earlier version current again, as a new version."""
        from outlay.app import shapes

        saved = cli.workspace.resources.restore("Split", name, version, author=cli.author)
        if cli.out.json:
            cli.out.data(shapes.resource_json(saved))
        else:
            cli.out.say(f"Version {version} of {name} is version {saved.version} now.")


def _money(amounts: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{money(a)} {c}" for c, a in amounts.items()) or NOTHING


def _number(weight: Any) -> str:
    from outlay.query.explainshared import number_text

    return number_text(weight)


def _text(value: object) -> str:
    return NOTHING if value is None else str(value)
