"""The commands, in the order in which help lists them."""

import typer

from outlay.cli.commands import (
    ai,
    ascode,
    bills,
    configuration,
    export,
    history,
    metrics,
    platforms,
    questions,
    rates,
    sources,
    statements,
    usage,
    usecases,
    views,
    vocabulary,
    workspace,
)


def register(app: typer.Typer) -> None:
    """Add every command to the command line."""
    workspace.register_first(app)
    bills.register(app)
    sources.register(app)
    questions.register(app)
    usage.register(app)
    metrics.register(app)
    ai.register(app)
    platforms.register(app)
    statements.register(app)
    usecases.register(app)
    history.register(app)
    views.register(app)
    configuration.register(app)
    ascode.register(app)
    rates.register(app)
    vocabulary.register(app)
    export.register(app)
    workspace.register(app)
