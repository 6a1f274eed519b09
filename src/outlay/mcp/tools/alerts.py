"""Alerts: what is open and who was told."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.alerts import shapes, use
from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import Link

_MOST = 50


class AlertsInput(Input):
    """Which alerts."""

    state: str = Field(default="open", description="open, acknowledged, snoozed, settled or all")
    kind: str = Field(
        default="", description="anomaly, budget, plan, freshness, policy or sync; '' is all"
    )
    severity: str = Field(default="", description="This or a higher one: info, warning, critical")
    owner: str = Field(default="", description="Of this owner; none: of those without")
    text: str = Field(default="", description="With this in subject or title")


class AlertsOutput(Output):
    """Alerts, the most severe and newest first."""

    alerts: list[dict[str, Any]] = Field(
        description="id, state, kind, title, severity, owner, amount (exact text) and currency, "
        "lines, driver, raised_at, told (channel and state of each delivery), url"
    )
    counts: dict[str, int] = Field(description="How many there are in each state")
    links: list[Link]


@tool("list_alerts", "List alerts", "GET /alerts", AlertsOutput, input=AlertsInput)
def list_alerts(context: Context, asked: AlertsInput) -> Answer:
    """What people of the company are to know now: anomalies, budgets and plans that are passed,
    data that is late; whose matter each is, what drove it, and by which channels it was told."""
    found = use.alerts(
        context.workspace, asked.state, asked.kind, asked.severity, asked.owner, asked.text, _MOST
    )
    rows = []
    for one in found.alerts:
        plain = shapes.alert_json(one, found.now)
        names = ("id", "state", "kind", "title", "severity", "owner", "amount", "currency",
                 "lines", "driver", "raised_at")  # fmt: skip
        told = [{"channel": d.channel, "state": d.state} for d in found.told.get(one.id, ())]
        url = context.links.to(one.signal.title, f"/alerts/{one.id}")["url"]
        rows.append({name: plain[name] for name in names} | {"told": told, "url": url})
    data = {
        "alerts": rows,
        "counts": dict(found.counts),
        "links": [context.links.to("Alerts", "/alerts")],
    }
    lines = [
        f"- {row['severity']}: {row['title']}"
        + (f", {row['amount']} {row['currency']}" if row["amount"] else "")
        + (f". {row['driver']}" if row["driver"] else "")
        for row in rows
    ]
    said = [*(lines or ["No alert fits."]), *([found.doubt] if found.doubt else [])]
    return Answer(data, "\n".join(said))
