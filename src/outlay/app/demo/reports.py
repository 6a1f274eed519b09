"""What the demo company is sent, as a person would have written it."""

from __future__ import annotations

from importlib import resources

from outlay.app.demo.allocation import AUTHOR
from outlay.app.workspace import Workspace
from outlay.resources import parse_resources


def configure(workspace: Workspace) -> None:
    """Put channel and reports."""
    put_file(workspace, "reports.yaml")


def put_file(workspace: Workspace, name: str) -> None:
    """Put what a file of the demo says and is not there yet; what a person has changed or removed
    meanwhile is left alone."""
    text = resources.files("outlay.app.demo").joinpath(name).read_text(encoding="utf-8")
    for document in parse_resources(text, name):
        if not workspace.history(document.kind, document.name):
            workspace.resources.put(document.kind, document.name, document.spec, author=AUTHOR)
