"""Cloud Monitoring: `timeSeries.list`, one metric and aligner of a whole project a request.

Metrics of Google's own are kept for six weeks in full, as values of a minute and more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from outlay.sources.contract import (
    BilledResource,
    Progress,
    RetryableTransportError,
    TransportError,
)
from outlay.sources.documents import decode
from outlay.sources.http import Api
from outlay.sources.signing import google_token
from outlay.sources.utilization import clouds as form
from outlay.sources.utilization.apis.collect import resources_of
from outlay.sources.utilization.apis.model import Ask, Question
from outlay.sources.utilization.apis.table import metric_of, table
from outlay.sources.utilization.options import UtilizationOptions, several
from outlay.sources.utilization.rows import Record, moment, text_of

GOOGLE = "https://monitoring.googleapis.com"
_HINT = "The identity needs roles/monitoring.viewer, and the project the Cloud Monitoring API."
_PROJECT = re.compile(r"^[a-z0-9][a-z0-9.:-]*$")
_PAGES = 10_000
_PAGE = "100000"


@dataclass(frozen=True)
class _Ask:
    """One metric of a project, by one aligner."""

    project: str
    type: str
    filter: str
    statistic: str
    aligner: str


class CloudMonitoring:
    """The metrics of Google Cloud's projects on the bill."""

    title = "Cloud Monitoring"
    kept_days = 42

    def __init__(
        self,
        options: UtilizationOptions,
        resources: Sequence[BilledResource],
        progress: Progress | None,
    ) -> None:
        self._options = options
        token = {"token": options.token} if options.token else {}
        only = set(several(options.projects))
        services: dict[str, set[str]] = {}
        for one in resources_of(resources):
            if "google" not in one.provider.lower() or not _PROJECT.match(one.account):
                continue
            if not only or one.account in only:
                services.setdefault(one.account, set()).add(one.service)
        self._asked = {
            f"{ask.project} {ask.type} {ask.statistic}": ask
            for project, known in sorted(services.items())
            for ask in _asks(project, known, options)
        }
        self.notes: Sequence[str] = ()
        self._api: Api | None = None
        if self._asked:
            headers = {"Authorization": f"Bearer {google_token(token)}"}
            self._api = Api(options.endpoint or GOOGLE, headers, hint=_HINT, progress=progress)

    @property
    def keys(self) -> Sequence[str]:
        """Project, metric and statistic."""
        return tuple(self._asked)

    def close(self) -> None:
        """Close the connections."""
        if self._api:
            self._api.close()

    def questions(self, keys: Sequence[str], steps: int) -> Iterator[Question]:
        """A question a metric and statistic of a project."""
        for key in keys:
            one = self._asked[key]
            what = f"Cloud Monitoring in {one.project} for {one.type}"
            yield Question((key,), what, self._asker(key))

    def _asker(self, key: str) -> Ask:
        def ask(start: datetime, end: datetime) -> Iterator[tuple[str, Record]]:
            for document in self._pages(self._asked[key], start, end):
                for record in form.google(document):
                    if record.get("ResourceId"):
                        yield key, self._placed(record, self._asked[key])

        return ask

    def _placed(self, record: Record, asked: _Ask) -> Record:
        """A measurement with its statistic and its whole period: an answer with one point a series
        does not say how long that is of."""
        record.pop("Labels", None)
        end = moment(record.get("PeriodEnd"))
        if end is not None:
            start = end - timedelta(seconds=self._options.step_seconds)
            record["PeriodStart"] = text_of(start)
        return {**record, "Statistic": asked.statistic}

    def _pages(self, asked: _Ask, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        assert self._api is not None
        where = f'metric.type = "{asked.type}"' + (f" AND {asked.filter}" if asked.filter else "")
        parameters = {
            "filter": where,
            "interval.startTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "interval.endTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "aggregation.alignmentPeriod": f"{self._options.step_seconds}s",
            "aggregation.perSeriesAligner": asked.aligner,
            "pageSize": _PAGE,
        }  # fmt: skip
        seen: set[str] = set()
        for _ in range(_PAGES):
            body = self._api.get(f"v3/projects/{asked.project}/timeSeries", parameters)
            answer = decode(body, "the answer of Cloud Monitoring")
            if not isinstance(answer, dict):
                raise TransportError(
                    "Cloud Monitoring answers no JSON object; check the endpoint of the source"
                )
            if answer.get("executionErrors"):
                said = str(answer["executionErrors"])[:300]
                raise RetryableTransportError(f"Cloud Monitoring answers a part alone: {said}")
            # Nothing to say is an empty object there.
            yield {"timeSeries": answer.get("timeSeries") or []}
            token = answer.get("nextPageToken")
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
            parameters["pageToken"] = str(token)
        raise TransportError("Cloud Monitoring does not come to an end: its pages go on")


def _asks(project: str, services: set[str], options: UtilizationOptions) -> Iterator[_Ask]:
    for ask in table()["cloud-monitoring"]:
        if not any(re.match(ask["service"], one) for one in services):
            continue
        for name, aligners in ask["metrics"].items():
            if options.wants(metric_of(ask["namespace"], name)):
                for statistic, aligner in aligners.items():
                    yield _Ask(project, f"{ask['namespace']}/{name}", ask.get("filter", ""),
                               statistic, aligner)  # fmt: skip
