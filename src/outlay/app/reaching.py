"""How far a workspace goes for what people name: the setting, else whether people log in to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from outlay.sources.reach import Reach, reaching

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def reach_of(workspace: Workspace) -> Reach:
    """Which addresses may be asked beside those of the open internet.

    What `outlay.yaml` says (`delivery.private_addresses`). Where it says nothing: all of them on a
    machine of one's own, and none as soon as people log in, since then somebody who cannot reach
    the server's network may name an address. It is the same for command line and server: what an
    administrator of the pages named is also asked by `outlay sync`.
    """
    said = workspace.settings.delivery.private_addresses
    return Reach.of(said if said is not None else not people_log_in(workspace))


@contextmanager
def reaching_of(workspace: Workspace) -> Iterator[None]:
    """Whatever is fetched within goes as far as the workspace allows."""
    with reaching(reach_of(workspace)):
        yield


def people_log_in(workspace: Workspace) -> bool:
    """Whether the workspace has accounts, or asks for a login in its settings."""
    from outlay.access.people import People

    login = workspace.settings.login
    return login.required or login.sign_on is not None or bool(People(workspace.resources).all())
