"""The commands, in the order in which help lists them."""

import typer

from outlay.cli.commands import (
    ai,
    alerts,
    anomalies,
    ascode,
    assistants,
    bills,
    budgets,
    close,
    configuration,
    dashboards,
    dictionaries,
    drivers,
    export,
    finding,
    forecast,
    history,
    home,
    invoices,
    kubernetes,
    metrics,
    people,
    plans,
    platforms,
    proofs,
    questions,
    rates,
    reports,
    sources,
    splits,
    state,
    statements,
    tags,
    unit,
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
    home.register(app)
    questions.register(app)
    finding.register(app)
    drivers.register(app)
    usage.register(app)
    metrics.register(app)
    unit.register(app)
    ai.register(app)
    platforms.register(app)
    kubernetes.register(app)
    splits.register(app)
    anomalies.register(app)
    forecast.register(app)
    budgets.register(app)
    plans.register(app)
    alerts.register(app)
    statements.register(app)
    invoices.register(app)
    close.register(app)
    usecases.register(app)
    history.register(app)
    views.register(app)
    dashboards.register(app)
    reports.register(app)
    configuration.register(app)
    tags.register(app)
    dictionaries.register(app)
    ascode.register(app)
    rates.register(app)
    vocabulary.register(app)
    export.register(app)
    proofs.register(app)
    people.register(app)
    assistants.register(app)
    state.register(app)
    workspace.register(app)
