"""Several server processes of one workspace: which there are, and the one that keeps house.

Every process answers questions. What must be done once for all of them (asking for syncs that are
due, sending reports that are due) is done by the one that holds the house's lock. A lock goes with
its process, however that ends, so that another takes over within a tick.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from outlay.app.runs import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outlay.app.workspace import Workspace

# Any constant will do: it only has to be the same in every process of a workspace.
_POSTGRES_LOCK = 7_305_861_216


@dataclass(frozen=True)
class ServerProcess:
    """A process that serves the workspace now; `started_at` is UTC, naive."""

    host: str
    pid: int
    address: str
    started_at: datetime


class Presence:
    """Says, for as long as the process lives, that it serves the workspace at an address."""

    def __init__(self, workspace: Workspace, address: str) -> None:
        folder = _folder(workspace)
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / f"{name}.lock"
        # Under its name only once it is locked: one that is not looks as if left behind.
        coming = folder / f".{name}"
        self._file = coming.open("w", encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        told = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "address": address,
            "started_at": utc_now().isoformat(),
        }
        self._file.write(json.dumps(told))
        self._file.flush()
        coming.replace(self._path)

    def end(self) -> None:
        """The process serves no more."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def running(workspace: Workspace) -> list[ServerProcess]:
    """The processes that serve the workspace now, the oldest first; what killed ones left behind
    is cleared away."""
    found = []
    for path in sorted(_folder(workspace).glob("*.lock")):
        try:
            with path.open(encoding="utf-8") as file:
                if _free(file):
                    path.unlink(missing_ok=True)
                    continue
                told = json.loads(file.read())
        except (OSError, ValueError):
            continue  # it has just come, or just gone
        found.append(
            ServerProcess(
                told["host"],
                told["pid"],
                told["address"],
                datetime.fromisoformat(told["started_at"]),
            )
        )
    return sorted(found, key=lambda one: one.started_at)


class House:
    """The lock of the one process that keeps house. Not for use by several threads at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Whether this process keeps house now; it takes the lock when nobody has it.

        Of a PostgreSQL database the lock is taken there as well, for servers on other hosts; it
        is lost with the connection, and asked for again.
        """
        if self._file is None:
            self._file = _taken(_folder(self._workspace).parent / "house.lock")
            if self._file is None:
                return False
        if self._held_in_database():
            return True
        self.release()
        return False

    def release(self) -> None:
        """Leave it to another process."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                # Closing the pool's connection would keep the session, and the lock with it.
                self._connection.invalidate()
                self._connection.close()
            self._connection = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _held_in_database(self) -> bool:
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        engine = self._workspace.resources.engine
        if engine.dialect.name != "postgresql":
            return True
        try:
            if self._connection is None:
                self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                took = self._connection.execute(
                    text("SELECT pg_try_advisory_lock(:key)"), {"key": _POSTGRES_LOCK}
                )
                return bool(took.scalar())
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True


def keeps_house(workspace: Workspace) -> bool:
    """Whether some process of this host keeps house now."""
    path = _folder(workspace).parent / "house.lock"
    if not path.exists():
        return False
    with path.open(encoding="utf-8") as file:
        return not _free(file)


def _folder(workspace: Workspace) -> Path:
    folder = workspace.lake.path / "locks" / "servers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _free(file: IO[Any]) -> bool:
    """Whether nobody holds a lock file; it is left as it was."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True


def _taken(path: Path) -> IO[str] | None:
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
