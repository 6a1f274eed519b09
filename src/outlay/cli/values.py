"""Values of options: read once, with an error that says what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from outlay.cli.command import Cli
    from outlay.money import BillingPeriod


def options_of(pairs: Sequence[str] | None) -> dict[str, Any] | None:
    """`k=v` texts as options; true, false and whole numbers get their type. None if none given."""
    if not pairs:
        return None
    options: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(f"--option takes KEY=VALUE, not {pair!r}")
        if key.strip() in options:
            raise typer.BadParameter(f"--option {key.strip()} stands twice")
        options[key.strip()] = {"true": True, "false": False}.get(value.lower(), value)
    return options


def place_of(cli: Cli, location: str) -> str:
    """Where a bill lies: a URL as it is; a path is relative to where the person stands, not to the
    workspace. A server cannot read the files of this machine: WorkspaceError says what it can."""
    if "://" in location:
        return location
    if cli.server is not None:
        from outlay.app import WorkspaceError

        raise WorkspaceError(
            f"{location} is a path on this machine, which {cli.server.url} cannot read. Give a "
            "URL that the server can read (s3://, az://, gs://, https://, or file:// for its own "
            "disk), or load it there.",
            wrong_use=True,
        )
    return str(Path(location).expanduser().absolute())


def period_of(text: str | None) -> BillingPeriod | None:
    """A billing period, YYYY-MM; PeriodError says what is allowed."""
    from outlay.money import BillingPeriod

    return None if text is None else BillingPeriod.parse(text)


def moment_of(text: str | None, field: str) -> datetime | int | None:
    """A day (its end), a UTC time or a snapshot id; QueryError says what is allowed."""
    if text is None:
        return None
    from outlay.query import CostQuery
    from outlay.query.model import moment_text

    return CostQuery(as_of=moment_text(text, field)).as_of_moment()


def max_rejected_option(text: str | None) -> Decimal | None:
    """A share from 0 to 1."""
    if text is None:
        return None
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise typer.BadParameter(f"--max-rejected takes a share from 0 to 1, not {text!r}")
    return share
