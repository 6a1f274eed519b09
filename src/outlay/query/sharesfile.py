"""Shares that were weighed once, kept for the next process: a file a tag, lake and rules.

A file is named by all that decides what is in it and never changes; it can be made again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from outlay.allocation.model import SplitPeriod
from outlay.allocation.splits import ShareKey, SplitPart
from outlay.lake.facts import LakeReader

VERSION = 3
"""Raised when the same rules and charges would give other shares than before."""

Kept = tuple[
    Mapping[str, frozenset[SplitPeriod]],
    Mapping[tuple[str, date], SplitPart],
    Mapping[ShareKey, Mapping[str, int]],
]
"""Kinds of periods by pool, parts by split and period, shares by key."""


def shares_file(lake: LakeReader, key: object) -> Path | None:
    """Where the shares of a key are kept; None for a lake without a folder."""
    layout = getattr(lake, "layout", None)
    if layout is None:
        return None
    digest = hashlib.sha256(f"{VERSION} {key!r}".encode()).hexdigest()[:32]
    return Path(layout.cache) / "shares" / f"{digest}.json"


def read_shares(path: Path) -> Kept | None:
    """The kept shares; None where there are none, or the file was cut short."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    kinds = {pool: frozenset(found) for pool, found in data["kinds"].items()}
    parts = {
        (name, date.fromisoformat(period)): SplitPart(
            name, date.fromisoformat(period), _fractions(weights), _fractions(shares), reason,
            tuple(notes),
        )
        for name, period, weights, shares, reason, notes in data["parts"]
    }  # fmt: skip
    shares = {
        ShareKey(pool, _day(day), _day(billing)): units
        for pool, day, billing, units in data["shares"]
    }
    return kinds, parts, shares


def write_shares(
    path: Path,
    kinds: Mapping[str, frozenset[SplitPeriod]],
    parts: Mapping[tuple[str, date], SplitPart],
    shares: Mapping[ShareKey, Mapping[str, int]],
) -> None:
    """Keep shares, whole or not at all; a folder that refuses is passed over."""
    data = {
        "kinds": {pool: sorted(found) for pool, found in kinds.items()},
        "parts": [
            [name, period.isoformat(), _texts(part.weights), _texts(part.shares), part.reason,
             list(part.notes)]
            for (name, period), part in parts.items()
        ],
        "shares": [
            [key.pool, _text(key.day), _text(key.billing), dict(units)]
            for key, units in shares.items()
        ],
    }  # fmt: skip
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(data), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        # What cannot be kept is weighed again next time.
        temporary.unlink(missing_ok=True)


def _fractions(found: Mapping[str, str]) -> dict[str, Fraction]:
    return {name: Fraction(text) for name, text in found.items()}


def _texts(found: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: str(value) for name, value in found.items()}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _text(day: date | None) -> Any:
    return None if day is None else day.isoformat()
