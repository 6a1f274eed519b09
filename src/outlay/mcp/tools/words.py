"""What a word means, and what the homes of the personas say."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app import glossary as words
from outlay.app.home import PERSONAS, homes
from outlay.app.home.shapes import home_json, persona_json
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import Link, Truncation, cut

_TOLD = 5


class GlossaryInput(Input):
    """A word."""

    search: str = Field(description="A term, or words of its meaning", examples=["amortised"])
    limit: int = Field(default=10, ge=1, le=100)


class GlossaryOutput(Output):
    """Terms with their meaning, exact names first."""

    terms: list[dict[str, Any]]
    truncation: Truncation
    links: list[Link]


@tool("glossary", "What a term means", "GET /glossary", GlossaryOutput, input=GlossaryInput)
def glossary(context: Context, asked: GlossaryInput) -> Answer:
    """The meaning of a term of FinOps, FOCUS or this product (effective cost, prepaid bridge,
    unallocated…), as the pages show it. Use the company's words as they are defined here."""
    found = words.search(asked.search)
    rows, left = cut([term.to_json() for term in found], asked.limit, "the search")
    link = context.links.to("Glossary", "/glossary")
    lines = [f"- {row['title']}: {row['short']}" for row in rows[:_TOLD]]
    data: Json = {"terms": rows, "truncation": left, "links": [link]}
    return Answer(data, "\n".join(lines) or f"No term has {asked.search!r}.")


class HomeInput(Input):
    """A persona and a period."""

    persona: str = Field(
        default="", description=f"One of {', '.join(PERSONAS)}; left out: what each asks"
    )
    period: str = Field(default="", description="As the home page takes it: a month, YYYY-MM")
    of: str = Field(default="", description="The team or product that it is about")


class HomeOutput(Output):
    """The personas, or the home of one."""

    links: list[Link]


@tool("home", "What changed, why, and what to do next", "GET /home/{persona}", HomeOutput,
      input=HomeInput)  # fmt: skip
def home(context: Context, asked: HomeInput) -> Answer:
    """The home of a persona (practitioner, engineer, finance, procurement, executive, product
    owner): named questions with computed sentences, figures, next steps, each with the page
    behind it. A good first look."""
    if not asked.persona:
        rows = [persona_json(one) for one in PERSONAS.values()]
        told = [f"- {row['persona']}: {row['about']}" for row in rows]
        listed = {"personas": rows, "links": [context.links.to("Home", "/")]}
        return Answer(listed, "\n".join(told))
    rooms = homes(context.workspace)
    found = rooms.home(rooms.ask(asked.persona, period=asked.period, of=asked.of))
    link = context.links.to(found.asked.persona.title, f"/home/{asked.persona}")
    data: Json = home_json(found) | {"links": [link]}
    lines = [f"{data['title']}, from {data['from']} to before {data['to']}:"]
    for question in data["questions"]:
        lines.append(question["question"])
        for card in question["cards"]:
            lines.append(f"- {card['title']}: {card.get('sentence') or card.get('reason')}")
            for step in card.get("steps", []):
                step["link"] = _absolute(context, step.get("link"))
            for line in card.get("lines", []):
                line["link"] = _absolute(context, line.get("link"))
            for name in ("link", "drivers"):
                if card.get(name):
                    card[name] = _absolute(context, card[name])
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


def _absolute(context: Context, link: str | None) -> str | None:
    """An address of a page as a whole one."""
    return context.links.to("", link)["url"] if link and link.startswith("/") else link
