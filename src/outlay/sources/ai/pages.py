"""Answers of paged APIs as files: `{"data": […], "has_more": …, "next_page": …}`, or lists alone.

Whoever saved the pages may have saved some of them: a page that says that more follows, with
nothing that does, is half an answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST
from outlay.sources.contract import Delivery, Feed, FileRef, SourceError, Transport
from outlay.sources.documents import (
    decode,
    is_document,
    peek_document,
    read_document,
    read_lines,
    unpacked,
)
from outlay.sources.loose import HalfWrittenError, below
from outlay.sources.tabular import is_tabular

_DIGITS = re.compile(r"\d+")
_ENDINGS = re.compile(r"(\.(jsonl?|ndjson|gz))+$", re.IGNORECASE)
_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Page:
    """One answer: what it lists, whether more follows, and the token that asks for it."""

    items: list[Any]
    more: bool = False
    next_page: str | None = None


def as_page(document: object) -> Page | None:
    """A document as a page: a list is one that stands alone; None if it is neither."""
    if isinstance(document, list):
        return Page(document)
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        token = document.get("next_page")
        return Page(document["data"], document.get("has_more") is True, token or None)
    return None


def read_pages(stream: BinaryIO, name: str) -> Iterator[Page]:
    """The pages of a file: one document, or JSON lines of pages or of what pages list.

    Raises SourceError when it is no JSON or holds something else.
    """
    base = name.lower().removesuffix(".gz")
    documents: Iterator[Any]
    if base.endswith(_LINES) or _is_lines(stream):
        stream.seek(0)
        documents = read_lines(stream, name)
    else:
        documents = iter([read_document(stream, name)])
    loose: list[Any] = []
    for document in documents:
        page = as_page(document)
        if page:
            yield page
        elif isinstance(document, dict):
            loose.append(document)
        else:
            raise SourceError(f"{name} holds neither pages nor what pages list; ask the API again")
    if loose:
        yield Page(loose)


def _is_lines(stream: BinaryIO) -> bool:
    """Whether the first line is a whole document and another one follows it."""
    stream.seek(0)
    source = unpacked(stream)
    first = source.readline(1 << 20).strip()
    another = source.read(4096).strip()
    stream.seek(0)
    if not another or first[:1] not in (b"{", b"["):
        return False
    try:
        decode(first, "the first line")
    except SourceError:
        return False
    return True


@dataclass(frozen=True)
class PagedFiles:
    """How a kind finds and orders its files.

    `of` says what a page is (an endpoint of the API), or None when it is not of this kind.
    `bounds` gives begin and end of what a page's items span, None where items are in no order
    of time. `what` is said in evidence ("OpenAI's organization API").
    """

    kind: str
    what: str
    of: Callable[[Page, str], str | None]
    bounds: Callable[[Page], tuple[Any, Any] | None]

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """The feeds among the files: folders whose bill files are all of this kind, else files."""
        claims = {file.path: end for file in files if (end := self._claim(transport, file))}
        if not claims:
            return []
        strangers = {
            file.path for file in files if file.path not in claims and is_stranger(transport, file)
        }
        feeds = []
        for root in highest_roots(files, sorted(claims), strangers):
            ends = sorted({end for path, end in claims.items() if _under(path, root)})
            count = sum(_under(path, root) for path in claims)
            evidence = f"{count} file{'s' * (count > 1)} of {self.what}: {', '.join(ends)}"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 80))
        return feeds

    def _claim(self, transport: Transport, file: FileRef) -> str | None:
        if not is_document(file.path):
            return None
        page = as_page(_whole(peek_document(transport, file)))
        return self.of(page, file.path) if page else None

    def deliveries(self, transport: Transport, root: str) -> list[Delivery]:
        """What was collected, a month each; or loose files as one delivery.

        Raises SourceError when there is nothing, HalfWrittenError when pages are missing.
        """
        everything = transport.list()
        files = below(everything, root)
        spool = [file for file in files if file.path.rsplit("/", 1)[-1] == MANIFEST]
        months = [month for file in spool if (month := _month(transport, file, files))]
        if months:
            return sorted(months, key=lambda delivery: str(delivery.billing_period))
        refuse_damaged(transport, files)
        found = [file for file in files if self._claim(transport, file)]
        if not found:
            raise SourceError(
                f"there is no answer of {self.what} at {transport.location}"
                f"{'/' + root if root else ''}; expected its pages as JSON. Check the location."
            )
        found.sort(key=lambda file: natural(file.path))
        alone = len(everything) == 1 and transport.location.rstrip("/").endswith(files[0].path)
        notes = self._paging(transport, found, alone=alone)
        return [Delivery(None, tuple(found), notes=tuple(notes))]

    def _paging(self, transport: Transport, files: Sequence[FileRef], *, alone: bool) -> list[str]:
        """Notes on pages; HalfWrittenError when one says that more follows and nothing does."""
        pages = []
        for file in files:
            page = as_page(_whole(peek_document(transport, file)))
            if page:
                pages.append((file, page, self.of(page, file.path)))
        open_ends = [one for one in pages if one[1].more]
        if alone:
            return [
                f"{file.path} is one page of several (the answer goes on at {page.next_page}): "
                "its period is not whole"
                for file, page, _ in open_ends
            ]
        for file, page, end in open_ends:
            others = [(f, p) for f, p, e in pages if e == end and f != file]
            if not self._follows(file, page, others):
                raise HalfWrittenError(
                    f"{file.path} says that more follows (next_page {page.next_page}), and no "
                    f"other file has it: the answer of {end} is not whole. Fetch the missing "
                    "page, or ask for the period again to its end."
                )
        for file, _, end in pages:
            number = _page_number(file.path)
            if number and number[1] > 1:
                before = {_page_number(f.path) for f, _, e in pages if e == end}
                if (number[0], number[1] - 1) not in before:
                    raise HalfWrittenError(
                        f"{file.path} is page {number[1]}, and page {number[1] - 1} is missing: "
                        f"the answer of {end} is not whole. Fetch it and load again."
                    )
        return []

    def _follows(self, file: FileRef, page: Page, others: Sequence[tuple[FileRef, Page]]) -> bool:
        bounds = self.bounds(page)
        if bounds is not None:
            starts = [found[0] for _, other in others if (found := self.bounds(other))]
            return bounds[1] in starts
        number = _page_number(file.path)
        if number:
            return (number[0], number[1] + 1) in {_page_number(f.path) for f, _ in others}
        return any(not other.more for _, other in others)


def _whole(document: object) -> object:
    """A document for `as_page`; the first record of JSON lines stands for all of them."""
    if isinstance(document, dict) and "data" not in document:
        return [document]
    return document


def _month(transport: Transport, manifest: FileRef, files: Sequence[FileRef]) -> Delivery | None:
    """A collected month: what its manifest lists, all of it or an error."""
    facts = peek_document(transport, manifest)
    if not is_spool_manifest(facts):
        return None
    folder = manifest.path.rpartition("/")[0]
    try:
        period = BillingPeriod.parse(folder.rpartition("/")[2] or transport.location[-7:])
    except ValueError:
        return None
    there = {file.path: file for file in files}
    names = [f"{folder}/{page}" if folder else str(page) for page in facts["pages"]]
    missing = [name for name in names if name not in there]
    if missing:
        raise HalfWrittenError(
            f"{manifest.path} lists {len(names)} pages, and {len(missing)} are missing "
            f"({missing[0]}{' …' if len(missing) > 1 else ''}): the collection of {period} is not "
            "whole. Sync the source again."
        )
    at = str(facts["collected_at"])
    notes = [] if facts["final"] else [f"collected at {at} UTC, while {period} may still change"]
    notes += [str(note) for note in facts.get("notes", ())]
    return Delivery(period, tuple(there[name] for name in names), at, notes=tuple(notes))


def is_spool_manifest(document: object) -> bool:
    """Whether a document is the manifest that a collection leaves beside its pages."""
    return isinstance(document, dict) and {"collected_at", "final", "pages"} <= set(document)


def is_stranger(transport: Transport, file: FileRef) -> bool:
    """Whether a file that is not ours may be another's bill: a table, or a document that lists
    things. Settings and a collection's manifest are none; a damaged document is looked at when
    its folder is read (`refuse_damaged`)."""
    if is_tabular(file.path):
        return True
    if not is_document(file.path):
        return False
    document = peek_document(transport, file)
    if document is None or is_spool_manifest(document):
        return False
    if isinstance(document, dict) and not file.path.lower().removesuffix(".gz").endswith(_LINES):
        return any(isinstance(value, list) and value for value in document.values())
    return True


def refuse_damaged(transport: Transport, files: Sequence[FileRef]) -> None:
    """Raise SourceError for a JSON file that cannot be read: left out in silence, it would be
    missing from the bill."""
    for file in files:
        if is_document(file.path) and peek_document(transport, file) is None:
            with transport.open(file.path) as stream:
                read_document(stream, file.path)


def highest_roots(files: Sequence[FileRef], mine: Sequence[str], strangers: set[str]) -> list[str]:
    """The highest folders without a stranger below, else the files themselves."""
    if len(files) == 1:
        return list(mine)
    spoiled = {folder for path in strangers for folder in _folders(path)}
    return sorted({next((f for f in _folders(path) if f not in spoiled), path) for path in mine})


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[:depth]) for depth in range(len(parts) + 1)]


def _under(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(root + "/")


def feed_name(transport: Transport, root: str) -> str:
    """What a feed is called: its file's or folder's name, endings off."""
    last = (root or transport.location.rstrip("/")).rsplit("/", 1)[-1]
    return _ENDINGS.sub("", last) or last or "pages"


def natural(path: str) -> tuple[tuple[str, int], ...]:
    """Sorts page10 after page9."""
    parts = _DIGITS.split(path)
    numbers = [int(number) for number in _DIGITS.findall(path)]
    return tuple(zip(parts, [*numbers, 0], strict=True))


_PAGE = re.compile(r"^(?P<stem>.*page[-_ ]?)(?P<number>\d+)\D*$", re.IGNORECASE)


def _page_number(path: str) -> tuple[str, int] | None:
    """(the name up to its number, the number) of a file that is named as a page."""
    match = _PAGE.match(path)
    return (match["stem"], int(match["number"])) if match else None


def flat(record: Mapping[str, Any], *nested: str) -> dict[str, Any]:
    """A record with the members of its nested objects as columns of their own (`amount.value`)."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if key in nested and isinstance(value, dict):
            found.update({f"{key}.{inner}": one for inner, one in value.items()})
        else:
            found[key] = value
    return found


def month_of(moment: datetime) -> BillingPeriod:
    """The calendar month of a moment in UTC."""
    return BillingPeriod(moment.year, moment.month)
