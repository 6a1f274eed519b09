"""A location in memory, for tests of discovery."""

import io
from pathlib import Path
from typing import BinaryIO

from outlay.sources.contract import FileRef, TransportError


class Place:
    """The contract's Transport over path → content. Each has a location of its own."""

    _made = 0

    def __init__(self, files: dict[str, bytes]) -> None:
        Place._made += 1
        self.location = f"memory:{Place._made}"
        self.files = files
        self.opened: list[str] = []

    def list(self, prefix: str = "") -> list[FileRef]:
        return sorted(
            FileRef(path, len(content), "1")
            for path, content in self.files.items()
            if path.startswith(prefix)
        )

    def open(self, path: str) -> BinaryIO:
        if path not in self.files:
            raise TransportError(f"{path} is not there")
        self.opened.append(path)
        return io.BytesIO(self.files[path])

    def fetch(self, ref: FileRef, target: Path) -> None:
        target.write_bytes(self.files[ref.path])
