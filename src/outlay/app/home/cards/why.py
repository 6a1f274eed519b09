"""Why a change happened, in one sentence: what `outlay.app.drivers` works out of the bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.query import CostQuery


def sentence_of(at: At, query: CostQuery) -> str:
    """The main drivers of the change of a question; '' where they are not known."""
    return ""
