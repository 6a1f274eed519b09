"""What may go wrong with anomalies, for people to read."""

from __future__ import annotations

from outlay.resources import ResourceError, ResourceNotFoundError


class AnomalyNotFoundError(ResourceNotFoundError):
    """There is no event of a number, or none that the reader may see."""


class AnomalyError(ResourceError):
    """Something cannot be done with an event as it is. The message says what can."""


def not_found(number: int) -> AnomalyNotFoundError:
    """The error for an event that is none, or one of others."""
    return AnomalyNotFoundError(
        f"there is no anomaly {number}. The Anomalies page and `outlay anomalies list` show those "
        "there are."
    )
