"""The demo's contracts: an enterprise discount, prepaid capacity, a volume agreement, a MACC."""

from __future__ import annotations

from outlay.app.demo.story import Story
from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace
from outlay.query.ranges import step


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's contracts, each not where there is or was one."""
    first = story.months()[0].start
    agreed = max(first, story.at(-4).start)
    days = {
        "first": first,
        "second": step(first, "month", 12),
        "third": step(first, "month", 24),
        "fourth": step(first, "month", 36),
        "capacity": first,
        "capacity_end": step(first, "month", 15),
        "discount": agreed,
        "discount_end": step(agreed, "month", 12),
    }
    put_file(workspace, "contracts.yaml", days)
