"""Resources of which some are hidden are not read as resources by people of a scope."""

from __future__ import annotations

from pathlib import Path

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.annotations import marks
from outlay.app.finding import find
from outlay.app.seeing import check_kind, kinds_seen
from outlay.query import CostQuery

EVE = Principal("eve", Level.EDITOR, scope="tags.team = 'a'", via="session")


def test_an_annotation_of_others_is_told_in_no_way(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path)
    said = {"text": "Canary b", "from": "2026-09-01", "where": "tags.team = 'b'"}
    workspace.resources.put("Annotation", "canary-b", said, author="ann")
    workspace.resources.put("View", "canary-view", {"query": CostQuery().to_json()}, author="ann")
    kind = workspace.resources.registry.get("Annotation")
    assert [one.name for one in find(workspace, "canary")] == ["canary-b", "canary-view"]
    with acting(EVE):
        assert marks.listed(workspace) == []
        assert [one.name for one in find(workspace, "canary")] == ["canary-view"]
        assert kind.name not in {one.name for one in kinds_seen(workspace.kinds())}
        with pytest.raises(AccessDeniedError):
            check_kind(kind)
    workspace.close()
