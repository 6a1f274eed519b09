"""Every format, told apart by content: what a file's first lines or a document's keys say."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from outlay.savings.native import (
    aws_advisor,
    aws_hub,
    aws_optimizer,
    azure_advisor,
    gcp_recommender,
    generic,
    kubernetes,
)
from outlay.savings.native.model import Answer, Asked, Format, NativeError, gathered, joined

FORMATS: dict[str, Format] = {
    one.id: one
    for module in (
        aws_hub, aws_optimizer, aws_advisor, azure_advisor, gcp_recommender, kubernetes, generic,
    )
    for one in module.FORMATS
}  # fmt: skip
"""Format id → format, in the order in which they are tried."""

AUTO = "auto"
LARGEST = 256 << 20
"""Bytes of one file, unpacked."""

_MORE = ("nextToken", "nextLink", "nextPageToken")
_ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".parquet", ".json.gz", ".jsonl.gz", ".csv.gz")


def is_answer(path: str) -> bool:
    """Whether a file of this name may hold recommendations: the ending alone."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(_ENDINGS) and not name.startswith((".", "_"))


def read_file(
    name: str, content: bytes, format_id: str = AUTO, options: Mapping[str, str] | None = None
) -> Answer:
    """The items of one file; `format_id` says of which format it has to be (``auto``: any).

    NativeError, which names the file, the item, and what is allowed, for what cannot be read:
    never an answer with less in it.
    """
    return joined([answer for answer, _ in read_pages(name, content, format_id, options)])


def read_files(
    files: Sequence[tuple[str, bytes]],
    format_id: str = AUTO,
    options: Mapping[str, str] | None = None,
) -> Answer:
    """The items of files that make one delivery. NativeError as in `read_file`, without any file,
    and when pages say that more follow and the last page is in none of the files."""
    if not files:
        raise NativeError(
            f"there is no file with recommendations; files that end in {', '.join(_ENDINGS)} "
            "are read"
        )
    answers: list[Answer] = []
    followed: dict[str, list[bool]] = {}
    for name, content in files:
        for answer, more in read_pages(name, content, format_id, options):
            answers.append(answer)
            followed.setdefault(answer.format, []).append(more)
    for format_name, pages in followed.items():
        if pages and all(pages):
            raise NativeError(
                f"the pages of {format_name} are not complete: each of {len(pages)} says that "
                f"another follows ({', '.join(_MORE)}). Fetch all pages and try again."
            )
    return joined(answers)


def read_pages(
    name: str, content: bytes, format_id: str = AUTO, options: Mapping[str, str] | None = None
) -> Iterator[tuple[Answer, bool]]:
    """Each page of a file, and whether it says that another follows."""
    asked = Asked(name, options or {})
    allowed = _allowed(format_id)
    body = _unpacked(name, content)
    if body[:4] == b"PAR1":
        header, rows = _parquet(name, body)
        yield _table(header, rows, allowed, asked), False
        return
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        for document in _pages(_documents(name, body)):
            more = isinstance(document, Mapping) and any(document.get(key) for key in _MORE)
            yield _document(document, allowed, asked), more
        return
    header, table = _csv(name, body)
    yield _table(header, table, allowed, asked), False


def _allowed(format_id: str) -> list[Format]:
    if format_id in ("", AUTO):
        return list(FORMATS.values())
    if format_id not in FORMATS:
        raise NativeError(
            f"there is no format {format_id!r}; the formats are {', '.join((AUTO, *FORMATS))}"
        )
    # A tool's exports and answers go by one name.
    base = format_id.removesuffix("-export").removesuffix("-json")
    return [one for one in FORMATS.values() if one.id == format_id or one.id.startswith(f"{base}-")]


