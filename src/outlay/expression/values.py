"""What constants and columns may be compared: texts with texts, days with days, numbers with
numbers.
"""

import re
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from functools import lru_cache

import duckdb

from outlay.expression.columns import column_type
from outlay.expression.tree import Apply, Moment, Number, Operand, Ref, Text

MAX_LITERAL = 100
"""The most characters of a number constant, needless zeros included."""

# The default context would round what is longer than 28 digits.
_EXACT = Context(prec=MAX_LITERAL)

NUMBER_DIGITS = (20, 18)
"""How many digits a number may have before and after its point: more do not fit exactly."""


def operand_type(operand: Operand) -> str:
    """'text', 'date', 'timestamp' or 'number'."""
    match operand:
        case Ref(dimension):
            return column_type(dimension.name) if dimension.kind == "column" else "text"
        case Moment(value):
            return "timestamp" if isinstance(value, datetime) else "date"
        case Number() | Apply("number"):
            return "number"
        case Text() | Apply():
            return "text"


def is_time(operand: Operand) -> bool:
    """Whether the operand is a day or a moment."""
    return operand_type(operand) in ("date", "timestamp")


def is_text(operand: Operand) -> bool:
    """Whether the operand is a text."""
    return operand_type(operand) == "text"


def kind_of(operand: Operand) -> str:
    """'a text', 'a day' or 'a number': operands of one kind can be compared."""
    return "a day" if is_time(operand) else f"a {operand_type(operand)}"


def as_number(text: str) -> Number:
    """The number of a literal (digits, a point, a sign); ValueError says why it is none."""
    whole, fraction = NUMBER_DIGITS
    if len(text) > MAX_LITERAL:
        raise ValueError(f"a number of {len(text)} characters is too long")
    value = Decimal(text)
    parts = value.normalize(_EXACT).as_tuple()
    exponent = int(parts.exponent)
    if -exponent > fraction:
        raise ValueError(f"a number has at most {fraction} decimals; {text} has {-exponent}")
    if len(parts.digits) + exponent > whole:
        raise ValueError(f"a number has at most {whole} digits before its point")
    return Number(value)


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


def lower_text(text: str) -> str:
    """A text in lower case as ``lower()`` gives it: character by character, whatever stands
    beside (Python writes a final sigma otherwise, and İ as two characters)."""
    return "".join("i" if c == "İ" else c.lower() for c in text)


def regex_groups(pattern: str) -> int:
    """How many groups an RE2 expression captures."""
    # Quoted texts, escaped characters and classes: brackets in them are no groups.
    apart = r"\\Q.*?(\\E|$)|\\.|\[\^?\]?(\\.|\[:\^?\w+:\]|[^\]])*\]"
    bare = re.sub(apart, "", pattern, flags=re.DOTALL)
    return len(re.findall(r"\((?!\?)|\(\?P?<[A-Za-z_]", bare))


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
