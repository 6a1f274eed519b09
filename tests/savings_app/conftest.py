"""A company with bills of August and September 2026, and what tools say of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.detectors.running import Ran
from outlay.app.savings import looking
from outlay.app.savings.acting import store
from outlay.app.savings.looking import Look, look
from outlay.savings.model import Finding, Insufficient
from outlay.savings.recommendation import Recommendation
from tests.realised.company import FINDINGS, company

NOW = datetime(2026, 10, 1, 9)
"""The first look: the bills of August and September are whole."""


@dataclass
class Tools:
    """What detectors and native tools say at the next look."""

    own: Sequence[Finding] = ()
    native: Sequence[Finding] = ()
    insufficient: Sequence[Insufficient] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    native_fails: str = ""

    def ran(self, known: Any, **_: object) -> Ran:
        """In place of the detectors."""
        return Ran(tuple(self.own), tuple(self.insufficient), dict(self.failed), known.snapshot)

    def read(self, _: Workspace) -> tuple[Finding, ...]:
        """In place of what native tools said."""
        if self.native_fails:
            raise RuntimeError(self.native_fails)
        return tuple(self.native)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's workspace, not looked at."""
    folder = tmp_path_factory.mktemp("savings")
    company(folder).close()
    return folder / "workspace"


@pytest.fixture
def acme(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The company, to be changed."""
    shutil.copytree(made, tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    """What tools say: all of the company's findings, until a test says otherwise."""
    from outlay.app.native import reading

    found = Tools(list(FINDINGS.values()))
    monkeypatch.setattr(looking, "run_over", found.ran)
    monkeypatch.setattr(reading, "native_findings", found.read)
    return found


@pytest.fixture
def looked(acme: Workspace, tools: Tools) -> Workspace:
    """The company after its first look."""
    look(acme, NOW)
    return acme


def again(workspace: Workspace, at: datetime) -> Look:
    """Another look."""
    return look(workspace, at)


def of(workspace: Workspace, resource: str, group: str = "") -> Recommendation:
    """The recommendation of a resource (or scope)."""
    (found,) = [
        one
        for one in store(workspace).listed()
        if resource in (one.resource, one.scope) and group in ("", one.group)
    ]
    return found
