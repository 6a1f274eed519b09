"""The grammar of a condition, over sqlglot's tokens.

or        = and (OR and)*
and       = not (AND not)*
not       = NOT not | '(' or ')' | search | predicate
search    = contains|starts_with|ends_with|matches '(' operand ',' text ')'
predicate = operand ( = <> < <= > >= operand | [NOT] IN '(' value, … ')'
                    | [NOT] IN metrics.metric.label
                    | [NOT] LIKE|ILIKE text | [NOT] BETWEEN operand AND operand
                    | IS [NOT] NULL )
operand   = text | [DATE|TIMESTAMP] text | [-]number | column | tags.key | labels.key
          | virtual-tag | lower|upper|trim|number '(' operand ')'
"""

import re
from collections.abc import Collection
from typing import NoReturn, cast

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from outlay.expression.columns import DESCRIPTIVE
from outlay.expression.dimensions import NAMESPACES, Dimension, parse_dimension
from outlay.expression.errors import QueryError, near_names
from outlay.expression.tree import (
    All,
    Any,
    Apply,
    Between,
    Comparison,
    Condition,
    Constant,
    Listed,
    Membership,
    Missing,
    Moment,
    Negation,
    Number,
    Operand,
    Operator,
    Pattern,
    Ref,
    Search,
    SearchKind,
    Text,
    Transform,
)
from outlay.expression.values import as_moment, as_number, check_regex, is_text, is_time, kind_of

MAX_CHARACTERS = 200_000
MAX_DEPTH = 60
SEARCHES = ("contains", "starts_with", "ends_with", "matches")
TRANSFORMS = ("lower", "upper", "trim", "number")
_OPERATORS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_PREDICATES = ("=", "<>", "<", "<=", ">", ">=", "IN", "LIKE", "ILIKE", "BETWEEN", "IS NULL", "NOT")


