"""`outlay tags preview|coverage|suggest`: what rules of virtual tags catch, and would catch."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import Cli, command
from outlay.cli.commands.asking import AsOf, Currency, From, Measure, Range, RulesAsOf, To, Where
from outlay.cli.output import NOTHING, Col, count, money, plural

if TYPE_CHECKING:
    from outlay.allocation.model import TagRule, VirtualTagSpec
    from outlay.query import CostQuery
    from outlay.query.allocating import Coverage, Preview, RuleEffect, Scope, Suggestion, TagEffect

_Name = Annotated[str, typer.Argument(help="The virtual tag's name.")]
_SHOWN = 20

STATES = {
    "live": "",
    "dead": "dead: catches nothing",
    "shadowed": "shadowed",
    "out-of-dates": "out of its dates",
}


def register(group: typer.Typer) -> None:
    """Add the commands to the group `tags`."""
    _register_preview(group)
    _register_coverage(group)
    _register_suggest(group)


def within(
    *,
    measures: str | None = None,
    range: str | None = None,
    start: str | None = None,
    end: str | None = None,
    where: str | None = None,
    currency: str | None = None,
    as_of: str | None = None,
    rules_as_of: str | None = None,
    splits: str | None = None,
) -> CostQuery:
    """The part of the ledger that is looked at; QueryError points at what cannot be understood."""
    from outlay.query.codec import from_json

    parts = {
        "measures": measures, "range": range, "from": start, "to": end, "where": where,
        "currency": currency, "as_of": as_of, "rules_as_of": rules_as_of, "splits": splits,
    }  # fmt: skip
    return from_json({name: value for name, value in parts.items() if value is not None})


# --- rules ---------------------------------------------------------------------------------


def show_rules(cli: Cli, found: Preview, spec: VirtualTagSpec) -> None:
    """The rules of a tag with what each catches."""
    rows = [
        (str(effect.number), rule.name or _condition(rule), _value(rule), _dates(rule),
         amounts(effect.first.money), count(effect.first.resources), _state(effect))
        for rule, effect in zip(spec.rules, found.rules, strict=False)
    ]  # fmt: skip
    rows.append(
        ("", "otherwise", spec.default, "", amounts(found.default.money),
         count(found.default.resources), "")
    )  # fmt: skip
    columns = [
        Col("Rule", True), Col("When"), Col("Value"), Col("Dates", optional=True),
        Col(found.scope.measure, True), Col("Resources", True), Col("State"),
    ]  # fmt: skip
    cli.out.table(columns, rows)


def _condition(rule: TagRule) -> str:
    from outlay.app.shapes_allocation import shortened

    text = shortened(rule.when or "always", 60)
    return f"{text} (any case)" if rule.ignore_case else text


def _value(rule: TagRule) -> str:
    from outlay.app.shapes_allocation import value_text

    return value_text(rule.value)


def _dates(rule: TagRule) -> str:
    if not (rule.from_ or rule.until):
        return ""
    return f"{rule.from_ or ''} – {rule.until or ''}".strip()


def _state(effect: RuleEffect) -> str:
    if effect.state != "shadowed":
        return STATES[effect.state]
    by = ", ".join(str(number) for number, _ in effect.shadowed_by[:5])
    return f"shadowed by {by}: would catch {amounts(effect.alone.money)}"


# --- preview --------------------------------------------------------------------------------


def _register_preview(group: typer.Typer) -> None:
    @command(
        group,
        "preview",
        examples=[
            "outlay tags preview team.yaml",
            "outlay tags preview team.yaml --range last-month --currency EUR --json",
        ],
    )
    def preview(
        cli: Cli,
        file: Annotated[
            Path, typer.Argument(help="YAML with virtual tags, and dictionaries beside them.")
        ],
        range_: Range = None,
        start: From = None,
        end: To = None,
        where: Where = None,
        currency: Currency = None,
        measure: Measure = None,
    ) -> None:
        """Show what saving a file would do, before it is saved: nothing changes.

        What each rule catches, rules that catch nothing or stand in the shadow of others, what
        moves from which value to which, and how much is allocated before and after. Other tags
        and dictionaries of the file count as saved too.
        """
        from outlay.app import allocating

        documents = cli.workspace.read_resource_files([file])
        asked = within(
            measures=measure, range=range_, start=start, end=end, where=where, currency=currency
        )
        found, effects = allocating.preview_documents(cli.workspace, documents, asked)
        if cli.out.json:
            cli.out.data(
                {
                    "previews": [one.to_json() for one in found],
                    "effects": [one.to_json() for one in effects],
                }
            )
            return
        specs = {d.name: d.spec for d in documents if d.kind == "VirtualTag"}
        for one in found:
            cli.out.say(f"{one.tag}:")
            show_rules(cli, one, specs[one.tag])  # type: ignore[arg-type]
            _show_effect(cli, one.effect)
            for effect in one.dependents:
                cli.out.say(f"{effect.tag} builds on {one.tag}:")
                _show_effect(cli, effect)
            say_scope(cli, one.scope)
        for effect in effects:
            cli.out.say(f"{effect.tag} (by its dictionary):")
            _show_effect(cli, effect)


def _show_effect(cli: Cli, effect: TagEffect) -> None:
    if not effect.moves:
        cli.out.say("No charge gets another value.")
        return
    cli.out.say(
        f"{amounts(effect.moved.money)} moves ({plural(effect.moved.lines, 'charge')}, "
        f"{plural(effect.moved.resources, 'resource')})."
    )
    cli.out.table(
        [Col("From"), Col("To"), Col("Money", True), Col("Resources", True)],
        [
            (m.before or NOTHING, m.after or NOTHING, amounts(m.caught.money),
             count(m.caught.resources))
            for m in effect.moves[:_SHOWN]
        ],
    )  # fmt: skip
    if len(effect.moves) > _SHOWN:
        cli.out.say(f"And {plural(len(effect.moves) - _SHOWN, 'more move')}: --json tells all.")
    say_coverage(cli, effect)


def say_coverage(cli: Cli, effect: TagEffect) -> None:
    """How much is allocated, before and after."""
    before, after = effect.coverage_before, effect.coverage_after
    if after is None:
        cli.out.say("Allocated: nothing any more; the tag is removed.")
    elif before is None or before.share == after.share:
        cli.out.say(f"Allocated: {shares(after.share)}.")
    else:
        cli.out.say(f"Allocated: {shares(before.share)} before, {shares(after.share)} after.")


# --- coverage, suggestions ------------------------------------------------------------------


def _register_coverage(group: typer.Typer) -> None:
    @command(
        group,
        "coverage",
        examples=["outlay tags coverage team", "outlay tags coverage team --range last-month"],
    )
    def coverage(
        cli: Cli,
        name: _Name,
        range_: Range = None,
        start: From = None,
        end: To = None,
        where: Where = None,
        currency: Currency = None,
        measure: Measure = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
        limit: Annotated[int, typer.Option(min=1, help="Gaps told of each kind.")] = 5,
    ) -> None:
        """Show how much a tag allocates by month, and what would catch the rest."""
        from outlay.app import allocating

        asked = within(
            measures=measure, range=range_, start=start, end=end, where=where,
            currency=currency, as_of=as_of, rules_as_of=rules_as_of,
        )  # fmt: skip
        found = allocating.coverage(cli.workspace, name, asked, gaps=limit)
        if cli.out.json:
            cli.out.data(found.to_json())
        else:
            _show_coverage(cli, found)


def _show_coverage(cli: Cli, found: Coverage) -> None:
    months = [(f"{month:%Y-%m}", covered) for month, covered in found.months]
    cli.out.table(
        [Col("Month"), Col("Allocated", True), Col("Unallocated", True), Col("Share", True)],
        [
            (label, amounts(c.allocated), amounts(c.unallocated), shares(c.share))
            for label, c in months
        ],
        totals=[
            ("All", amounts(found.covered.allocated), amounts(found.covered.unallocated),
             shares(found.covered.share))
        ],
    )  # fmt: skip
    if found.gaps:
        cli.out.say("The largest unallocated spend, by what would catch it (kinds overlap):")
        cli.out.table(
            [Col("Condition"), Col("Money", True), Col("Resources", True)],
            [
                (f"{g.condition}  ({g.title})" if g.title else g.condition,
                 amounts(g.caught.money), count(g.caught.resources))
                for g in found.gaps
            ],
        )  # fmt: skip
    say_scope(cli, found.scope)


def _register_suggest(group: typer.Typer) -> None:
    @command(
        group,
        "suggest",
        examples=["outlay tags suggest team", "outlay tags suggest team --json"],
    )
    def suggest(
        cli: Cli,
        name: _Name,
        range_: Range = None,
        start: From = None,
        end: To = None,
        where: Where = None,
        currency: Currency = None,
        measure: Measure = None,
        limit: Annotated[int, typer.Option(min=1, help="Suggestions shown.")] = _SHOWN,
    ) -> None:
        """Suggest rules from the data, each with its reason and the money it would allocate.

        Nothing is applied: copy a rule into the tag's file, look at it with `outlay tags preview`.
        """
        from outlay.app import allocating

        asked = within(
            measures=measure, range=range_, start=start, end=end, where=where, currency=currency
        )
        found = allocating.suggestions(cli.workspace, name, asked)
        if cli.out.json:
            cli.out.data([one.to_json() for one in found])
        elif not found:
            cli.out.say("The data suggests no rule.")
        else:
            for one in found[:limit]:
                _say_suggestion(cli, one)
            if len(found) > limit:
                cli.out.say(f"And {plural(len(found) - limit, 'more suggestion')}: --limit.")


def _say_suggestion(cli: Cli, one: Suggestion) -> None:
    from outlay.app.shapes_allocation import rule_yaml

    where = f"in the place of rule {one.replaces}" if one.replaces else f"as rule {one.place}"
    cli.out.say(f"{one.title}: {amounts(one.allocates.money)} ({where})")
    cli.out.say(f"  {one.reason}")
    for line in rule_yaml(one.rule).splitlines():
        cli.out.say(f"    {line}")
    cli.out.say()


# --- words ----------------------------------------------------------------------------------


def amounts(found: Mapping[str, Decimal]) -> str:
    """Money of several currencies, each with its own."""
    shown = [f"{money(amount)} {currency}".rstrip() for currency, amount in sorted(found.items())]
    return " + ".join(shown) or NOTHING


def shares(found: Mapping[str, Decimal | None]) -> str:
    """Shares in per cent, by currency where there are several."""
    shown = {c: NOTHING if s is None else f"{s * 100:.1f} %" for c, s in sorted(found.items())}
    if len(shown) == 1:
        return next(iter(shown.values()))
    return ", ".join(f"{share} of {currency}" for currency, share in shown.items()) or NOTHING


def say_scope(cli: Cli, scope: Scope) -> None:
    """What the figures do not see."""
    for warning in scope.warnings:
        cli.out.say(f"Note: {warning}")
