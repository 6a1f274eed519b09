"""Vendor files come into the lake: copied once, named by their content, archives unpacked."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from outlay.lake.archives import archive_kind, members
from outlay.lake.faults import fault_point
from outlay.lake.layout import Layout, publish, write_text
from outlay.lake.types import LakeError, LandedFile
from outlay.sources.contract import Delivery, FileRef, Progress, SourceError, Transport

_CHUNK = 1 << 22
_ENDINGS = (".csv.gz", ".csv", ".parquet", ".gz")
_MANIFESTS = ("/manifest.json", "!manifest.json")


@dataclass(frozen=True)
class LandedDelivery:
    """The files of one delivery in the lake; `notes` say what was left out and why."""

    files: tuple[LandedFile, ...]
    notes: tuple[str, ...]


def offer_digest(delivery: Delivery) -> str:
    """A digest of what is offered: names, sizes and versions, without reading a file."""
    listing = sorted([ref.path, ref.size, ref.version] for ref in delivery.files)
    return _digest([delivery.version, listing])


def fingerprint(files: Sequence[LandedFile], *, names_tell: bool = False) -> str:
    """A digest of the content alone: renamed or reordered files of the same bytes are the same,
    unless their names tell a part of it."""
    if names_tell:
        return _digest(sorted([file.path, file.sha256] for file in files))
    return _digest(sorted({file.sha256 for file in files}))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


class Landing:
    """Lands files of one location. Files seen before in the same version are not read again."""

    def __init__(
        self, layout: Layout, transport: Transport, staging: Path, progress: Progress | None
    ) -> None:
        self.layout = layout
        self._transport = transport
        self._staging = staging
        self._progress = progress

    def land(self, delivery: Delivery, *, names_tell: bool = False) -> LandedDelivery:
        """Bring every file of the delivery into the lake.

        The same content twice in one delivery counts once, with a note, unless the files' names
        tell a part of it. Raises SourceError when
        a file cannot be fetched, LakeError when an archive is damaged or there is no file.
        """
        if not delivery.files:
            raise SourceError("the delivery holds no file; wait for the export to finish")
        files: list[LandedFile] = []
        notes: list[str] = []
        seen: dict[str, str] = {}
        # A manifest that counts its rows counts each of its files: of two alike, both are meant
        # (Azure's two cost reports are the same where nothing was committed).
        counted = delivery.stated.rows is not None
        done, whole = 0, sum(ref.size for ref in delivery.files)
        for ref in delivery.files:
            self._tell(f"landing {ref.path}", done, whole)
            for file in self._known(ref) or self._fetch(ref):
                # A manifest tells of the files that it lies beside: of two alike, each is needed.
                named = counted or names_tell or file.path.endswith(_MANIFESTS)
                if file.sha256 in seen and not named:
                    notes.append(
                        f"{file.path} has the same content as {seen[file.sha256]}: counted once"
                    )
                    continue
                seen[file.sha256] = file.path
                files.append(file)
            done += ref.size
        return LandedDelivery(tuple(files), tuple(notes))

    def _tell(self, what: str, done: int, whole: int | None) -> None:
        if self._progress:
            self._progress(what, done, whole)

    def _memo(self, ref: FileRef) -> Path:
        key = _digest([self._transport.location, ref.path, ref.size, ref.version])
        return self.layout.offers / key[:2] / f"{key}.json"

    def _known(self, ref: FileRef) -> list[LandedFile]:
        """What this version of the file was landed as before; empty if it was not, or is gone."""
        try:
            data: list[dict[str, Any]] = json.loads(self._memo(ref).read_text(encoding="utf-8"))
            files = [LandedFile(**item) for item in data]
        except (OSError, ValueError, TypeError):
            return []
        there = all(self._is_whole(file) for file in files)
        return files if there else []

    def _is_whole(self, file: LandedFile) -> bool:
        path = self.layout.landed(file.landed)
        return path.exists() and path.stat().st_size == file.size and _touch(path)

    def _fetch(self, ref: FileRef) -> list[LandedFile]:
        fault_point("land")
        temporary = self._staging / "fetched"
        self._transport.fetch(ref, temporary)
        if archive_kind(temporary):
            files = self._unpack(ref, temporary)
            temporary.unlink()
        else:
            with temporary.open("rb") as stream:
                sha256, size = _copy(iter(lambda: stream.read(_CHUNK), b""), None)
            files = [self._publish(temporary, ref.path, sha256, size, ref.version)]
        fault_point("land")
        write_text(self._memo(ref), json.dumps([vars(file) for file in files]))
        return files

    def _unpack(self, ref: FileRef, archive: Path) -> list[LandedFile]:
        files = []
        free = shutil.disk_usage(self._staging).free
        for name, chunks in members(archive, ref.path, free):
            temporary = self._staging / "member"
            with temporary.open("wb") as out:
                sha256, size = _copy(chunks, out)
            path = f"{ref.path}!{name}"
            files.append(self._publish(temporary, path, sha256, size, ref.version))
        if not files:
            raise LakeError(f"{ref.path} is an archive without a data file in it")
        return files

    def _publish(
        self, temporary: Path, path: str, sha256: str, size: int, version: str
    ) -> LandedFile:
        name = path.rsplit("/", 1)[-1].lower()
        ending = next((ending for ending in _ENDINGS if name.endswith(ending)), "")
        target = self.layout.landing / sha256[:2] / f"{sha256}{ending}"
        if target.exists() and target.stat().st_size == size and _touch(target):
            temporary.unlink()
        else:
            publish(temporary, target)
        return LandedFile(path, sha256, size, self.layout.relative(target), version)


def _touch(path: Path) -> bool:
    """Say that the file is in use, so that nothing collects it before the commit."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _copy(chunks: Iterable[bytes], out: BinaryIO | None) -> tuple[str, int]:
    """SHA-256 and length of the chunks, written to `out` on the way."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if out is not None:
            out.write(chunk)
    return digest.hexdigest(), size
