"""The commands, in the order in which help lists them."""

import typer

from outlay.cli.commands import (
    bills,
    configuration,
    export,
    history,
    questions,
    rates,
    sources,
    usage,
    usecases,
    views,
    workspace,
)


def register(app: typer.Typer) -> None:
    """Add every command to the command line."""
    workspace.register_first(app)
    bills.register(app)
    sources.register(app)
    questions.register(app)
    usage.register(app)
    usecases.register(app)
    history.register(app)
    views.register(app)
    configuration.register(app)
    rates.register(app)
    export.register(app)
    workspace.register(app)
