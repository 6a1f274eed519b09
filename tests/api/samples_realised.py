"""Requests for the operations of realised savings: on the firm, which has none, and on a company
with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from outlay.app.realised.following import follow
from outlay.app.savings import acting
from tests.realised.company import (
    ACCEPTED,
    DONE,
    FINDINGS,
    LATER,
    NOVEMBER,
    TAG,
    bill,
    recommend,
)
from tests.web.company import load

_SUCCESSOR = {"where": "ResourceId = 'i-3b'", "note": "the smaller instance"}
_NONE = {"where": "ResourceId = 'i-9'"}

REALISED: tuple[tuple[Any, ...], ...] = (
    ("measure_realised", "POST", "/realised/measure"),
    ("get_realised", "GET", "/realised?by=owner&since=2026-08"),
    ("export_realised", "GET", "/realised/export?format=csv"),
    ("get_realised_saving", "GET", "/realised/9999", None, {}, 404),
    ("prove_realised_saving", "GET", "/realised/9999/proof", None, {}, 404),
    ("say_successor", "POST", "/realised/9999/successor", _NONE, {}, 404),
)
"""Operation, method, path, body, headers, status; the last three as far as they are needed."""

SAVED: tuple[tuple[str, str, str, Any], ...] = (
    ("get_realised", "GET", "/realised?by=owner", None),
    ("get_realised_saving", "GET", "/realised/1", None),
    ("prove_realised_saving", "GET", "/realised/1/proof", None),
    ("say_successor", "POST", "/realised/1/successor", _SUCCESSOR),
    ("measure_realised", "POST", "/realised/measure", None),
)
"""Operation, method, path, body."""


@contextmanager
def saved(folder: Path) -> Iterator[Workspace]:
    """The simulated company with one saving: an instance that became smaller in October."""
    workspace = Workspace.init(folder / "saved", name="Acme GmbH")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    rows = bill(date(2026, 9, 1), NOVEMBER)
    load(workspace, folder / "saved-bills", "acme", rows)
    one = recommend(workspace, FINDINGS["i-3"], owner="data")
    acting.accept(workspace, one.id, now=ACCEPTED)
    acting.implement(workspace, one.id, now=DONE)
    follow(workspace, LATER)
    yield workspace
    workspace.close()
