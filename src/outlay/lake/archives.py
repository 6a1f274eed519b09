"""Archives that bills come in, zip and tar (plain or gzip), read member by member.

Nothing is ever written under a member's own name: the lake names files by their content. A name
that points out of the archive, or a link, is refused all the same, since no vendor makes one.
"""

import contextlib
import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from outlay.lake.types import LakeError

_MOST_MEMBERS = 20_000
_ALWAYS_ALLOWED = 4 << 30  # bytes that any archive may unpack to
_LARGEST_RATIO = 200  # unpacked bytes per packed byte beyond that; bills reach about 100
_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error)


def archive_kind(path: Path) -> str | None:
    """`zip` or `tar` by the file's content; None when it is no archive."""
    with path.open("rb") as stream:
        head = stream.read(512)
        if head.startswith(b"PK\x03\x04"):
            return "zip"
        if head.startswith(b"\x1f\x8b"):
            stream.seek(0)
            try:
                with gzip.GzipFile(fileobj=stream) as inner:
                    head = inner.read(512)
            except (OSError, EOFError, zlib.error):
                return None  # a damaged gzip file: whoever reads it says so with its name
    return "tar" if head[257:262] == b"ustar" else None


class Budget:
    """How many bytes and members one archive may unpack to.

    `free` is what the disk of the lake has left, in bytes.
    """

    def __init__(self, name: str, packed: int, free: int) -> None:
        self._name, self._free = name, free
        self._allowed = max(_ALWAYS_ALLOWED, packed * _LARGEST_RATIO)
        self._bytes = self._members = 0

    def member(self) -> None:
        """Count a member; raises LakeError when there are too many."""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise LakeError(
                f"{self._name} holds more than {_MOST_MEMBERS} files; unpack it and load the folder"
            )

    def spend(self, count: int) -> None:
        """Count unpacked bytes; raises LakeError when they are too many."""
        self._bytes += count
        if self._bytes > self._free:
            raise LakeError(
                f"{self._name} unpacks to more than the {self._free} bytes that are free on the "
                "disk of the lake; make room or move the workspace"
            )
        if self._bytes > self._allowed:
            raise LakeError(
                f"{self._name} unpacks to more than {self._allowed} bytes, over {_LARGEST_RATIO} "
                "times its size, as no bill does; unpack it by hand if it is meant to be so"
            )


def members(path: Path, name: str, free: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The data files of an archive in its own order: name and content in chunks.

    Each content must be read before the next member is asked for. `name` is the archive's, for
    messages. Raises LakeError when the archive is damaged, too large (see `Budget`), or holds
    a link or a name that points out of it.
    """
    budget = Budget(name, path.stat().st_size, free)
    kind = archive_kind(path)
    with _damage_named(name, kind):
        for member, stream in (_zip if kind == "zip" else _tar)(path, name):
            budget.member()
            yield member, _chunks(stream, budget, name, kind)


def _zip(path: Path, name: str) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as opened:
        for info in opened.infolist():
            if not info.is_dir() and _is_data(info.filename, name):
                with opened.open(info) as stream:
                    yield info.filename, stream


def _tar(path: Path, name: str) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(path, "r|*") as opened:
        for info in opened:
            if info.isdir():
                continue
            if not info.isreg():
                raise LakeError(
                    f"{name} holds {info.name!r}, which is a link or a device and no file; pack "
                    "the files themselves"
                )
            if _is_data(info.name, name):
                stream = opened.extractfile(info)
                assert stream is not None
                yield info.name.removeprefix("./"), stream


def _is_data(member: str, archive: str) -> bool:
    """Whether a member is meant: no hidden file, none of a Mac's own. LakeError for an escape."""
    parts = member.replace("\\", "/").split("/")
    if member.startswith(("/", "\\")) or ".." in parts or parts[0].endswith(":"):
        raise LakeError(
            f"{archive} holds {member!r}, a name that points out of the archive; it is not loaded: "
            "check where it comes from"
        )
    return parts[0] != "__MACOSX" and not parts[-1].startswith(".")


def _chunks(stream: IO[bytes], budget: Budget, name: str, kind: str | None) -> Iterator[bytes]:
    while True:
        # Only reading is guarded: that the reader of the chunks cannot write is no damage.
        with _damage_named(name, kind):
            chunk = stream.read(_CHUNK)
        if not chunk:
            return
        budget.spend(len(chunk))
        yield chunk


@contextlib.contextmanager
def _damage_named(name: str, kind: str | None) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise LakeError(
            f"{name} is a {kind} archive that is cut short or damaged ({error}); fetch or "
            "export it again"
        ) from error
