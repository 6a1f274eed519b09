"""The operation of KPIs."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

KPIS: dict[str, Operation] = {"GET /kpis": Operation("get_kpis", "Kpis")}
