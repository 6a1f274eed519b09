"""Answers that take seconds are kept as long as nothing that they stand on changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from outlay.access import current
from outlay.planning.plans.codec import digest_of, text_of
from outlay.planning.plans.model import Document

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_MOST = 24
_LOCK = threading.Lock()
_KEPT: OrderedDict[Any, Any] = OrderedDict()
T = TypeVar("T")


def kept(workspace: Workspace, asked: Hashable, document: Document, make: Callable[[], T]) -> T:
    """What `make` gives for a document, or gave for the same document, ledger, configuration,
    metrics, day and reader before."""
    key = (
        str(workspace.path),
        asked,
        digest_of(text_of(document)),
        workspace.pin().snapshot_id,
        workspace.configuration(),
        _metrics(workspace, document),
        workspace.today(),
        current().scope,
    )
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            found: T = _KEPT[key]
            return found
    made = make()
    with _LOCK:
        _KEPT[key] = made
        while len(_KEPT) > _MOST:
            _KEPT.popitem(last=False)
    return made


def _metrics(workspace: Workspace, document: Document) -> tuple[tuple[str, str], ...]:
    """The state of each metric that drives a line."""
    names = {line.driver.metric for line in document.live if line.driver and line.driver.metric}
    if not names:
        return ()
    reader = workspace.metrics.reader()
    return tuple(
        (name, reader.version(name) if name in reader.specs else "") for name in sorted(names)
    )
