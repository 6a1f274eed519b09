"""`outlay anomalies`: anomalies: what was not expected, why, and what was done about it."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
