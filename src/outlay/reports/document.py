"""The neutral document: what a report says, before it is a mail, a paper or a workbook.

Amounts are exact decimals throughout; only the renderers round, for showing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from outlay.money import money_text
from outlay.query import Column, Row

Kind = Literal["money", "quantity", "count", "ratio", "unit"]
Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True)
class Figure:
    """A headline: `value` and, where there is a comparison, what it was `before`.

    `ratio` is the change over `before` with six decimals (None: no base). `note` says what it is
    compared with. A value of kind ``ratio`` (a share) or ``unit`` (a cost per unit) is a quotient
    for showing.
    """

    title: str
    value: Decimal | None
    kind: Kind = "money"
    currency: str | None = None
    before: Decimal | None = None
    change: Decimal | None = None
    ratio: Decimal | None = None
    note: str = ""


_EXACT = ("value", "before", "change", "ratio")


def figure_json(figure: Figure) -> dict[str, Any]:
    """A headline as plain JSON data, to be read back; amounts are text in full."""
    return {
        name: money_text(value) if isinstance(value, Decimal) else value
        for name, value in asdict(figure).items()
    }


def figure_of(data: Mapping[str, Any]) -> Figure:
    """Read `figure_json`'s form."""
    exact = {name: Decimal(data[name]) for name in _EXACT if data.get(name) is not None}
    given: dict[str, Any] = {**data, **exact}
    return Figure(**given)


@dataclass(frozen=True)
class Figures:
    """Headlines that stand side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Sentence:
    """One paragraph of what the figures say."""

    text: str


@dataclass(frozen=True)
class Heading:
    """The title of a part."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows with exact values, and their totals (one row a currency).

    `name` is a part of a file's name. `on` says where it stands: ``page`` in mail and PDF,
    ``file`` in workbook, CSV and Parquet, ``both``. `currency` is that of the amounts where rows
    have none of their own.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    currency: str | None = None
    on: Literal["page", "file", "both"] = "both"
    note: str = ""


@dataclass(frozen=True)
class Series:
    """One line or stack of a chart: a value for each label, None where there is none."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True)
class Chart:
    """A picture of some figures. ``stack`` is bars over time, ``line`` lines over time, ``rank``
    one horizontal bar a label. The table beside it has every figure."""

    title: str
    form: Literal["stack", "line", "rank"]
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Note:
    """Small print, or a warning that must be seen."""

    text: str
    tone: Literal["plain", "warn"] = "plain"


Block = Figures | Sentence | Heading | Table | Chart | Note


@dataclass(frozen=True)
class Document:
    """What is told. Moments are UTC, naive.

    `company` is the workspace's name; `period` the days that are told, in words; `measure` what
    the amounts are ("Effective cost"); `scope` the part of the ledger that is shown, in words
    ('' is all); `freshness` how new the figures are; `late` says why it comes late; `link` is the
    page behind it, an absolute address or '' where the server has none that others can reach.
    """

    title: str
    company: str
    made_at: datetime
    subtitle: str = ""
    period: str = ""
    measure: str = ""
    scope: str = ""
    freshness: str = ""
    late: str = ""
    link: str = ""
    severity: Severity = "info"
    blocks: tuple[Block, ...] = ()
    footer: str = ""
    name: str = field(default="report")

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every headline, in order."""
        return tuple(f for b in self.blocks if isinstance(b, Figures) for f in b.figures)

    def tables(self, on: Literal["page", "file"]) -> tuple[Table, ...]:
        """The tables that stand on paper, or in files."""
        return tuple(b for b in self.blocks if isinstance(b, Table) and b.on in (on, "both"))

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The pictures, in order."""
        return tuple(b for b in self.blocks if isinstance(b, Chart))

    def page_blocks(self) -> Iterator[Block]:
        """The blocks of mail and paper, in order."""
        for block in self.blocks:
            if not isinstance(block, Table) or block.on != "file":
                yield block


@dataclass(frozen=True)
class File:
    """A file that is attached or kept: its name, media type and content."""

    name: str
    media: str
    content: bytes
