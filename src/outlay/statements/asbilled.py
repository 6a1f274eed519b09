"""Charges as the bill has them, whatever was shared out of them since; each sum asked once.

Kubernetes and the like stand rows per consumer in the place of a cluster's charges. Their sums are
the charges', but their number is not, and an invoice knows nothing of consumers.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from outlay.query import CostQuery, Result, run

if TYPE_CHECKING:
    import duckdb

    from outlay.lake.types import Pin, Rollup, Slice
    from outlay.query.run import PinnableLake

_T = TypeVar("_T")
_KEPT = 16
_LOCK = threading.Lock()
_SUMS: WeakKeyDictionary[Any, OrderedDict[tuple[str, ...], Any]] = WeakKeyDictionary()


class AsBilled:
    """A lake without the layers of another: what questions need, and nothing else."""

    def __init__(self, lake: PinnableLake) -> None:
        self._lake = lake

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The lake at a moment."""
        return self._lake.pin(as_of)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection of the caller's own."""
        return self._lake.connect()

    def rollup_paths(self, pin: Pin, table: Rollup) -> dict[str, Path]:
        """Delivery id → the roll-up file of each slice."""
        return self._lake.rollup_paths(pin, table)

    def tag_cube(self, slice_: Slice, key: str, rollups: Path | None = None) -> Path:
        """The cube of one tag key of one slice."""
        if rollups is None:
            return self._lake.tag_cube(slice_, key)
        return self._lake.tag_cube(slice_, key, rollups)


def ask(lake: PinnableLake, query: CostQuery, pin: Pin) -> Result:
    """Answer a question over the charges of a pin as they were billed."""
    return run(AsBilled(lake), query, pin=pin)


def kept(lake: PinnableLake, name: str, pin: Pin, make: Callable[[], _T]) -> _T:
    """What `make` works out from the deliveries of a pin, which never change: once for each."""
    key = (name, *(one.delivery.id for one in pin.slices))
    with _LOCK:
        known = _SUMS.setdefault(lake, OrderedDict())
        if key in known:
            known.move_to_end(key)
            found: _T = known[key]
            return found
    made = make()
    with _LOCK:
        known[key] = made
        while len(known) > _KEPT:
            known.popitem(last=False)
    return made
