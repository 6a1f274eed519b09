"""The routes as they are written, and whom they can reach now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.access.people import People
from outlay.access.roles import find
from outlay.alerts.model import ALERT_ROUTE, CONTACT, AlertRouteSpec, ContactSpec
from outlay.alerts.targets import Directory, Reader, Route
from outlay.allocation.model import VirtualTagSpec
from outlay.reports.model import CHANNEL, ChannelSpec
from outlay.resources import Resource, ResourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def routes(workspace: Workspace) -> list[Route]:
    """Every route that is written, those that are turned off too."""
    return [route_of(found) for found in workspace.resources.list(ALERT_ROUTE.name)]


def route_of(found: Resource) -> Route:
    """The route that a resource says."""
    assert isinstance(found.spec, AlertRouteSpec)
    return Route(found.name, found.spec)


def directory(workspace: Workspace) -> Directory:
    """Contacts, accounts, roles and channels as they are now; accounts and channels that are
    turned off reach nobody."""
    store = workspace.resources
    contacts = {
        found.name: found.spec
        for found in store.list(CONTACT.name)
        if isinstance(found.spec, ContactSpec)
    }
    channels = {
        found.name: found.spec.type
        for found in store.list(CHANNEL.name)
        if isinstance(found.spec, ChannelSpec) and found.spec.enabled
    }
    people: dict[str, Reader] = {}
    roles: dict[str, list[Reader]] = {}
    off: set[str] = set()
    for person in People(store).all():
        role = None if person.disabled else find(store, person.role)
        if role is None:
            off |= {person.name.lower(), person.email.lower()} - {""}
        else:
            reader = Reader(person.name, person.email, role.scope)
            people[person.name] = reader
            roles.setdefault(person.role, []).append(reader)
    by_role = {name: tuple(one) for name, one in roles.items()}
    owners = _value_owners(workspace)
    return Directory(contacts, people, by_role, channels, owners, frozenset(off))


def _value_owners(workspace: Workspace) -> dict[tuple[str, str], str]:
    """Whom virtual tags name as the owners of their values."""
    return {
        (found.name, value): about.owner
        for found in workspace.resources.list("VirtualTag")
        if isinstance(found.spec, VirtualTagSpec)
        for value, about in found.spec.values.items()
        if about.owner
    }


def digests_since(workspace: Workspace, name: str) -> datetime:
    """Since when a route's digest has been due as it is now: under another clock, or before the
    route was there, nothing was missed."""
    found = workspace.resources.get(ALERT_ROUTE.name, name)
    since, timing = found.updated_at, _timing(found)
    for change in reversed(workspace.history(ALERT_ROUTE.name, name)):
        if change.action == "delete" or _timing_of(workspace, name, change.version) != timing:
            break
        since = change.at
    return since


def _timing(found: Resource) -> object:
    assert isinstance(found.spec, AlertRouteSpec)
    return (found.spec.digest, found.spec.timezone, found.spec.enabled)


def _timing_of(workspace: Workspace, name: str, version: int) -> object:
    try:
        return _timing(workspace.resources.version(ALERT_ROUTE.name, name, version))
    except ResourceError:
        return None
