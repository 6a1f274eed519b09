"""`outlay home` and `outlay glossary`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col

if TYPE_CHECKING:
    from outlay.app.home import Card, Failed, Figure, Home


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _register_home(app)
    _register_glossary(app)


def _register_home(app: typer.Typer) -> None:
    @command(
        app,
        "home",
        panel=QUESTIONS,
        examples=[
            "outlay home --persona executive",
            "outlay home --persona engineer --of checkout --period month-to-date",
            "outlay --json home --persona finance --period 2026-10",
        ],
    )
    def home(
        cli: Cli,
        persona: Annotated[
            str,
            typer.Option(
                "--persona",
                help="practitioner, engineer, finance, procurement, executive or product-owner.",
            ),
        ] = "practitioner",
        period: Annotated[
            str,
            typer.Option(
                "--period",
                help="month-to-date or a month as YYYY-MM; default: the newest month that is over, "
                "or this month for those who live in the present.",
            ),
        ] = "",
        of: Annotated[
            str, typer.Option("--of", help="Your team (engineer) or product (product owner).")
        ] = "",
    ) -> None:
        """What changed, why, and what to do next, for one kind of reader: the cards of the page
        `/home/PERSONA`."""
        from outlay.app.home import home as ask
        from outlay.app.home.shapes import home_json

        found = ask(cli.workspace, persona, period=period, of=of)
        if cli.out.json:
            cli.out.data(home_json(found))
        else:
            _show(cli, found)


def _show(cli: Cli, found: Home) -> None:
    asked = found.asked
    if not asked.months:
        cli.out.say(
            "There is no bill yet: outlay load PATH loads one, outlay demo makes a sample company."
        )
        return
    of = f", {asked.tag} {asked.focus.value}" if asked.focus else ""
    cli.out.say(
        f"{asked.persona.title}{of}: {asked.period.title}, compared with {asked.period.than}"
    )
    for question, cards in found.questions:
        cli.out.say()
        cli.out.say(question.text)
        for card in cards:
            _card(cli, card)


def _card(cli: Cli, card: Card | Failed) -> None:
    from outlay.app.home import Failed

    if isinstance(card, Failed):
        cli.out.say(f"  {card.title}: FAILED: {card.reason}")
        return
    cli.out.say(f"  {card.title}: {card.sentence}")
    if card.figures:
        cli.out.say("    " + "; ".join(f"{one.label} {_text(one)}" for one in card.figures))
    for line in card.lines:
        shown = _text(line.figure) if line.figure else line.note
        cli.out.say(f"    {line.title}: {shown}")
    for step in card.steps:
        cli.out.say(f"    -> {step.text} ({step.link})")


def _text(figure: Figure) -> str:
    """A figure with its change."""
    from decimal import Decimal

    from outlay.app.home import words
    from outlay.money.quotients import significant

    if figure.value is None:
        return NOTHING
    value = Decimal(figure.value)
    if figure.kind == "ratio":
        return words.percent(value)
    if figure.kind == "count":
        return f"{figure.value:,} {figure.period}".strip()
    if figure.kind == "unit":
        shown = f"{significant(value)} {figure.currency}"
    else:
        shown = words.amount(value, figure.currency)
    if figure.change_ratio is None:
        return shown
    return f"{shown} ({figure.change_ratio.scaleb(2):+,.1f} %)"


def _register_glossary(app: typer.Typer) -> None:
    @command(
        app,
        "glossary",
        panel=QUESTIONS,
        examples=["outlay glossary", "outlay glossary EffectiveCost", "outlay glossary prepaid"],
    )
    def glossary(
        cli: Cli,
        term: Annotated[
            str, typer.Argument(metavar="[TERM]", help="A term, or words to search for.")
        ] = "",
    ) -> None:
        """What the words of the product mean: all of them, one, or those that have given words."""
        from outlay.app.errors import WorkspaceError
        from outlay.app.glossary import SOURCES, find, search

        exact = find(term) if term else None
        found = [exact] if exact else search(term)
        if not found:
            raise WorkspaceError(
                f"the glossary has nothing with {term!r}. `outlay glossary` lists all terms."
            )
        if cli.out.json:
            cli.out.data([one.to_json() for one in found])
        elif exact:
            cli.out.say(
                f"{exact.title} ({exact.name})" if exact.title != exact.name else exact.name
            )
            cli.out.say(exact.short)
            if exact.text:
                cli.out.say(exact.text)
            related = [other.title for name in exact.see if (other := find(name))]
            said = f"See: {', '.join(related)}. " if related else ""
            cli.out.say(f"{said}Source: {SOURCES[exact.source]}.")
        else:
            cli.out.table([Col("Term"), Col("Meaning")], [(one.title, one.short) for one in found])
