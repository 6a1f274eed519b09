"""What goes wrong with access."""

from __future__ import annotations


class AccessError(Exception):
    """An account, token, role or login is not right; the message says what to do."""


class LoginRequiredError(AccessError):
    """Nobody is logged in where somebody must be (401)."""


class AccessDeniedError(AccessError):
    """Who asks is known and may not (403)."""
