"""Every detector, by id."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from outlay.savings.detectors import contract
from outlay.savings.detectors.contract import Detector

AREAS: dict[str, str] = {
    "aws": "AWS",
    "azure": "Azure",
    "gcp": "Google Cloud",
    "kubernetes": "Kubernetes",
    "platforms": "Data platforms",
    "ai": "AI",
    "everywhere": "Any provider",
}
"""Package below this room → what its detectors look at."""


@lru_cache(maxsize=1)
def detectors() -> dict[str, Detector]:
    """The detectors of every package below this one: each of its modules has `DETECTORS`, a tuple
    (or none, for helpers). ValueError when two have one id."""
    return contract.unique([one for found in _by_area().values() for one in found])


@lru_cache(maxsize=1)
def areas() -> dict[str, str]:
    """Detector id → the area that it belongs to, a title of `AREAS`."""
    return {one.id: AREAS[area] for area, found in _by_area().items() for one in found}


def _by_area() -> dict[str, list[Detector]]:
    """The detectors by package, in the order of `AREAS`; a package without a title is an error."""
    import outlay.savings.detectors as room

    found: dict[str, list[Detector]] = {area: [] for area in AREAS}
    for module in sorted(
        pkgutil.walk_packages(room.__path__, f"{room.__name__}."), key=lambda one: one.name
    ):
        area = module.name.removeprefix(f"{room.__name__}.").partition(".")[0]
        own = getattr(importlib.import_module(module.name), "DETECTORS", ())
        if own and area not in found:
            raise ValueError(f"the detectors of {module.name} are in no area: add it to AREAS")
        if own:
            found[area] += own
    return found
