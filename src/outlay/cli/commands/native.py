"""`outlay native`: those of the vendors' own tools, read as they give them."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
