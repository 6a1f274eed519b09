"""Asking OpenCost's and Prometheus's APIs, day by day, so that a killed collection goes on.

A day that was over and settled when it was asked is not asked again: its page is kept, also when
the server has long forgotten it. Today is asked as far as its hours are over.
"""

import gzip
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST, Spool, wanted_periods
from outlay.sources.contract import Progress, SourceError, TransportError
from outlay.sources.documents import decode
from outlay.sources.http import Api
from outlay.sources.kubernetes.prometheus import SAMPLES
from outlay.sources.kubernetes.queries import FACTS, HOUR, QUERIES, RATES, Query
from outlay.sources.signing import http_headers

if TYPE_CHECKING:
    from outlay.sources.kubernetes.source import KubernetesOptions

_LATE = timedelta(minutes=5)  # scrapes and rules of an hour are there by then
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_DEFAULT_DAYS = 15  # what Prometheus keeps unless it is told otherwise
_HINT = (
    "Check the token (option token, or user and password) and that it may read; the documentation "
    "of the kubernetes source says what is needed."
)

Ask = Callable[[Api, "KubernetesOptions", datetime, datetime], tuple[bytes, bool]]
"""(API, options, start, end of the day) → a page, and whether it holds anything."""


@dataclass(frozen=True)
class _Service:
    """How one API is asked. `settles`: how long after a day's end its answers may still change
    (OpenCost reconciles its prices with the cloud's bill)."""

    ask: Ask
    ending: str
    settles: timedelta
    lacks: str


def collect(
    location: str,
    options: "KubernetesOptions",
    into: Path,
    *,
    periods: Collection[BillingPeriod] | None,
    now: datetime,
    progress: Progress | None,
) -> None:
    """Land each day's answers of the periods that may have changed (see `Source.collect`)."""
    if options.api is None:
        raise SourceError(
            f"{location} is an address: say which API answers there with the option api "
            "(opencost or prometheus)"
        )
    clock = now.replace(tzinfo=None)
    until = (clock - _LATE).replace(minute=0, second=0, microsecond=0)
    since = options.since or (until - timedelta(days=_DEFAULT_DAYS)).date()
    asked = None if periods is None else frozenset(periods)
    if asked:
        since = min(since, min(asked).start)  # a month that is named is meant as a whole
    spool = Spool(into)
    with _api(location, options, progress) as api:
        collector = _Collector(api, options, spool, since, until, clock, progress)
        for period in wanted_periods(
            BillingPeriod.of(since), until - _HOUR, spool.collected(), asked
        ):
            collector.period(period)


@dataclass(frozen=True)
class _Collector:
    """One collection: `since` is the first day, `until` the end of the last hour that is over."""

    api: Api
    options: "KubernetesOptions"
    spool: Spool
    since: date
    until: datetime
    now: datetime
    progress: Progress | None

    def period(self, period: BillingPeriod) -> None:
        """Land one month's days."""
        service = _SERVICES[self.options.api or ""]
        key = self.options.model_dump(
            mode="json", include={"api", "aggregate", "step", "idle", "tenant"}
        ) | {"location": self.api.base}
        kept = self._kept(period, key, service)
        days = self._days(period, kept)
        collection = self.spool.begin(period, key)
        pages: dict[str, str] = {}
        fresh = filled = 0
        for number, (start, end) in enumerate(days):
            day = f"{start:%Y-%m-%d}"
            if self.progress:
                self.progress(f"asking for {day}", number, len(days))
            # A part of a day has a name of its own: asked again later, it is another page.
            stream = day if end - start == _DAY else f"{day}T{end:%H}"
            if collection.pages(stream) == 0:
                if day in kept:
                    content = kept[day].read_bytes()
                else:
                    content, something = service.ask(self.api, self.options, start, end)
                    fresh, filled = fresh + 1, filled + something
                collection.land(stream, content, None, service.ending)
            pages[day] = f"{stream}-00001{service.ending}"
        if fresh and not filled and not kept and fresh == len(days):
            raise TransportError(f"{self.api.base} answers, but {service.lacks}")
        over = self.now >= datetime(period.end.year, period.end.month, 1) + service.settles
        collection.finish(self.now, final=over, facts={"days": pages})

    def _kept(
        self, period: BillingPeriod, key: dict[str, Any], service: _Service
    ) -> dict[str, Path]:
        """Day → page, of the days that were settled when they were asked the same question."""
        folder = self.spool.folder / str(period)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            at = datetime.fromisoformat(manifest["collected_at"])
            days = manifest["days"].items()
        except (OSError, ValueError, KeyError, AttributeError):
            return {}
        if any(manifest.get(name) != value for name, value in key.items()):
            return {}
        return {
            day: folder / page
            for day, page in days
            if at >= datetime.fromisoformat(day) + _DAY + service.settles
            and "T" not in page
            and (folder / page).is_file()
        }

    def _days(
        self, period: BillingPeriod, kept: Collection[str]
    ) -> list[tuple[datetime, datetime]]:
        """The days of a month to have: those since the first day, and those that are kept."""
        found = []
        day = period.start
        while day < period.end:
            start = datetime(day.year, day.month, day.day)
            end = min(start + _DAY, self.until)
            if start < end and (day >= self.since or f"{day}" in kept):
                found.append((start, end))
            day += _DAY
        return found