def _document(document: Any, allowed: Sequence[Format], asked: Asked) -> Answer:
    for one in allowed:
        if one.shape == "json" and one.recognised(document):
            return gathered(one.id, one.read(document, asked))
    keys = ", ".join(list(document)[:8]) if isinstance(document, Mapping) else "an array"
    _refuse(asked.file, f"a JSON document with {keys or 'nothing in it'}", allowed)


def _table(
    header: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    allowed: Sequence[Format],
    asked: Asked,
) -> Answer:
    for one in allowed:
        if one.shape == "table" and one.recognised(header):
            return gathered(one.id, one.read(rows, asked))
    shown = ", ".join(header[:8]) + (", …" if len(header) > 8 else "")
    _refuse(asked.file, f"a table with {f'the columns {shown}' if shown else 'no header'}", allowed)


def _refuse(name: str, what: str, allowed: Sequence[Format]) -> NoReturn:
    known = "; ".join(f"{one.id}: {one.description}" for one in allowed)
    if len(allowed) > 2:
        known = (
            f"{', '.join(one.id for one in allowed)} (`outlay native formats` says what each is)"
        )
    raise NativeError(f"{name} is {what}: no recommendations that can be read. Allowed are {known}")


def _unpacked(name: str, content: bytes) -> bytes:
    body = content
    if content[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                body = packed.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise NativeError(f"{name} is cut short or damaged ({error}); fetch it again") from None
    if len(body) > LARGEST:
        raise NativeError(f"{name} has more than {LARGEST >> 20} MiB; divide it into several files")
    if not body.strip():
        raise NativeError(f"{name} is empty: that is no answer of a tool; fetch it again")
    return body


def _pages(documents: Iterable[Any]) -> Iterator[Any]:
    """Each page: an array may hold pages rather than items."""
    for document in documents:
        if (
            isinstance(document, list)
            and document
            and all(
                isinstance(page, Mapping)
                and any(one.shape == "json" and one.recognised(page) for one in FORMATS.values())
                for page in document
            )
        ):
            yield from document
        else:
            yield document


def _documents(name: str, body: bytes) -> Iterator[Any]:
    """The JSON value of a file, or those of its lines."""
    try:
        content = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NativeError(f"{name} is not UTF-8 text ({error.reason}); export it again") from None
    try:
        yield _decoded(content)
        return
    except ValueError as error:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0]):
            raise NativeError(
                f"{name} is no valid JSON: {error}; fetch or export it again"
            ) from None
    for number, line in enumerate(lines, 1):
        try:
            yield _decoded(line)
        except ValueError as error:
            raise NativeError(f"{name}, line {number}, is no valid JSON: {error}") from None


def _is_json(line: str) -> bool:
    try:
        _decoded(line)
    except ValueError:
        return False
    return True


def _decoded(content: str) -> Any:
    def constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(content, parse_float=Decimal, parse_constant=constant)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _csv(name: str, body: bytes) -> tuple[list[str], Iterator[dict[str, Any]]]:
    """The header, and the rows as they are asked for: what is no table of ours is not read on."""
    try:
        content = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NativeError(
            f"{name} is neither JSON, CSV in UTF-8 nor Parquet; export it as one of them"
        ) from None
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
    except csv.Error as error:
        raise NativeError(f"{name}: line {reader.line_num} is no CSV: {error}") from None
    if len(set(header)) != len(header):
        double = next(one for one in header if header.count(one) > 1)
        raise NativeError(f"{name}: the column {double!r} is there twice")
    return header, _rows(name, header, reader)


def _rows(name: str, header: Sequence[str], reader: Any) -> Iterator[dict[str, Any]]:
    try:
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise NativeError(
                    f"{name}: line {reader.line_num} has {len(cells)} cells, the header has "
                    f"{len(header)}; the file is cut short or damaged"
                )
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise NativeError(f"{name}: line {reader.line_num} is no CSV: {error}") from None


def _parquet(name: str, body: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(body))
        return list(table.column_names), table.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise NativeError(f"{name} is no Parquet that can be read: {error}") from None
