"""Which server a command asks, and how it is opened. Nothing heavy is imported here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from outlay.app import Workspace

SERVER_VARIABLE = "OUTLAY_SERVER"
TOKEN_VARIABLE = "OUTLAY_TOKEN"


@dataclass(frozen=True)
class Server:
    """A server's address and the token for it (empty: none)."""

    url: str
    token: str = ""

    def workspace(self) -> Workspace:
        """Its workspace, with the use cases of one here. Nothing is asked yet."""
        from outlay.app.served.remote import RemoteWorkspace, ServerError
        from outlay.client import Client, ClientError

        try:
            found: Any = RemoteWorkspace(Client(self.url, self.token))
        except ClientError as error:
            raise ServerError(str(error)) from None
        return cast("Workspace", found)


def chosen_server(
    url: str | None, token_file: Path | None, folder: Path | None, here: str
) -> Server | None:
    """The server of a command line, or None for a workspace on this machine.

    `url` and `folder` are what was typed: a folder goes before the server of the environment.
    `here` is why the command works on this machine alone. WorkspaceError when it cannot be.
    """
    from_environment = os.environ.get(SERVER_VARIABLE, "").strip()
    if url and folder is not None:
        raise _wrong("give --server or --workspace, not both")
    address = url or ("" if folder is not None else from_environment)
    if not address:
        if token_file is not None:
            raise _wrong("--token-file is for a server: give --server URL too")
        return None
    if here:
        how = (
            "Leave --server out."
            if url
            else f"{SERVER_VARIABLE} is set: unset it, or name a folder with --workspace."
        )
        raise _wrong(f"this works on this machine alone, not on {address}: {here}. {how}")
    return Server(address, _token(token_file))


def _token(file: Path | None) -> str:
    if file is None:
        return os.environ.get(TOKEN_VARIABLE, "").strip()
    try:
        token = file.expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _wrong(f"the token file {file} cannot be read: {reason}") from None
    if not token:
        raise _wrong(f"the token file {file} is empty; it holds one API token")
    return token


def _wrong(message: str) -> Exception:
    from outlay.app import WorkspaceError

    return WorkspaceError(message, wrong_use=True)
