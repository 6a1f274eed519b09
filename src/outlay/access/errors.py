"""What goes wrong with access."""

from __future__ import annotations


class AccessError(Exception):
    """An account, token, role or login is not right; the message says what to do."""


class LoginRequiredError(AccessError):
    """Nobody is logged in where somebody must be (401)."""


class AccessDeniedError(AccessError):
    """Who asks is known and may not (403)."""


class LoginFailedError(AccessError):
    """Somebody may not log in. The message tells nobody which part was wrong."""


class NotFoundError(AccessError):
    """There is no such person, token or session (404)."""


class ThrottledError(AccessError):
    """Too often in too short a time (429); `retry_after` is the seconds to wait."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
