"""`outlay contracts`: what is owed to vendors, how far it is used up, and the prices agreed."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
