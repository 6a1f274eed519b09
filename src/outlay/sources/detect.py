"""What kind of bill lies at a location: every source is asked, the best evidence wins a file."""

import re
from collections import defaultdict
from collections.abc import Iterable

from outlay.sources.contract import Feed, FileRef, Source, SourceError, Transport
from outlay.sources.registry import SOURCES
from outlay.sources.tabular import is_tabular, peek


class AmbiguousKind(SourceError):  # noqa: N818 - it is what happened, and faces name it
    """Two kinds claim the same files with equal evidence: the caller must name the kind.

    `candidates` are the feeds in question.
    """

    def __init__(self, location: str, candidates: Iterable[Feed]) -> None:
        """Build the message from the candidates and their evidence."""
        self.candidates = tuple(candidates)
        lines = "\n".join(
            f"  --kind {feed.kind}  {feed.root or '.'}: {feed.evidence}" for feed in self.candidates
        )
        super().__init__(
            f"{location} may be more than one kind of bill:\n{lines}\n"
            "Name the kind with --kind, or point to one export alone."
        )


class UnknownBill(SourceError):  # noqa: N818 - it is what happened
    """Nothing at the location is a bill of a kind that can be told by looking.

    `tables` are the files there that a mapping could read.
    """

    def __init__(self, message: str, tables: Iterable[FileRef] = ()) -> None:
        """Keep the tables beside the message."""
        self.tables = tuple(tables)
        super().__init__(message)


def detect(transport: Transport, sources: Iterable[Source] | None = None) -> list[Feed]:
    """The feeds at a location, sorted by root and name: one for each export found.

    `sources` are the kinds that the user named (default: all that can be told by looking).
    Raises AmbiguousKind when two kinds claim a file with equal top scores, UnknownBill when
    nothing is recognised, SourceError when a bill file cannot be read, TransportError when the
    location cannot.
    """
    files = transport.list()
    if sources is None:
        asked = [source for source in SOURCES.values() if not source.named_only]
        feeds = [feed for source in asked for feed in source.recognise(transport, files)]
    else:
        asked = list(sources)
        feeds = [feed for source in asked for feed in source.named(transport, files)]
    _raise_unreadable(transport, [file for file in files if not _best_of(feeds, file)])
    if not feeds:
        raise _nothing(transport.location, files, asked)
    chosen: set[Feed] = set()
    contested: dict[Feed, None] = {}
    for file in files:
        top = _best_of(feeds, file)
        if len({feed.kind for feed in top}) > 1:
            contested.update(dict.fromkeys(top))
        elif top:
            chosen.add(max(top, key=lambda feed: (len(feed.root), feed.name)))
    if contested:
        raise AmbiguousKind(transport.location, contested)
    return sorted(chosen, key=lambda feed: (feed.root, feed.name, feed.kind))


def _best_of(feeds: Iterable[Feed], file: FileRef) -> list[Feed]:
    """The feeds with the highest score of those that claim a file, kinds in order."""
    found = [feed for feed in feeds if _covers(feed, file)]
    highest = max((feed.score for feed in found), default=0)
    return sorted(
        (feed for feed in found if feed.score == highest), key=lambda feed: (feed.kind, feed.root)
    )


def _covers(feed: Feed, file: FileRef) -> bool:
    """Whether the file lies at or below the feed's root."""
    root = feed.root.rstrip("/")
    return not root or file.path == root or file.path.startswith(root + "/")


def _raise_unreadable(transport: Transport, unclaimed: list[FileRef]) -> None:
    """Raise the error of a bill file that no source could read.

    It is the likelier reason why nothing was recognised; and beside good files it must not be
    left out in silence. Files whose names differ by digits alone stand for each other.
    """
    tables = [file for file in unclaimed if is_tabular(file.path) or len(unclaimed) == 1]
    alike = {re.sub(r"\d+", "#", file.path): file for file in reversed(tables)}
    for file in alike.values():
        peek(transport, file)


def _nothing(location: str, files: list[FileRef], asked: list[Source]) -> UnknownBill:
    endings: dict[str, int] = defaultdict(int)
    for file in files:
        name = file.path.rsplit("/", 1)[-1]
        endings["." + name.partition(".")[2] if "." in name else name] += 1
    seen = (
        "it is empty"
        if not files
        else f"it holds {len(files)} files ("
        + ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items())[:6])
        + ")"
    )
    kinds = "\n".join(f"  {source.kind}: {source.description}" for source in asked)
    tables = [file for file in files if is_tabular(file.path)]
    mapped = (
        "A table of another vendor is read by a mapping: `outlay source infer FILE` proposes it.\n"
        if tables
        else ""
    )
    return UnknownBill(
        f"no bill was recognised at {location}: {seen}. Looked for:\n{kinds}\n{mapped}"
        "Check the location, or name the kind with --kind to see what it misses.",
        tables,
    )
