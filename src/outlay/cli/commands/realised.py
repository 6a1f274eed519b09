"""`outlay realised`: what was promised, and what the bill shows of it."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
