"""`outlay savings`: one list of recommendations, their owners, and what became of each."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
