"""A workspace on a server: each of its use cases is done there.

It has the methods of `outlay.app.workspace.Workspace` that `outlay.app.served.calls` lists. What
belongs to this machine alone (its folder, its files, its lake) it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from outlay.app.errors import WorkspaceError
from outlay.app.metrics import read_values
from outlay.app.served.calls import METHODS, arguments
from outlay.app.served.wire import WireError, decode

if TYPE_CHECKING:
    from outlay.app.ascode import Pulled
    from outlay.app.export import ExportedFile, Wanted
    from outlay.app.workspace import Workspace
    from outlay.client import Client
    from outlay.query import CostQuery, Result
    from outlay.resources import Document, Registry
    from outlay.sources.contract import Progress

_PARTS = {name.partition(".")[0] for name in METHODS if "." in name}


class ServerError(WorkspaceError):
    """The server refuses or cannot be reached; the message is its own. `retryable` tells whether
    the same may work later."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable


class _Part:
    """A part of the workspace, such as its metrics, by its name."""

    def __init__(self, workspace: RemoteWorkspace, name: str) -> None:
        self._workspace, self._name = workspace, name

    @property
    def registry(self) -> Registry:
        """The kinds of resources: they are of the program, the same here and there."""
        from outlay.app.kinds import register_all
        from outlay.resources import registry

        register_all()
        return registry

    def __getattr__(self, name: str) -> Any:
        return self._workspace._method(f"{self._name}.{name}")


class _Metrics(_Part):
    """Metrics; a file of values is read here and sent."""

    def load_file(self, name: str, path: Path, *, author: str = "") -> Any:
        """See `outlay.app.metrics.Metrics.load_file`."""
        self.spec(name)
        return self.load(name, read_values(path), file=path.name, author=author)


class RemoteWorkspace:
    """The workspace behind a client. Errors are those that the use case raised over there."""

    is_remote = True

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def server(self) -> str:
        """The server's address."""
        return self._client.url

    def call(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Do a use case on the server. Raises what it raised, or ServerError."""
        from outlay.client import ClientError

        try:
            told = self._client.call(name, arguments(given, named))
        except ClientError as error:
            raise ServerError(str(error), retryable=error.retryable) from None
        try:
            if "raised" in told:
                raise decode(told["raised"])
            return decode(told["result"])
        except WireError as error:
            raise ServerError(
                f"the answer of {self.server} is not understood: {error}. Install the same "
                "version of Outlay here and there."
            ) from None

    @property
    def metrics(self) -> Any:
        """Metrics: their values, where they come from and what they say."""
        return _Metrics(self, "metrics")

    def query(self, query: CostQuery, now: datetime | None = None) -> Result:
        """See `outlay.app.workspace.Workspace.query`."""
        found: Result = self.call("query", (query, now), {})
        snapshot = found.snapshot

        def again(asked: CostQuery) -> Result:
            """The same snapshot, which another delivery may have replaced meanwhile."""
            pinned = asked if snapshot is None else asked.but(as_of=snapshot)
            whole: Result = self.call("query", (pinned, now), {})
            return replace(whole, query=asked, as_of=found.as_of, warnings=found.warnings)

        return replace(found, rerun=again)

    def read_resource_files(self, paths: Sequence[Path]) -> list[Document]:
        """The resources of files and folders of this machine."""
        from outlay.app import ascode

        return ascode.read_files(cast("Workspace", self), paths)

    def pull_resources(
        self, out: Path, kinds: Sequence[str] = (), *, prune: bool = False
    ) -> Pulled:
        """Write what is configured there as files here."""
        from outlay.app import ascode

        return ascode.pull_files(cast("Workspace", self), out, kinds, prune=prune)

    def export_focus(
        self, wanted: Wanted, out: Path, *, progress: Progress | None = None
    ) -> list[ExportedFile]:
        """Fetch FOCUS datasets and write them below `out`, with their manifest."""
        from outlay.app.export import unpacked

        for source in wanted.sources:
            self.show_source(source)
        if progress is not None:
            progress("the server writes", 0, None)
        return unpacked(wanted, out, self._fetch)

    def _fetch(self, path: str, params: Mapping[str, Any], target: Path) -> bool:
        """Download an archive; False when there is nothing in it (404)."""
        from outlay.client import ClientError, NotFoundError

        try:
            self._client.download(path, params, target)
        except NotFoundError:
            return False
        except ClientError as error:
            raise ServerError(str(error), retryable=error.retryable) from None
        return True

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def __getattr__(self, name: str) -> Any:
        if name in _PARTS:
            return _Part(self, name)
        return self._method(name)

    def _method(self, name: str) -> Any:
        if name not in METHODS:
            raise ServerError(
                f"this needs the folder of the workspace ({name}), which is on {self.server}: "
                "run it there, without --server."
            )

        def called(*given: Any, **named: Any) -> Any:
            return self.call(name, given, named)

        return called
