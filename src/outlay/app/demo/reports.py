"""What the demo company is sent, as a person would have written it."""

from __future__ import annotations

from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace


def configure(workspace: Workspace) -> None:
    """Put channel and reports."""
    put_file(workspace, "reports.yaml")
