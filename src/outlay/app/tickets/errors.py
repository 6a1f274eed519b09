"""What may go wrong with tickets, for people to read."""

from __future__ import annotations

from outlay.resources import ResourceError


class TicketError(ResourceError):
    """A ticket cannot be opened or changed as it is. The message says what can be done."""


class BusyError(Exception):
    """A ticket system is away, slow or asks to wait: the same may work later. `wait` is in seconds,
    where it said how long."""

    def __init__(self, message: str, wait: int | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class RefusedError(Exception):
    """A ticket system refuses, and would again: a wrong setting, a missing right."""


class DeniedError(RefusedError):
    """A ticket system does not let us in, or not do that: it works once the user, the token or its
    rights are right. `signed_out` says that it is so with whatever is asked."""

    def __init__(self, message: str, *, signed_out: bool) -> None:
        super().__init__(message)
        self.signed_out = signed_out


class GoneError(Exception):
    """The ticket is not there any more."""
