"""Servers on loopback that behave like Azure Monitor and Cloud Monitoring, after the vendors'
references of `Metrics - List` and `projects.timeSeries.list`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from tests.tickets.servers import Reply, Request, Server

TOKEN = "monitoring-secret-token"
_METRICS = re.compile(r"^(/subscriptions/.+)/providers/microsoft\.insights/metrics$", re.IGNORECASE)
_AZURE_STATISTICS = ("average", "minimum", "maximum", "total", "count")

Values = dict[str, dict[str, float]]
"""Metric → statistic → the value of every hour."""


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - all is UTC here


class AzureServer(Server):
    """Azure Resource Manager with the metrics of a few resources; hours without a value are in an
    answer, without one."""

    def __init__(self, resources: dict[str, Values]) -> None:
        super().__init__()
        self.resources = {name.lower(): values for name, values in resources.items()}
        self.since = datetime(2026, 10, 1)
        self.silent: set[datetime] = set()
        self.changed: dict[datetime, float] = {}

    def reply(self, request: Request) -> Reply:
        """An answer, or the refusal that Azure would give."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refused(401, "InvalidAuthenticationToken", f"no: {TOKEN}")
        match = _METRICS.match(request.path)
        if not match or "api-version" not in request.query:
            return _refused(404, "NotFound", "nothing is here")
        known = self.resources.get(match[1].lower())
        if known is None:
            return _refused(404, "ResourceNotFound", "The resource was not found")
        names = request.query["metricnames"].split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            said = f"Failed to find metric configuration for metric: {unknown[0]}"
            return _refused(400, "BadRequest", said)
        statistics = request.query["aggregation"].split(",")
        if len(names) > 20 or set(statistics) - set(_AZURE_STATISTICS):
            return _refused(400, "BadRequest", "too much, or a statistic that is none")
        start, end = map(_moment, request.query["timespan"].split("/"))
        assert request.query["interval"] == "PT1H" and end - start <= timedelta(days=31)
        return Reply(200, self._answer(match[1], known, names, statistics, start, end))

    def _answer(
        self, resource: str, known: Values, names: list[str], statistics: list[str],
        start: datetime, end: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        hours = [
            start + timedelta(hours=n) for n in range(int((end - start).total_seconds()) // 3600)
        ]

        def point(name: str, at: datetime) -> dict[str, Any]:
            found: dict[str, Any] = {"timeStamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            if at >= self.since and at not in self.silent:
                values = known[name]
                found |= {
                    one: self.changed.get(at, values[one]) for one in statistics if one in values
                }
            return found

        return {
            "cost": 59, "timespan": f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
            "interval": "PT1H", "namespace": "Microsoft.Compute/virtualMachines",
            "resourceregion": "westeurope",
            "value": [
                {
                    "id": f"{resource}/providers/Microsoft.Insights/metrics/{name}",
                    "type": "Microsoft.Insights/metrics",
                    "name": {"value": name, "localizedValue": name},
                    "unit": "Percent",
                    "timeseries": [{"metadatavalues": [],
                                    "data": [point(name, at) for at in hours]}],
                }
                for name in names
            ],
        }  # fmt: skip


def _refused(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


_ALIGNED = {"ALIGN_MEAN": "average", "ALIGN_MAX": "maximum", "ALIGN_PERCENTILE_99": "p99",
            "ALIGN_DELTA": "sum"}  # fmt: skip


class GoogleServer(Server):
    """Cloud Monitoring with one machine's metrics, two days' points a page, the newest first."""

    def __init__(self, project: str, metrics: Values) -> None:
        super().__init__()
        self.project, self.metrics = project, metrics

    def reply(self, request: Request) -> Reply:
        """An answer, or the refusal that Google would give."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"error": {"message": f"bad token {TOKEN}"}})
        if request.path != f"/v3/projects/{self.project}/timeSeries":
            return Reply(
                403, {"error": {"message": "Permission monitoring.timeSeries.list denied"}}
            )
        match = re.match(r'metric\.type = "([^"]+)"( AND metric\.labels\.state = "used")?$',
                         request.query["filter"])  # fmt: skip
        assert match and bool(match[2]) == match[1].startswith("agent.")
        values = self.metrics.get(match[1])
        if values is None:
            return Reply(200, {})  # nothing to say is an empty object there
        assert request.query["aggregation.alignmentPeriod"] == "3600s"
        value = values[_ALIGNED[request.query["aggregation.perSeriesAligner"]]]
        start, end = (_moment(request.query[f"interval.{name}Time"]) for name in ("start", "end"))
        until = _moment(request.query.get("pageToken") or f"{end:%Y-%m-%dT%H:%M:%SZ}")
        begin = max(start, until - timedelta(days=2))
        ends = [
            until - timedelta(hours=n) for n in range(int((until - begin).total_seconds()) // 3600)
        ]
        answer: dict[str, Any] = {"timeSeries": [self._series(match[1], value, ends)]}
        if begin > start:
            answer["nextPageToken"] = f"{begin:%Y-%m-%dT%H:%M:%SZ}"
        return Reply(200, answer)

    def _series(self, metric: str, value: float, ends: list[datetime]) -> dict[str, Any]:
        delta = metric.endswith("_count")
        return {
            "metric": {"type": metric, "labels": {"instance_name": "api-1"}},
            "resource": {
                "type": "gce_instance",
                "labels": {"project_id": self.project, "zone": "europe-west4-a",
                           "instance_id": "4711"},
            },
            "metricKind": "DELTA" if delta else "GAUGE",
            "valueType": "INT64" if delta else "DOUBLE",
            "points": [
                {"interval": {"startTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                              "endTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"},
                 "value": {"int64Value": f"{int(value)}"} if delta else {"doubleValue": value}}
                for at in ends
            ],
        }  # fmt: skip
