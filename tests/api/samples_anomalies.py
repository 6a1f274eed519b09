"""One request for each operation of an anomaly, in an order that works on a company with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import look, make

ANOMALY: tuple[tuple[str, str, str, Any], ...] = (
    ("list_anomalies", "GET", "/anomalies?state=all", None),
    ("get_anomaly", "GET", "/anomalies/1", None),
    ("assign_anomaly", "POST", "/anomalies/1/assign", {"person": "ana@example.com"}),
    ("comment_anomaly", "POST", "/anomalies/1/comment", {"note": "It was the load test."}),
    ("acknowledge_anomaly", "POST", "/anomalies/1/acknowledge", {"note": "on it"}),
    ("resolve_anomaly", "POST", "/anomalies/1/resolve", {"note": "capacity was released"}),
    ("reopen_anomaly", "POST", "/anomalies/1/reopen", {"note": "it came back"}),
    ("say_anomaly", "POST", "/anomalies/1/feedback", {"verdict": "expected"}),
    ("withdraw_anomaly", "DELETE", "/anomalies/1/feedback", None),
    ("list_anomaly_runs", "GET", "/anomalies/runs", None),
)
"""Operation, method, path, body."""


@contextmanager
def odd(folder: Path) -> Iterator[Workspace]:
    """The company with a spike, looked at once."""
    path = bill.write(folder / "bill.csv", bill.lines(), bill.spike())
    workspace = make(folder / "ws", path)
    look(workspace)
    yield workspace
    workspace.close()
