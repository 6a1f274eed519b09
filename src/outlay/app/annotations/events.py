"""Annotations that nobody writes: what the product did that moves numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from outlay.access import current
from outlay.app.annotations.marks import Annotation
from outlay.app.annotations.model import AnnotationSpec
from outlay.app.checks import RULES
from outlay.money import display
from outlay.statements.store import Books

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import SliceChange
    from outlay.resources import Change

THRESHOLD = Fraction(1, 100)
"""A month is told that was delivered anew and moved by at least this share of its cost."""

_NEWEST = 500
_NEWEST_SNAPSHOTS = 60
_VERBS = {"create": "added", "update": "changed", "delete": "removed", "restore": "restored"}
_RULES = {"VirtualTag": "virtual tag", "Split": "split", "Dictionary": "dictionary"}
_PAGES = {"VirtualTag": "/tags", "Split": "/splits", "Dictionary": "/dictionaries"}


def product_events(workspace: Workspace) -> list[Annotation]:
    """Changed rules, closed statements, and months that were delivered anew.

    They are worked out from the audit, the statements and the lake's history, and kept nowhere.
    Only who sees the whole ledger sees them: they tell of more than a part of it.
    """
    if not current().whole:
        return []
    changes = [change for change in workspace.resources.audit(_NEWEST) if change.kind in RULES]
    return [*map(_of_rule, changes), *_closed(workspace), *_restatements(workspace)]


def _spec(start: date, text: str, link: str, until: date | None = None) -> AnnotationSpec:
    return AnnotationSpec.model_validate(
        {"from": start, "until": until, "text": text, "category": "event", "link": link}
    )


def _of_rule(change: Change) -> Annotation:
    what = f"{_RULES[change.kind]} {change.name}"
    spec = _spec(
        change.at.date(),
        f"{what[:1].upper()}{what[1:]} {_VERBS[change.action]} by {change.author}",
        f"{_PAGES[change.kind]}/{change.name}",
    )
    return Annotation(f"{change.kind}-{change.name}-{change.version}", spec, 0, "", change.at)


def _closed(workspace: Workspace) -> Iterator[Annotation]:
    """Months of statements that finance closed, on the day of the close."""
    store = Books(workspace.resources.engine)
    for plan in store.plans():
        for month in store.closed(plan):
            if month.closed_at is None:
                continue
            spec = _spec(
                month.closed_at.date(),
                f"Statements {plan} of {month.month} closed",
                f"/statements/{plan}/{month.month}",
            )
            yield Annotation(f"closed-{plan}-{month.month}", spec, 0, "", month.closed_at)


def _restatements(workspace: Workspace) -> Iterator[Annotation]:
    """Months that were delivered anew after they had ended, and moved by more than the
    threshold: on the days of the month, whose numbers are what moved."""
    known = workspace.snapshots()
    for before, after in list(zip(known, known[1:], strict=False))[-_NEWEST_SNAPSHOTS:]:
        if "restated" not in after.cause:
            continue
        report = workspace.restatements(before.snapshot_id, after.snapshot_id)
        for change in report.slices:
            moved = _moved(change)
            if moved is None or change.billing_period.end > after.committed_at.date():
                continue
            days = change.billing_period
            spec = _spec(
                days.start,
                f"{days} of {change.source} was delivered anew: {moved}",
                f"/restatements?from={before.snapshot_id}&to={after.snapshot_id}",
                days.end,
            )
            name = f"restated-{change.source}-{days}-{after.snapshot_id}"
            yield Annotation(name, spec, 0, "", after.committed_at)


def _moved(change: SliceChange) -> str | None:
    """The change of effective cost in words; None where it is below the threshold."""
    for one in change.measures:
        if one.measure != "EffectiveCost" or not one.change:
            continue
        if abs(Fraction(one.change)) >= abs(Fraction(one.before)) * THRESHOLD:
            return f"{display.change(one.change, 'money', one.currency)} {one.currency}"
    return None
