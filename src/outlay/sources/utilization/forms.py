"""What a file of measurements holds, by its content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import is_document, peek_document, read_objects
from outlay.sources.tabular import is_tabular, peek
from outlay.sources.utilization import clouds, cloudwatch, inventory, prometheus
from outlay.sources.utilization.apis import days
from outlay.sources.utilization.rows import Record

COLUMNS = {"ResourceId", "Metric", "Statistic", "PeriodStart", "PeriodEnd", "Value"}
"""Columns of a plain table of measurements."""

_FORMS = (
    ("CloudWatch's GetMetricData", cloudwatch.is_metric_data),
    ("CloudWatch's GetMetricStatistics", cloudwatch.is_statistics),
    ("a CloudWatch metric stream", cloudwatch.is_stream),
    ("Azure Monitor", clouds.is_azure),
    ("Cloud Monitoring", clouds.is_google),
    ("Prometheus", prometheus.is_answer),
    ("an inventory", inventory.is_inventory),
    ("an API, as it was collected", days.is_page),
)


def what(transport: Transport, file: FileRef) -> str | None:
    """Which tool's measurements a file holds, in words; None when it holds none."""
    if is_document(file.path):
        document = peek_document(transport, file)
        if isinstance(document, list):
            document = document[0] if document else None
        return form_of(document)
    if is_tabular(file.path):
        try:
            columns = set(peek(transport, file).columns)
        except SourceError:
            return None
        return "a table of measurements" if columns >= COLUMNS else None
    return None


def form_of(document: object) -> str | None:
    """Which form a document has, in words."""
    return next((words for words, matches in _FORMS if matches(document)), None)


def records(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The measurements of a JSON file, in its order."""
    for document in read_objects(stream, name):
        if days.is_line(document):
            yield from days.records(document)
        elif not days.is_page(document):
            yield from _records(document, name)


def _records(document: dict[str, Any], name: str) -> Iterator[Record]:
    if cloudwatch.is_metric_data(document):
        yield from cloudwatch.metric_data(document, name)
    elif cloudwatch.is_statistics(document):
        yield from cloudwatch.statistics(document, name)
    elif cloudwatch.is_stream(document):
        yield from cloudwatch.stream(document)
    elif clouds.is_azure(document):
        yield from clouds.azure(document)
    elif clouds.is_google(document):
        yield from clouds.google(document)
    elif prometheus.is_answer(document):
        yield from prometheus.answer(document, name)
    elif inventory.is_inventory(document):
        yield from inventory.inventory(document, name)
    else:
        raise SourceError(
            f"{name} holds an object that is no answer of CloudWatch, Azure Monitor, Cloud "
            f"Monitoring or Prometheus, and no inventory: {', '.join(map(str, document))[:120]}"
        )
