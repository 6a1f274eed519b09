"""The one name of each model of a delivery, as a table to join."""

from outlay.focus.ai_models import model_name
from outlay.focus.sql import literal
from outlay.sources.contract import Raw

NAME = "m_name"
"""SQL: the one name of a raw row's model, in rows that `join_models` joined."""


def make_models(raw: Raw, column: str) -> None:
    """Make the table `models`, one row per distinct text of an SQL expression over `raw`."""
    texts = [row[0] for row in raw.ask(f"SELECT DISTINCT {column} FROM raw") if row[0] is not None]
    rows = ", ".join(f"({literal(t)}, {literal(model_name(t))})" for t in sorted(texts))
    if rows:
        raw.make("models", f"SELECT * FROM (VALUES {rows}) AS given(m_spelled, {NAME})")
    else:
        raw.make("models", f"SELECT ''::VARCHAR AS m_spelled, ''::VARCHAR AS {NAME} WHERE false")


def join_models(column: str) -> str:
    """SQL of the JOIN that gives each raw row `m_name`."""
    return f" LEFT JOIN models ON m_spelled = {column}"
