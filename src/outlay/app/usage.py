"""Usage and the provisional lane over a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from outlay.app.errors import WorkspaceError
from outlay.app.kinds import SOURCE, BillTie, SourceSpec
from outlay.app.served import served
from outlay.resources.kinds import problem_text

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.usage import Lane, MetricInfo, SupersededBy, UsageQuery, UsageResult


@served("GET /usage")
def usage(workspace: Workspace, query: UsageQuery, *, now: datetime | None = None) -> UsageResult:
    """The answer to a question about usage; QueryError when it cannot be answered."""
    from outlay.query.usage import usage as ask

    return ask(workspace.lake, query, now=now)


@served("GET /usage/metrics")
def metrics(workspace: Workspace) -> list[MetricInfo]:
    """Every metric that there is usage of."""
    from outlay.query.usage import metrics as ask

    return ask(workspace.lake)


def dimensions(workspace: Workspace) -> list[str]:
    """What usage can be grouped by."""
    from outlay.query.usage import dimensions as ask

    return ask(workspace.lake)


@served("GET /provisional")
def provisional(
    workspace: Workspace,
    query: UsageQuery,
    *,
    now: datetime | None = None,
    open_only: bool = False,
) -> Lane:
    """What usage is estimated to cost where its bill has not come yet; with `open_only` without
    the days that the bills have closed."""
    from outlay.query.usage import provisional as ask

    return ask(workspace.lake, ties(workspace), query, now=now, open_only=open_only)


def ties(workspace: Workspace) -> dict[str, SupersededBy]:
    """Source of usage → the bill that supersedes its estimates."""
    from outlay.query.usage import SupersededBy

    found = {}
    for resource in workspace.resources.list(SOURCE.name):
        spec = resource.spec
        if isinstance(spec, SourceSpec) and spec.superseded_by is not None:
            tie = spec.superseded_by
            found[resource.name] = SupersededBy(tie.source, tie.match, tie.where)
    return found


def tie(
    workspace: Workspace,
    name: str,
    bill: str | Sequence[str] | None,
    match: Sequence[str] = (),
    where: str = "",
    *,
    author: str = "",
) -> BillTie | None:
    """Tie a source of usage to the bill or bills that supersede its estimates (None: to none).

    Raises ResourceError when there is no such source, WorkspaceError when the bill is none or
    the source itself, QueryError's words when a column or the condition cannot be read.
    """
    resource = workspace.resources.get(SOURCE.name, name)
    assert isinstance(resource.spec, SourceSpec)
    made = None
    if bill is not None:
        bills = (bill,) if isinstance(bill, str) else tuple(dict.fromkeys(bill))
        if name in bills:
            raise WorkspaceError(
                f"{name} cannot supersede itself: name the source of the bill", wrong_use=True
            )
        for one in bills:
            workspace.show_source(one)
        try:
            made = BillTie(
                source=bills[0] if len(bills) == 1 else bills, match=tuple(match), where=where
            )
        except ValidationError as error:
            text = "; ".join(problem_text(problem) for problem in error.errors())
            raise WorkspaceError(text, wrong_use=True) from None
    spec = resource.spec.model_copy(update={"superseded_by": made})
    workspace.resources.put(
        SOURCE.name, name, spec, author=author, expected_version=resource.version
    )
    return made
