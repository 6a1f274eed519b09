"""What the demo company counts: a function of dates, restated once, and only added to later."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from outlay.app import Workspace
from outlay.app.demo import metrics
from outlay.app.demo.story import Story

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 3)


def test_it_is_a_function_of_dates_and_a_later_day_only_adds(tmp_path: Path) -> None:
    values = {}
    for name in ("one", "other"):
        workspace = Workspace.init(tmp_path / name)
        metrics.configure(workspace, STORY)
        reader = workspace.metrics.reader()
        values[name] = {
            metric: reader.periods(metric, spec.labels, date(2026, 9, 1), STORY.today, "day")
            for metric, spec in workspace.metrics.specs().items()
        }
        later = {metric: len(workspace.metrics.history(metric)) for metric in values[name]}
        metrics.configure(workspace, STORY)
        assert later == {m: len(workspace.metrics.history(m)) for m in values[name]}
    assert values["one"] == values["other"]
    assert set(values["one"]) == {"orders", "revenue", "requests", "active-customers"}
    assert all(day.known for days in values["one"].values() for day in days)
    metrics.configure(workspace, replace(STORY, today=date(2026, 11, 30)))
    again = workspace.metrics.reader()
    for metric, days in values["one"].items():
        labels = workspace.metrics.spec(metric).labels
        assert again.periods(metric, labels, date(2026, 9, 1), STORY.today, "day") == days
        assert again.coverage(metric).last == date(2026, 11, 29)
        assert not workspace.metrics.history(metric)[0].restates
    workspace.close()


def test_three_days_of_orders_and_revenue_are_restated(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "demo")
    metrics.configure(workspace, STORY)
    for name in ("orders", "revenue"):
        (late,) = [d for d in workspace.metrics.history(name) if d.restates]
        changes = workspace.metrics.restated(name, late.sequence)
        assert tuple(c.start.date() for c in changes) == metrics.corrected_days(STORY)
        for change in changes:
            assert change.before is not None and change.after is not None
            assert Decimal("1.03") < change.after / change.before < Decimal("1.032")
            assert change.labels == {"product": "web-shop"}
    assert not any(d.restates for d in workspace.metrics.history("requests"))
    workspace.close()
