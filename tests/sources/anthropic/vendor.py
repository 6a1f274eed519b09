"""Anthropic's organisation API on this machine, old and new, as strict as the vendor."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from tests.sources.anthropic.answers import bucket, cost, page, row, usage, usage_row
from tests.sources.server import Answer, Asked

KEY = "sk-ant-admin01-5f2c9d8e7b6a"
BETA = "analytics-usage-cost-2026-08-24"


class Vendor:
    """Answers like Anthropic. `today` is the last day with a bucket."""

    def __init__(self, today: date, rows: int = 10) -> None:
        self.today = today
        self.rows = rows
        self.refused: dict[str, int] = {}
        """Path → status that it is refused with."""
        self.broken: list[Answer] = []

    def __call__(self, request: Asked) -> Answer:
        if self.broken:
            return self.broken.pop(0)
        path = request.path.removeprefix("/v1/organizations/")
        if request.headers.get("x-api-key") != KEY:
            return _error(401, "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return _error(400, "anthropic-version: header is required")
        if path in self.refused:
            return _error(self.refused[path], "not available to your organization")
        asked = request.parameters
        start, end = (_day(asked[name][0]) for name in ("starting_at", "ending_at"))
        if path.startswith("analytics/"):
            if request.headers.get("anthropic-beta") != BETA:
                return _error(400, "unexpected beta")
            return self._analytics(path, asked, start, end)
        if int(asked["limit"][0]) > 31 or asked["bucket_width"] != ["1d"]:
            return _error(400, "limit")
        return self._admin(path, asked, start, end)

    def _days(self, start: date, end: date) -> list[date]:
        days = [start + timedelta(days=n) for n in range((end - start).days)]
        return [day for day in days if day <= self.today]

    def _admin(self, path: str, asked: dict[str, list[str]], start: date, end: date) -> Answer:
        known = {"cost_report": {"workspace_id", "description"}}.get(
            path, {"api_key_id", "workspace_id", "model", "service_tier", "inference_geo"}
        )
        if not set(asked["group_by[]"]) <= known:
            return _error(400, "group_by")
        days = self._days(start, end)
        at = int(asked.get("page", ["0"])[0])
        part = days[at : at + 7]
        made = cost("150") if path == "cost_report" else usage()
        more = str(at + 7) if at + 7 < len(days) else None
        return _json(page([bucket(day, made) for day in part], more))

    def _analytics(self, path: str, asked: dict[str, list[str]], start: date, end: date) -> Answer:
        groups = set(asked["group_by[]"]) - {"cost_type", "token_type"}
        if len(groups) > 5 or "rbac_group_id" in groups or (end - start).days > 31:
            return _error(400, "too much")
        if not 1 <= int(asked["limit"][0]) <= 1000 or asked["time_bucket_width"] != ["1d"]:
            return _error(400, "limit")
        if start < date(2026, 1, 1) or start < self.today - timedelta(days=366):
            return _error(400, "starting_at is too early")
        rows: list[dict[str, Any]] = []
        for day in self._days(start, end):
            if path.endswith("usage"):
                rows.append(usage_row(day))
            else:
                rows += [row(day, "100", "125"), row(day, "50", token_type="output_tokens")]
        at = int(asked.get("page", ["0"])[0])
        more = str(at + self.rows) if at + self.rows < len(rows) else None
        return _json(page(rows[at : at + self.rows], more))


def _day(text: str) -> date:
    moment = datetime.fromisoformat(text)
    assert moment.hour == moment.minute == 0
    return moment.date()


def _json(document: object) -> Answer:
    return Answer(json.dumps(document).encode())


def _error(status: int, message: str) -> Answer:
    said = {"type": "error", "error": {"type": "error", "message": message}}
    return Answer(json.dumps(said).encode(), status)
