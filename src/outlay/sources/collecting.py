"""Where a source that asks an API puts the answers: pages as files, whole periods at a time.

    <spool>/2026-10/manifest.json, costs-0001.json, …     what `deliveries` reads
    <spool>/.partial/2026-10/…                            pages of a collection under way

A period's pages appear under their name all at once, or not at all. A collection that was killed
finds its pages and its cursor again and goes on. The old pages of a period stand aside for a moment
while the new ones take their name; whoever opens the spool next ends what a crash left in between.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from outlay.money import BillingPeriod

MANIFEST = "manifest.json"
_PARTIAL = ".partial"
_PROGRESS = "cursor.json"
_ASIDE = ".old"


@dataclass(frozen=True)
class Collected:
    """A period's finished collection: when (UTC), and whether the period was over by then."""

    period: BillingPeriod
    at: datetime
    final: bool


class Spool:
    """The folder of one source's collected answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._recover()

    def collected(self) -> dict[BillingPeriod, Collected]:
        """The periods that are there, whole. One whose manifest cannot be read is not: it is
        collected again."""
        found = {}
        for manifest in sorted(self.folder.glob(f"*/{MANIFEST}")):
            try:
                data = json.loads(manifest.read_text(encoding="utf-8"))
                period = BillingPeriod.parse(manifest.parent.name)
                at = datetime.fromisoformat(data["collected_at"])
                found[period] = Collected(period, at, bool(data["final"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return found

    def _recover(self) -> None:
        """End what a crash left between a finished collection and its name."""
        partial = self.folder / _PARTIAL
        for aside in partial.glob(f"*{_ASIDE}"):
            target = self.folder / aside.name.removesuffix(_ASIDE)
            if target.exists():
                shutil.rmtree(aside, ignore_errors=True)
            elif not _is_finished(partial / target.name):
                aside.rename(target)
        for folder in partial.glob("*"):
            if _is_finished(folder) and not folder.name.endswith(_ASIDE):
                _take_name(folder, self.folder / folder.name)

    def begin(self, period: BillingPeriod, key: Mapping[str, Any]) -> "Collection":
        """Begin a period's collection, or go on with one that was killed.

        `key` is what was asked (address, grouping, day): pages of another question are dropped.
        """
        return Collection(self, period, dict(key))


class Collection:
    """One period's collection under way."""

    def __init__(self, spool: Spool, period: BillingPeriod, key: dict[str, Any]) -> None:
        self.period = period
        self._spool = spool
        self._folder = spool.folder / _PARTIAL / str(period)
        self._state = self._read_state()
        if self._state.get("key") != key:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._state = {"key": key, "cursors": {}, "pages": []}
        self._folder.mkdir(parents=True, exist_ok=True)
        self._save()

    def _read_state(self) -> dict[str, Any]:
        try:
            data: dict[str, Any] = json.loads((self._folder / _PROGRESS).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        whole = isinstance(data, dict) and {"key", "cursors", "pages"} <= set(data)
        return data if whole else {}

    def cursor(self, stream: str) -> Any:
        """Where `stream` (an endpoint) stopped: what `land` was last given; None at its start."""
        return self._state["cursors"].get(stream)

    def pages(self, stream: str) -> int:
        """How many pages of the stream have landed."""
        return sum(1 for page in self._state["pages"] if page.rpartition("-")[0] == stream)

    def land(self, stream: str, content: bytes, cursor: Any, ending: str = ".json") -> None:
        """Land one page, then remember the cursor of the next one (any JSON value).

        Killed between the two, the page is asked for again and takes the same name.
        """
        name = f"{stream}-{self.pages(stream) + 1:05d}{ending}"
        _write(self._folder / name, content)
        self._state["pages"].append(name)
        self._state["cursors"][stream] = cursor
        self._save()

    def finish(self, now: datetime, *, final: bool, facts: Mapping[str, Any] | None = None) -> None:
        """Let the period's pages appear, in place of those before. `final`: the vendor changes it
        no more, so that it need not be asked again. `facts` go into the manifest."""
        manifest = {
            "collected_at": now.replace(tzinfo=None).isoformat(timespec="seconds"),
            "final": final,
            "pages": self._state["pages"],
            **self._state["key"],
            **(facts or {}),
        }
        _write(self._folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
        (self._folder / _PROGRESS).unlink()
        _take_name(self._folder, self._spool.folder / str(self.period))

    def _save(self) -> None:
        _write(self._folder / _PROGRESS, json.dumps(self._state).encode())


def _is_finished(folder: Path) -> bool:
    """Whether a collection's folder has its manifest and asks for nothing more."""
    return (folder / MANIFEST).is_file() and not (folder / _PROGRESS).exists()


def _take_name(folder: Path, target: Path) -> None:
    """Put a finished collection in place of the one before."""
    aside = folder.with_name(f"{target.name}{_ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    if target.exists():
        target.rename(aside)
    folder.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def wanted_periods(
    first: BillingPeriod,
    now: datetime,
    collected: Mapping[BillingPeriod, Collected],
    asked: "frozenset[BillingPeriod] | None" = None,
) -> Iterator[BillingPeriod]:
    """The periods from `first` to that of `now` (UTC) to collect: those asked for, else those
    that are not there in their final form."""
    period = first
    last = BillingPeriod(now.year, now.month)
    while period <= last:
        if asked is not None:
            if period in asked:
                yield period
        elif period not in collected or not collected[period].final:
            yield period
        period = period.next()


def _write(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.new")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(target)
