"""KPIs: how well the practice saves."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.kpis import kpis, shapes
from outlay.app.kpis.words import told
from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut


class KpisInput(Input):
    """In which currency."""

    currency: str = Field(default="", description="Left out: the workspace's")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS, description="The most owners")


class KpisOutput(Output):
    """KPIs with their formulas and figures."""

    currency: str
    kpis: list[dict[str, Any]] = Field(
        description="name, value (a ratio is a share), kind, formula, parts, reason"
    )
    owners: list[dict[str, Any]]
    months: list[dict[str, Any]]
    truncation: Truncation
    links: list[Link]


@tool("kpis", "KPIs of saving", "GET /kpis", KpisOutput, input=KpisInput)
def list_kpis(context: Context, asked: KpisInput) -> Answer:
    """Effective savings rate, coverage, utilisation, waste share, open potential, realised against
    potential, time to act, acceptance and overdue; with owners, and what was promised and realised
    by month."""
    found = kpis.kpis(context.workspace, asked.currency)
    data = shapes.kpis_json(found)
    owners, left = cut(data["owners"], asked.limit, "the currency")
    link = context.links.to("KPIs", "/kpis", {"currency": found.currency})
    lines = [
        f"- {one.title}: {told(one.value, one.kind, found.currency)}"
        + (f" ({one.reason})" if one.value is None and one.reason else "")
        for one in found.kpis
    ]
    kept = {name: data[name] for name in ("currency", "kpis", "months")}
    return Answer(
        {**kept, "owners": owners, "truncation": left, "links": [link]},
        "\n".join([*lines, f"Page: {link['url']}"]),
    )
