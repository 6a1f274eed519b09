"""Changing what is configured: the one way in for pages, commands and the API.

The store asks `outlay.app.checks` before it lets anything in; what is done here before that is to
bring a spec into the form in which it is kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

if TYPE_CHECKING:
    from outlay.app.ascode import Applied, Plan, Pulled
    from outlay.app.workspace import Workspace
    from outlay.resources import Change, Document, Kind, Resource, ResourceStore


class Configuring(ABC):
    """The part of `Workspace` that changes resources."""

    path: Path

    @property
    @abstractmethod
    def resources(self) -> ResourceStore:
        """The store of everything configured."""

    def kinds(self) -> list[Kind]:
        """Every kind of resource there is, by name."""
        return list(self.resources.registry)

    def put_resource(
        self,
        kind: str,
        name: str,
        spec: BaseModel | Mapping[str, Any],
        *,
        author: str,
        note: str = "",
        expected_version: int | None = None,
    ) -> Resource:
        """Create or change a resource; the same spec again changes nothing.

        `expected_version` is the version that was seen (0: it must not exist yet). Raises
        ResourceConflictError when another is current, ResourceError and QueryError when the spec
        is not valid by itself or with all the others.
        """
        known = self.resources.registry.get(kind)
        return self.resources.put(
            known.name,
            name,
            stored_spec(self, known.name, spec),
            author=author,
            note=note,
            expected_version=expected_version,
        )

    def delete_resource(
        self,
        kind: str,
        name: str,
        *,
        author: str,
        note: str = "",
        expected_version: int | None = None,
    ) -> None:
        """Remove a resource; its history stays. ResourceInUseError names those that need it.

        Of a source only what is configured goes; `remove_source` takes its data too.
        """
        self.resources.delete(
            kind, name, author=author, note=note, expected_version=expected_version
        )

    def restore_resource(
        self,
        kind: str,
        name: str,
        version: int,
        *,
        author: str,
        expected_version: int | None = None,
    ) -> Resource:
        """Make an earlier version current again, also of a resource that was removed."""
        return self.resources.restore(
            kind, name, version, author=author, expected_version=expected_version
        )

    def history(self, kind: str, name: str) -> list[Change]:
        """Every change of a resource, oldest first; AccessDeniedError for a kind that who asks may
        not read."""
        from outlay.app.seeing import check_kind

        check_kind(self.resources.registry.get(kind))
        return list(self.resources.history(kind, name))

    # --- as code ---

    @property
    def _whole(self) -> Workspace:
        return cast("Workspace", self)

    def read_resource_files(self, paths: Sequence[Path]) -> list[Document]:
        """The resources of files and folders; see `outlay.app.ascode.read_files`."""
        from outlay.app import ascode

        return ascode.read_files(self._whole, paths)

    def plan_resources(
        self,
        documents: Sequence[Document],
        *,
        prune: bool = False,
        prune_kinds: Sequence[str] = (),
        effects: bool = True,
    ) -> Plan:
        """What the documents would change; see `outlay.app.ascode.make_plan`."""
        from outlay.app import ascode

        return ascode.make_plan(
            self._whole, documents, prune=prune, prune_kinds=prune_kinds, effects=effects
        )

    def apply_resources(self, plan: Plan, *, author: str, note: str = "") -> Applied:
        """Do what a plan says, all of it or nothing; see `outlay.app.ascode.apply_plan`."""
        from outlay.app import ascode

        return ascode.apply_plan(self._whole, plan, author=author, note=note)

    def pull_resources(
        self, out: Path, kinds: Sequence[str] = (), *, prune: bool = False
    ) -> Pulled:
        """Write what is configured as files; see `outlay.app.ascode.pull_files`."""
        from outlay.app import ascode

        return ascode.pull_files(self._whole, out, kinds, prune=prune)


def stored_spec(
    workspace: Configuring, kind: str, spec: BaseModel | Mapping[str, Any]
) -> BaseModel | Mapping[str, Any]:
    """A spec in the form in which it is kept: a source's place inside the workspace is relative,
    so that the workspace may move."""
    if kind != "Source":
        return spec
    from outlay.app.kinds import SOURCE, SourceSpec
    from outlay.app.loading import kept_location

    typed = SOURCE.parse(spec)
    assert isinstance(typed, SourceSpec)
    return typed.model_copy(update={"location": kept_location(workspace.path, typed.location)})
