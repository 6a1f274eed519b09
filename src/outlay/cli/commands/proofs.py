"""`outlay why` and `outlay tags replay`: why a charge is somebody's, what other rules would say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import AsOf, Currency, From, Measure, Range, RulesAsOf, To, Where
from outlay.cli.output import NOTHING, Col, money, plural

if TYPE_CHECKING:
    from outlay.app.replaying import Replay
    from outlay.app.why import Answer
    from outlay.query import CostQuery
    from outlay.query.allocating import Caught
    from outlay.query.why import RuleWhy

_MOST_VALUES = 5
_HELP = "Virtual tags: their rules, before and after they are saved."


def register(app: typer.Typer) -> None:
    """Add `why`, and `replay` to the group `tags`."""
    _register_why(app)
    group = next((g.typer_instance for g in app.registered_groups if g.name == "tags"), None)
    if group is None:
        group = typer.Typer(no_args_is_help=True, help=_HELP)
        app.add_typer(group, name="tags", rich_help_panel=QUESTIONS)
    _register_replay(group)


def _register_why(app: typer.Typer) -> None:
    @command(
        app,
        "why",
        panel=QUESTIONS,
        examples=[
            "outlay why --tag team --value checkout --range last-month",
            "outlay why --tag team --where \"ResourceId = 'i-0abc'\"",
            "outlay why --tag team --value checkout --rules-as-of 2026-06-30 --json",
        ],
    )
    def why(
        cli: Cli,
        tag: Annotated[str, typer.Option(metavar="TAG", help="A virtual tag, e.g. team.")],
        value: Annotated[
            str | None, typer.Option(metavar="V", help="Its value; default: the largest.")
        ] = None,
        where: Where = None,
        range_: Range = None,
        start: From = None,
        end: To = None,
        measure: Measure = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
    ) -> None:
        """Why is this mine? The rule that gave a value, what it saw, and what splits gave.

        From the amount down to rule, version, delivery, file and line. Without --value, the
        largest values of the charges that match.
        """
        from outlay.app import why as use

        within = _within(
            where=where, range=range_, start=start, end=end, measures=measure, as_of=as_of,
            rules_as_of=rules_as_of,
        )  # fmt: skip
        there = use.values(cli.workspace, tag, within) if value is None else ()
        asked = [value] if value is not None else [str(v.value) for v in there[:_MOST_VALUES]]
        answers = [use.why(cli.workspace, tag, one, within) for one in asked]
        if cli.out.json:
            others = [str(one.value) for one in there[_MOST_VALUES:]]
            found = [answer.to_json() for answer in answers]
            cli.out.data({"tag": tag, "answers": found, "other_values": others})
            return
        if not any(answer.groups for answer in answers):
            cli.out.say("No charge matches. Widen --range or --where, or name another --value.")
        for answer in answers:
            _show_why(cli, answer)
        if len(there) > _MOST_VALUES:
            cli.out.say(f"And {plural(len(there) - _MOST_VALUES, 'more value')}: name one.")


def _within(
    *,
    where: str | None,
    range: str | None,
    start: str | None,
    end: str | None,
    measures: str | None,
    as_of: str | None = None,
    rules_as_of: str | None = None,
    currency: str | None = None,
) -> CostQuery:
    from outlay.query.codec import from_json

    parts = {
        "where": where, "range": range, "from": start, "to": end, "measures": measures,
        "as_of": as_of, "rules_as_of": rules_as_of, "currency": currency,
    }  # fmt: skip
    return from_json({name: value for name, value in parts.items() if value is not None})


def _show_why(cli: Cli, answer: Answer) -> None:
    found = answer.why
    for group in answer.groups:
        shared = f", shared {money(group.shared_amount)}" if group.shared or group.given else ""
        cli.out.say(
            f"{found.tag} = {found.value}: {money(group.amount)} {group.currency} "
            f"(direct {money(group.direct)}{shared})"
        )
    for rule in found.rules:
        _show_rule(cli, answer, rule)
    for name, owner in answer.owners.items():
        cli.out.say(f"  {owner} answers for {name}")
    if answer.groups:
        from outlay.cli.explaining import show_explanation

        cli.out.say("Where it comes from:")
        show_explanation(cli.out, answer.explanation)


def _show_rule(cli: Cli, answer: Answer, rule: RuleWhy) -> None:
    found = answer.why
    where = f"{found.tag}, version {found.version}" if found.version else found.tag
    saved = answer.saved.get(("VirtualTag", found.tag))
    by = f", saved by {saved.author or 'nobody named'} on {saved.at:%Y-%m-%d}" if saved else ""
    if not rule.number:
        cli.out.say(f"  {_caught(rule.caught)}: no rule of {where} matches: {rule.value}")
        return
    when = f"when {rule.when}" if rule.when else "always"
    cli.out.say(
        f"  {_caught(rule.caught)}: rule {rule.number} of {found.count} of {where}{by}: "
        f"{when}, {rule.value}"
    )
    for seen in rule.seen:
        saw = ", ".join(f"{k} = {NOTHING if v is None else v}" for k, v in seen.values.items())
        cli.out.say(f"    it saw {saw or 'nothing in particular'}: {_caught(seen.caught)}")
    if rule.others:
        cli.out.say(f"    and {plural(rule.others, 'more combination')}")


def _caught(caught: Caught) -> str:
    amounts = ", ".join(f"{money(a)} {code}" for code, a in caught.money.items())
    return f"{amounts or '0.00'} in {plural(caught.lines, 'line')}"


def _register_replay(group: typer.Typer) -> None:
    @command(
        group,
        "replay",
        examples=[
            "outlay tags replay team --before 2026-01-01 --range last-year",
            "outlay tags replay team --before v3 --after now --json",
            "outlay tags replay team --after draft --draft team.json --range last-month",
        ],
    )
    def replay(
        cli: Cli,
        tag: Annotated[str, typer.Argument(metavar="TAG", help="A virtual tag.")],
        before: Annotated[
            str,
            typer.Option(metavar="RULES", help="now, a day or UTC time, vN, draft or none."),
        ] = "now",
        after: Annotated[
            str, typer.Option(metavar="RULES", help="The rules in their place; same words.")
        ] = "now",
        draft: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="The spec of the draft, JSON or YAML."),
        ] = None,
        where: Where = None,
        range_: Range = None,
        start: From = None,
        end: To = None,
        measure: Measure = None,
        currency: Currency = None,
        csv: Annotated[bool, typer.Option("--csv", help="Print the moves as CSV.")] = False,
    ) -> None:
        """Replay rules over a period: the money that another set of rules would move.

        A day means its end. vN is today's rules with version N of the tag.
        """
        from outlay.app import replaying

        within = _within(
            where=where, range=range_, start=start, end=end, measures=measure, currency=currency
        )
        text = None if draft is None else _spec_of(draft)
        found = replaying.replay(cli.workspace, tag, before, after, within, draft=text)
        if cli.out.json:
            cli.out.data(found.to_json())
        elif csv:
            typer.echo(found.to_csv(), nl=False)
        else:
            _show_replay(cli, found)


def _spec_of(path: Path) -> str:
    """The draft's spec as JSON text; a resource file's document has it under `spec`."""
    import yaml

    from outlay.app import WorkspaceError

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise WorkspaceError(f"{path} cannot be read: {error}", wrong_use=True) from None
    if isinstance(found, dict) and "spec" in found:
        found = found["spec"]
    return json.dumps(found, default=str)


def _show_replay(cli: Cli, found: Replay) -> None:
    cli.out.say(f"{found.tag}: {found.before.title} → {found.after.title}")
    if not found.changes:
        cli.out.say("Nothing moves: every charge has the same value on both sides.")
        return
    rows = [
        [_side(move.before), _side(move.after), money(amount), code, f"{move.caught.lines:,}"]
        for move in found.effect.moves
        for code, amount in move.caught.money.items()
    ]
    columns = [Col("From"), Col("To"), Col("Moved", True), Col("Currency"), Col("Lines", True)]
    cli.out.table(columns, rows)
    values = [
        [change.value, code, *(money(side.money.get(code)) if side else NOTHING
                               for side in (change.before, change.after)), money(amount)]
        for change in found.effect.values
        for code, amount in change.change.items()
        if amount
    ]  # fmt: skip
    cli.out.table(
        [Col(found.tag), Col("Currency"), Col("Before", True), Col("After", True),
         Col("Change", True)],
        values,
    )  # fmt: skip


def _side(value: str | None) -> str:
    return NOTHING if value is None else value
