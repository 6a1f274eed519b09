"""Tools' names of metrics and statistics, as the product has them (the table is `names.yaml`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from outlay.focus.utilization import METRICS, STATISTICS

_PERCENTILE = re.compile(r"p(\d{2})(?:\.0+)?")
_STATISTICS = {
    "average": "average", "avg": "average", "mean": "average", "minimum": "minimum",
    "min": "minimum", "maximum": "maximum", "max": "maximum", "sum": "sum", "total": "sum",
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A tool's metric in the product's words: its value times `times` is in our unit, 100 less it
    where `complement`; `kind` is the statistic of points that say none."""

    name: str
    times: Decimal = Decimal(1)
    complement: bool = False
    kind: str = ""


@dataclass(frozen=True)
class Space:
    """A tool's namespace: whose it is, what its resources are, and which of CloudWatch's
    dimensions names the resource."""

    namespace: str
    provider: str
    type: str
    dimensions: tuple[str, ...]
    metrics: dict[str, Name]


@lru_cache(maxsize=1)
def spaces() -> dict[str, Space]:
    """The namespaces by their name in small letters."""
    text = files("outlay.sources.utilization").joinpath("names.yaml").read_text(encoding="utf-8")
    return {one["namespace"].lower(): _space(one) for one in yaml.safe_load(text)}


def _space(given: dict[str, Any]) -> Space:
    return Space(
        given["namespace"],
        given["provider"],
        given["type"],
        tuple(given.get("dimensions", ())),
        {name.lower(): _name(value) for name, value in given["metrics"].items()},
    )


def _name(given: str | dict[str, Any]) -> Name:
    if isinstance(given, str):
        return Name(given)
    times = Decimal(given.get("times", "1"))
    return Name(given["name"], times, bool(given.get("complement")), given.get("kind", ""))


def space_of(namespace: str | None) -> Space | None:
    """A namespace's facts, whatever its case; None for one that is not in the table."""
    return spaces().get((namespace or "").strip().lower())


def name_of(namespace: str | None, metric: str | None) -> Name | None:
    """The product's metric for a tool's; None where it has none.

    Without a namespace it is the product's own name, or a tool's that one metric alone has.
    """
    wanted = (metric or "").strip().lower()
    space = space_of(namespace)
    if space is not None:
        return space.metrics.get(wanted)
    if wanted in METRICS:
        return Name(wanted)
    if (namespace or "").strip():
        return None
    found = {space.metrics[wanted] for space in spaces().values() if wanted in space.metrics}
    return found.pop() if len(found) == 1 else None


def statistic_of(text: str | None) -> str | None:
    """The product's statistic for a tool's (``Average``, ``p99.00``, ``Total``); None for one
    that it has no word for."""
    wanted = (text or "").strip().lower()
    if wanted in _STATISTICS:
        return _STATISTICS[wanted]
    match = _PERCENTILE.fullmatch(wanted)
    found = f"p{match[1]}" if match else None
    return found if found in STATISTICS else None
