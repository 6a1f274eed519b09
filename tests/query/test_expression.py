"""The expression language: what it takes, what it refuses and where it points."""

from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from outlay.expression import canonical, compile_condition, condition_text, parse
from outlay.expression.dimensions import Dimension
from outlay.expression.tree import (
    All,
    Apply,
    Between,
    Comparison,
    Condition,
    Membership,
    Missing,
    Moment,
    Negation,
    Pattern,
    Ref,
    Search,
    Text,
)
from outlay.expression.tree import (
    Any as AnyOf,
)
from outlay.query import QueryError
from tests.query import naive

CANONICAL = [
    (
        "ServiceName IN ('AmazonEC2', 'AmazonEKS') AND tags.team IS NULL "
        "AND NOT contains(ResourceName, 'test')",
        None,
    ),
    ("ServiceName='a' and ( RegionId!='b' )", "ServiceName = 'a' AND RegionId <> 'b'"),
    ("NOT (ServiceName IS NULL)", "ServiceName IS NOT NULL"),
    ("NOT NOT ServiceName = 'a'", "ServiceName = 'a'"),
    ("not ServiceName = 'a'", "NOT ServiceName = 'a'"),
    ("NOT (ServiceName = 'a' OR RegionId = 'b')", None),
    (
        "(ServiceName = 'a' AND RegionId = 'b') AND SkuId = 'c'",
        "ServiceName = 'a' AND RegionId = 'b' AND SkuId = 'c'",
    ),
    ("ServiceName = 'a' OR RegionId = 'b' AND SkuId = 'c'", None),
    ("(ServiceName = 'a' OR RegionId = 'b') AND SkuId = 'c'", None),
    ("tags.\"team\" = 'x'", "tags.team = 'x'"),
    ("tags.\"Cost Center\" LIKE '%a_'", None),
    ('tags."say ""hi""" ILIKE \'x\'', None),
    ("tags.order = 'x'", None),
    ("tags.select NOT IN ('x')", None),
    ("ChargeDay >= DATE '2026-01-01'", "ChargeDay >= '2026-01-01'"),
    ("ChargeDay BETWEEN '2026-01-01' AND '2026-01-31'", None),
    ("ChargePeriodStart < '2026-01-01T05:00:00Z'", "ChargePeriodStart < '2026-01-01T05:00:00'"),
    ("ChargePeriodStart < '2026-01-01T00:00:00'", "ChargePeriodStart < '2026-01-01'"),
    ("ServiceName = 'O''Reilly'", None),
    ("lower(trim(tags.team)) = 'a'", None),
    ("starts_with(ResourceId, 'arn:') OR ends_with(ResourceId, '/x')", None),
    (r"matches(ResourceName, '^i-[0-9a-f]+\d$')", None),
    ("x_LineItemType <> 'Fee'", None),
    ("'a' = ServiceName", None),
    ("RegionId = AvailabilityZone", None),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical_text(text: str, expected: str | None) -> None:
    assert canonical(text) == (expected or text)
    assert canonical(canonical(text)) == canonical(text)


# The text, the characters that the caret stands under, and a part of the message.
REFUSED = [
    ("Servicename = 'a'", "Servicename", "Did you mean ServiceName"),
    ("ServiceName = 'a' AND Regin = 'x'", "Regin", "Did you mean RegionI"),
    ("BilledCost > '5'", "BilledCost", "amount"),
    ("ServiceName = 5", "5", "Write it as a text: '5'"),
    ("tags.cost-center = 'x'", "cost", 'tags."cost-center"'),
    ("tags.1st = 'x'", "1", 'tags."1st"'),
    ("tags. = 'x'", "=", "double quotes"),
    ("lables.app = 'x'", "lables", "Allowed: tags"),
    ("ServiceName = 'a' OR", "", "missing"),
    ("ServiceName", "", "comparison is missing"),
    ("ServiceName = 'a' ServiceName = 'b'", "ServiceName", "should end here"),
    ("ServiceName = 'a'; DROP TABLE charges", ";", "should end here"),
    ("(ServiceName = 'a'", "", "expected )"),
    ("ServiceName = 'a", "'a", "not closed"),
    ("ServiceName IN ()", ")", "expected"),
    ("ServiceName IN (SELECT 1)", "SELECT", "column 'SELECT'"),
    ("ServiceName = (SELECT 1)", "(", "expected"),
    ("read_text('/etc/passwd') = 'x'", "read_text", "no function"),
    ("contains(ServiceName, RegionId)", "RegionId", "single quotes"),
    ("contains(ChargeDay, '2026')", "ChargeDay", "this is a day"),
    ("ChargeDay LIKE '2026%'", "ChargeDay", "not matched with LIKE"),
    ("ChargeDay = 'yesterday'", "'yesterday'", "not a day"),
    ("ChargeDay = '2026-01-01T05:00'", "'2026-01-01T05:00'", "has a time"),
    ("ChargeDay = ServiceName", "ServiceName", "cannot be compared"),
    ("ServiceName = NULL", "NULL", "IS NULL"),
    ("matches(ServiceName, '(')", "'('", "regular expression"),
    ("ServiceName == 'a'", "==", "comparison is missing"),
    ("ServiceName || 'a' = 'b'", "||", "comparison is missing"),
    ("ServiceName = $1", "$", "expected"),
    ("1 = 1", "1", "hold text, not numbers"),
    ("x_SourceLine = '5'", "x_SourceLine", "no column"),
    ("CASE WHEN ServiceName = 'a' THEN 1 END", "CASE", "no column"),
    ("", None, "empty"),
    ("-- nothing", None, "empty"),
]


@pytest.mark.parametrize(("text", "pointed", "message"), REFUSED)
def test_an_error_points_at_the_character(text: str, pointed: str | None, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert message in str(error)
    if pointed is None:
        return
    assert error.position is not None
    assert text[error.position :].startswith(pointed)
    caret = error.caret.splitlines()
    assert caret[1].index("^") - 2 == error.position
    if pointed:
        assert caret[1].count("^") == max(1, error.length)


def test_the_caret_stands_in_the_line_that_is_meant() -> None:
    with pytest.raises(QueryError) as caught:
        parse("ServiceName = 'a'\n  AND Wrong = 'b'\n  AND SkuId = 'c'")
    assert caught.value.caret == "    AND Wrong = 'b'\n        ^^^^^"


def test_depth_and_length_are_bounded() -> None:
    with pytest.raises(QueryError, match="nested"):
        parse("(" * 2000 + "ServiceName = 'a'" + ")" * 2000)
    with pytest.raises(QueryError, match="nested"):
        parse("lower(" * 2000 + "ServiceName" + ")" * 2000 + " = 'a'")
    with pytest.raises(QueryError, match="NOT|nested"):
        parse("NOT " * 2000 + "ServiceName = 'a'")
    with pytest.raises(QueryError, match="characters"):
        parse("ServiceName = '" + "a" * 300_000 + "'")
    with pytest.raises(QueryError, match="zero character"):
        parse("ServiceName = 'a\0b'")


def test_a_long_list_of_conditions_is_no_deep_tree() -> None:
    text = " OR ".join(f"SubAccountId = '{number:012d}'" for number in range(3000))
    sql = compile_condition(parse(text), _column).sql(dialect="duckdb")
    assert sql.count("SubAccountId") == 3000
    assert canonical(text) == text


# --- trees of every kind ------------------------------------------------------------------------

NASTY = [
    "'", "''", '"', "\\", "\\'", "%", "_", "--", "/*", ";", "a'); DROP TABLE t; --", "\n", "ü😀",
    "$1", "?", "{x}", "E'\\n'", "$$", " a ", "A", "a", "",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
)
keys = st.one_of(
    st.sampled_from(["team", "Cost Center", "aws:createdBy", 'a"b', "a.b", "it's", "select"]),
    texts.filter(bool),
)
text_refs = st.one_of(
    st.sampled_from(["ServiceName", "RegionId", "x_Foo"]).map(
        lambda n: Ref(Dimension("column", n))
    ),
    keys.map(lambda key: Ref(Dimension("tag", key))),
)
text_operands = st.recursive(
    st.one_of(text_refs, texts.map(Text)),
    lambda inner: st.builds(Apply, st.sampled_from(["lower", "upper", "trim"]), inner),
    max_leaves=3,
)
day_refs = st.just(Ref(Dimension("column", "ChargeDay")))
days = st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(Moment)
moment_refs = st.just(Ref(Dimension("column", "ChargePeriodStart")))
moments = st.one_of(
    days,
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1))
    .filter(lambda moment: moment.time() != datetime.min.time())
    .map(Moment),
)
operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
leaves = st.one_of(
    st.builds(Comparison, operators, text_operands, text_operands),
    st.builds(Comparison, operators, day_refs, days),
    st.builds(Comparison, operators, moments, moment_refs),
    st.builds(
        Membership,
        text_operands,
        st.lists(texts.map(Text), min_size=1, max_size=3).map(tuple),
        st.booleans(),
    ),
    st.builds(
        Membership, day_refs, st.lists(days, min_size=1, max_size=2).map(tuple), st.booleans()
    ),
    st.builds(Pattern, text_operands, texts, st.booleans(), st.booleans()),
    st.builds(Missing, st.one_of(text_operands, day_refs), st.booleans()),
    st.builds(Between, text_operands, text_operands, text_operands, st.booleans()),
    st.builds(Between, moment_refs, moments, moments, st.booleans()),
    st.builds(
        Search, st.sampled_from(["contains", "starts_with", "ends_with"]), text_operands, texts
    ),
    st.builds(Search, st.just("matches"), text_operands, st.sampled_from(["^a", "b$", "[0-9]+"])),
)


