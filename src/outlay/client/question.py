"""The parameters of a question, the same for every method that asks one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict


class Question(TypedDict, total=False):
    """What is asked: measures `m`, dimensions `by`, both comma-separated; `range`, or `from_` and
    `to` (days, UTC, `to` exclusive); a condition `where`; see docs/questions.md for each."""

    m: str
    by: str
    grain: str
    range: str
    from_: str
    to: str
    where: str
    compare: str
    limit: int | str
    sort: str
    currency: str
    rates: str
    as_of: str
    splits: str
    rules_as_of: str


def question_params(asked: Question) -> Mapping[str, Any]:
    """The parameters as the API names them; TypeError for one that there is not."""
    unknown = sorted(set(asked) - set(Question.__annotations__))
    if unknown:
        raise TypeError(f"{unknown[0]!r} is no part of a question")
    return {key.rstrip("_"): value for key, value in asked.items()}
