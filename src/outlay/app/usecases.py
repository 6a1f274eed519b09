"""Use cases over a workspace: their list, and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.app.served import served

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.usecases import Parameter, UseCase, UseCaseAnswer


def listed(search: str = "") -> list[UseCase]:
    """The use cases that have every word of a text in title, question or name."""
    from outlay.query import usecases

    return usecases.search(search)


@served("GET /usecases/{name}")
def answer(
    workspace: Workspace,
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    as_of: datetime | int | None = None,
) -> UseCaseAnswer:
    """The answer of a use case; QueryError for a name or parameter that is none."""
    from outlay.query import usecases

    return usecases.ask(
        workspace.lake,
        usecases.use_case(name),
        parameters,
        today=workspace.today(),
        as_of=as_of,
        stated=workspace.stated(),
    )


def case_json(case: UseCase) -> dict[str, Any]:
    """A use case as JSON data, without its SQL."""
    return {
        "name": case.name,
        "title": case.title,
        "group": case.group,
        "question": case.question,
        "note": case.note,
        "focus_version": case.since,
        "parameters": [parameter_json(one) for one in case.parameters],
    }


def parameter_json(parameter: Parameter) -> dict[str, Any]:
    """A parameter as JSON data."""
    return {
        "name": parameter.name,
        "about": parameter.about,
        "kind": parameter.kind,
        "default": parameter.default,
        "when_empty": parameter.otherwise_words or ("any" if parameter.column else ""),
        "allowed": list(parameter.allowed),
        "dimension": parameter.dimension,
    }
