"""With whose eyes a report is made: its owner's, as they are at this moment, and never wider.

Asked anew at every run: an owner who lost a role, whose scope became narrower or who is gone takes
the report with him.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from outlay.access import Level, Principal, current
from outlay.access.people import People
from outlay.access.principal import EVERYTHING, system
from outlay.access.roles import find, narrowed
from outlay.reports.errors import PermanentError
from outlay.reports.model import ReportSpec

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource


def owner_name(resource: Resource) -> str:
    """Whose report it is: the owner it names, else who saved it last."""
    assert isinstance(resource.spec, ReportSpec)
    return resource.spec.owner or resource.author


def owner_of(workspace: Workspace, resource: Resource) -> Principal:
    """The principal by whose role and scope the report is made, narrowed by its `run_as`.

    PermanentError when the owner may see nothing any more, or the role is not there.
    """
    assert isinstance(resource.spec, ReportSpec)
    name = owner_name(resource)
    found = person(workspace, name)
    return _as_role(workspace, found, resource.spec.run_as)


def person(workspace: Workspace, name: str) -> Principal:
    """A person as the product's sender: role and scope of now, `via` the system.

    Where nobody has an account yet, whoever wrote on this machine is its administrator.
    """
    people = People(workspace.resources)
    account = people.find(name)
    if account is None:
        if people.all():
            raise PermanentError(
                f"the report's owner {name!r} has no account. Name another owner, or save the "
                "report again as somebody who has one."
            )
        return replace(system(name), display=name)
    if account.disabled:
        raise PermanentError(f"the account of the report's owner {name!r} is disabled.")
    role = find(workspace.resources, account.role)
    if role is None:
        raise PermanentError(
            f"the report's owner {name!r} has the role {account.role!r}, which is not there."
        )
    return Principal(name, role.level, role.name, role.scope, "system", account.display)


def _as_role(workspace: Workspace, owner: Principal, run_as: str) -> Principal:
    if not run_as:
        return owner
    role = find(workspace.resources, run_as)
    if role is None:
        raise PermanentError(f"the report runs as the role {run_as!r}, which is not there.")
    return replace(
        owner,
        level=min(owner.level, role.level),
        role=role.name,
        scope=narrowed(owner.scope, role.scope),
    )


def for_reader(owner: Principal, reader: Principal | None = None) -> Principal:
    """The owner's eyes and the reader's at once: what a person who looks at a preview may see."""
    looks = reader or current()
    return narrowed_to(owner, looks.scope, looks.level)


def narrowed_to(owner: Principal, scope: str, level: Level) -> Principal:
    """The owner's eyes within a scope and a level."""
    return replace(owner, level=min(owner.level, level), scope=narrowed(owner.scope, scope))


def sender(author: str) -> Principal:
    """As whom the log knows who had something sent; it gives no right."""
    return Principal(author, Level.VIEWER, via="system")


def scope_text(principal: Principal) -> str:
    """Which part of the ledger is shown, in words; '' for all of it."""
    return "" if principal.scope == EVERYTHING else f"Only the part where {principal.scope}."
