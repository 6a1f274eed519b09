"""FOCUS files over HTTP: what can be had, and an archive of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, WorkspaceError, export
from outlay.money import BillingPeriod

_Dataset = Annotated[
    str,
    Query(
        description="cost-and-usage, billing-period, invoice-detail, contract-commitment or all",
        examples=["invoice-detail"],
    ),
]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of exports."""
    router = APIRouter(route_class=ProblemRoute, tags=["Export"], responses=RESPONSES)

    @router.get("/export/focus", summary="What can be exported")
    def offered() -> Response:
        """Datasets, FOCUS versions, formats, sources and their billing periods."""
        return json_response(export.offered(workspace))

    @router.get("/export/focus.zip", summary="FOCUS files in an archive")
    def archive(
        dataset: _Dataset = "cost-and-usage",
        version: Annotated[str, Query(description="1.4 or 1.2")] = "1.4",
        format: Annotated[str, Query(description="parquet or csv")] = "parquet",
        period: Annotated[list[str] | None, Query(description="YYYY-MM; may repeat")] = None,
        source: Annotated[list[str] | None, Query(description="A source; may repeat")] = None,
        tags: Annotated[
            str, Query(description="Virtual tags as x_VirtualTag_ columns; default all, or none")
        ] = "",
        splits: Annotated[
            str, Query(description="A virtual tag: rows that move what its splits share")
        ] = "",
    ) -> Response:
        """One file a source and period, and manifest.json, which says what they lack and why."""
        periods = [BillingPeriod.parse(text) for text in period or () if text]
        sources = [name for name in source or () if name]
        wanted = export.Wanted.of(dataset, version, format, periods, sources, tags, splits)
        folder = tempfile.TemporaryDirectory(prefix="outlay-export-")
        try:
            target = Path(folder.name) / "focus.zip"
            if not export.export_zip(workspace, wanted, target):
                raise WorkspaceError(
                    "there is no data for this period and source; GET /export/focus lists what "
                    "there is."
                )
        except BaseException:
            folder.cleanup()
            raise
        return FileResponse(
            target,
            media_type="application/zip",
            filename="focus.zip",
            background=BackgroundTask(folder.cleanup),
        )

    return router
