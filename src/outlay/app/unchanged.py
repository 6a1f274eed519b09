"""What stands on nothing that has changed is not worked out twice by one process.

What is looked at follows from the snapshot, what is configured (in resources, settings and
metrics) and the day; where a look saw the same of all of these, its outcome is the same.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_LOCK = threading.Lock()
_SEEN: WeakKeyDictionary[Workspace, dict[str, tuple[object, Any]]] = WeakKeyDictionary()


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
        now.date(),
        workspace.today(),
    )


def seen(workspace: Workspace, name: str, basis: object) -> Any:
    """What was remembered by a name for the same basis; None where nothing was."""
    with _LOCK:
        known = _SEEN.get(workspace, {}).get(name)
    return known[1] if known is not None and known[0] == basis else None


def remember(workspace: Workspace, name: str, basis: object, found: Any) -> None:
    """Keep what was found, in place of what the name had before."""
    with _LOCK:
        _SEEN.setdefault(workspace, {})[name] = (basis, found)
