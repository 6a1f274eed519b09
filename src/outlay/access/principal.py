"""The principal: who asks, at which level, over which part of the ledger.

It travels beside the call, not through every signature, so that no question can be asked without
one: faces enter `acting(principal)`, the room of questions reads `current().scope`, the guard of
resources reads `current().level`. Where nobody was named (the command line, a library user) it is
the local one, who may do everything, as the files on the disk allow anyway.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal

from outlay.access.errors import AccessDeniedError, LoginRequiredError

EVERYTHING = ""
"""The scope of those who see the whole ledger."""

Via = Literal["local", "session", "token", "system", "nobody"]


class Level(IntEnum):
    """What a person may do; each level includes those before it."""

    NOBODY = 0
    VIEWER = 1
    EDITOR = 2
    APPROVER = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The level as it is written in files and shown on pages."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Level:
        """The level of a word; ValueError lists those that can be given."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            allowed = ", ".join(level.word for level in cls if level is not cls.NOBODY)
            raise ValueError(f"there is no level {word!r}. Allowed: {allowed}.") from None


@dataclass(frozen=True)
class Principal:
    """Who asks. `scope` is a condition on charges in canonical form (`EVERYTHING`: no limit).
    `address` is the network address of the request, empty where there is none."""

    name: str
    level: Level
    role: str = ""
    scope: str = EVERYTHING
    via: Via = "local"
    display: str = ""
    address: str = ""

    @property
    def whole(self) -> bool:
        """Whether the whole ledger is seen."""
        return not self.scope

    @property
    def title(self) -> str:
        """The name for people."""
        return self.display or self.name

    def may(self, level: Level | str) -> bool:
        """Whether the level is reached; templates give it as a word."""
        return self.level >= (Level.of(level) if isinstance(level, str) else level)


NOBODY = Principal("", Level.NOBODY, via="nobody")
"""A request that nobody logged in for."""

_current: ContextVar[Principal | None] = ContextVar("outlay_principal", default=None)


def local() -> Principal:
    """The person at this machine: the login name of the process, an administrator."""
    return Principal(login_name(), Level.ADMIN, role="admin", via="local")


def system(name: str = "outlay") -> Principal:
    """The product itself, when it syncs or sends what was scheduled."""
    return Principal(name, Level.ADMIN, role="admin", via="system")


def current() -> Principal:
    """Who asks now; the local one where no face has said."""
    return _current.get() or local()


def who() -> str:
    """The name under which a change of now is kept."""
    return current().name


@contextmanager
def acting(principal: Principal) -> Iterator[Principal]:
    """Everything asked and changed within is by the principal."""
    token = _current.set(principal)
    try:
        yield principal
    finally:
        _current.reset(token)


@contextmanager
def whole_ledger() -> Iterator[None]:
    """Within, questions see everything: for what an answer is reckoned from and never shows, such
    as the weights by which shared cost is split."""
    with acting(replace(current(), scope=EVERYTHING)):
        yield


def require(level: Level, what: str = "this", *, whole: bool = False) -> Principal:
    """The principal, if the level is reached (and with `whole`, the whole ledger seen).

    Raises LoginRequiredError when nobody is logged in, else AccessDeniedError; both say what is
    needed and who can give it.
    """
    found = current()
    if found.level is Level.NOBODY:
        raise LoginRequiredError(f"Log in to see {what}.")
    if not found.may(level):
        raise AccessDeniedError(
            f"{found.title} is {_a(found.level.word)}; {what} needs {_a(level.word)}. "
            "An administrator can change the role on the Access page."
        )
    if whole and not found.whole:
        raise AccessDeniedError(
            f"{what[:1].upper()}{what[1:]} shows the whole ledger, and {found.title} sees the "
            f"part where {found.scope}. An administrator can change the role on the Access page."
        )
    return found


def whole_only(what: str) -> None:
    """Refuse people of a scope: `what` tells of the ledger without passing a question.

    Raises AccessDeniedError, or LoginRequiredError where nobody is logged in.
    """
    require(Level.VIEWER, what, whole=True)


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def login_name() -> str:
    """The login name of the process, or the user id where it has no name (a container)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
