"""Who asks, what they may do and which part of the ledger they see.

A face sets the principal of a request (`acting`); whatever is below asks for it (`current`,
`require`). Rules of routes are data (`outlay.access.rules`).
"""

from outlay.access.errors import AccessDeniedError, AccessError, LoginRequiredError
from outlay.access.principal import (
    EVERYTHING,
    Level,
    Principal,
    acting,
    current,
    local,
    require,
    system,
    who,
    whole_ledger,
    whole_only,
)

__all__ = [
    "EVERYTHING",
    "AccessDeniedError",
    "AccessError",
    "Level",
    "LoginRequiredError",
    "Principal",
    "acting",
    "who",
    "current",
    "local",
    "require",
    "system",
    "whole_ledger",
    "whole_only",
]
