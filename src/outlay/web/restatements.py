"""What changed between two moments: by slice, and by a dimension of choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.expression.dimensions import parse_dimension
from outlay.lake import RestatementReport, SnapshotInfo
from outlay.lake.types import SliceChange
from outlay.query import CostQuery, equals
from outlay.query.codec import from_params
from outlay.query.ranges import between
from outlay.web import numbers, words
from outlay.web.drivers.address import drivers_url
from outlay.web.render import Site

_MEASURES = ("BilledCost", "EffectiveCost")
_MOST_ROWS = 500


def router(site: Site) -> APIRouter:
    """The route of the restatement report."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/restatements", response_class=HTMLResponse)
    def restatements(request: Request) -> Response:
        """Two moments, what changed between them, and the history of commits."""
        fields = request.query_params
        snapshots = list(reversed(workspace.snapshots()))
        if not snapshots:
            return site.page(
                request,
                "restatements.html",
                active="restatements",
                title="Restatements",
                snapshots=[],
                report=None,
            )
        before, after = _chosen(fields, snapshots)
        by = tuple(str(parse_dimension(name)) for name in [fields.get("by", "")] if name)
        report = None
        if before:
            report = workspace.restatements(_moment(before), _moment(after) if after else None, by)
        return site.page(
            request,
            "restatements.html",
            active="restatements",
            title="Restatements",
            snapshots=snapshots,
            report=report,
            before=before,
            after=after,
            by=by[0] if by else "",
            words=words,
            dimensions=workspace.dimensions(),
            measures=_MEASURES,
            rows=_sorted_rows(report),
            most=_MOST_ROWS,
            names=_names(site),
            texts=snapshot_text,
            drivers=lambda item, measure: _drivers(item, measure, before, after),
        )

    return routes


def _drivers(item: SliceChange, measure: str, before: str, after: str) -> str:
    """What drove a restatement: the same days, told then and now; '' for a slice that is new."""
    if item.before is None or item.after is None:
        return ""
    month = item.billing_period
    query = CostQuery(
        measures=(measure,),
        by=("ServiceName",),
        range=between(month.start, month.end),
        where=equals("x_SourceName", item.source),
        as_of=after or None,
    )
    return drivers_url(query, against=query.range, before_as_of=before)


def _chosen(fields: Mapping[str, str], snapshots: Sequence[SnapshotInfo]) -> tuple[str, str]:
    """The two moments; by default the last restatement, else the last commit."""
    if fields.get("from"):
        return fields["from"], fields.get("to", "")
    for newer, older in zip(snapshots, snapshots[1:], strict=False):
        if newer.removed:
            return str(older.snapshot_id), str(newer.snapshot_id)
    if len(snapshots) > 1:
        return str(snapshots[1].snapshot_id), str(snapshots[0].snapshot_id)
    return "", ""


def _moment(text: str) -> datetime | int:
    """A snapshot id, a day (its end) or a UTC moment; raises QueryError."""
    moment = from_params({"as_of": text}).as_of_moment()
    assert moment is not None
    return moment


def _sorted_rows(report: RestatementReport | None) -> list[Any]:
    """The rows of the report, the largest change of effective cost first."""
    if report is None:
        return []
    return sorted(
        report.rows,
        key=lambda row: (
            -max(
                (abs(float(m.change)) for m in row.measures if m.measure in _MEASURES), default=0.0
            )
        ),
    )


def _names(site: Site) -> dict[str, str]:
    """Delivery id → source and period, for every delivery that a snapshot still has."""
    names: dict[str, str] = {}
    for snapshot in site.workspace.snapshots():
        for item in site.workspace.pin(snapshot.snapshot_id).slices:
            names[item.delivery.id] = f"{item.source} {item.billing_period}"
    return names


def snapshot_text(snapshot: SnapshotInfo) -> str:
    """A snapshot in one line, for pickers."""
    return f"{numbers.moment(snapshot.committed_at)} · {snapshot.cause.replace(',', ', ')}"
