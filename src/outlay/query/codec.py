"""A question as URL parameters, as command-line words and as JSON, and back.

URL keys are short and stable, and what equals its default is left out. ``from`` and ``to`` stand
for an absolute range, ``range`` for a relative one.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from outlay.expression.errors import QueryError, near_names
from outlay.query import ranges
from outlay.query.model import CostQuery

_URL_KEYS = {
    "measures": "m",
    "by": "by",
    "grain": "grain",
    "where": "where",
    "compare": "compare",
    "limit": "limit",
    "sort": "sort",
    "currency": "currency",
    "rates": "rates",
    "splits": "splits",
    "as_of": "as_of",
    "rules_as_of": "rules_as_of",
}
URL_KEYS = (*_URL_KEYS.values(), "range", "from", "to")
"""Every key of a question in a URL; a page keeps its own keys apart from these."""

_FLAGS = {
    "measures": "--measure",
    "by": "--by",
    "grain": "--grain",
    "range": "--range",
    "from": "--from",
    "to": "--to",
    "where": "--where",
    "compare": "--compare",
    "limit": "--limit",
    "sort": "--sort",
    "currency": "--currency",
    "rates": "--rates",
    "splits": "--splits",
    "as_of": "--as-of",
    "rules_as_of": "--rules-as-of",
}
_LISTS = ("measures", "by")


def to_json(query: CostQuery) -> dict[str, Any]:
    """The question as plain JSON values; what equals its default is left out, but measures."""
    parts = _parts(query)
    return {"measures": list(query.measures)} | {
        name: list(value) if name in _LISTS else value for name, value in parts.items()
    }


def from_json(data: Mapping[str, Any] | str) -> CostQuery:
    """Read `to_json`'s form (an object or its text); raises QueryError."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError as error:
            raise QueryError(f"the question is not JSON: {error}", field="query") from None
    if not isinstance(data, Mapping):
        raise QueryError("the question must be a JSON object", field="query", text=str(data))
    return CostQuery.model_validate(dict(data))


def to_params(query: CostQuery) -> dict[str, str]:
    """The question as URL parameters, defaults left out, in a stable order."""
    return {_URL_KEYS.get(name, name): _joined(value) for name, value in _parts(query).items()}


def from_params(params: Mapping[str, str], *, others: Collection[str] | None = None) -> CostQuery:
    """Read URL parameters; raises QueryError.

    Keys that are no part of a question are skipped; with `others`, only those may stand beside
    it and any further key is refused. An empty value means the default.
    """
    by_key = {key: name for name, key in _URL_KEYS.items()}
    parts: dict[str, Any] = {}
    for key, value in params.items():
        if key in by_key or key in ("range", "from", "to"):
            if value.strip():
                parts[by_key.get(key, key)] = value
        elif others is not None and key not in others:
            raise QueryError(
                f"{key!r} is not a parameter",
                field=key,
                near=near_names(key, URL_KEYS),
                allowed=(*URL_KEYS, *others),
            )
    if "limit" in parts:
        parts["limit"] = _count(parts["limit"])
    return CostQuery.model_validate(parts)


def to_cli(query: CostQuery) -> list[str]:
    """The words after ``outlay query`` that ask this question."""
    words: list[str] = []
    for name, value in _parts(query).items():
        # With = a value that starts with a dash is not taken for an option.
        words.append(f"{_FLAGS[name]}={_joined(value)}")
    return words


def from_cli(words: Iterable[str]) -> CostQuery:
    """Read `to_cli`'s words (``--flag=value`` or ``--flag value``); raises QueryError."""
    by_flag = {flag: name for name, flag in _FLAGS.items()}
    parts: dict[str, Any] = {}
    remaining = list(words)
    while remaining:
        word = remaining.pop(0)
        flag, equals, value = word.partition("=")
        if flag not in by_flag:
            near = near_names(flag, by_flag)
            raise QueryError(f"{flag!r} is not an option", near=near, allowed=by_flag)
        if not equals:
            if not remaining:
                raise QueryError(f"{flag} needs a value", field=flag)
            value = remaining.pop(0)
        parts[by_flag[flag]] = _count(value) if flag == "--limit" else value
    return CostQuery.model_validate(parts)


def _parts(query: CostQuery) -> dict[str, Any]:
    """What differs from the defaults, by field name; an absolute range as from and to."""
    defaults = CostQuery.model_fields
    parts: dict[str, Any] = {}
    for name in CostQuery.model_fields:
        value = getattr(query, name)
        if value == defaults[name].default:
            continue
        if name == "range" and not ranges.is_relative(value):
            days = ranges.bounds(value)
            if days.start:
                parts["from"] = days.start.isoformat()
            if days.end:
                parts["to"] = days.end.isoformat()
        else:
            parts[name] = value
    return parts


def _joined(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise QueryError(
            f"{text!r} is not a number of rows",
            field="limit",
            text=text,
            allowed=["a whole number of at least 1"],
        ) from None
