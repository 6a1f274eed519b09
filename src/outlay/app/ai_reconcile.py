"""What model vendors bill beside what their usage was estimated to cost, over a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.served import served
from outlay.app.usage import ties

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.usage.reconcile import Reconciliation

DEFAULT_BY = ("model",)


@served("GET /ai/reconcile")
def reconcile(
    workspace: Workspace,
    *,
    by: Sequence[str] = DEFAULT_BY,
    range_: str = "all",
    sources: Sequence[str] = (),
    now: datetime | None = None,
) -> Reconciliation:
    """Costs, estimates and their differences by the names given (`outlay.query.usage.reconcile`).

    Raises QueryError for a name or range that is none, ResourceError for a source that is none.
    """
    from outlay.query.ranges import range_text
    from outlay.query.usage.reconcile import reconcile as ask

    for source in sources:
        workspace.show_source(source)
    return ask(
        workspace.lake,
        ties(workspace),
        by=tuple(by) or DEFAULT_BY,
        range_=range_text(range_),
        sources=sources,
        now=now,
    )
