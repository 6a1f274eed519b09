"""The demo's roles. It has no accounts: an account would need a password that everybody knows."""

from __future__ import annotations

from importlib import resources

from outlay.app.workspace import Workspace
from outlay.resources import parse_resources

_FILE = "people.yaml"
_AUTHOR = "outlay demo"


def configure(workspace: Workspace) -> None:
    """Keep the demo's roles, those that are or were there already excepted."""
    _ = workspace.resources  # the kinds are known then
    text = resources.files("outlay.app.demo").joinpath(_FILE).read_text(encoding="utf-8")
    for document in parse_resources(text, _FILE):
        if not workspace.history(document.kind, document.name):
            workspace.put_resource(document.kind, document.name, document.spec, author=_AUTHOR)
