"""Payloads of OpenShift's cost operator: tar.gz or folder, manifest.json and CSV reports."""

import gzip
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import decode, peek_document
from outlay.sources.loose import HalfWrittenError

ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".tar")
_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True)
class Payload:
    """One payload as far as its manifest tells: `names` are the files that it is made of."""

    uuid: str
    cluster: str
    date: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Packed:
    """A payload's archive: its manifest and the names of the files in it."""

    payload: Payload
    members: tuple[str, ...]


def is_manifest(document: object) -> bool:
    """Whether a JSON document is the manifest of a payload."""
    return isinstance(document, dict) and {"uuid", "cluster_id", "files"} <= set(document)


def payload_of(manifest: dict[str, Any]) -> Payload:
    """What a manifest says; dates as the operator writes them, which sort as text."""
    names = manifest.get("files") or ()
    return Payload(
        str(manifest["uuid"]),
        str(manifest.get("cluster_id") or ""),
        str(manifest.get("date") or manifest.get("start") or ""),
        tuple(PurePosixPath(str(name)).name for name in names),
    )


def is_archive(path: str) -> bool:
    """Whether a file of this name may be a packed payload."""
    return path.lower().endswith(ARCHIVE_ENDINGS)


class _SameForCache:
    """A transport that is equal to any other, so that a cache goes by location and file."""

    def __init__(self, value: Transport) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameForCache)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4096)
def _opened(location: str, file: FileRef, transport: _SameForCache) -> Packed | SourceError | None:
    members: list[str] = []
    manifest: Any = None
    try:
        with (
            transport.value.open(file.path) as stream,
            tarfile.open(fileobj=stream, mode="r|*") as archive,
        ):
            for info in archive:
                members.append(PurePosixPath(info.name).name)
                if members[-1] == "manifest.json" and info.isreg():
                    content = archive.extractfile(info)
                    assert content is not None
                    manifest = decode(content.read(_LARGEST_MANIFEST), f"{file.path}!{info.name}")
    except (tarfile.TarError, EOFError, OSError, zlib.error, gzip.BadGzipFile) as error:
        if manifest is None and not members:
            return None  # no archive, or one of which nothing is known
        return SourceError(
            f"{file.path} is a tar archive that is cut short or damaged ({error}); fetch it again"
        )
    except SourceError as error:
        return error
    return Packed(payload_of(manifest), tuple(members)) if is_manifest(manifest) else None


def packed(transport: Transport, file: FileRef) -> Packed | None:
    """What a packed payload holds; None when the file is none. Read once a version.

    Raises SourceError when the archive is cut short or its manifest is no JSON.
    """
    found = _opened(transport.location, file, _SameForCache(transport))
    if isinstance(found, SourceError):
        raise found
    return found


def folder_of(path: str) -> str:
    """The archive or folder that a report lies in: what ties it to its manifest."""
    archive, mark, _ = path.partition("!")
    return archive if mark else str(PurePosixPath(path).parent)


def manifests(transport: Transport, files: Iterable[FileRef]) -> dict[str, Payload]:
    """Folder or archive → its payload, of the files that are manifests or packed payloads."""
    found = {}
    for file in files:
        if is_archive(file.path):
            archive = packed(transport, file)
            if archive is not None:
                found[file.path] = archive.payload
        elif PurePosixPath(file.path).name == "manifest.json":
            document = peek_document(transport, file)
            if is_manifest(document):
                found[folder_of(file.path)] = payload_of(document)
    return found


def refuse_incomplete(transport: Transport, files: Sequence[FileRef]) -> None:
    """Raise HalfWrittenError for a payload of which a file that its manifest names is missing.

    A large payload comes in several archives of one uuid, each with the whole manifest.
    """
    there: dict[str, set[str]] = defaultdict(set)
    wanted: dict[str, tuple[str, set[str]]] = {}
    for place, payload in manifests(transport, files).items():
        if is_archive(place):
            file = next(file for file in files if file.path == place)
            archive = packed(transport, file)
            there[payload.uuid] |= set(archive.members) if archive else set()
        else:
            there[payload.uuid] |= {
                PurePosixPath(file.path).name for file in files if folder_of(file.path) == place
            }
        wanted[payload.uuid] = (place, set(payload.names))
    for uuid, (place, names) in wanted.items():
        missing = sorted(names - there[uuid])
        if missing:
            raise HalfWrittenError(
                f"the payload {uuid} at {place} is not whole: its manifest names {missing[0]}"
                f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}, which is not "
                "there. Wait until the payload is written, or fetch it again."
            )
