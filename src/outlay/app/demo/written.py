"""What people of the demo company wrote: resources from files of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources

from outlay.app.demo.allocation import AUTHOR
from outlay.app.workspace import Workspace
from outlay.resources import parse_resources


def put_file(workspace: Workspace, name: str, days: Mapping[str, date] | None = None) -> None:
    """Put what a file of the demo says and is not there yet; what a person has changed or removed
    meanwhile is left alone. `days` of the story stand in the file as ``{name}``."""
    kept = workspace.resources  # the kinds are known from here on
    text = resources.files("outlay.app.demo").joinpath(name).read_text(encoding="utf-8")
    for key, day in (days or {}).items():
        text = text.replace(f"{{{key}}}", day.isoformat())
    for document in parse_resources(text, name):
        if not workspace.history(document.kind, document.name):
            kept.put(document.kind, document.name, document.spec, author=AUTHOR)
