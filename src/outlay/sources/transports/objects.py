"""What object stores have in common: keys below a prefix, listed in pages, read by ranges."""

import contextlib
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from outlay.sources.contract import FileRef, RetryableTransportError, TransportError
from outlay.sources.transports.names import is_hidden

_READ_AHEAD = 256 * 1024
_CHUNK = 8 * 1024 * 1024
_DOWNLOAD_ATTEMPTS = 4


class ObjectTransport(ABC):
    """Reads one object, or every object below a prefix (``/`` is understood as a folder).

    A subclass says how its store lists and reads; the errors that it raises are TransportErrors.
    """

    def __init__(self, location: str, bucket: str, key: str) -> None:
        self.location = location
        self._bucket = bucket
        self._key = key.rstrip("/")
        self._as_folder = key.endswith("/") or not key
        self._base: str | None = None

    @abstractmethod
    def _listed(self, prefix: str) -> Iterator[tuple[str, int, str]]:
        """(key, size, version) of every object whose key starts with the prefix, in key order."""

    @abstractmethod
    def _stat(self, key: str) -> tuple[int, str]:
        """(size, version) of an object."""

    @abstractmethod
    def _range(self, key: str, start: int, end: int, version: str) -> bytes:
        """Bytes from `start` to `end` (exclusive) of that version; fewer when a connection broke.

        Raises RetryableTransportError when the object is another version by now."""

    def list(self, prefix: str = "") -> list[FileRef]:
        """Objects whose key below the location starts with `prefix`; see the contract."""
        base = self._resolve_base()
        if base is not None:
            found = [
                FileRef(key[len(base) :], size, version)
                for key, size, version in self._listed(base + prefix)
                if not key.endswith("/")
            ]
            return sorted(ref for ref in found if not is_hidden(ref.path))
        name = self._key.rpartition("/")[2]
        if not name.startswith(prefix):
            return []
        size, version = self._stat(self._key)
        return [FileRef(name, size, version)]

    def open(self, path: str) -> BinaryIO:
        """A seekable reader that fetches byte ranges on demand."""
        key = self._full_key(path)
        size, version = self._stat(key)
        return io.BufferedReader(_RangeReader(self, key, size, version), _READ_AHEAD)

    def fetch(self, ref: FileRef, target: Path) -> None:
        """Download an object, going on where a broken connection ended.

        Raises RetryableTransportError when the object is no longer the listed one or stays short.
        """
        key = self._full_key(ref.path)
        try:
            with target.open("wb") as out:
                idle = 0
                while out.tell() < ref.size and idle < _DOWNLOAD_ATTEMPTS:
                    at = out.tell()
                    out.write(self._range(key, at, min(at + _CHUNK, ref.size), ref.version))
                    idle = idle + 1 if out.tell() == at else 0
                if out.tell() != ref.size:
                    raise self._changed(key, f" ({ref.size} bytes listed, {out.tell()} received)")
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    def _changed(self, key: str, sizes: str = "") -> RetryableTransportError:
        return RetryableTransportError(
            f"{key} at {self.location} changed or ended early while it was read{sizes}; load it "
            "again once its writer has finished"
        )

    def _resolve_base(self) -> str | None:
        """The key prefix that is the location's folder; None when the location is one object."""
        if self._base is None and not self._as_folder:
            # Keys come in order, so that an object with exactly this key comes first.
            first = next(self._listed(self._key), None)
            if first is not None and first[0] == self._key:
                return None
        self._base = f"{self._key}/" if self._key else ""
        return self._base

    def _full_key(self, path: str) -> str:
        base = self._resolve_base()
        return self._key if base is None else base + path


class _RangeReader(io.RawIOBase):
    """Reads one object by byte ranges; every range is of the version that was first seen."""

    def __init__(self, transport: ObjectTransport, key: str, size: int, version: str) -> None:
        super().__init__()
        self._transport, self._object_key = transport, key
        self._size, self._version = size, version
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"cannot seek before the start of {self._object_key}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        for _ in range(_DOWNLOAD_ATTEMPTS):
            data = self._transport._range(self._object_key, self._at, end, self._version)
            if data:
                break
        else:
            raise self._transport._changed(self._object_key)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@contextlib.contextmanager
def sdk(extra: str, what: str) -> Iterator[None]:
    """Import an SDK; a missing one is an error that says which extra of ours brings it."""
    try:
        yield
    except ModuleNotFoundError:
        raise TransportError(
            f"{what} need an SDK that is not installed; install it with: "
            f"pip install 'outlay[{extra}]'"
        ) from None
