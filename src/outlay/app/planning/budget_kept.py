"""Answers that stay true are not asked again: where a budget stands changes with the snapshot, what
is configured, the day and the reader's scope, and with nothing else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from outlay.access import current

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_MOST = 2000
_T = TypeVar("_T")
_A = TypeVar("_A", bound=Hashable)

_lock = threading.Lock()
_answers: WeakKeyDictionary[Workspace, OrderedDict[Any, Any]] = WeakKeyDictionary()


def kept(
    workspace: Workspace,
    asked: _A,
    now: datetime,
    answer: Callable[[Workspace, _A, datetime], _T],
) -> _T:
    """The answer to `asked`, worked out at most once while it is true. What fails is not kept."""
    snapshot = workspace.lake.pin().snapshot_id
    key = (asked, snapshot, workspace.configuration(), now.date(), current().scope)
    with _lock:
        mine = _answers.setdefault(workspace, OrderedDict())
        if key in mine:
            mine.move_to_end(key)
            found: _T = mine[key]
            return found
    found = answer(workspace, asked, now)
    with _lock:
        mine[key] = found
        while len(mine) > _MOST:
            mine.popitem(last=False)
    return found
