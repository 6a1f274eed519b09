"""`outlay commitments`: coverage, use, what they save, when they end, and what to buy."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
