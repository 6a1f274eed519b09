"""Saved views among themselves and with what shows them: who uses one, and a new name for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outlay.access import who
from outlay.app.checks import references, uses_of
from outlay.app.dashboards.model import DASHBOARD, DashboardSpec
from outlay.query import CostQuery
from outlay.query.views import VIEW, ViewSpec
from outlay.resources import (
    ResourceConflictError,
    ResourceInUseError,
    ResourceNotFoundError,
    Write,
)

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource

_RENAMED = "renamed to "


@dataclass(frozen=True)
class Use:
    """A resource that names a view."""

    kind: str
    name: str
    title: str


def used_by(workspace: Workspace, name: str, kind: str = VIEW.name) -> list[Use]:
    """Every resource that names a view (or another resource), by kind and name."""
    return uses(workspace, kind).get(name, [])


def uses(workspace: Workspace, kind: str = VIEW.name) -> dict[str, list[Use]]:
    """Name of a view → the resources that name it; views that nobody uses are left out."""
    found: dict[str, list[Use]] = {}
    for user in uses_of(kind):
        for one in workspace.resources.list(user):
            title = str(getattr(one.spec, "title", "") or one.name)
            for named, name in sorted(references(user, one.name, one.spec)):
                if named == kind:
                    found.setdefault(name, []).append(Use(user, one.name, title))
    return found


def spec_of(view: Resource) -> ViewSpec:
    """The spec of a view."""
    assert isinstance(view.spec, ViewSpec)
    return view.spec


def keep(
    workspace: Workspace,
    name: str,
    title: str,
    query: CostQuery,
    *,
    replace: str = "",
) -> Resource:
    """Save a question as a new view `name`, or as a new version of the view `replace`.

    ResourceConflictError when a view of that name is there already with another question.
    """
    if replace:
        old = spec_of(workspace.view(replace))
        changed = old.model_copy(update={"query": query})
        return workspace.put_resource(VIEW.name, replace, changed, author=who())
    known = workspace.resources.find(VIEW.name, name)
    if known is not None and spec_of(known).query == query:
        return known
    if known is not None:
        raise ResourceConflictError(
            f"there is a view {name!r} already, with another question. Choose another title, or "
            "save as a new version of it."
        )
    spec = ViewSpec(title=title, owner=who(), query=query)
    return workspace.put_resource(VIEW.name, name, spec, author=who(), expected_version=0)


def edit(
    workspace: Workspace,
    name: str,
    *,
    title: str,
    description: str,
    owner: str,
    seen: int | None = None,
) -> Resource:
    """Change what is said of a view; its question stays."""
    spec = spec_of(workspace.view(name)).model_copy(
        update={"title": title, "description": description, "owner": owner}
    )
    return workspace.put_resource(VIEW.name, name, spec, author=who(), expected_version=seen)


def pin(workspace: Workspace, name: str, pinned: bool) -> Resource:
    """Offer a view on the home page, or no more."""
    spec = spec_of(workspace.view(name)).model_copy(update={"pinned": pinned})
    note = "pinned to home" if pinned else "taken from home"
    return workspace.put_resource(VIEW.name, name, spec, author=who(), note=note)


def rename(workspace: Workspace, name: str, to: str) -> Resource:
    """Give a view another name, together with every dashboard that shows it: all or nothing.

    The old address leads to the new one from then on. ResourceInUseError names what else names
    the view and cannot be changed along; ResourceConflictError when the name is taken.
    """
    view = workspace.view(name)
    if to == name:
        return view
    others = [use for use in used_by(workspace, name) if use.kind != DASHBOARD.name]
    if others:
        listed = ", ".join(f"{use.kind} {use.name!r}" for use in others)
        raise ResourceInUseError(
            f"the view {name!r} cannot be renamed: {listed} names it. Change that first."
        )
    writes = [
        Write(VIEW.name, to, view.spec, 0),
        *(
            Write(DASHBOARD.name, use.name, _pointed(workspace, use.name, name, to))
            for use in used_by(workspace, name)
        ),
        Write(VIEW.name, name, None),
    ]
    written = workspace.resources.apply(writes, author=who(), note=f"{_RENAMED}{to}")
    assert written[0] is not None
    return written[0]


def moved_to(workspace: Workspace, name: str) -> str | None:
    """The name that a view has now which once had this one; None when it has none."""
    seen = {name}
    while workspace.resources.find(VIEW.name, name) is None:
        history = workspace.history(VIEW.name, name)
        note = history[-1].note if history else ""
        name = note.removeprefix(_RENAMED) if note.startswith(_RENAMED) else ""
        if not name or name in seen:
            return None
        seen.add(name)
    return name


def pinned(workspace: Workspace) -> list[Use]:
    """What the home page offers: pinned views and dashboards, by title."""
    found = [
        Use(kind, one.name, str(getattr(one.spec, "title", "") or one.name))
        for kind in (VIEW.name, DASHBOARD.name)
        for one in workspace.resources.list(kind)
        if getattr(one.spec, "pinned", False)
    ]
    return sorted(found, key=lambda use: (use.title.lower(), use.name))


def view_of(workspace: Workspace, name: str) -> Resource:
    """A view by its name or by one that it had; ResourceNotFoundError lists the names."""
    try:
        return workspace.view(name)
    except ResourceNotFoundError:
        now = moved_to(workspace, name)
        if now is None:
            raise
        return workspace.view(now)


def _pointed(workspace: Workspace, board: str, name: str, to: str) -> DashboardSpec:
    spec = workspace.resources.get(DASHBOARD.name, board).spec
    assert isinstance(spec, DashboardSpec)
    panels = tuple(
        panel.model_copy(update={"view": to}) if panel.view == name else panel
        for panel in spec.panels
    )
    return spec.model_copy(update={"panels": panels})
