"""`outlay plans`: plans: a year by month over a hierarchy, its versions and what came of them."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
