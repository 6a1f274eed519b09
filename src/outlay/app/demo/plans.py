"""Kestrel's plan of its fiscal year: a budget that the board approved before the year began, and
the estimate that finance works on now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from outlay.app.demo.story import Story, month
from outlay.app.planning.plan_baseline import worked_out
from outlay.app.planning.plan_drivers import driver_for
from outlay.app.planning.plans import get_plan, store_of
from outlay.money import BillingPeriod
from outlay.money.cents import to_unit
from outlay.planning.plans import edits
from outlay.planning.plans.baseline import with_baseline
from outlay.planning.plans.edits import By, CellEdit, NewLine
from outlay.planning.plans.kind import PLAN
from outlay.planning.plans.model import Document, Method, Step
from outlay.planning.plans.store import Signed

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

NAME = "cloud"
_FILE = "plans.yaml"
_BEGUN = 4
"""So many months of the fiscal year are over."""
_NEEDED = 6
"""So many months before it the budget was made from."""
_AUTHOR = "outlay demo"


def configure(workspace: Workspace, story: Story) -> None:
    """Make the plan, its approved budget and the draft of an estimate; not where there is or was
    one, and not of a story too short to plan from."""
    first = month(BillingPeriod.of(story.last_day), -_BEGUN)
    if first < month(story.months()[0], _NEEDED) or workspace.history(PLAN.name, NAME):
        return
    text = resources.files("outlay.app.demo").joinpath(_FILE).read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    spec = said["spec"] | {"starts": str(first)}
    workspace.put_resource(PLAN.name, NAME, spec, author=_AUTHOR)
    maker = _Maker(workspace, said)
    maker.budget(datetime.combine(first.start - timedelta(days=12), time(9, 15)))
    maker.estimate(datetime.combine(story.last_day, time(16, 40)))


class _Maker:
    """Writes versions as people would have, on the days when they would have."""

    def __init__(self, workspace: Workspace, said: dict[str, Any]) -> None:
        self.workspace, self.said = workspace, said
        self.store = store_of(workspace)
        self.frame = get_plan(workspace, NAME).frame
        self.planner, self.approver = said["planner"], said["approver"]

    def budget(self, at: datetime) -> None:
        """The year as it was meant before it began."""
        document = self._with_baseline(Document(self.frame, "budget"), "forecast", at, before=True)
        document = self._edited(document, self.said["budget"], at)
        self.store.start(document, "budget", self.said["budget"]["title"], self._by(at))
        submitted = at + timedelta(days=3, hours=2)
        self.store.submit(NAME, None, self._by(submitted, self.said["budget"]["note"]))
        self.store.approve(
            NAME, 1, Signed(self.approver, submitted + timedelta(days=4), self.said["approved"])
        )

    def estimate(self, at: datetime) -> None:
        """The year as it looks now, not submitted yet."""
        before = self.store.version(NAME, 1).document
        step = Step(before.revision + 1, at, self.planner, edits.STARTED, "started from version 1")
        document = before.but(
            kind="estimate", steps=(*before.steps, step), revision=before.revision + 1
        )
        document = self._driven(document, at)
        document = self._with_baseline(document, "forecast", at, before=False)
        document = self._edited(document, self.said["estimate"], at)
        self.store.start(document, "estimate", self.said["estimate"]["title"], self._by(at))

    def _by(self, at: datetime, note: str = "") -> Signed:
        return Signed(self.planner, at, note)

    def _with_baseline(
        self, document: Document, method: Method, at: datetime, *, before: bool
    ) -> Document:
        cut = self.frame.months[0].start if before else None
        made = worked_out(self.workspace, document, method, None, cut)
        stamp = replace(made.stamp, at=at, author=self.planner)
        return with_baseline(
            document, replace(made, stamp=stamp), By(self.planner, at, method, document.revision)
        )

    def _driven(self, document: Document, at: datetime) -> Document:
        """The line that grows with orders, where there are orders and such a line."""
        one = self.said["estimate"]["driver"]
        line = self._line(document, one["path"])
        if line is None or one["metric"] not in self.workspace.metrics.specs():
            return document
        only = {label: tuple(values) for label, values in one["only"].items()}
        driver = driver_for(self.workspace, self.frame, tuple(one["path"]), "", one["metric"], only)
        return edits.drive_line(document, line, driver, By(self.planner, at, one["reason"]))

    def _edited(self, document: Document, said: dict[str, Any], at: datetime) -> Document:
        """Adjustments, lines and notes, one after another."""
        for place, one in enumerate(said.get("adjustments", ())):
            moment = at + timedelta(minutes=7 * place)
            by = By(one.get("author", self.planner), moment, one["reason"])
            cells = self._cells(document, one)
            document = edits.edit_cells(document, cells, by) if cells else document
        for one in said.get("lines", ()):
            by = By(self.planner, at + timedelta(hours=1), one["reason"])
            amounts = tuple((self.frame.months[n], Decimal(a)) for n, a in one["amounts"].items())
            new = NewLine(tuple(one["path"]), one["name"], amounts, note=one.get("note", ""))
            document = edits.add_line(document, new, by)[0]
        for text in said.get("notes", ()):
            by = By(self.planner, at + timedelta(hours=2), "")
            document = edits.add_note(document, "", None, text, by)
        return document

    def _cells(self, document: Document, one: dict[str, Any]) -> list[CellEdit]:
        """What an adjustment adds: a share (per cent) of a line's cells, or an amount, from the
        month `from` (0 to 11) up to the month `to`."""
        line = self._line(document, one["path"])
        if line is None:
            return []
        found = []
        for at in range(one["from"], one["to"] + 1):
            now = document.cells(line)[at].total
            amount = (
                Decimal(one["amount"])
                if "amount" in one
                else to_unit(now * Decimal(one["percent"]) / 100, self.frame.places)
            )
            found.append(CellEdit(line, self.frame.months[at], amount, how="add",
                                  effect=one["effect"]))  # fmt: skip
        return found

    @staticmethod
    def _line(document: Document, path: list[str]) -> str | None:
        return next((line.id for line in document.live if line.path == tuple(path)), None)
