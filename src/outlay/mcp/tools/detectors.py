"""Detectors: what looks for savings, and what it could not judge."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.detectors import listing, shapes
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import Link
from outlay.money import money_text


class DetectorsInput(Input):
    """Which detectors."""

    name: str = Field(default="", description="One by its id, with its whole declaration")


class DetectorsOutput(Output):
    """Detectors with what the last look came to."""

    looked_at: str | None
    detectors: list[dict[str, Any]] = Field(
        description="id, title, area, enabled, failed, predicate, and last: findings, saving a "
        "month by currency, missing (what could not be judged, with its cost). One by its id has "
        "formula, exclusions, settings and verification too"
    )
    links: list[Link]


_SHORT = ("id", "title", "area", "enabled", "failed", "predicate", "action", "effort", "last")


@tool("detectors", "What looks for savings", "GET /detectors", DetectorsOutput,
      input=DetectorsInput)  # fmt: skip
def list_detectors(context: Context, asked: DetectorsInput) -> Answer:
    """Every detector of savings, when it fires, what the last look came to, and what it could not
    judge for want of data. What is missing is never idle. Sums over detectors promise the same
    money twice: `savings` has what the bill would fall by."""
    found = listing.catalogue(context.workspace)
    if asked.name:
        listing.known(asked.name)
    shown = [one for one in found.detectors if asked.name in ("", one.id)]
    told = [shapes.standing_json(one) for one in shown]
    if not asked.name:
        told = [{name: one[name] for name in _SHORT} for one in told]
    path = f"/detectors/{part(asked.name)}" if asked.name else "/detectors"
    link = context.links.to("Detectors", path, {})
    data = {
        "looked_at": found.looked_at.isoformat() if found.looked_at else None,
        "detectors": told,
        "links": [link],
    }
    lines = [_line(one) for one in shown]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


def _line(one: listing.Standing) -> str:
    text = f"- {one.id}: "
    if not one.enabled:
        return f"{text}off"
    if one.failed:
        return f"{text}failed: {one.failed}"
    if one.came is None:
        return f"{text}not asked yet"
    saves = ", ".join(f"{money_text(sum_)} {code}" for code, sum_ in one.came.saving.items())
    text += f"{one.came.findings} findings" + (f", {saves} a month" if saves else "")
    lacking = sum(each.resources for each in one.came.missing)
    return text + (f"; {lacking} resources not judged" if lacking else "")
