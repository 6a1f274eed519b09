"""OpenAI's organisation API on this machine: buckets of days, in pages, as strict as the vendor."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from outlay.sources.openai.answers import ENDPOINTS
from tests.sources.openai.answers import bucket, completions, cost, page
from tests.sources.server import Answer, Asked

KEY = "sk-admin-5f2c9d8e7b6a"


class Vendor:
    """Answers like OpenAI. `today` is the last day with a bucket, still growing."""

    def __init__(self, today: date, page_size: int = 7) -> None:
        self.today = today
        self.page_size = page_size
        self.absent: set[str] = set()
        self.broken: list[Answer] = []
        """Answers given before any other: a storm."""
        self.amount = "1.5"

    def __call__(self, request: Asked) -> Answer:
        if self.broken:
            return self.broken.pop(0)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            said = {"error": {"message": f"Incorrect API key provided: {KEY[:8]}***"}}
            return Answer(json.dumps(said).encode(), 401)
        endpoint = request.path.removeprefix("/v1/organization/")
        if endpoint.removeprefix("usage/") not in (*ENDPOINTS, "costs") or endpoint in self.absent:
            return Answer(b'{"error": {"message": "Invalid URL"}}', 404)
        return self._buckets(endpoint, request.parameters)

    def _buckets(self, endpoint: str, parameters: dict[str, list[str]]) -> Answer:
        most = 180 if endpoint == "costs" else 31
        limit = int(parameters["limit"][0])
        known = ("project_id", "line_item", "api_key_id")
        groups = known if endpoint == "costs" else ENDPOINTS[endpoint.removeprefix("usage/")]
        if not 1 <= limit <= most or not set(parameters["group_by"]) <= set(groups):
            return Answer(b'{"error": {"message": "Invalid value"}}', 400)
        start, end = (self._day(parameters[name][0]) for name in ("start_time", "end_time"))
        first = start + timedelta(days=int(parameters.get("page", ["0"])[0]))
        size = min(limit, self.page_size)
        days = [first + timedelta(days=n) for n in range(size)]
        days = [day for day in days if day < end and day <= self.today]
        more = bool(days) and days[-1] + timedelta(days=1) < min(end, self.today + timedelta(1))
        following = str((days[-1] - start).days + 1) if more else None
        found = page([bucket(day, *self._results(endpoint, day)) for day in days], following)
        return Answer(json.dumps(found).encode())

    def _results(self, endpoint: str, day: date) -> list[dict[str, Any]]:
        if endpoint == "costs":
            return [cost(self.amount)] if day.day != 4 else []
        return [completions()] if endpoint == "usage/completions" else []

    @staticmethod
    def _day(seconds: str) -> date:
        moment = datetime.fromtimestamp(int(seconds), UTC)
        assert moment.hour == moment.minute == 0, "days begin at midnight in UTC"
        return moment.date()
