"""Who is told of what in the demo company, as a person would have written it."""

from __future__ import annotations

from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace


def configure(workspace: Workspace) -> None:
    """Put channels, contacts and routes; those of reports must be there already."""
    put_file(workspace, "alerts.yaml")
