"""Dashboards as use cases: those that are kept, those that are shipped, and how they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access import who
from outlay.app.dashboards.model import DASHBOARD, DashboardSpec
from outlay.app.served import served
from outlay.resources import ResourceError, ResourceNotFoundError, write_resources
from outlay.resources.names import MAX_NAME, valid_name

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource


@dataclass(frozen=True)
class Board:
    """A dashboard under its name. `shipped` ones come with the product: they can be read and
    copied; `version` is 0 and nobody is their author."""

    name: str
    spec: DashboardSpec
    version: int = 0
    author: str = ""
    updated_at: datetime | None = None
    note: str = ""
    shipped: bool = False

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name

    @property
    def owner(self) -> str:
        """Who keeps it."""
        return self.spec.owner or self.author


@served("GET /dashboards")
def boards(workspace: Workspace) -> list[Board]:
    """The dashboards of the workspace, by title."""
    found = [_board(one) for one in workspace.resources.list(DASHBOARD.name)]
    return sorted(found, key=lambda board: (board.title.lower(), board.name))


@served("GET /dashboards/{name}")
def find(workspace: Workspace, name: str) -> Board:
    """A dashboard of the workspace, else the shipped one of that name.

    ResourceNotFoundError lists the names there are.
    """
    from outlay.app.dashboards.shipped import shipped

    kept = workspace.resources.find(DASHBOARD.name, name)
    if kept is not None:
        return _board(kept)
    ready = shipped(workspace)
    if name in ready:
        return Board(name, ready[name], shipped=True)
    own = ", ".join(workspace.resources.names(DASHBOARD.name)) or "none yet"
    raise ResourceNotFoundError(
        f"there is no dashboard {name!r}. Yours: {own}. Ready-made: {', '.join(ready)}."
    )


def create(workspace: Workspace, title: str, spec: Mapping[str, Any] | None = None) -> Board:
    """A new dashboard under a name from its title. ResourceError when the title is empty."""
    if not title.strip():
        raise ResourceError("a dashboard needs a title. Give it a few words.")
    parts = {"owner": who(), **(spec or {}), "title": title.strip()}
    name = free_name(workspace, title)
    return _board(
        workspace.put_resource(DASHBOARD.name, name, parts, author=who(), expected_version=0)
    )


def save(
    workspace: Workspace, name: str, spec: DashboardSpec, seen: int | None, note: str = ""
) -> Board:
    """Keep a dashboard as a new version. `seen` is the version that was changed:
    ResourceConflictError when another is current. ResourceError for one that is shipped."""
    if workspace.resources.find(DASHBOARD.name, name) is None:
        board = find(workspace, name)
        raise ResourceError(
            f"the ready-made dashboard {board.title!r} cannot be changed. Copy it, and change the "
            "copy."
        )
    return _board(
        workspace.put_resource(
            DASHBOARD.name, name, spec, author=who(), note=note, expected_version=seen
        )
    )


@served("POST /dashboards/{name}/copy")
def copy(workspace: Workspace, name: str, title: str = "") -> Board:
    """A copy of a dashboard, own or shipped, that one may change."""
    board = find(workspace, name)
    title = title.strip() or (board.title if board.shipped else f"{board.title} (copy)")
    spec = board.spec.model_dump(mode="json") | {"owner": who(), "pinned": False}
    return create(workspace, title, spec)


def remove(workspace: Workspace, name: str, seen: int | None = None) -> None:
    """Remove a dashboard; its history stays. ResourceInUseError says who needs it."""
    workspace.delete_resource(DASHBOARD.name, name, author=who(), expected_version=seen)


def edit(
    workspace: Workspace,
    name: str,
    change: Callable[[DashboardSpec], DashboardSpec],
    seen: int | None,
    note: str = "",
) -> Board:
    """Change a dashboard by a function of its spec; see `save`."""
    return save(workspace, name, change(find(workspace, name).spec), seen, note)


def free_name(workspace: Workspace, title: str) -> str:
    """A name from a title that no dashboard has, nor ever had: a name's history is its own."""
    from outlay.app.dashboards.shipped import FILES

    base = valid_name(title, "dashboard")[: MAX_NAME - 4].strip("-")
    name, number = base, 1
    while name in FILES or workspace.history(DASHBOARD.name, name):
        number += 1
        name = f"{base}-{number}"
    return name


def file_text(board: Board) -> str:
    """A dashboard as a resource file, which `outlay apply` reads."""
    spec = board.spec.model_dump(mode="json", exclude_defaults=True)
    return write_resources([{"kind": DASHBOARD.name, "name": board.name, "spec": spec}])


def board_json(board: Board) -> dict[str, Any]:
    """A dashboard as plain JSON values."""
    return {
        "name": board.name,
        "title": board.title,
        "description": board.spec.description,
        "owner": board.owner,
        "personas": list(board.spec.personas),
        "providers": list(board.spec.providers),
        "panels": len(board.spec.panels),
        "ready_made": board.shipped,
        "version": board.version,
        "updated_at": board.updated_at.isoformat() + "Z" if board.updated_at else None,
        "spec": board.spec.model_dump(mode="json", exclude_defaults=True),
    }


def _board(resource: Resource) -> Board:
    assert isinstance(resource.spec, DashboardSpec)
    return Board(
        resource.name,
        resource.spec,
        resource.version,
        resource.author,
        resource.updated_at,
        resource.note,
    )
