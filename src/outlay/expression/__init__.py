"""The product's one expression language: a small, safe subset of SQL conditions.

Text is tokenised by sqlglot, parsed into the frozen tree of `tree` by the grammar in `parser`
(nothing outside that grammar exists), printed back in one canonical form and compiled to SQL
with every value quoted.
"""

from functools import lru_cache

from outlay.expression.compile import compile_condition
from outlay.expression.parser import parse
from outlay.expression.printer import condition_text, text_literal
from outlay.expression.tree import Condition, referenced

__all__ = [
    "Condition",
    "canonical",
    "compile_condition",
    "condition_text",
    "parse",
    "referenced",
    "text_literal",
]


@lru_cache(maxsize=1024)
def canonical(text: str, field: str = "where") -> str:
    """The canonical text of a condition; raises QueryError pointing at the character."""
    return condition_text(parse(text, field))
