"""Three months of the sample company, made once for a whole run and copied by whoever wants it."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.demo import create_demo
from outlay.lake.layout import exclusive

TODAY = date(2026, 11, 24)
"""The day on which the sample company of tests is looked at."""


def short_demo(factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the demo's last three months as of `TODAY`, for the caller to close.

    Several processes of one run share the original; the first to come makes it.
    """
    base = factory.getbasetemp()
    # The processes of one run have folders beside one another.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    original = shared / "sample-company" / "kestrel"
    done = original.with_suffix(".done")
    original.parent.mkdir(exist_ok=True)
    with exclusive(original.with_suffix(".lock")):
        if not done.exists():
            shutil.rmtree(original, ignore_errors=True)
            create_demo(original, TODAY, months=3).close()
            done.touch()
    copy: Path = factory.mktemp("demo") / "kestrel"
    shutil.copytree(original, copy)
    return Workspace.open(copy)
