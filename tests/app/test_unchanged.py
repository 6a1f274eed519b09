"""A step that stands on ledger, configuration and day is done once for each of them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outlay.app import Workspace, watching
from outlay.app.commitments import watch
from outlay.app.watching import StepOutcome

NOW = datetime(2026, 11, 24, 9)


def test_a_step_is_done_again_when_what_it_stands_on_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[datetime] = []

    def step(_workspace: Workspace, now: datetime) -> StepOutcome:
        done.append(now)
        return StepOutcome("commitments", raised=2, notes=("a note",))

    monkeypatch.setattr(watch, "watch", step)
    workspace = Workspace.init(tmp_path)

    def look(now: datetime) -> StepOutcome:
        return watching.watch(workspace, now, ["commitments"]).steps[0]

    assert look(NOW) == StepOutcome("commitments", 2, ("a note",))
    assert look(NOW + timedelta(hours=3)) == StepOutcome("commitments", 0, ("a note",))
    assert done == [NOW]
    look(NOW + timedelta(days=1))
    assert len(done) == 2
    spec = {"default": "nobody"}
    workspace.resources.put("VirtualTag", "team", spec, author="test")
    look(NOW + timedelta(days=1))
    assert len(done) == 3
    workspace.close()


def test_a_step_that_did_not_work_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def step(_workspace: Workspace, _now: datetime) -> StepOutcome:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the disk is full")
        return StepOutcome("contracts", failed="one cannot be asked")

    monkeypatch.setattr("outlay.app.contracts.watch.watch", step)
    workspace = Workspace.init(tmp_path)
    for _ in range(3):
        assert watching.watch(workspace, NOW, ["contracts"]).failed
    assert len(calls) == 3
    workspace.close()
