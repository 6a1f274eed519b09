"""Where a workspace's state is kept, and moving the lake's catalog."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from outlay.app.errors import WorkspaceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake.catalogs import Catalog

Place = Literal["database", "folder"]


def catalog(workspace: Workspace) -> Catalog:
    """Where the lake's catalog is; LakeError when it cannot be told."""
    from outlay.lake.catalogs import catalog_of

    return catalog_of(workspace.lake.layout)


def move_catalog(workspace: Workspace, to: Place) -> Catalog:
    """Take the lake's catalog into the database that OUTLAY_CATALOG_URL names, or back into the
    lake folder. Nothing else moves: it is one row.

    WorkspaceError while a server of the workspace runs, or the variable is not set; LakeError when
    it is there already, or the database cannot be reached.
    """
    from outlay.app.servers import running
    from outlay.app.workspace import CATALOG_VARIABLE
    from outlay.lake.catalogs import move

    url = os.environ.get(CATALOG_VARIABLE, "")
    if not url:
        raise WorkspaceError(
            f"{CATALOG_VARIABLE} is not set: it names the database that the catalog moves to, or "
            "from which it comes back. For example postgresql://outlay@db.example.com/outlay.",
            wrong_use=True,
        )
    busy = running(workspace)
    if busy:
        told = ", ".join(f"{one.address} (process {one.pid} on {one.host})" for one in busy)
        raise WorkspaceError(
            f"the workspace is being served: {told}. Stop it first: it would go on writing to the "
            "catalog that is left."
        )
    return move(workspace.lake.layout, url if to == "database" else "")
