"""The demo's roles. It has no accounts: an account would need a password that everybody knows."""

from __future__ import annotations

from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace


def configure(workspace: Workspace) -> None:
    """Keep the demo's roles, those that are or were there already excepted."""
    put_file(workspace, "people.yaml")
