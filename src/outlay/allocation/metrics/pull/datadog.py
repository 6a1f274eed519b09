"""Values by a Datadog query, whose roll-up must be the metric's day or hour.

Datadog chooses a roll-up of its own for a long range unless the query names one; the answer says
which it was, and another one than the metric's is refused rather than read wrongly.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.allocation.metrics.model import DatadogSource, MetricSpec
from outlay.allocation.metrics.pull import Pulled, Window
from outlay.allocation.metrics.pull.prometheus import SECONDS, Row, labels_of, spans, unix
from outlay.allocation.metrics.values import read_rows
from outlay.sources.contract import Progress, SourceError
from outlay.sources.documents import decode
from outlay.sources.http import Api
from outlay.sources.secrets import read_secret

_HINT = (
    "Check api_key and app_key of the metric's source; the application key needs timeseries_query."
)


def pull_datadog(
    spec: MetricSpec, window: Window, folder: Path, progress: Progress | None
) -> Pulled:
    """The query's points over the window; empty buckets are left out."""
    source = spec.source
    assert isinstance(source, DatadogSource)
    headers = {
        "DD-API-KEY": read_secret(source.api_key, "the Datadog API key"),
        "DD-APPLICATION-KEY": read_secret(source.app_key, "the Datadog application key"),
    }
    chunks = list(spans(window))
    rows: list[Row] = []
    with Api(source.url, headers, hint=_HINT, progress=progress) as api:
        for number, (start, end) in enumerate(chunks):
            if progress:
                progress(f"asking for {start:%Y-%m-%d}", number, len(chunks))
            # Both ends of Datadog's range are inclusive.
            parameters = {"from": unix(start), "to": unix(end) - 1, "query": source.query}
            answer = decode(api.get("api/v1/query", parameters), f"the answer of {api.base}")
            rows += _points(answer, spec, source, api.base)
    return Pulled(read_rows(iter(rows), spec, f"the answer of {api.base}"), "datadog")


def _points(answer: Any, spec: MetricSpec, source: DatadogSource, base: str) -> list[Row]:
    if not isinstance(answer, dict) or answer.get("status") == "error":
        said = answer.get("error") if isinstance(answer, dict) else answer
        raise SourceError(f"{base} cannot answer {source.query}: {str(said)[:300]}")
    step = SECONDS[spec.grain]
    rows: list[Row] = []
    for series in answer.get("series") or []:
        if series.get("interval") != step:
            raise SourceError(
                f"{base} answered in buckets of {series.get('interval')} seconds and the metric "
                f"is by the {spec.grain}: end the query with .rollup(sum, {step})"
            )
        labels = labels_of(_tags(series.get("tag_set") or []), spec, source.columns)
        for at, value in series.get("pointlist") or []:
            if value is not None:
                start = datetime.fromtimestamp(int(Decimal(str(at)) / 1000), UTC)
                rows.append((start, value, labels))
    return rows


def _tags(texts: list[str]) -> Mapping[str, str]:
    return dict(text.partition(":")[::2] for text in texts)
