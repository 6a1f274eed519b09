"""A source of measurements by the API, and in the background on its cadence."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.scheduling import Syncer
from tests.cli.conftest import Run, run  # noqa: F401
from tests.sources.server import Answer, Asked, serving
from tests.utilization import clouds
from tests.web.conftest import serving as pages


def _busy(asked: Asked) -> Answer:
    """A machine's processors at the end of the range, and nothing else."""
    series = {"metric": {"instance_id": clouds.AWS},
              "values": [[int(asked.parameters["end"][0]), "12.5"]]}  # fmt: skip
    found = [series] if "node_cpu" in asked.parameters["query"][0] else []
    body = {"status": "success", "data": {"resultType": "matrix", "result": found}}
    return Answer(json.dumps(body).encode())


def test_the_background_asks_on_the_cadence(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "workspace", name="Acme", currency="USD")
    with serving(_busy) as server:
        options = {"metrics": "cpu", "days": 2}
        workspace.add_source("nodes", "utilization", server.url, options, "daily", author="me")
        syncer = Syncer(workspace, tick_seconds=1)
        syncer.start()
        try:
            for _ in range(600):
                runs = workspace.runs("nodes", 5)
                if runs and runs[0].outcome != "running":
                    break
                time.sleep(0.1)
        finally:
            syncer.stop()
    assert [one.outcome for one in runs] == ["loaded"]
    status = workspace.show_source("nodes")
    now = datetime.now(UTC).replace(tzinfo=None)
    assert status.usage_rows == 3  # average, maximum and p99 of one hour
    assert status.next_sync_at is not None and status.next_sync_at > now + timedelta(hours=2)
    assert status.freshness == "fresh"
    workspace.close()


def test_the_api_adds_and_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.app.collecting.utc_now", lambda: clouds.NOW)
    workspace = Workspace.init(tmp_path / "workspace", name="Acme", currency="USD")
    client = pages(workspace)
    with serving(_busy) as server:
        body = {"name": "nodes", "kind": "utilization", "location": server.url,
                "options": {"metrics": "cpu", "days": 2}}  # fmt: skip
        assert client.post("/api/v1/sources", json=body).status_code == 201
        refused = client.post(
            "/api/v1/sources", json=body | {"name": "x", "options": {"days": 999}}
        )
        assert refused.status_code == 400 and "455" in refused.text
        (done,) = client.post("/api/v1/sync", json={"sources": ["nodes"]}).json()
        assert done["outcome"] == "loaded"
    rows = client.get("/api/v1/utilization?from=2026-11-01&to=2026-11-10").json()["rows"]
    assert [(row["ResourceId"], row["maximum"]) for row in rows] == [(clouds.AWS, "12.5")]
    workspace.close()


def test_a_file_of_resources_is_applied(tmp_path: Path, run: Run) -> None:  # noqa: F811
    workspace = Workspace.init(tmp_path / "workspace", name="Acme", currency="USD")
    text = Path(__file__).parents[2].joinpath("docs/sources/utilization.md").read_text("utf-8")
    documents = text.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "sources.yaml").write_text(documents)
    applied = run("-w", str(workspace.path), "apply", str(tmp_path / "sources.yaml"), "--yes")
    assert applied.code == 0, applied.err
    assert {(one.name, one.location) for one in workspace.sources()} == {
        ("watch", "cloudwatch://"), ("vm-metrics", "azure-monitor://"),
        ("nodes", "https://prometheus.example.com"),
    }  # fmt: skip
    workspace.close()
