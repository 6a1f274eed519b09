"""`outlay kpis`: how well the practice saves, by owner and month."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
