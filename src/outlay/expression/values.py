"""What constants and columns may be compared: texts with texts, days with days."""

from datetime import UTC, date, datetime, time
from functools import lru_cache

import duckdb

from outlay.expression.columns import column_type
from outlay.expression.tree import Apply, Moment, Operand, Ref, Text


def operand_type(operand: Operand) -> str:
    """'text', 'date' or 'timestamp'."""
    match operand:
        case Ref(dimension):
            return column_type(dimension.name) if dimension.kind == "column" else "text"
        case Moment(value):
            return "timestamp" if isinstance(value, datetime) else "date"
        case Text() | Apply():
            return "text"


def is_time(operand: Operand) -> bool:
    """Whether the operand is a day or a moment."""
    return operand_type(operand) != "text"


def same_kind(left: Operand, right: Operand) -> bool:
    """Whether two operands can be compared."""
    return is_time(left) == is_time(right)


def as_moment(text: str, beside: Operand) -> Moment:
    """The day or moment that a text means beside a column; raises ValueError saying why not."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a day") from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    whole = moment.time() == time()
    if not whole and operand_type(beside) == "date":
        raise ValueError(f"{text!r} has a time, but is compared with a day")
    value: date | datetime = moment.date() if whole else moment
    return Moment(value)


@lru_cache(maxsize=1024)
def check_regex(pattern: str) -> str:
    """Why RE2 refuses the pattern, or ''. RE2 works in linear time, so that no pattern hangs."""
    connection = duckdb.connect()
    try:
        connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        return str(error).partition(": ")[2].splitlines()[0]
    finally:
        connection.close()
    return ""
