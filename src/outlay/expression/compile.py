"""Conditions as sqlglot expressions: every value is a literal node, never pasted text."""

from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from outlay.expression.dimensions import Dimension
from outlay.expression.errors import QueryError
from outlay.expression.printer import moment_literal, number_text
from outlay.expression.tree import (
    All,
    Any,
    Apply,
    Between,
    Comparison,
    Condition,
    Listed,
    Membership,
    Missing,
    Moment,
    Negation,
    Number,
    Operand,
    Pattern,
    Ref,
    Search,
    Text,
)
from outlay.expression.values import NUMBER_DIGITS

Resolve = Callable[[Dimension], exp.Expr]
"""Gives the SQL of a dimension in the table that is being asked."""

_COMPARISONS: dict[str, type[exp.Expr]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}
_SEARCHES = {"matches": "regexp_matches"}


NUMBER_SQL = f"DECIMAL({sum(NUMBER_DIGITS)},{NUMBER_DIGITS[1]})"
"""The type of numbers: decimals, exact, never doubles."""

# A text with more digits than fit is no number that could be compared exactly: it is unknown.
_WHOLE, _FRACTION = NUMBER_DIGITS
_NUMBER_PATTERN = rf"[+-]?(0*\d{{1,{_WHOLE}}}(\.\d{{0,{_FRACTION}}}0*)?|\.\d{{1,{_FRACTION}}}0*)"


def compile_condition(condition: Condition, resolve: Resolve) -> exp.Expr:
    """The SQL of a condition, in parentheses where it needs them."""
    match condition:
        case All(items):
            return _joined(exp.And, items, resolve)
        case Any(items):
            return _joined(exp.Or, items, resolve)
        case Negation(item):
            return exp.Not(this=exp.paren(compile_condition(item, resolve), copy=False))
        case Comparison(operator, left, right):
            compare = _COMPARISONS[operator]
            return compare(
                this=compile_operand(left, resolve), expression=compile_operand(right, resolve)
            )
        case Membership(operand, values, negated):
            listed = [compile_operand(value, resolve) for value in values]
            return _negate(
                exp.In(this=compile_operand(operand, resolve), expressions=listed), negated
            )
        case Listed(metric=metric, label=label):
            raise QueryError(
                f"only a rule of a virtual tag can look at metrics.{metric}.{label}",
                field="where",
                text=f"metrics.{metric}.{label}",
                hint="Make a virtual tag with such a rule, and ask for its value.",
            )
        case Pattern(operand, pattern, ignore_case, negated):
            like = exp.ILike if ignore_case else exp.Like
            text_node = exp.Literal.string(pattern)
            return _negate(
                like(this=compile_operand(operand, resolve), expression=text_node), negated
            )
        case Missing(operand, negated):
            return _negate(
                exp.Is(this=compile_operand(operand, resolve), expression=exp.Null()), negated
            )
        case Between(operand, low, high, negated):
            between = exp.Between(
                this=compile_operand(operand, resolve),
                low=compile_operand(low, resolve),
                high=compile_operand(high, resolve),
            )
            return _negate(between, negated)
        case Search(function, operand, text):
            arguments = [compile_operand(operand, resolve), exp.Literal.string(text)]
            return exp.Anonymous(this=_SEARCHES.get(function, function), expressions=arguments)


def _joined(kind: type[exp.Connector], items: tuple[Condition, ...], resolve: Resolve) -> exp.Expr:
    # Long lists of ANDs and ORs (rules by account) are folded as a balanced tree, so that no
    # later walk over the SQL recurses once an item.
    nodes = [exp.paren(compile_condition(item, resolve), copy=False) for item in items]
    level: list[exp.Expr] = list(nodes)
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [
            exp.paren(kind(this=pair[0], expression=pair[1]), copy=False)
            if len(pair) == 2
            else pair[0]
            for pair in pairs
        ]
    return level[0]


def _negate(node: exp.Expr, negated: bool) -> exp.Expr:
    return exp.Not(this=exp.paren(node, copy=False)) if negated else exp.paren(node, copy=False)


def _number(text: exp.Expr) -> exp.Expr:
    """The number that a text writes, outer spaces apart; null where it writes none."""
    trimmed = exp.Anonymous(this="trim", expressions=[text])
    pattern = exp.Literal.string(_NUMBER_PATTERN)
    fits = exp.Anonymous(this="regexp_full_match", expressions=[trimmed, pattern])
    value = exp.TryCast(this=trimmed.copy(), to=exp.DataType.build(NUMBER_SQL))
    return exp.Case(ifs=[exp.If(this=fits, true=value)])


def compile_operand(operand: Operand, resolve: Resolve) -> exp.Expr:
    """The SQL of an operand."""
    match operand:
        case Ref(dimension):
            return resolve(dimension)
        case Text(value):
            return exp.Literal.string(value)
        case Moment(value):
            kind = "TIMESTAMP" if isinstance(value, datetime) else "DATE"
            return exp.cast(exp.Literal.string(moment_literal(value)), kind)
        case Number(value):
            return exp.cast(exp.Literal.string(number_text(value)), NUMBER_SQL)
        case Apply("number", argument):
            return _number(compile_operand(argument, resolve))
        case Apply(function, argument):
            return exp.Anonymous(this=function, expressions=[compile_operand(argument, resolve)])
