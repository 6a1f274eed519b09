"""What can go wrong with an alert or a route."""

from __future__ import annotations


class AlertError(ValueError):
    """An alert or a route cannot be as it is said. The message is a whole sentence."""


class AlertNotFoundError(AlertError):
    """There is no alert of that number, or none that the reader may see."""
