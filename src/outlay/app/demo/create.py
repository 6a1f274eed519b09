"""Make or refresh the demo workspace: write the bills, load them, save a few views."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from outlay.app import usage
from outlay.app.alerts.looking import look
from outlay.app.demo import (
    alerts,
    allocation,
    anomalies,
    boards,
    budgets,
    commitments,
    contracts,
    finance,
    forecast,
    lines,
    metrics,
    native,
    people,
    plans,
    realised,
    reports,
    savings,
    views,
    write_cur,
    write_focus,
)
from outlay.app.demo.story import COMPANY, MONTHS, Story
from outlay.app.demo.table import Span
from outlay.app.demo.vendors import VENDORS
from outlay.app.errors import WorkspaceError
from outlay.app.settings import FILE
from outlay.app.workspace import Workspace
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.sources.contract import Progress

BILLS = "bills"
_MARKER = "story.json"

# Source name → kind; each reads the folder of its name below `bills/`.
SOURCES = {
    "aws-main": "aws-cur",
    "aws-fjellkit": "aws-cur",
    "aws-gmbh": "aws-focus",
    "loomlight": "focus",
} | {vendor.name: vendor.kind for vendor in VENDORS}
_OPTIONS = {vendor.name: vendor.options for vendor in VENDORS}
_RESTATED = ("aws-main", "aws-fjellkit")


@dataclass(frozen=True)
class Demo:
    """What the demo's folder remembers: the story's anchor, up to which day it has bills, and
    how far it got (`new`, `early` once the first deliveries are loaded, `done`)."""

    anchor: str
    today: str
    stage: str = "new"
    months: int = MONTHS

    @property
    def story(self) -> Story:
        """The story of these dates."""
        return Story(date.fromisoformat(self.anchor), date.fromisoformat(self.today), self.months)


def build(
    path: Path | str, today: date | None = None, progress: Progress | None = None
) -> Workspace:
    """As `create_demo`, for the workspace's own today."""
    workspace = create_demo(path, today, progress)
    return workspace


def create_demo(
    path: Path | str,
    today: date | None = None,
    progress: Progress | None = None,
    *,
    months: int = MONTHS,
) -> Workspace:
    """The demo workspace in `path`, with bills up to the day before `today` (default: now, UTC).

    `months` is how many a new demo has; tests make short ones.
    Made if it is not there; brought up to date by the ordinary path when it is from an earlier
    day; left as it is otherwise. Raises WorkspaceError when the folder holds another workspace
    or a bill does not load.
    """
    folder = Path(path).expanduser().absolute()
    known = _read(folder)
    if known is None and (folder / FILE).is_file():
        raise WorkspaceError(
            f"{folder} holds a workspace that is not the demo. Name another folder: "
            "outlay -w FOLDER demo",
            wrong_use=True,
        )
    workspace = Workspace.init(folder, name=COMPANY, currency="USD")
    if months < 2:
        raise ValueError("the demo needs two months: the last full one is restated")
    day = today or workspace.today()
    if known is not None and known.stage == "done":
        if known.today >= day.isoformat() and workspace.deliveries():
            return workspace
        first = BillingPeriod.of(known.story.last_day)
    else:
        first = None
    anchor = known.anchor if known is not None else day.isoformat()
    stage = known.stage if known is not None and workspace.deliveries() else "new"
    until = max(day.isoformat(), known.today if known else "")
    demo = Demo(anchor, until, stage, known.months if known is not None else months)
    tell = progress or (lambda _what, _done, _of: None)
    _Maker(workspace, demo, tell).make(first)
    return workspace