def parse(text: str, field: str = "where", also: Collection[str] = ()) -> Condition:
    """Read a condition; raises QueryError that points at the character and names `field`.

    `also` are text columns beyond those of charges: the usage table has some of its own.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            f"the condition has {len(text)} characters; at most {MAX_CHARACTERS} are read",
            field=field,
        )
    zero = text.find("\0")
    if zero >= 0:
        raise QueryError("a zero character has no meaning", field=field, text=text, position=zero)
    try:
        tokens = DuckDB().tokenize(text)
    except TokenError:
        raise QueryError(
            "a quote or comment is not closed",
            field=field,
            text=text,
            position=_open_quote(text),
            hint="Double a quote that belongs to the text: 'O''Reilly'.",
        ) from None
    return _Parser(text, tokens, field, also).whole()


def _open_quote(text: str) -> int:
    quote, start = "", 0
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote, start = character, index
    return start


class _Parser:
    """One pass over the tokens; every method reads what its name says or raises."""

    def __init__(
        self, text: str, tokens: list[Token], field: str, also: Collection[str] = ()
    ) -> None:
        self.text, self.tokens, self.field = text, tokens, field
        self.also = frozenset(also)
        self.at = 0
        self.depth = 0

    def whole(self) -> Condition:
        if not self.tokens:
            raise QueryError("the condition is empty", field=self.field, text=self.text)
        condition = self.any()
        if self.at < len(self.tokens):
            self.fail("the condition should end here", allowed=("AND", "OR"))
        return condition

    # --- reading tokens -------------------------------------------------------------------

    def word(self) -> str:
        """The keyword, name or sign that comes next, upper case; '' at the end or for a text."""
        if self.at >= len(self.tokens):
            return ""
        token = self.tokens[self.at]
        quoted = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
        return "" if quoted else token.text.upper()

    def take(self, *words: str) -> bool:
        """Go past the next word if it is one of `words`."""
        if self.word() in words:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.take(word):
            self.fail(f"expected {word}", allowed=(word,))

    def fail(
        self,
        what: str,
        at: int | None = None,
        allowed: tuple[str, ...] = (),
        near: tuple[str, ...] = (),
        hint: str = "",
    ) -> NoReturn:
        index = self.at if at is None else at
        if index < len(self.tokens):
            token = self.tokens[index]
            position, length = token.start, token.end - token.start + 1
        else:
            position, length = len(self.text.rstrip()), 1
        raise QueryError(
            what,
            field=self.field,
            text=self.text,
            position=position,
            length=length,
            allowed=allowed,
            near=near,
            hint=hint,
        )

    # --- conditions -----------------------------------------------------------------------

    def any(self) -> Condition:
        items = [self.all()]
        while self.take("OR"):
            items.append(self.all())
        return items[0] if len(items) == 1 else Any(_flat(items, Any))

    def all(self) -> Condition:
        items = [self.negation()]
        while self.take("AND"):
            items.append(self.negation())
        return items[0] if len(items) == 1 else All(_flat(items, All))

    def negation(self) -> Condition:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} conditions are nested here")
        try:
            if self.take("NOT"):
                return _negated(self.negation())
            if self.take("("):
                condition = self.any()
                self.expect(")")
                return condition
            if self.word().lower() in SEARCHES and self.follows("("):
                return self.search()
            return self.predicate()
        finally:
            self.depth -= 1

    def follows(self, sign: str) -> bool:
        after = self.at + 1
        return after < len(self.tokens) and self.tokens[after].text == sign

    def search(self) -> Condition:
        function = cast(SearchKind, self.word().lower())
        self.at += 1
        self.expect("(")
        operand = self.text_operand(function)
        self.expect(",")
        at = self.at
        text = self.string(f"{function} needs a text in single quotes")
        if function == "matches":
            reason = check_regex(text)
            if reason:
                self.fail(f"the regular expression is not valid: {reason}", at)
        self.expect(")")
        return Search(function, operand, text)

    def predicate(self) -> Condition:
        start = self.at
        left = self.operand()
        if isinstance(left, Number) and self.word() not in _OPERATORS:
            self.no_number(start)
        if self.take("IS"):
            negated = self.take("NOT")
            self.expect("NULL")
            return Missing(left, negated)
        negated = self.take("NOT")
        if self.take("IN"):
            return self.membership(left, negated)
        if self.word() in ("LIKE", "ILIKE"):
            ignore_case = self.word() == "ILIKE"
            self.at += 1
            if not is_text(left):
                self.fail(f"{kind_of(left)} is compared, not matched with LIKE", start)
            pattern = self.string("LIKE needs a pattern in single quotes, with % and _")
            return Pattern(left, pattern, ignore_case, negated)
        if self.take("BETWEEN"):
            low = self.counterpart(left)
            self.expect("AND")
            return Between(left, low, self.counterpart(left), negated)
        operator = _OPERATORS.get(self.word())
        if negated or operator is None:
            self.fail("a comparison is missing here", allowed=_PREDICATES)
        self.at += 1
        return self.comparison(cast(Operator, operator), left, start)

    def comparison(self, operator: Operator, left: Operand, start: int) -> Condition:
        at = self.at
        right = self.operand()
        if isinstance(left, Number) and (isinstance(right, Number) or is_text(right)):
            self.no_number(start)
        if is_time(right) and isinstance(left, Text):
            return Comparison(operator, self.moment(left, start, right), right)
        if is_time(left) and isinstance(right, Text):
            return Comparison(operator, left, self.moment(right, at, left))
        self.check_kinds(left, right, at)
        return Comparison(operator, left, right)

    def membership(self, left: Operand, negated: bool) -> Condition:
        if self.word() == "METRICS" and self.follows("."):
            return self.listed(left, negated)
        self.expect("(")
        values: list[Constant] = []
        while True:
            at = self.at
            value = self.counterpart(left)
            if not isinstance(value, Constant):
                self.fail("a list holds constants only", at, hint="Compare columns with =.")
            values.append(value)
            if not self.take(","):
                break
        self.expect(")")
        return Membership(left, tuple(values), negated)

    def listed(self, left: Operand, negated: bool) -> Listed:
        """A metric's label, as the values that something may be among."""
        start, names = self.at, []
        if not is_text(left):
            self.fail(f"a label of a metric has texts; this is {kind_of(left)}", start)
        self.at += 1
        for what in ("metric", "label"):
            self.expect(".")
            if self.at >= len(self.tokens):
                self.fail(f"the name of a {what} is missing", hint="metrics.requests.customer")
            token = self.tokens[self.at]
            quoted = token.token_type == TokenType.IDENTIFIER
            if not quoted and not _WORD.fullmatch(token.text):
                self.fail(f"the name of a {what} is expected", hint="metrics.requests.customer")
            name, length = (token.text, 1) if quoted else self.hyphenated()
            names.append(name)
            self.at += length
        return Listed(left, names[0], names[1], negated)

    def counterpart(self, left: Operand) -> Operand:
        """An operand that can be compared with `left`."""
        at = self.at
        right = self.operand()
        if is_time(left) and isinstance(right, Text):
            return self.moment(right, at, left)
        self.check_kinds(left, right, at)
        return right

    def check_kinds(self, left: Operand, right: Operand, at: int) -> None:
        if kind_of(left) == kind_of(right):
            return
        if isinstance(right, Number) and is_text(left):
            self.no_number(at)
        hint = ""
        if isinstance(right, Text) and kind_of(left) == "a number":
            hint = "A number stands without quotes."
        self.fail(f"{kind_of(left)} cannot be compared with {kind_of(right)}", at, hint=hint)

    def no_number(self, at: int) -> NoReturn:
        token = self.tokens[at]
        written = self.text[token.start :].split(maxsplit=1)[0].rstrip(",)")
        self.fail(
            "descriptive columns hold text, not numbers",
            at,
            hint=f"Write it as a text: '{written}', or read the text as a number: "
            f"number(tags.tier) >= {written}.",
        )

    def moment(self, text: Text, at: int, beside: Operand) -> Moment:
        try:
            return as_moment(text.value, beside)
        except ValueError as error:
            self.fail(str(error), at, allowed=("'YYYY-MM-DD'", "'YYYY-MM-DDTHH:MM:SS'"))

    # --- operands -------------------------------------------------------------------------

    def operand(self) -> Operand:
        if self.at >= len(self.tokens):
            self.fail("a column or a text is missing here")
        token = self.tokens[self.at]
        if token.token_type == TokenType.STRING:
            self.at += 1
            return Text(token.text)
        if token.token_type == TokenType.NUMBER or token.text in ("-", "+", "."):
            return self.number()
        word = token.text.lower()
        if word in ("date", "timestamp") and self.at + 1 < len(self.tokens):
            following = self.tokens[self.at + 1]
            if following.token_type == TokenType.STRING:
                self.at += 2
                return self.moment(Text(following.text), self.at - 1, Text(""))
        if word in TRANSFORMS and self.follows("("):
            return self.transform(cast(Transform, word))
        return Ref(self.column(token))

    def transform(self, function: Transform) -> Apply:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} functions are nested here")
        self.at += 1
        self.expect("(")
        argument = self.text_operand(function)
        self.expect(")")
        self.depth -= 1
        return Apply(function, argument)

    def text_operand(self, function: str) -> Operand:
        at = self.at
        operand = self.operand()
        if isinstance(operand, Number):
            self.no_number(at)
        if not is_text(operand):
            self.fail(f"{function} needs a text; this is {kind_of(operand)}", at)
        return operand

    def number(self) -> Number:
        """A number constant; its sign, if any, stands before it."""
        at = self.at
        first = self.tokens[at]
        last = first if first.token_type == TokenType.NUMBER else self.token_after(at)
        written = "" if last is None else self.text[first.start : last.end + 1]
        following = self.text[last.end + 1 : last.end + 2] if last else ""
        if not _NUMBER.fullmatch(written) or following.isalnum() or following in ("_", "."):
            self.fail("this is no number", at, allowed=("digits with a point: -12.5",))
        try:
            number = as_number(written)
        except ValueError as error:
            self.fail(str(error), at)
        self.at += 1 if last is first else 2
        return number

    def token_after(self, at: int) -> Token | None:
        """The token behind, if it is a number."""
        if at + 1 < len(self.tokens) and self.tokens[at + 1].token_type == TokenType.NUMBER:
            return self.tokens[at + 1]
        return None

    def string(self, what: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at].token_type != TokenType.STRING:
            self.fail(what, allowed=("'text'",))
        self.at += 1
        return self.tokens[self.at - 1].text

    def column(self, token: Token) -> Dimension:
        quoted = token.token_type == TokenType.IDENTIFIER
        if not quoted and not _WORD.fullmatch(token.text):
            self.fail(f"a column or a text is expected, not {token.text!r}")
        if not quoted and self.follows("("):
            near = near_names(token.text, (*SEARCHES, *TRANSFORMS))
            self.fail(
                f"there is no function {token.text!r}", near=near, allowed=(*SEARCHES, *TRANSFORMS)
            )
        if self.follows("."):
            return self.key(token)
        if token.text in self.also:
            self.at += 1
            return Dimension("column", token.text)
        name, length = (token.text, 1) if quoted else self.hyphenated()
        try:
            dimension = parse_dimension(name)
        except QueryError:
            self.unknown(name)
        self.at += length
        return dimension

    def hyphenated(self) -> tuple[str, int]:
        """The name that begins here with all words that hyphens join to it, and its tokens.

        Nothing is subtracted in a condition: ``cost-center`` is a virtual tag.
        """
        at = self.at
        while at + 2 < len(self.tokens) and self.tokens[at + 1].text == "-":
            before, sign, after = self.tokens[at : at + 3]
            if sign.start != before.end + 1 or after.start != sign.end + 1:
                break
            at += 2
        first, last = self.tokens[self.at], self.tokens[at]
        return self.text[first.start : last.end + 1], at - self.at + 1

    def unknown(self, name: str) -> NoReturn:
        if name.upper() == "NULL":
            self.fail("nothing equals NULL", hint="Write IS NULL or IS NOT NULL.")
        near = near_names(name, DESCRIPTIVE)
        if name.endswith(("Cost", "Quantity", "UnitPrice")):
            self.fail(
                f"{name} is an amount; a condition looks at descriptive columns, tags and days",
                allowed=(*DESCRIPTIVE, "tags.KEY", "x_…"),
            )
        self.fail(
            f"there is no column {name!r}",
            near=near,
            allowed=() if near else (*DESCRIPTIVE, "tags.KEY", "labels.KEY", "x_…"),
            hint=f"A text stands in single quotes: '{name}'.",
        )

    def key(self, token: Token) -> Dimension:
        if token.text not in NAMESPACES:
            names = tuple(NAMESPACES)
            self.fail(f"there is no {token.text!r} to look into", near=names, allowed=names)
        self.at += 2
        if self.at >= len(self.tokens):
            self.fail("a tag key is missing", hint='For example tags.team, tags."Cost Center".')
        key = self.tokens[self.at]
        whole = self.text[key.start :].split(maxsplit=1)[0] if key.text else ""
        bare = re.match(r"[^\s=<>!(),'\"]*", whole)
        if key.token_type != TokenType.IDENTIFIER and not (bare and _WORD.fullmatch(bare[0])):
            name = bare[0] if bare else ""
            self.fail("this tag key needs double quotes", hint=f'Write tags."{name or "KEY"}".')
        if not key.text:
            self.fail("a tag key cannot be empty")
        self.at += 1
        return Dimension(NAMESPACES[token.text], key.text)


def _flat(items: list[Condition], kind: type[All] | type[Any]) -> tuple[Condition, ...]:
    flat: list[Condition] = []
    for item in items:
        flat.extend(item.items if isinstance(item, kind) else (item,))
    return tuple(flat)


def _negated(condition: Condition) -> Condition:
    """NOT of a condition, in the form that has it built in where there is one."""
    match condition:
        case Negation(item):
            return item
        case Membership(operand, values, negated):
            return Membership(operand, values, not negated)
        case Listed(operand, metric, label, negated):
            return Listed(operand, metric, label, not negated)
        case Pattern(operand, pattern, ignore_case, negated):
            return Pattern(operand, pattern, ignore_case, not negated)
        case Missing(operand, negated):
            return Missing(operand, not negated)
        case Between(operand, low, high, negated):
            return Between(operand, low, high, not negated)
        case _:
            return Negation(condition)