# Groups as the parser makes them: two items or more, none of the group's own kind.
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner.filter(lambda c: not isinstance(c, All)), min_size=2, max_size=3).map(
            lambda items: All(tuple(items))
        ),
        st.lists(inner.filter(lambda c: not isinstance(c, AnyOf)), min_size=2, max_size=3).map(
            lambda items: AnyOf(tuple(items))
        ),
        inner.filter(lambda c: isinstance(c, Comparison | Search | All | AnyOf)).map(Negation),
    ),
    max_leaves=6,
)


@given(conditions)
def test_text_and_tree_are_the_same_thing(condition: Condition) -> None:
    text = condition_text(condition)
    assert parse(text) == condition
    assert condition_text(parse(text)) == text


def _column(dimension: Dimension) -> exp.Expr:
    return exp.column(str(dimension), quoted=True)


@given(texts, texts)
def test_no_text_leaves_its_literal(value: str, other: str) -> None:
    """Whatever the text holds, SQL sees one literal with exactly its characters."""
    condition = Membership(Text(value), (Text(value), Text(other)))
    sql = compile_condition(parse(condition_text(condition)), _column).sql(dialect="duckdb")
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {sql}").fetchall() == [(True,)]
        literal = exp.Literal.string(value).sql(dialect="duckdb")
        assert connection.execute(f"SELECT {literal}").fetchall() == [(value,)]


@given(
    conditions,
    st.fixed_dictionaries(
        {
            "ServiceName": st.one_of(st.none(), texts),
            "RegionId": st.sampled_from([None, "eu", "EU "]),
            "x_Foo": st.sampled_from([None, "1", "a"]),
            "ChargePeriodStart": st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
            "Tags": st.dictionaries(keys, texts, max_size=3),
        }
    ),
)
def test_sql_and_plain_python_agree(condition: Condition, charge: dict[str, Any]) -> None:
    # Letters whose case is not one to one differ between ICU and Python; that is not ours.
    plain = condition_text(condition) + repr(charge)
    if not plain.isascii():
        return

    def resolve(dimension: Dimension) -> exp.Expr:
        value = naive.value_of(dimension, charge)
        if isinstance(value, datetime):
            return exp.cast(exp.Literal.string(value.isoformat()), "TIMESTAMP")
        if isinstance(value, date):
            return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
        return exp.Null() if value is None else exp.Literal.string(value)

    sql = compile_condition(condition, resolve).sql(dialect="duckdb")
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT CAST({sql} AS BOOLEAN)").fetchall()[0][0]
    assert found is naive.holds(condition, charge)
