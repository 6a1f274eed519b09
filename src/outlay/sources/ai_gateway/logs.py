"""What a gateway's files hold: LiteLLM's spend logs, or OpenTelemetry's exports."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from outlay.sources.ai.pages import as_page, read_pages
from outlay.sources.ai_gateway import otlp
from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import is_document, peek_document
from outlay.sources.tabular import is_tabular, peek

LITELLM = "LiteLLM's spend log"
OTEL = "OpenTelemetry's gen_ai signals"

COLUMNS = {"request_id", "model", "prompt_tokens", "completion_tokens", "startTime"}
"""Columns of LiteLLM's log that no other bill has together."""

# LiteLLM's callbacks (files, S3, queues) name some columns otherwise than its database.
_NAMES = {"id": "request_id", "response_cost": "spend"}


def what(transport: Transport, file: FileRef) -> str | None:
    """Which log a file holds, by its first record or header; None when it is none."""
    if is_document(file.path):
        document = peek_document(transport, file)
        if otlp.is_otlp(document):
            return OTEL
        page = as_page(document)
        first = page.items[0] if page and page.items else document
        return LITELLM if isinstance(first, dict) and _is_request(first) else None
    if is_tabular(file.path):
        try:
            columns = set(peek(transport, file).columns)
        except SourceError:
            return None
        return LITELLM if columns >= COLUMNS else None
    return None


def total_pages(document: object) -> tuple[int, int] | None:
    """(page, of how many) that an answer of LiteLLM's paged log says of itself."""
    if not isinstance(document, dict):
        return None
    number, of = document.get("page"), document.get("total_pages")
    return (number, of) if isinstance(number, int) and isinstance(of, int) else None


def records(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """The requests (or sums of requests) in a document, flat, in file order."""
    for page in read_pages(stream, name):
        for item in page.items:
            if otlp.is_otlp(item):
                yield from otlp.records(item)
            elif isinstance(item, dict) and _is_request(item):
                yield _request(item)
            else:
                raise SourceError(
                    f"{name} holds a record that is no request of LiteLLM's and no OTLP export: "
                    f"{_shown(item)}"
                )


def _is_request(record: Mapping[str, Any]) -> bool:
    return {_NAMES.get(name, name) for name in record} >= COLUMNS


def _request(record: Mapping[str, Any]) -> dict[str, Any]:
    """A request by the database's names; prompts and answers stay where they are."""
    return {
        _NAMES.get(name, name): value
        for name, value in record.items()
        if name not in ("messages", "response", "proxy_server_request")
    }


def _shown(item: object) -> str:
    return (", ".join(map(str, item)) if isinstance(item, dict) else str(item))[:120]
