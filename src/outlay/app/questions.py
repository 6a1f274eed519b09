"""Questions of a workspace: the query room's answers, with this workspace's lake and rates."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query import CostQuery, Result


def run(workspace: Workspace, query: CostQuery, now: datetime | None) -> Result:
    """See `Workspace.query`."""
    from outlay import query as room
    from outlay.app.runs import utc_now

    return room.run(workspace.lake, query, rates=rates(query), now=now or utc_now())


def rates(query: CostQuery) -> Any:
    """The rates that a question needs: none unless money is converted."""
    if query.currency is None:
        return None
    from outlay.query.rates import daily_rates

    return daily_rates()


def view_spec(query: CostQuery, *, title: str, description: str) -> dict[str, Any]:
    """The spec of a saved view."""
    from outlay.query.codec import to_json

    return {"title": title, "description": description, "query": to_json(query)}


def command_words(query: CostQuery) -> str:
    """The words after `outlay query`, ready for a shell."""
    from outlay.query.codec import to_cli

    return shlex.join(to_cli(query))


__all__: Sequence[str] = ["command_words", "rates", "run", "view_spec"]
