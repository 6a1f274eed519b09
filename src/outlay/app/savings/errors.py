"""What may go wrong with recommendations, for people to read."""

from __future__ import annotations

from outlay.resources import ResourceError, ResourceNotFoundError


class SavingNotFoundError(ResourceNotFoundError):
    """There is no recommendation of a number, or none that the reader may see."""


class SavingError(ResourceError):
    """Something cannot be done with a recommendation as it is. The message says what can."""


def not_found(number: int) -> SavingNotFoundError:
    """The error for a recommendation that is none, or one of others."""
    return SavingNotFoundError(
        f"there is no recommendation {number}. The Savings page and `outlay savings list` show "
        "those there are."
    )
