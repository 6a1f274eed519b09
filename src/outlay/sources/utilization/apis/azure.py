"""Azure Monitor: the metrics of one resource a request, all of its statistics at once.

Metrics are kept for 93 days; one request may be about 30 of them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from outlay.sources.contract import BilledResource, Progress, SourceError, TransportError
from outlay.sources.documents import decode
from outlay.sources.http import Api, RefusedError
from outlay.sources.signing import AZURE, azure_token
from outlay.sources.utilization import clouds as form
from outlay.sources.utilization.apis.collect import resources_of
from outlay.sources.utilization.apis.model import Ask, NotThereError, Question
from outlay.sources.utilization.apis.table import metric_of, table
from outlay.sources.utilization.options import UtilizationOptions, several
from outlay.sources.utilization.rows import Record

_VERSION = "2023-10-01"
_HINT = "The identity needs the role Monitoring Reader on the subscription."
_TYPE = re.compile(r"/providers/([^/]+/[^/]+)/[^/]+(?:(/[^/]+)/[^/]+)?$", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)/", re.IGNORECASE)
_RENEWED = 1800.0
"""Seconds after which a token is asked for again: it is good for an hour."""


class AzureMonitor:
    """The metrics of Azure's resources on the bill."""

    title = "Azure Monitor"
    kept_days = 92

    def __init__(
        self,
        options: UtilizationOptions,
        resources: Sequence[BilledResource],
        progress: Progress | None,
    ) -> None:
        self._options, self._progress = options, progress
        self._made: tuple[Api, float] | None = None
        self._gone = 0
        self._lacking: set[str] = set()
        only = {one.lower() for one in several(options.subscriptions)}
        asks = {one["type"]: one for one in table()["azure-monitor"]}
        self._targets: dict[str, dict[str, list[str]]] = {}
        seen: set[str] = set()
        for one in resources_of(resources):
            kind, owner = type_of(one.id), _SUBSCRIPTION.match(one.id)
            if kind not in asks or owner is None or one.id.lower() in seen:
                continue
            if only and owner[1].lower() not in only:
                continue
            wanted = {
                name: statistics for name, statistics in asks[kind]["metrics"].items()
                if options.wants(metric_of(kind, name))
            }  # fmt: skip
            if wanted:
                seen.add(one.id.lower())
                self._targets[one.id.lower()] = wanted

    @property
    def keys(self) -> Sequence[str]:
        """The bill's ids, in small letters."""
        return tuple(self._targets)

    @property
    def notes(self) -> Sequence[str]:
        """What is not there any more, and which metrics a resource has not."""
        found = []
        if self._gone:
            found.append(f"{self._gone} resources of the bill are not there any more: not measured")
        if self._lacking:
            found.append(f"not measured by Azure: {', '.join(sorted(self._lacking))}")
        return tuple(found)

    def close(self) -> None:
        """Close the connections."""
        if self._made:
            self._made[0].close()

    def questions(self, keys: Sequence[str], steps: int) -> Iterator[Question]:
        """A question a resource."""
        for key in keys:
            yield Question((key,), f"Azure Monitor for {key.rpartition('/')[2]}", self._asker(key))

    def _asker(self, key: str) -> Ask:
        def ask(start: datetime, end: datetime) -> Iterator[tuple[str, Record]]:
            wanted = self._targets[key]
            for document in self._answers(key, list(wanted), start, end):
                for record in form.azure(document):
                    # The answer has every statistic that was asked for any metric.
                    if record["Statistic"] in wanted.get(str(record["Metric"]), ()):
                        record.pop("Labels", None)
                        yield key, {**record, "ResourceId": key}

        return ask

    def _api(self) -> Api:
        if self._made is None or time.monotonic() - self._made[1] > _RENEWED:
            self.close()
            o = self._options
            secrets = {
                name: value for name, value in (
                    ("token", o.token), ("tenant", o.tenant), ("client_id", o.client_id),
                    ("client_secret", o.client_secret),
                ) if value
            }  # fmt: skip
            headers = {"Authorization": f"Bearer {azure_token(secrets)}"}
            made = Api(o.endpoint or AZURE, headers, hint=_HINT, progress=self._progress)
            self._made = (made, time.monotonic())
        return self._made[0]

    def _answers(
        self, key: str, metrics: list[str], start: datetime, end: datetime
    ) -> Iterator[Mapping[str, Any]]:
        """The answers about a resource; metric by metric where Azure does not know one of them."""
        statistics = sorted({one for name in metrics for one in self._targets[key][name]})
        parameters = {
            "api-version": _VERSION, "metricnames": ",".join(metrics),
            "aggregation": ",".join(statistics),
            "interval": "P1D" if self._options.step == "1d" else "PT1H",
            "timespan": f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        path = f"{key.lstrip('/')}/providers/Microsoft.Insights/metrics"
        try:
            answer = decode(self._api().get(path, parameters), "the answer of Azure Monitor")
        except RefusedError as error:
            if error.status == 404:
                self._gone += 1
                raise NotThereError from None
            if error.status != 400:
                raise
            if len(metrics) == 1:
                if "metric" not in str(error).lower():
                    raise
                self._lacking.add(f"{type_of(key)} {metrics[0]}")
                return
            for name in metrics:
                yield from self._answers(key, [name], start, end)
            return
        if not form.is_azure(answer):
            raise TransportError(
                "Azure Monitor answers something else than metrics; check the source's endpoint"
            )
        yield answer


def type_of(resource: str) -> str:
    """The type in an id of Azure, in small letters; '' where it is none."""
    found = _TYPE.search(resource)
    return f"{found[1]}{found[2] or ''}".lower() if found else ""


def checked(options: UtilizationOptions) -> None:
    """SourceError where an application cannot sign in by what the options say."""
    given = [options.client_id, options.client_secret]
    if any(given) and not (all(given) and options.tenant):
        raise SourceError("an application of Azure needs tenant, client_id and client_secret")