def _api(location: str, options: "KubernetesOptions", progress: Progress | None) -> Api:
    headers = http_headers(options.token, options.user, options.password, options.tenant)
    return Api(location, headers, hint=_HINT, progress=progress)


def _ask_opencost(
    api: Api, options: "KubernetesOptions", start: datetime, end: datetime
) -> tuple[bytes, bool]:
    window = f"{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ}"
    parameters = {"window": window, "step": options.step, "accumulate": "false",
                  "includeIdle": str(options.idle).lower()}  # fmt: skip
    if options.aggregate:
        parameters["aggregate"] = options.aggregate
    content = api.get("allocation", parameters)
    answer = decode(content, f"the answer of {api.base}")
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        said = answer.get("message") if isinstance(answer, dict) else None
        raise TransportError(
            f"{api.base} gave no allocations for {start:%Y-%m-%d}: {str(said)[:200]}. Is the "
            "location that of OpenCost (for Kubecost with /model at its end)?"
        )
    return content, any(answer["data"])


def _ask_prometheus(
    api: Api, options: "KubernetesOptions", start: datetime, end: datetime
) -> tuple[bytes, bool]:
    head = {"outlay_page": SAMPLES, "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{end:%Y-%m-%dT%H:%M:%SZ}", "step": HOUR}  # fmt: skip
    lines: list[dict[str, Any]] = [head]
    for query in FACTS:
        answer = _answer(api, "api/v1/query", {"query": query.promql, "time": _unix(end)})
        series = [{"metric": one["metric"]} for one in answer]
        series.sort(key=lambda one: sorted(one["metric"].items()))
        lines.append(_line("fact", query, series))
    hours = {"start": _unix(start) + HOUR, "end": _unix(end), "step": HOUR}
    found = False
    for kind, queries in (("rate", RATES), ("sample", QUERIES)):
        for query in queries:
            answer = _answer(api, "api/v1/query_range", {"query": query.promql, **hours})
            found |= bool(answer) and kind == "sample"
            lines.append(_line(kind, query, answer))
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return gzip.compress(text.encode(), mtime=0), found


def _line(kind: str, query: Query, result: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "name": query.name, "promql": query.promql, "unit": query.unit,
            "result": result}  # fmt: skip


def _answer(api: Api, path: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    answer = decode(api.get(path, parameters), f"the answer of {api.base}")
    if not isinstance(answer, dict) or answer.get("status") != "success":
        said = answer.get("error") if isinstance(answer, dict) else answer
        raise TransportError(f"{api.base} cannot answer {parameters['query']}: {str(said)[:300]}")
    result = answer["data"]["result"]
    if not isinstance(result, list):
        raise TransportError(
            f"{api.base} answered {parameters['query']} with something that is no vector"
        )
    return result


def _unix(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())


_SERVICES = {
    "opencost": _Service(
        _ask_opencost,
        ".json",
        timedelta(days=3),
        "has no allocations in any of these days; has it collected that long?",
    ),
    "prometheus": _Service(
        _ask_prometheus,
        ".jsonl.gz",
        timedelta(0),
        "has none of the metrics of Kubernetes in these days; does it scrape kube-state-metrics "
        "and the kubelets' cAdvisor?",
    ),
}
