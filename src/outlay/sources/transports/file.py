"""The file transport: one file, or a folder read recursively, on this machine."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from outlay.sources.contract import FileRef, RetryableTransportError, TransportError
from outlay.sources.transports.names import is_hidden


class FileTransport:
    """Reads a file or a folder. A single file is listed under its own name.

    In a folder, hidden names (``.x``, ``_x``) are left out; links are followed, each folder
    once. A file named as the location itself is read whatever its name.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        text = unquote(location[7:]) if location.lower().startswith("file://") else location
        self._path = Path(os.path.abspath(Path(text).expanduser()))

    def list(self, prefix: str = "") -> list[FileRef]:
        """Files whose path below the location starts with `prefix`, sorted; see the contract."""
        try:
            if self._path.is_dir():
                refs = [self._ref(path) for path in self._walk() if path.startswith(prefix)]
                return sorted(refs)
            # stat() and not is_file(): a missing and a forbidden path have different messages.
            self._path.stat()
        except OSError as error:
            raise self._failure(error, self._path) from error
        if not self._path.is_file():
            raise TransportError(
                f"{self._path} is neither a file nor a folder (a device or socket?); "
                "give a file or a folder with bill files"
            )
        if not self._path.name.startswith(prefix):
            return []
        return [self._ref(self._path.name)]

    def open(self, path: str) -> BinaryIO:
        """A seekable reader of a listed file."""
        target = self._resolve(path)
        try:
            return target.open("rb")
        except OSError as error:
            raise self._failure(error, target) from error

    def fetch(self, ref: FileRef, target: Path) -> None:
        """Copy a listed file; raises RetryableTransportError when it changed since the listing."""
        source = self._resolve(ref.path)
        try:
            shutil.copyfile(source, target)
            after = self._ref(ref.path)
            copied = target.stat().st_size
        except OSError as error:
            target.unlink(missing_ok=True)
            raise self._failure(error, source) from error
        if after != ref or copied != ref.size:
            target.unlink(missing_ok=True)
            raise RetryableTransportError(
                f"{source} changed while it was read (listed with {ref.size} bytes, copied "
                f"{copied}, now {after.size}); load it again once its writer has finished"
            )

    def _resolve(self, path: str) -> Path:
        if self._path.is_file():
            if path != self._path.name:
                raise TransportError(f"{path!r} is not the file {self._path}")
            return self._path
        parts = path.split("/")
        if not path or ".." in parts or path.startswith("/"):
            raise TransportError(
                f"{path!r} does not lie below {self._path}; only listed files can be read"
            )
        return self._path.joinpath(*parts)

    def _ref(self, path: str) -> FileRef:
        found = self._resolve(path).stat()
        return FileRef(path=path, size=found.st_size, version=str(found.st_mtime_ns))

    def _walk(self) -> Iterator[str]:
        """Relative paths of the files below the folder, hidden ones left out."""
        pending = [(self._path, "")]
        seen: set[tuple[int, int]] = set()
        while pending:
            folder, relative = pending.pop()
            identity = folder.stat()
            # A link that points back up would never end.
            if (identity.st_dev, identity.st_ino) in seen:
                continue
            seen.add((identity.st_dev, identity.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    path = relative + entry.name
                    if entry.is_dir():
                        pending.append((Path(entry.path), path + "/"))
                    elif entry.is_file() or entry.is_symlink():
                        # A link to nothing is kept: leaving a part of a bill out silently
                        # would lose money, so that its stat fails with its name.
                        yield path

    def _failure(self, error: OSError, path: Path) -> TransportError:
        where = Path(error.filename) if isinstance(error.filename, str) else path
        if isinstance(error, FileNotFoundError):
            hint = "check the spelling"
            if where.is_symlink():
                hint = f"it is a link to {os.readlink(where)}, which is not there"
            return TransportError(f"{where} does not exist; {hint}")
        if isinstance(error, PermissionError):
            return TransportError(
                f"{where} may not be read by this user; "
                f"give read access (chmod a+r, and a+x on its folders) or run as its owner"
            )
        if isinstance(error, NotADirectoryError):
            return TransportError(f"{where} does not exist: a part of its path is a file")
        return RetryableTransportError(
            f"{where} cannot be read: {error.strerror or error}; check the disk, then retry"
        )
