"""Who is told of what in the demo company, as a person would have written it."""

from __future__ import annotations

import outlay.alerts.model  # noqa: F401  the kinds that the file has
from outlay.app.demo.reports import put_file
from outlay.app.workspace import Workspace


def configure(workspace: Workspace) -> None:
    """Put channels, contacts and routes; those of reports must be there already."""
    put_file(workspace, "alerts.yaml")
