"""Conditions on the values of one tag, asked of a list of values by the engine's own rules."""

import threading
from collections.abc import Sequence

import duckdb
from sqlglot import exp

from outlay.expression import compile_condition, parse

_LOCK = threading.Lock()
_ENGINE: list[duckdb.DuckDBPyConnection] = []


def values_where(where: str, tag: str, values: Sequence[str]) -> tuple[str, ...]:
    """Those of `values` for which the condition holds, in order; it looks at `tag` alone.

    Asked of the same engine that asks charges, so that LIKE and regular expressions mean the same
    here and there.
    """
    condition = compile_condition(parse(where), lambda _: exp.column("value")).sql("duckdb")
    with _LOCK:
        if not _ENGINE:
            _ENGINE.append(duckdb.connect(config={"threads": 1}))
        rows = _ENGINE[0].execute(
            f"SELECT value FROM (SELECT unnest(?::VARCHAR[]) AS value) WHERE {condition}",
            [list(values)],
        )
        found = {row[0] for row in rows.fetchall()}
    return tuple(value for value in values if value in found)
