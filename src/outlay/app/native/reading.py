"""What the native tools say now: the newest delivery of every source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outlay.savings.model import Finding

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def native_findings(workspace: Workspace) -> tuple[Finding, ...]:
    """The findings of the newest delivery of each source that is enabled, in the order of sources'
    names and of each delivery's items. `Finding.tool` is the format's id (``aws-cost-hub``,
    ``azure-advisor``, …), `Finding.resource` the resource as the tool names it."""
    return ()
