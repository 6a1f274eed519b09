"""`outlay alerts`: alerts: what people are told, who, when and what they did."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
