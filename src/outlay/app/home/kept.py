"""The homes of a workspace: cards worked out at most once while their answer is true.

An answer is kept under everything that decides it: the card, the days, the team or product, the
currency, the reader's scope, what is configured (metric values included), the snapshot and the
day; those of the books and sources also under what was closed, disputed, loaded and stated. Other
circumstances make another key, so that nothing has to be invalidated.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access.errors import AccessError
from outlay.access.principal import current
from outlay.app import runs
from outlay.app.errors import WorkspaceError
from outlay.app.home.asked import Asked, At, resolve
from outlay.app.home.model import Card, CardKind, Failed, Persona, Question
from outlay.app.home.personas import card_of, persona_of
from outlay.app.served import served
from outlay.app.unchanged import decisions
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.resources import ResourceError
from outlay.statements.errors import StatementError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.home")

Answer = Card | Failed | None
"""A card, one that failed, or nothing to say."""

_KEPT = 512
_VALUES = 100
_WORKERS = 3
_EXPECTED = (QueryError, LakeError, ResourceError, StatementError, WorkspaceError)


@dataclass(frozen=True)
class Home:
    """A home: its questions with the answers. `complete` tells whether every card is there;
    `waiting` are the names of those that are still being worked out."""

    asked: Asked
    questions: tuple[tuple[Question, tuple[Card | Failed, ...]], ...]
    waiting: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[Card | Failed, ...]:
        """Every card that is there, in order."""
        return tuple(card for _, cards in self.questions for card in cards)

    @property
    def empty(self) -> bool:
        """Whether there is no bill at all."""
        return not self.asked.months


class Homes:
    """The homes of one workspace. Safe to share between threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, Future[Answer]] = OrderedDict()
        self._values: OrderedDict[Any, tuple[str, ...]] = OrderedDict()
        self._pool = ThreadPoolExecutor(_WORKERS, "outlay-home")

    def ask(
        self, persona: str, *, period: str = "", of: str = "", now: datetime | None = None
    ) -> Asked:
        """What a home is asked; QueryError for a persona or period that is none."""
        found = persona_of(persona)
        return resolve(self._workspace, found, period=period, of=of, now=now or runs.utc_now())

    def home(self, asked: Asked, *, seconds: float | None = None) -> Home:
        """The home with every card, or with those that are there after so many seconds."""
        base = self._base(asked)
        started = {name: self._start(asked, card_of(name), base) for name in visible(asked.persona)}
        end = None if seconds is None else time.monotonic() + seconds
        answers: dict[str, Answer] = {}
        waiting = []
        for name, future in started.items():
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                answers[name] = future.result(left)
            except TimeoutError:
                waiting.append(name)
        questions = tuple(
            (question, tuple(
                card for name in question.cards if (card := answers.get(name)) is not None
            ))
            for question in asked.persona.questions
        )  # fmt: skip
        return Home(asked, questions, tuple(waiting))

    def card(self, asked: Asked, name: str) -> Answer:
        """One card of the home; None where it has nothing to say or is not the reader's."""
        if name not in visible(asked.persona):
            return None
        return self._start(asked, card_of(name), self._base(asked)).result()

    def values(self, asked: Asked) -> tuple[str, ...]:
        """The teams or products that the reader may choose, costliest in the period first."""
        if not asked.tag:
            return ()
        base = self._base(asked)
        key = None if base is None else ("values", *base)
        with self._lock:
            known = self._values.get(key) if key is not None else None
        if known is None:
            at = At(self._workspace, asked)
            within = at.plain(at.question(where="", currency=None))
            found = self._workspace.values(asked.tag, limit=_VALUES, within=within, now=asked.now)
            default = at.rules.tags[asked.tag].default
            known = tuple(str(one.value) for one in found if one.value not in (None, default))
            with self._lock:
                self._values[key] = known
                while len(self._values) > _KEPT:
                    self._values.popitem(last=False)
        if asked.focus and asked.focus.value not in known:
            return (asked.focus.value, *known)
        return known

    def _start(self, asked: Asked, kind: CardKind, base: Any) -> Future[Answer]:
        """The answer, being worked out or there already. What failed is not kept."""
        key = self._key(kind, base)
        with self._lock:
            known = self._kept.get(key) if key is not None else None
            if known is not None and not _failed(known):
                self._kept.move_to_end(key)
                return known
            # A thread of its own has the principal of this one.
            run = contextvars.copy_context().run
            future: Future[Answer] = self._pool.submit(run, self._make, asked, kind)
            if key is not None:
                self._kept[key] = future
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return future

    def _make(self, asked: Asked, kind: CardKind) -> Answer:
        try:
            return kind.make(At(self._workspace, asked))
        except AccessError:
            return None
        except _EXPECTED as error:
            return Failed(kind.name, kind.title, str(error), getattr(error, "retryable", True))
        except Exception as error:
            log.exception("the card %s failed", kind.name)
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return Failed(kind.name, kind.title, reason)

    def _base(self, asked: Asked) -> Any:
        """What decides every answer of a home; None where that cannot be told: nothing is kept
        then, and each card says what is wrong."""
        workspace, reader = self._workspace, current()
        try:
            return (
                asked.period, asked.focus, asked.tag, asked.whole_month, asked.now.date(),
                reader.scope, reader.level, workspace.currency, workspace.configuration(),
                workspace.pin().snapshot_id, _metrics(workspace),
            )  # fmt: skip
        except _EXPECTED:
            return None

    def _key(self, kind: CardKind, base: Any) -> Any:
        if not kind.kept or base is None:
            return None
        workspace = self._workspace
        key: tuple[Any, ...] = (kind.name, *base)
        if kind.kept in ("books", "sources"):
            key += (_books(workspace),)
        if kind.kept == "savings":
            key += (decisions(workspace),)
        if kind.kept == "sources":
            newest = workspace.runs(limit=1)
            key += (newest[0] if newest else None, len(workspace.held()), _stated(workspace))
        return key


def visible(persona: Persona) -> Sequence[str]:
    """The cards of a persona that the reader may see, each once."""
    whole = current().whole
    names = (name for question in persona.questions for name in question.cards)
    return [name for name in dict.fromkeys(names) if whole or not card_of(name).whole]


def _failed(future: Future[Answer]) -> bool:
    return future.done() and isinstance(future.result(), Failed)


def _metrics(workspace: Workspace) -> Any:
    reader = workspace.metrics.reader()
    return tuple((name, reader.version(name)) for name in workspace.resources.names("Metric"))


def _books(workspace: Workspace) -> Any:
    from outlay.app import statements

    books = statements.books(workspace)
    return tuple(
        (plan.name, len(books.events(plan.name)), len(books.closed(plan.name)))
        for plan in statements.plans(workspace)
    )


def _stated(workspace: Workspace) -> Any:
    place = workspace.path / "stated.yaml"
    return place.stat().st_mtime_ns if place.is_file() else None


_LOCK = threading.Lock()


def homes(workspace: Workspace) -> Homes:
    """The homes of a workspace, shared by all faces of this process."""
    # Kept by the workspace itself, so that they go with it.
    with _LOCK:
        found: Homes = vars(workspace).setdefault("_homes", None) or Homes(workspace)
        vars(workspace)["_homes"] = found
        return found


@served("GET /home/{persona}")
def home(workspace: Workspace, persona: str, *, period: str = "", of: str = "") -> Home:
    """A persona's home with every card; QueryError for a persona or period that is none."""
    kept = homes(workspace)
    return kept.home(kept.ask(persona, period=period, of=of))
