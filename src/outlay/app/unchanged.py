"""What stands on nothing that has changed is not worked out twice by one process.

What is looked at follows from the snapshot, what is configured (in resources, settings and
metrics), what is stated beside the bills, the bank's rates and the day; where a look saw the same
of all of these, its outcome is the same. It is kept by question, arguments and the reader's scope:
whoever sees another part of the ledger gets an answer of their own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from outlay.access import current
from outlay.app.runs import utc_now

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_MOST = 64
"""So many answers to one question are kept: those that were asked last."""

_BESIDE = ("stated.yaml", "rates/eurofxref-hist.zip")
"""Files of the workspace that answers follow from and no snapshot or resource has."""

T = TypeVar("T")


@dataclass
class _Slot:
    """One answer and what it stands on. Whoever asks while it is worked out waits for it."""

    basis: object = None
    found: Any = None
    known: bool = False
    # One answer may be made of others, of the same question too.
    lock: threading.RLock = field(default_factory=threading.RLock)


_Slots = OrderedDict[Hashable, _Slot]
_LOCK = threading.Lock()
_SEEN: WeakKeyDictionary[Workspace, dict[str, _Slots]] = WeakKeyDictionary()


def stands_on(workspace: Workspace, now: datetime) -> object:
    """What answers over the whole ledger depend on, at the day of `now` (UTC); equal where they
    are the same."""
    reader = workspace.metrics.reader()
    metrics = tuple((name, reader.version(name)) for name in sorted(reader.specs))
    return (
        workspace.pin().snapshot_id,
        workspace.configuration(),
        metrics,
        repr(workspace.settings),
        tuple(_stamp(workspace.path / name) for name in _BESIDE),
        now.date(),
        workspace.today(),
    )


def decisions(workspace: Workspace) -> tuple[object, ...]:
    """What recommendations, what was done with them and what was realised stand at: equal as long
    as nothing was found, decided, frozen or measured since."""
    from outlay.resources import tables

    newest = [
        select(func.max(column)).scalar_subquery()
        for column in (
            tables.recommendations.c.id,
            tables.recommendations.c.updated_at,
            tables.recommendation_steps.c.id,
            tables.saving_looks.c.id,
            tables.saving_baselines.c.id,
            tables.saving_entries.c.id,
        )
    ]
    with workspace.resources.engine.connect() as connection:
        return tuple(connection.execute(select(*newest)).one())


def kept(
    workspace: Workspace,
    question: str,
    arguments: Hashable,
    make: Callable[[], T],
    *,
    now: datetime | None = None,
    also: Hashable = (),
    most: int = _MOST,
) -> T:
    """What `make` answers to a question with these arguments, or answered before to who asks and
    everybody of the same scope, while nothing that it stands on has changed (`stands_on` at `now`,
    and `also`).

    The caller has checked that who asks may ask, and changes nothing of the answer. What fails is
    not kept; of the answers to one question the `most` that were asked last are.
    """
    # Told before it is made: what changes meanwhile makes it another basis.
    basis = (stands_on(workspace, now or utc_now()), also)
    slot = _slot(workspace, question, arguments, most)
    with slot.lock:
        if not slot.known or slot.basis != basis:
            slot.basis, slot.found, slot.known = basis, make(), True
        found: T = slot.found
        return found


def seen(workspace: Workspace, name: str, basis: object) -> Any:
    """What was remembered by a name for the same basis; None where nothing was."""
    slot = _slot(workspace, name)
    with slot.lock:
        return slot.found if slot.known and slot.basis == basis else None


def remember(workspace: Workspace, name: str, basis: object, found: Any) -> None:
    """Keep what was found, in place of what the name had before."""
    slot = _slot(workspace, name)
    with slot.lock:
        slot.basis, slot.found, slot.known = basis, found, True


def _slot(
    workspace: Workspace, question: str, arguments: Hashable = (), most: int = _MOST
) -> _Slot:
    key = (arguments, current().scope)
    with _LOCK:
        slots = _SEEN.setdefault(workspace, {}).setdefault(question, OrderedDict())
        slot = slots.setdefault(key, _Slot())
        slots.move_to_end(key)
        while len(slots) > most:
            slots.popitem(last=False)
    return slot


def _stamp(path: Path) -> tuple[int, int] | None:
    """When a file was written, and its size; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
