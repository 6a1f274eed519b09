"""The glossary: every word that pages use, with its meaning; the same for page, command and API.

Words of the product are kept in `glossary.yaml`. What has a table of its own is read from there, so
that it is said once: FOCUS columns, kinds, sections of statements, effects of a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_FEW = 12
SHORT = 200
"""Characters that a definition on hover may have."""

SOURCES: Mapping[str, str] = {
    "FOCUS": "FOCUS specification, in our words",
    "FinOps Framework": "FinOps Framework, in our words",
    "Outlay": "Outlay",
    "accounting": "Accounting",
    "cost accounting": "Cost accounting (sales-variance analysis)",
}
"""Where a term's meaning comes from."""


@dataclass(frozen=True)
class Term:
    """A word. `name` is its key, `slug` its anchor on the page, `short` the definition on hover,
    `text` what more there is to say, `see` the names of related terms, `focus` the FOCUS column
    that it is, `also` other spellings of it."""

    name: str
    title: str
    short: str
    text: str = ""
    see: tuple[str, ...] = ()
    focus: str = ""
    source: str = "Outlay"
    also: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """The anchor."""
        return slug(self.name)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "term": self.name,
            "title": self.title,
            "short": self.short,
            "text": self.text or None,
            "see": list(self.see),
            "focus": self.focus or None,
            "source": SOURCES[self.source],
            "also": list(self.also),
            "anchor": f"/glossary#{self.slug}",
        }


def slug(name: str) -> str:
    """A name as an anchor: ``EffectiveCost`` is ``effective-cost``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


@cache
def glossary() -> Mapping[str, Term]:
    """Every term by name, in the order of titles."""
    found: dict[str, Term] = {}
    spellings: set[str] = set()
    for term in (*_written(), *_columns(), *_sections(), *_effects(), *_kinds()):
        # The written entry goes before one that a table gives; both have the same anchor.
        if term.slug not in spellings:
            found[term.name] = term
            spellings |= {term.slug}
    return dict(sorted(found.items(), key=lambda item: item[1].title.casefold()))


def find(name: str) -> Term | None:
    """The term of a name, title or other spelling, however it is written; None for none."""
    return _spellings().get(slug(name))


def search(text: str) -> list[Term]:
    """The terms that have the words in name, title, spelling or definition; exact names first."""
    wanted = text.casefold().split()
    if not wanted:
        return list(glossary().values())
    exact = find(text)
    found = [
        term
        for term in glossary().values()
        if all(word in _all_of(term) for word in wanted) and term != exact
    ]
    return [exact, *found] if exact else found


def _all_of(term: Term) -> str:
    return " ".join((term.name, term.title, *term.also, term.short, term.text)).casefold()


@cache
def _spellings() -> Mapping[str, Term]:
    found: dict[str, Term] = {}
    terms = glossary().values()
    for term in terms:
        found.setdefault(term.slug, term)
    for term in terms:
        for other in (term.title, *term.also):
            found.setdefault(slug(other), term)
    return found


def _written() -> Iterator[Term]:
    import yaml

    text = resources.files("outlay.app").joinpath("glossary.yaml").read_text("utf-8")
    for entry in yaml.safe_load(text):
        yield Term(
            name=entry["term"],
            title=entry.get("title", entry["term"]),
            short=entry["short"].strip(),
            text=entry.get("text", "").strip(),
            see=tuple(entry.get("see", ())),
            focus=entry.get("focus", ""),
            source=entry["source"],
            also=tuple(str(one) for one in entry.get("also", ())),
        )


def _columns() -> Iterator[Term]:
    """FOCUS columns, by what the schema says of them."""
    from outlay.focus.schema import COLUMNS

    for column in COLUMNS.values():
        text = f"FOCUS column since {column.since}."
        if column.removed:
            text += f" It was removed in {column.removed}."
        if len(column.allowed) > _FEW:
            text += f" It has {len(column.allowed)} values."
        elif column.allowed:
            text += f" Values: {', '.join(column.allowed)}."
        title = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column.name)
        title = (title[:1] + title[1:].lower()).replace(" id", " ID").replace("Sku ", "SKU ")
        yield Term(column.name, title, column.about, text, focus=column.name, source="FOCUS")


def _sections() -> Iterator[Term]:
    from outlay.statements.sections import SECTIONS

    for section in SECTIONS.values():
        yield Term(section.title, section.title, section.about, see=("Statement",))


def _effects() -> Iterator[Term]:
    from outlay.query.drivers.effects import EFFECTS

    for effect in EFFECTS.values():
        yield Term(
            f"{effect.title} effect", f"{effect.title} (effect)", f"{effect.description}.",
            see=("Driver",), also=(f"effect {effect.name}",),
        )  # fmt: skip


def _kinds() -> Iterator[Term]:
    from outlay.app.kinds import register_all
    from outlay.resources import registry

    register_all()
    for kind in registry:
        title = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", kind.name)
        title = title[:1] + title[1:].lower()
        first = kind.description.split(". ")[0].rstrip(".") + "."
        rest = kind.description.removeprefix(first).strip()
        yield Term(kind.name, title, first, f"A kind of resource. {rest}".strip())


def markdown() -> str:
    """The glossary as a page of the documentation; a test holds the file equal to it."""
    lines = [
        "# Glossary",
        "",
        "Every word that the pages use; the same as `/glossary`, `outlay glossary` and",
        "`GET /api/v1/glossary`. Written from `app/glossary.yaml`, the FOCUS schema and the tables",
        "of the product by `python -m outlay.app.glossary`.",
        "",
    ]
    for term in glossary().values():
        names = f" (`{term.name}`)" if term.name != term.title else ""
        lines += [f"## {term.title}", "", f"{term.short}{names}", ""]
        if term.text:
            lines += [term.text, ""]
        said = [f"Source: {SOURCES[term.source]}"]
        known = [other for name in term.see if (other := find(name))]
        if known:
            links = ", ".join(f"[{one.title}](#{_anchor(one.title)})" for one in known)
            said.append(f"See: {links}")
        lines += [". ".join(said) + ".", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _anchor(title: str) -> str:
    """A heading's anchor as it is made on the web."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


if __name__ == "__main__":
    from pathlib import Path

    place = Path(__file__).parents[3] / "docs" / "glossary.md"
    place.write_text(markdown(), encoding="utf-8")
