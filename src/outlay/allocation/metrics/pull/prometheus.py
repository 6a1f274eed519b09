"""Values by PromQL: the expression at the end of each day or hour is the value of that day or hour.

`increase(requests_total[1d])` at midnight looks back over the day that just ended; so do
`avg_over_time` and its like. What the expression gives at 2026-10-02T00:00Z is therefore the
value of 2026-10-01.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.allocation.metrics.model import MetricSpec, PrometheusSource
from outlay.allocation.metrics.pull import Pulled, Window
from outlay.allocation.metrics.values import read_rows
from outlay.sources.contract import Progress, SourceError, TransportError
from outlay.sources.documents import decode
from outlay.sources.http import Api
from outlay.sources.secrets import read_secret

_HINT = "Check the token (or user and password) of the metric's source, and that it may read."
_CHUNK = timedelta(days=30)
SECONDS = {"day": 86_400, "hour": 3_600}
"""The step of each grain."""

Row = tuple[object, object, Mapping[str, object]]


def pull_prometheus(
    spec: MetricSpec, window: Window, folder: Path, progress: Progress | None
) -> Pulled:
    """The expression's values over the window; a series may have gaps."""
    source = spec.source
    assert isinstance(source, PrometheusSource)
    chunks = list(spans(window))
    rows: list[Row] = []
    with Api(source.url, _headers(source), hint=_HINT, progress=progress) as api:
        for number, (start, end) in enumerate(chunks):
            if progress:
                progress(f"asking for {start:%Y-%m-%d}", number, len(chunks))
            rows += _ask(api, source, spec, start, end)
    return Pulled(read_rows(iter(rows), spec, f"the answer of {api.base}"), "prometheus")


def spans(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """A window in parts of thirty days, which every monitoring system gives in one answer."""
    start = window.start
    while start < window.end:
        end = min(start + _CHUNK, window.end)
        yield start, end
        start = end


def _ask(
    api: Api, source: PrometheusSource, spec: MetricSpec, start: datetime, end: datetime
) -> list[Row]:
    step = SECONDS[spec.grain]
    first, last = unix(start) + step, unix(end)
    if first > last:
        return []
    parameters = {"query": source.query, "start": first, "end": last, "step": step}
    answer = decode(api.get("api/v1/query_range", parameters), f"the answer of {api.base}")
    if not isinstance(answer, dict) or answer.get("status") != "success":
        said = answer.get("error") if isinstance(answer, dict) else answer
        raise SourceError(f"{api.base} cannot answer {source.query}: {str(said)[:300]}")
    data = answer.get("data")
    if not isinstance(data, dict) or data.get("resultType") != "matrix":
        raise TransportError(
            f"{api.base} answered with no series over time; is it the address of Prometheus?"
        )
    return [
        (datetime.fromtimestamp(int(Decimal(str(at))) - step, UTC), text, labels)
        for series in data["result"]
        for labels in [labels_of(series.get("metric") or {}, spec, source.columns)]
        for at, text in series.get("values") or []
        if text != "NaN"  # 0/0: nothing is known
    ]


def labels_of(
    found: Mapping[str, Any], spec: MetricSpec, columns: Mapping[str, str]
) -> dict[str, object]:
    """The metric's labels from those of a series; its others are left out."""
    named = {label: found.get(columns.get(label, label)) for label in spec.labels}
    return {label: text for label, text in named.items() if text is not None}


def unix(moment: datetime) -> int:
    """A UTC moment (naive) in seconds since 1970."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def _headers(source: PrometheusSource) -> dict[str, str]:
    headers = {}
    if source.token:
        headers["Authorization"] = f"Bearer {read_secret(source.token, 'the Prometheus token')}"
    elif source.user:
        if not source.password:
            raise SourceError(f"user {source.user} has no password: set source.password")
        password = read_secret(source.password, "the Prometheus password")
        pair = b64encode(f"{source.user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if source.tenant:
        headers["X-Scope-OrgID"] = source.tenant
    return headers
