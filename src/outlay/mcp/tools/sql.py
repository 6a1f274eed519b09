"""Raw SQL, where it is allowed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS
from outlay.query import CostQuery

_SECONDS = 30.0


class SqlInput(Input):
    """One SELECT."""

    sql: str = Field(description="One SELECT over charges, daily, contexts, labels and usage")
    as_of: str = Field(default="", description="A day, a UTC time or a snapshot id")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS, description="Rows")


class SqlOutput(Output):
    """The rows; decimals are text."""

    columns: list[dict[str, str]]
    rows: list[dict[str, Any]]
    truncated: bool = Field(description="There were more rows than the limit")
    snapshot: str | None


@tool("sql", "One SELECT over the ledger", "POST /sql", SqlOutput, input=SqlInput, needs="sql")
def sql(context: Context, asked: SqlInput) -> Answer:
    """One read-only SELECT (DuckDB) over the views charges (every FOCUS column, a row a charge),
    daily, contexts, labels and usage. Use query where it can answer: it is faster, and its amounts
    are exact whatever you divide. Of the whole ledger: not for those who see a part of it."""
    moment = CostQuery(as_of=asked.as_of or None).as_of_moment()
    found = context.workspace.sql(
        asked.sql, as_of=moment, limit=asked.limit, timeout_seconds=_SECONDS
    )
    data = found.to_json()
    lines = [" | ".join(str(value) for value in row.values()) for row in data["rows"][:20]]
    more = "There are more rows than the limit." if found.truncated else ""
    return Answer(data, "\n".join([f"{len(data['rows'])} rows. {more}".rstrip(), *lines]))
