"""The demo company's virtual tags, dictionaries and splits, as a person would have written them."""

from __future__ import annotations

from importlib import resources

from outlay.app.workspace import Workspace
from outlay.resources import Document, parse_resources

AUTHOR = "outlay demo"
_FILE = "allocation.yaml"


def documents() -> list[Document]:
    """The resources of the demo, in an order in which each stands behind what it builds on."""
    from outlay.app.kinds import register_all

    register_all()
    text = resources.files("outlay.app.demo").joinpath(_FILE).read_text(encoding="utf-8")
    return parse_resources(text, _FILE)


def configure(workspace: Workspace) -> None:
    """Put what is not there yet; what a person has changed meanwhile is left alone."""
    for document in documents():
        if workspace.resources.find(document.kind, document.name) is None:
            workspace.resources.put(document.kind, document.name, document.spec, author=AUTHOR)
