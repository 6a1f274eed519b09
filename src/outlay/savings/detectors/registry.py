"""Every detector, by id."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from outlay.savings.detectors import contract
from outlay.savings.detectors.contract import Detector


@lru_cache(maxsize=1)
def detectors() -> dict[str, Detector]:
    """The detectors of every package below this one: each of its modules has `DETECTORS`, a tuple
    (or none, for helpers). ValueError when two have one id."""
    import outlay.savings.detectors as room

    found: list[Detector] = []
    for module in sorted(
        pkgutil.walk_packages(room.__path__, f"{room.__name__}."), key=lambda one: one.name
    ):
        found += getattr(importlib.import_module(module.name), "DETECTORS", ())
    return contract.unique(found)
