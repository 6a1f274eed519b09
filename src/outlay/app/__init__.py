"""The workspace and its use cases: what the command line, the pages and the API call."""

from outlay.app.status import (
    CheckLine,
    DoctorLine,
    Freshness,
    RunRecord,
    SourceLoad,
    SourceStatus,
    WorkspaceError,
)
from outlay.app.workspace import Workspace

__all__ = [
    "CheckLine",
    "DoctorLine",
    "Freshness",
    "RunRecord",
    "SourceLoad",
    "SourceStatus",
    "Workspace",
    "WorkspaceError",
]
