"""`outlay utilization`: how busy resources are, by resource, metric and statistic."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
