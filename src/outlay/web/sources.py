"""Sources: what was delivered, how fresh it is, that it is proven, and what was refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.app import SourceStatus, Workspace
from outlay.app.presentation import billed, held_back, slice_history, slice_of
from outlay.lake import CheckResult, DeliveryRecord, Slice
from outlay.money import BillingPeriod
from outlay.web import numbers
from outlay.web.render import Site

_MONTHS_SHOWN = 14
_ROWS_OF_QUARANTINE = 200
FRESHNESS_TONES = {"fresh": "good", "late": "warn", "missing": "bad", "manual": ""}
SEVERITY_TONES = {"error": "bad", "warning": "warn", "note": ""}


@dataclass(frozen=True)
class Square:
    """One month of a source in the overview: a symbol, a tone, and the sentence behind it."""

    symbol: str
    tone: str
    text: str
    href: str | None


def router(site: Site) -> APIRouter:
    """The routes of sources and their slices."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/sources", response_class=HTMLResponse)
    def overview(request: Request) -> Response:
        """Every source with its months."""
        sources = workspace.sources()
        slices = workspace.deliveries()
        months = months_of(slices)
        return site.page(
            request,
            "sources/sources.html",
            active="sources",
            title="Sources",
            sources=sources,
            months=months,
            squares=squares(workspace, sources, slices, months),
            tones=FRESHNESS_TONES,
            rows=sum(item.delivery.rows for item in slices),
            proven=sum(item.delivery.proof.reconciled for item in slices),
            slices=len(slices),
            rejected=sum(item.delivery.proof.rows_rejected for item in slices),
        )

    @routes.get("/sources/{name}", response_class=HTMLResponse)
    def source(request: Request, name: str) -> Response:
        """One source: deliveries by period, runs, what is held back."""
        status = workspace.show_source(name)
        slices = workspace.deliveries(name) if status.slices else []
        return site.page(
            request,
            "sources/source.html",
            active="sources",
            title=name,
            source=status,
            tones=FRESHNESS_TONES,
            slices=sorted(slices, key=lambda item: item.billing_period, reverse=True),
            billed=billed,
            runs=workspace.runs(name, 20),
            held=held_back(workspace, name),
            worst=worst_check,
            background=site.syncer is not None,
            waits=site.syncer is not None and site.syncer.waits(name),
        )

    @routes.post("/sources/{name}/sync")
    def sync(name: str) -> Response:
        """Ask for a sync as soon as may be; the page shows its run."""
        status = workspace.show_source(name)
        if site.syncer is not None and status.configured and status.enabled:
            site.syncer.request(name)
        return RedirectResponse(f"/sources/{name}", 303)

    @routes.get("/sources/{name}/{period}", response_class=HTMLResponse)
    def one_slice(request: Request, name: str, period: str) -> Response:
        """One slice: proof, files, checks, quarantine, history."""
        item = slice_of(workspace, name, BillingPeriod.parse(period))
        record = item.delivery
        run_now = "check" in request.query_params
        checks = workspace.lake.checks(item) if run_now or record.checked else None
        return site.page(
            request,
            "sources/slice.html",
            active="sources",
            title=f"{name} {period}",
            slice=item,
            record=record,
            checks=checks,
            versions=slice_history(workspace, name, item.billing_period),
            quarantine=quarantined(workspace, record),
            billed=billed,
            tones=SEVERITY_TONES,
            held=False,
        )

    @routes.get("/sources/{name}/held/{delivery}", response_class=HTMLResponse)
    def held(request: Request, name: str, delivery: str) -> Response:
        """A delivery that was not let in: the same proof, with its difference."""
        found = [record for record in held_back(workspace, name) if record.id == delivery]
        if not found:
            return source(request, name)
        return site.page(
            request,
            "sources/slice.html",
            active="sources",
            title=f"{name} {found[0].billing_period}",
            slice=None,
            record=found[0],
            checks=found[0].checks,
            versions=[],
            quarantine=quarantined(workspace, found[0]),
            billed=billed,
            tones=SEVERITY_TONES,
            held=True,
        )

    return routes


def months_of(slices: Sequence[Slice]) -> list[BillingPeriod]:
    """The newest months of all slices, gaps included, oldest first."""
    if not slices:
        return []
    newest = max(item.billing_period for item in slices)
    oldest = min(item.billing_period for item in slices)
    months = [newest]
    while months[0] > oldest and len(months) < _MONTHS_SHOWN:
        months.insert(0, months[0].previous())
    return months


def squares(
    workspace: Workspace,
    sources: Sequence[SourceStatus],
    slices: Sequence[Slice],
    months: Sequence[BillingPeriod],
) -> dict[str, list[Square]]:
    """A square per source and month."""
    known = {(item.source, item.billing_period): item for item in slices}
    held = {(record.source, record.billing_period) for record in held_back(workspace)}
    return {
        source.name: [
            _square(source, month, known.get((source.name, month)), (source.name, month) in held)
            for month in months
        ]
        for source in sources
    }


def _square(source: SourceStatus, month: BillingPeriod, item: Slice | None, held: bool) -> Square:
    if item is None:
        text = f"{month}: a delivery was held back" if held else f"{month}: no delivery"
        return Square("!" if held else "", "bad" if held else "none", text, None)
    record = item.delivery
    rejected = record.proof.rows_rejected
    text = f"{month}: {record.rows:,} charges, loaded {numbers.moment(record.loaded_at)}"
    href = f"/sources/{source.name}/{month}"
    if held:
        return Square("!", "bad", f"{text}; a newer delivery is held back", href)
    if not record.proof.reconciled:
        return Square("!", "bad", f"{text}; does not reconcile", href)
    if rejected:
        return Square(str(rejected), "warn", f"{text}; {rejected:,} rows rejected", href)
    if record.replaces:
        return Square("↻", "good", f"{text}; restated, reconciles", href)
    return Square("✓", "good", f"{text}; reconciles", href)


def worst_check(checks: Sequence[CheckResult]) -> CheckResult | None:
    """The check that matters most, errors first, then by rows."""
    order = {"error": 0, "warning": 1, "note": 2}
    return min(checks, key=lambda check: (order[check.severity], -check.count), default=None)


@dataclass(frozen=True)
class Quarantined:
    """A row that was not taken, with the vendor's record as pairs."""

    file: str
    line: int
    reason: str
    record: tuple[tuple[str, str], ...]


def quarantined(workspace: Workspace, record: DeliveryRecord) -> list[Quarantined]:
    """The rejected rows of a delivery, as many as a page bears."""
    if not record.proof.rows_rejected:
        return []
    table = workspace.quarantine(record.id).slice(0, _ROWS_OF_QUARANTINE)
    return [
        Quarantined(
            str(row["file"]), int(row["line"]), str(row["reason"]), _pairs(row.get("record"))
        )
        for row in table.to_pylist()
    ]


def _pairs(raw: Any) -> tuple[tuple[str, str], ...]:
    """The filled fields of a raw record that is kept as JSON."""
    data = json.loads(raw) if isinstance(raw, str) else (raw or {})
    return tuple((str(key), str(value)) for key, value in data.items() if value not in (None, ""))
