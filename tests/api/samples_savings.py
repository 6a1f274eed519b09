"""Requests for the operations of savings: on the firm, which has no recommendation, and on a
company with some."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from tests.realised.company import FINDINGS, OCTOBER, TAG, bill, recommend
from tests.web.company import load

_BULK = {"numbers": [1, 2], "step": "assign", "person": "ana@example.com"}

SAVINGS: tuple[tuple[Any, ...], ...] = (
    ("look_for_savings", "POST", "/savings/look"),
    ("list_savings", "GET", "/savings?state=all&limit=5"),
    ("get_savings_policy", "GET", "/savings/policy"),
    ("change_savings", "POST", "/savings/bulk", {"numbers": [9999], "step": "accept"}),
    ("get_saving", "GET", "/savings/9999", None, {}, 404),
    *(
        (f"{step}_saving", "POST", f"/savings/9999/{step}", body, {}, 404)
        for step, body in (
            ("assign", {"person": "ana@example.com"}),
            ("accept", {"note": "in the next release"}),
            ("implement", {"note": "deleted"}),
            ("snooze", {"until": "2999-01-31"}),
            ("dismiss", {"reason": "It is a cold standby."}),
            ("reopen", {"note": "It is no standby any more."}),
            ("comment", {"note": "Needs a restart."}),
        )
    ),
)
"""Operation, method, path, body, headers, status; the last three as far as they are needed."""

FOUND: tuple[tuple[str, str, str, Any], ...] = (
    ("list_savings", "GET", "/savings", None),
    ("change_savings", "POST", "/savings/bulk", _BULK),
    ("comment_saving", "POST", "/savings/1/comment", {"note": "Needs a restart."}),
    ("accept_saving", "POST", "/savings/1/accept", {"note": "in the next release"}),
    ("implement_saving", "POST", "/savings/1/implement", {"note": "deleted"}),
    ("get_saving", "GET", "/savings/1", None),
    ("snooze_saving", "POST", "/savings/2/snooze", {"until": "2999-01-31"}),
    ("reopen_saving", "POST", "/savings/2/reopen", {"note": "It is no standby any more."}),
    ("assign_saving", "POST", "/savings/2/assign", {"person": "ana@example.com"}),
    ("dismiss_saving", "POST", "/savings/2/dismiss", {"reason": "It is a cold standby."}),
)
"""Operation, method, path, body."""


@contextmanager
def wasteful(folder: Path) -> Iterator[Workspace]:
    """The simulated company with a few recommendations."""
    workspace = Workspace.init(folder / "wasteful", name="Acme GmbH")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    load(workspace, folder / "wasteful-bills", "acme", bill(date(2026, 9, 1), OCTOBER))
    for name in ("vol-1", "i-1", "i-2 size", "i-2 hours"):
        recommend(workspace, FINDINGS[name], owner="data")
    yield workspace
    workspace.close()
