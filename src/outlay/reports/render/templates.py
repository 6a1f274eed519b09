"""The templates of mail and paper, and what they share."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from outlay.money.display import moment
from outlay.reports.cells import figure_texts, shown
from outlay.reports.document import Block


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja over `outlay/reports/templates`; every text is escaped."""
    found = Environment(
        loader=PackageLoader("outlay.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(figure_texts=figure_texts, shown=shown, kind_of=kind_of)
    found.filters.update(moment=moment)
    return found


def kind_of(block: Block) -> str:
    """The name of a block's kind, by which templates choose."""
    return type(block).__name__
