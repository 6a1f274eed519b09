"""What may go wrong with native recommendations, for people to read."""

from __future__ import annotations

from outlay.resources import ResourceError, ResourceNotFoundError


class NativeSourceError(ResourceError):
    """A source of recommendations cannot be used as it is. The message says what can be done."""


def not_found(name: str, known: list[str]) -> ResourceNotFoundError:
    """The error for a source that is none."""
    there = ", ".join(known) or "none yet; `outlay native add` adds one"
    return ResourceNotFoundError(
        f"there is no source of recommendations {name!r}. There are: {there}."
    )
