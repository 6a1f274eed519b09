"""As whom a program without a login acts: the owner of a token, else the person at this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outlay.access import AccessDeniedError, Principal, local

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def principal_for(workspace: Workspace, token: str = "") -> Principal:
    """The owner of an API token of the workspace, or without one the local administrator.

    AccessDeniedError when the token is none, over, or its owner may not log in.
    """
    if not token:
        return local()
    from outlay.access.tokens import Tokens

    found = Tokens(workspace.resources).principal(token)
    if found is None:
        raise AccessDeniedError(
            "this API token is not valid here: it was revoked, is over, or is of another "
            "workspace. The Access page and `outlay tokens list` show those there are."
        )
    return found
