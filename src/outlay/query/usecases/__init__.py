"""The use cases of the FOCUS use-case library for 1.4, as named questions to the ledger."""

from outlay.expression.errors import QueryError, near_names
from outlay.query.usecases import (
    allocation,
    budget,
    commitments,
    entities,
    invoices,
    unit_economics,
)
from outlay.query.usecases.model import GROUPS, Parameter, UseCase
from outlay.query.usecases.run import AnswerColumn, UseCaseAnswer, ask

__all__ = [
    "GROUPS",
    "USE_CASES",
    "AnswerColumn",
    "Parameter",
    "UseCase",
    "UseCaseAnswer",
    "ask",
    "search",
    "use_case",
]

USE_CASES: dict[str, UseCase] = {
    case.name: case
    for room in (allocation, entities, commitments, budget, invoices, unit_economics)
    for case in room.CASES
}
"""Every use case by name, in the order of the groups."""


def use_case(name: str) -> UseCase:
    """A use case by its name; QueryError names those most like it."""
    if name in USE_CASES:
        return USE_CASES[name]
    raise QueryError(
        f"there is no use case {name!r}",
        field="usecase",
        text=name,
        near=near_names(name, USE_CASES),
        hint="`outlay usecase` lists all of them.",
    )


def search(text: str) -> list[UseCase]:
    """The use cases whose title, question or name has every word of the text; all for none."""
    words = text.lower().split()
    return [
        case
        for case in USE_CASES.values()
        if all(word in f"{case.title} {case.question} {case.name}".lower() for word in words)
    ]
