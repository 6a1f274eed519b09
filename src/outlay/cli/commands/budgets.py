"""`outlay budgets`: amounts per period, their thresholds, and the month to date."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
