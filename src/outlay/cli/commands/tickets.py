"""`outlay tickets`: recommendations in Jira, GitHub and ServiceNow, linked both ways."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
