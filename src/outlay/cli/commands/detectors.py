"""`outlay detectors`: what looks for savings, what each needs, what it last found."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
