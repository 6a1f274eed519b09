"""A document as a mail's body: HTML for people, plain text for those who read that.

Styles stand in the elements, as mail programs drop style sheets; charts are pictures that travel
with the mail and are named by their content id. Nothing is fetched from anywhere.
"""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from outlay.money.display import moment
from outlay.reports.cells import Cell, Shown, figure_texts, shown
from outlay.reports.document import (
    Chart,
    Document,
    Figures,
    Heading,
    Note,
    Sentence,
    Table,
)
from outlay.reports.render import charts
from outlay.reports.render.templates import environment

ROWS = 25
"""The most rows of a table in a mail; files have all."""

COLUMNS = 6
"""The most columns, as far as there are some that can be spared."""

_TEXT_ROWS = 25
_WIDTH = 78


@dataclass(frozen=True)
class MailBody:
    """Both forms of the body, and the pictures by content id (without the angle brackets)."""

    html: str
    text: str
    pictures: dict[str, bytes]

    def alone(self) -> str:
        """The HTML with its pictures inside, so that it can be kept or looked at as a file."""
        html = self.html
        for name, content in self.pictures.items():
            data = base64.b64encode(content).decode()
            html = html.replace(f"cid:{name}", f"data:image/png;base64,{data}")
        return html


def body(document: Document, key: str = "report", attached: tuple[str, ...] = ()) -> MailBody:
    """The mail of a document. `key` makes content ids unique; `attached` are the files' names."""
    pictures: dict[str, bytes] = {}
    names: dict[int, str] = {}
    if charts.can_draw():
        for number, chart in enumerate(document.charts):
            name = f"chart{number}.{key[:16]}@outlay"
            pictures[name], names[id(chart)] = charts.png(chart), name

    def picture(chart: Chart) -> str:
        return names.get(id(chart), "")

    html = (
        environment()
        .get_template("mail.html")
        .render(document=document, picture=picture, rows=ROWS, columns=COLUMNS, attached=attached)
    )
    return MailBody(html, text(document, attached), pictures)


def text(document: Document, attached: tuple[str, ...] = ()) -> str:
    """A document as plain text, tables in columns."""
    lines = [document.title, "=" * len(document.title)]
    lines += [part for part in (document.subtitle, document.period, document.measure) if part]
    if document.late:
        lines += ["", *_wrapped(document.late)]
    if document.scope:
        lines += _wrapped(document.scope)
    for block in document.page_blocks():
        lines += ["", *_block(block)]
    lines += ["", *(f"Attached: {name}" for name in attached)]
    if document.link:
        lines += [f"Open it: {document.link}"]
    lines += ["", *_wrapped(_made(document))]
    return "\n".join(lines).strip() + "\n"


def _made(document: Document) -> str:
    parts = [
        f"{document.company}, {moment(document.made_at)}.",
        document.freshness,
        document.footer,
    ]
    return " ".join(part for part in parts if part)


def _block(block: object) -> Iterator[str]:
    match block:
        case Figures(figures):
            for figure in figures:
                told = figure_texts(figure)
                unit = f" {told['unit']}" if told["unit"] else ""
                moved = f"  {told['change']} {told['note']}".rstrip() if told["change"] else ""
                yield f"{figure.title}: {told['value']}{unit}{moved}"
        case Sentence(said) | Note(said):
            yield from _wrapped(said)
        case Heading(title):
            yield title
            yield "-" * len(title)
        case Table():
            yield from text_table(shown(block, _TEXT_ROWS))
        case Chart(title):
            yield f"[chart: {title}]"


def text_table(table: Shown) -> Iterator[str]:
    """A table in columns of plain text, its exact totals below."""
    if table.title:
        yield table.title
    every = [table.heads, *table.rows, *table.totals]
    widths = [max(len(row[i].text) for row in every) for i in range(len(table.heads))]

    def line(row: tuple[Cell, ...]) -> str:
        cells = zip(row, table.heads, widths, strict=True)
        return "  ".join(
            cell.text.rjust(width) if head.number else cell.text.ljust(width)
            for cell, head, width in cells
        ).rstrip()

    yield line(table.heads)
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    yield rule
    yield from map(line, table.rows)
    if table.totals:
        yield rule
        yield from map(line, table.totals)
    yield from (f"Exactly: {digits}" for digits in table.exact)
    if table.note:
        yield from _wrapped(table.note)


def _wrapped(said: str) -> list[str]:
    return textwrap.wrap(said, _WIDTH, break_long_words=False, break_on_hyphens=False)
