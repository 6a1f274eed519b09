"""Run command lines in this process, in a workspace of their own."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outlay.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("OUTLAY_DATABASE_URL", raising=False)
    monkeypatch.delenv("OUTLAY_DEBUG", raising=False)

    def call(*words: object) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture(scope="session")
def _empty_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("template") / "acme"
    assert main(["init", str(place)]) == 0
    return place


@pytest.fixture
def folder(_empty_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace of its own (a copy: quicker than to make one); commands without -w use
    it."""
    place = tmp_path / "acme"
    shutil.copytree(_empty_workspace, place)
    monkeypatch.setenv("OUTLAY_WORKSPACE", str(place))
    return place
