"""The workspace and its use cases: what the command line, the pages and the API call."""

from outlay.app.errors import WorkspaceError
from outlay.app.status import (
    CheckLine,
    DoctorLine,
    Freshness,
    RunRecord,
    SourceKind,
    SourceLoad,
    SourceStatus,
)
from outlay.app.workspace import Workspace

__all__ = [
    "CheckLine",
    "DoctorLine",
    "Freshness",
    "RunRecord",
    "SourceKind",
    "SourceLoad",
    "SourceStatus",
    "Workspace",
    "WorkspaceError",
]
