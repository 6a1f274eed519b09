"""What moves all panels, as parameters of an address and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import ValidationError

from outlay.app.dashboards.model import Variables
from outlay.expression.errors import QueryError
from outlay.query import ranges
from outlay.resources.kinds import problem_text

KEYS = ("range", "from", "to", "until", "compare", "where", "currency")
"""The parameters: ``to`` is the day after the last one, ``until`` the last one."""


def variables_of(params: Mapping[str, str]) -> Variables:
    """Read parameters; others than `KEYS` are passed over. QueryError says which is wrong."""
    given = {key: params.get(key, "") for key in ("range", "compare", "where", "currency")}
    if params.get("from") or params.get("to") or params.get("until"):
        last = ranges.parse_day(params.get("until", ""), "until")
        end = last + timedelta(days=1) if last else ranges.parse_day(params.get("to", ""), "to")
        given["range"] = ranges.between(ranges.parse_day(params.get("from", ""), "from"), end)
    try:
        return Variables.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise QueryError(problem_text(first), field=field, text=given.get(field, "")) from None


def params_of(variables: Variables) -> dict[str, str]:
    """As parameters; what says nothing is left out."""
    found: dict[str, str] = {}
    if ".." in variables.range:
        days = ranges.bounds(variables.range)
        found |= {"from": str(days.start or ""), "to": str(days.end or "")}
    else:
        found["range"] = variables.range
    found |= {
        "compare": variables.compare,
        "where": variables.where,
        "currency": variables.currency,
    }
    return {key: value for key, value in found.items() if value}
