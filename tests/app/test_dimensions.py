"""Dimensions without virtual tags: for lists that tell no money."""

from pathlib import Path

import pytest

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.query import discover
from tests.web.company import line, load

TAG = {"rules": [{"when": "tags.team = 'shop'", "value": "shop"}]}


def test_without_virtual_tags_no_rule_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.init(tmp_path / "workspace")
    workspace.resources.put("VirtualTag", "crew", TAG, author="test")
    load(workspace, tmp_path / "bills", "acme", [line("10.00", "2026-11-01", team="shop")])
    every = workspace.dimensions()
    assert "crew" in {one.name for one in every}
    rest = tuple(one for one in every if one.kind != "virtual")
    assert "tags.team" in {one.name for one in rest}
    monkeypatch.setattr(discover, "_allocated", None)
    assert workspace.dimensions(virtual=False) == rest
    # The scope's own rules are asked still.
    with acting(Principal("ana", Level.VIEWER, scope="crew = 'nobody'")):
        assert "tags.team" not in {one.name for one in workspace.dimensions(virtual=False)}
    workspace.close()
