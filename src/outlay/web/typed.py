"""Numbers in the fields of a page."""

from __future__ import annotations

from outlay.money.typed import unseparated
from outlay.resources import ResourceError


def number(text: str, digits: int = 2) -> str:
    """As `money.typed.unseparated`; ResourceError for what has two meanings."""
    try:
        return unseparated(text, digits)
    except ValueError as error:
        raise ResourceError(str(error)) from None
