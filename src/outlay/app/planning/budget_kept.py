"""Answers that stay true are not asked again: where a budget stands changes with the snapshot, what
is configured, the day and the reader's scope, and with nothing else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
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
    asked: Sequence[_A],
    now: datetime,
    answer: Callable[[Workspace, Sequence[_A], datetime], Sequence[_T]],
) -> list[_T]:
    """The answers to what is asked, each worked out at most once while it is true; those that are
    not there are asked together. What fails is not kept."""
    base = (
        workspace.lake.pin().snapshot_id,
        workspace.configuration(),
        now.date(),
        current().scope,
    )
    with _lock:
        mine = _answers.setdefault(workspace, OrderedDict())
        found: dict[_A, _T] = {one: mine[one, base] for one in asked if (one, base) in mine}
        for one in found:
            mine.move_to_end((one, base))
    wanted = [one for one in dict.fromkeys(asked) if one not in found]
    if wanted:
        found |= dict(zip(wanted, answer(workspace, wanted, now), strict=True))
        with _lock:
            mine.update({(one, base): found[one] for one in wanted})
            while len(mine) > _MOST:
                mine.popitem(last=False)
    return [found[one] for one in asked]