class _Maker:
    """One run of making the demo; `make` can be started again wherever it was cut off."""

    def __init__(self, workspace: Workspace, demo: Demo, progress: Progress) -> None:
        self.workspace = workspace
        self.demo = demo
        self.story = demo.story
        self.bills = workspace.path / BILLS
        self.progress = progress

    def make(self, first: BillingPeriod | None) -> None:
        """Write and load all bills, or those from the month `first` on."""
        with duckdb.connect(":memory:") as con:
            if self.demo.stage == "new":
                _write(self.workspace.path, self.demo)
                self._write_early(con)
                self._configure()
                # Before the bills are in: what is shared out is made as they come.
                allocation.configure(self.workspace)
                self._sync(_RESTATED)
                self._remember("early")
            self._write_final(con, first)
        self._sync(tuple(SOURCES))
        self._save_views()
        allocation.configure(self.workspace)
        metrics.configure(self.workspace, self.story)
        finance.configure(self.workspace, self.story)
        boards.configure(self.workspace, self.story)
        budgets.configure(self.workspace, self.story)
        commitments.configure(self.workspace, self.story)
        contracts.configure(self.workspace, self.story)
        plans.configure(self.workspace, self.story)
        forecast.configure(self.workspace, self.story)
        reports.configure(self.workspace)
        alerts.configure(self.workspace)
        anomalies.configure(self.workspace, self.story)
        people.configure(self.workspace)
        native.configure(self.workspace, self.story)
        realised.configure(self.workspace, self.story)
        savings.configure(self.workspace, self.story)
        look(self.workspace)
        self._remember("done")

    def _remember(self, stage: str) -> None:
        self.demo = replace(self.demo, stage=stage)
        _write(self.workspace.path, self.demo)

    def _save_views(self) -> None:
        saved = {view.name for view in self.workspace.views()}
        for view in views.views(self.story):
            if view.name not in saved:
                self.workspace.save_view(
                    view.name,
                    view.query,
                    title=view.title,
                    description=view.description,
                    author="outlay demo",
                )

    def _write_early(self, con: duckdb.DuckDBPyConnection) -> None:
        """The bills as they stood on the 18th of the restated month."""
        story = self.story
        months = story.months()
        before = [month for month in months if month < story.restated]
        self._say("writing bills", 0, len(before) + 1)
        if before:
            lines.build(con, story, Span(months[0].start, story.restated.start, story.early_cut))
        for number, month in enumerate(before):
            self._say("writing bills", number, len(before) + 1)
            self._write_aws(con, month, closed=True, run="final")
        span = Span(story.restated.start, story.early_cut, story.early_cut, early=True)
        lines.build(con, story, span)
        self._write_aws(con, story.restated, closed=False, run="day18")

    def _write_final(self, con: duckdb.DuckDBPyConnection, first: BillingPeriod | None) -> None:
        """The bills as they stand today: what is new since the first deliveries, or since
        the month `first`."""
        story = self.story
        start = first or story.restated
        months = [month for month in story.months() if month >= start]
        lines.build(con, story, Span(start.start, story.today, story.today))
        for month in months:
            closed = story.closed(month)
            run = "final" if closed else f"day{story.last_day.day:02d}"
            self._write_aws(con, month, closed=closed, run=run)
        write_focus.prepare(con, story)
        others = story.months() if first is None else months
        for number, month in enumerate(others):
            self._say("writing bills", number, len(others))
            write_focus.write_gmbh(con, self.bills / "aws-gmbh", month, story)
            write_focus.write_vendor(con, self.bills / "loomlight", month, story)
            for vendor in VENDORS:
                folder = self.bills / vendor.name
                folder.mkdir(parents=True, exist_ok=True)
                vendor.write(folder, month, story)

    def _write_aws(
        self, con: duckdb.DuckDBPyConnection, month: BillingPeriod, *, closed: bool, run: str
    ) -> None:
        write_cur.write_cur2(con, self.bills / "aws-main", month, f"{month}-{run}", closed)
        if month >= self.story.acquisition:
            assembly = _uuid(f"fjellkit/{month}/{run}")
            write_cur.write_legacy(con, self.bills / "aws-fjellkit", month, assembly, closed)

    def _configure(self) -> None:
        configured = {status.name for status in self.workspace.sources()}
        for name, kind in SOURCES.items():
            if name not in configured:
                location = str(self.bills / name)
                self.workspace.add_source(
                    name, kind, location, _OPTIONS.get(name), author="outlay demo"
                )
        for vendor in VENDORS:
            if vendor.billed_by and vendor.name not in configured:
                usage.tie(
                    self.workspace, vendor.name, vendor.billed_by, vendor.match,
                    vendor.where, author="outlay demo",
                )  # fmt: skip

    def _sync(self, names: Sequence[str]) -> None:
        """Sources do not wait for each other: each is a bill of its own."""
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            loading = {pool.submit(self.workspace.sync, [name]): name for name in names}
            for number, finished in enumerate(as_completed(loading), 1):
                name = loading[finished]
                self._say(f"loading {name}", number, len(names))
                for done in finished.result():
                    if done.failed or done.incomplete:
                        raise WorkspaceError(f"the demo's bill {name} did not load: {done.message}")

    def _say(self, what: str, done: int, total: int | None) -> None:
        self.progress(what, done, total)


def _uuid(text: str) -> str:
    """An assembly id in the shape that AWS gives it."""
    digits = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _read(folder: Path) -> Demo | None:
    """What the folder remembers, or None where there is no demo."""
    path = folder / BILLS / _MARKER
    if not path.is_file():
        return None
    try:
        return Demo(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise WorkspaceError(
            f"{path} is damaged ({error}). Remove {folder} and make the demo again."
        ) from None


def _write(folder: Path, demo: Demo) -> None:
    path = folder / BILLS / _MARKER
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(demo), indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
