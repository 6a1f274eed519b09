"""A scope is a condition: whoever has it gets, digit by digit, what an unscoped person gets to the
same question narrowed by it. And the parts of a company add up to the company."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.access import AccessDeniedError, current
from outlay.app import Workspace
from outlay.expression import canonical
from outlay.query import CostQuery, QueryError, Result
from tests.access.twoteams import as_checkout
from tests.statements.desk import charge
from tests.web.company import load

TEAMS = ("checkout", "search", "data", "platform")
BILL = [
    charge("100.25", "2026-08-03", "checkout", InvoiceId="I-1"),
    charge("7.004", "2026-08-20", "search", service="Amazon Simple Storage Service"),
    charge("1000", "2026-08-05", "platform", service="Container platform"),
    charge("110.5", "2026-09-03", "checkout", InvoiceId="I-2", resource="i-1"),
    charge("20.75", "2026-09-04", "checkout", account="Data", resource="bucket"),
    charge("30.333333333333333333333", "2026-09-04", "search", account="Data"),
    charge("12.5", "2026-09-09", "search", resource="i-2"),
    charge("99.99", "2026-09-11", "data", account="Data", service="Amazon Redshift"),
    charge("1200", "2026-09-05", "platform", service="Container platform", resource="i-3"),
    charge("55", "2026-09-06", "platform", account="Data"),
    charge("3.5", "2026-09-30", "checkout", category="Tax"),
    charge("-25", "2026-09-30", "search", category="Credit"),
    charge("0.004", "2026-09-30", None),
]
EUROPE = [
    charge("50.5", "2026-09-10", "checkout", service="Hetzner Cloud", currency="EUR"),
    charge("70", "2026-09-12", "data", service="Hetzner Cloud", currency="EUR"),
    charge("200", "2026-09-12", "platform", service="Hetzner Cloud", currency="EUR"),
]
TAG = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
LINE = {
    "rules": [
        {"when": "tags.team IN ('checkout', 'search')", "value": "shop"},
        {"when": "tags.team = 'data'", "value": "insight"},
    ]
}
SPLIT = {"tag": "team", "take": "platform", "method": "proportional", "period": "month"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("parts")
    made = Workspace.init(folder / "workspace", name="Acme")
    made.resources.put("VirtualTag", "team", TAG, author="test")
    made.resources.put("VirtualTag", "business", LINE, author="test")
    made.resources.put("Split", "share-platform", SPLIT, author="test")
    load(made, folder / "bills", "acme", BILL)
    load(made, folder / "bills", "europe", EUROPE)
    yield made
    made.close()


def _any(*parts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(parts)


CONDITIONS = st.one_of(
    st.sampled_from(TEAMS).map(lambda team: f"team = '{team}'"),
    st.sampled_from(TEAMS).map(lambda team: f"tags.team = '{team}'"),
    st.lists(st.sampled_from(TEAMS), min_size=1, max_size=3, unique=True).map(
        lambda teams: f"team IN ({', '.join(repr(team) for team in teams)})"
    ),
    _any(
        "team <> 'data'",
        "business = 'shop'",
        "SubAccountName = 'Data'",
        "SubAccountName <> 'Data' AND team = 'checkout'",
        "ServiceName LIKE 'Amazon%'",
        "tags.team IS NULL",
        "ChargeCategory = 'Usage' AND ChargePeriodStart >= '2026-09-05'",
        "team = 'search' OR SubAccountName = 'Data'",
        "NOT team = 'checkout'",
        "x_SourceName = 'europe'",
        "InvoiceId = 'I-2'",
        "ResourceId IS NOT NULL",
    ),
)
SCOPES = st.lists(CONDITIONS, min_size=1, max_size=2).map(
    lambda parts: canonical(" AND ".join(f"({part})" for part in parts))
)


@st.composite
def questions(draw: st.DrawFn) -> CostQuery:
    parts: dict[str, Any] = {
        "measures": draw(
            _any("EffectiveCost", "BilledCost", "EffectiveCost,LineCount", "ListCost,BilledCost")
        ),
        "by": draw(
            _any("", "team", "ServiceName", "business", "team,SubAccountName", "tags.team",
                 "BillingCurrency", "ChargeCategory,team")
        ),
        "grain": draw(_any("none", "none", "day", "month")),
        "range": draw(_any("all", "2026-09-01..2026-10-01", "2026-09-04..2026-09-12")),
        "where": draw(st.one_of(st.just(""), CONDITIONS)),
        "splits": draw(_any("applied", "applied", "direct")),
    }  # fmt: skip
    if parts["by"]:
        parts["limit"] = draw(st.sampled_from((None, 1, 2)))
    if parts["range"] != "all":
        parts["compare"] = draw(st.sampled_from((None, "previous")))
    return CostQuery.model_validate({key: value for key, value in parts.items() if value})


def told(result: Result) -> dict[str, Any]:
    """All that an answer says of the ledger, but the question."""
    data = result.to_json()
    return {key: data[key] for key in data if key not in ("query", "warnings")}


def narrowed(query: CostQuery, scope: str) -> CostQuery:
    return query.narrowed(scope)


SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SETTINGS
@given(scope=SCOPES, query=questions())
def test_a_scoped_answer_is_the_narrowed_answer(
    workspace: Workspace, scope: str, query: CostQuery
) -> None:
    check_answer(workspace, scope, query)


@pytest.mark.slow
@settings(parent=SETTINGS, max_examples=600)
@given(scope=SCOPES, query=questions())
def test_a_scoped_answer_is_the_narrowed_answer_many_times(
    workspace: Workspace, scope: str, query: CostQuery
) -> None:
    check_answer(workspace, scope, query)


def check_answer(workspace: Workspace, scope: str, query: CostQuery) -> None:
    """The answer of a scope against the narrowed one, row by row."""
    expected = workspace.query(narrowed(query, scope))
    with as_checkout(scope=scope):
        found = workspace.query(query)
        assert found.query == query  # the echo does not tell the scope
        whole = found.complete()
    assert told(found) == told(expected)
    # Whoever reads on later, in another context, reads as the one who asked.
    assert told(found.complete()) == told(whole) == told(expected.complete())


@settings(parent=SETTINGS, max_examples=12)
@given(scope=SCOPES, query=questions())
def test_what_a_scoped_amount_is_made_of_is_the_narrowed_one(
    workspace: Workspace, scope: str, query: CostQuery
) -> None:
    flat = query.but(grain="none", compare=None, sort="")
    expected = workspace.explain(narrowed(flat, scope))
    lines = workspace.charges(narrowed(flat, scope))
    with as_checkout(scope=scope):
        found = workspace.explain(flat)
        page = workspace.charges(flat)
    assert (page.amounts, page.lines, page.charges) == (lines.amounts, lines.lines, lines.charges)
    for name in ("other", "other_groups", "totals", "direct_totals", "tag"):
        assert getattr(found, name) == getattr(expected, name)
    assert len(found.groups) == len(expected.groups)
    for mine, theirs in zip(found.groups, expected.groups, strict=True):
        for name in ("values", "currency", "direct", "lines", "slices", "amount", "shared_amount"):
            assert getattr(mine, name) == getattr(theirs, name)
        assert [(s.split, s.target, s.share, s.amount) for s in mine.shared] == [
            (s.split, s.target, s.share, s.amount) for s in theirs.shared
        ]
        # Of what it was shared out by, others' costs are left out.
        assert all(not step.weights for s in mine.shared for w in s.ways for step in w.steps)
        assert all(not gave.shares for gave in mine.given)


@settings(parent=SETTINGS, max_examples=6)
@given(scope=SCOPES, dimension=_any("team", "ServiceName", "tags.team", "SubAccountName"))
def test_pickers_offer_what_is_in_scope(workspace: Workspace, scope: str, dimension: str) -> None:
    expected = workspace.values(dimension, within=CostQuery(where=scope))
    with as_checkout(scope=scope):
        assert workspace.values(dimension) == expected
        infos = {info.name: info for info in workspace.dimensions()}
    direct = workspace.query(CostQuery(where=scope, splits="direct", by=("BillingCurrency",)))
    totals = {str(row["BillingCurrency"]): row["EffectiveCost"] for row in direct.rows()}
    for name, info in infos.items():
        if info.level == "line" or name == "team":
            continue
        assert dict(info.total) == totals, name
        if info.kind == "virtual":
            continue
        some = f"({scope}) AND {name} IS NOT NULL"
        covered = workspace.query(CostQuery(where=some, splits="direct", by=("BillingCurrency",)))
        assert dict(info.covered) == {
            str(row["BillingCurrency"]): row["EffectiveCost"] for row in covered.rows()
        }, name


@settings(parent=SETTINGS, max_examples=8)
@given(query=questions(), tag=_any("team", "business", "tags.team"))
def test_disjoint_scopes_add_up_to_the_company(
    workspace: Workspace, query: CostQuery, tag: str
) -> None:
    plain = query.but(by=("BillingCurrency",), limit=None, compare=None, grain="none", sort="")
    whole = {row["BillingCurrency"]: row for row in workspace.query(plain).rows()}
    values = [info.value for info in workspace.values(tag)]
    sums: dict[Any, dict[str, Any]] = {}
    for value in values:
        scope = canonical(f"{tag} IS NULL" if value is None else f"{tag} = '{value}'")
        with as_checkout(scope=scope):
            for row in workspace.query(plain).rows():
                known = sums.setdefault(row["BillingCurrency"], dict.fromkeys(plain.measures, 0))
                for name in plain.measures:
                    known[name] += Decimal(str(row[name] or 0))
    for currency, row in whole.items():
        for name in plain.measures:
            assert sums.get(currency, {}).get(name, 0) == Decimal(str(row[name] or 0))


def test_a_scope_that_cannot_be_told_shows_nothing(workspace: Workspace) -> None:
    query = CostQuery(by=("ServiceName",))
    for scope in ("gone = 'x'", "tags.gone = 'x'", "x_Gone = 'x'"):
        with as_checkout(scope=canonical(scope)), pytest.raises(AccessDeniedError) as told_:
            workspace.query(query)
        assert "not known any more" in str(told_.value) and "checkout" in str(told_.value)
        with as_checkout(scope=canonical(scope)), pytest.raises(AccessDeniedError):
            workspace.dimensions()


def test_an_error_points_at_the_question_and_not_at_the_scope(workspace: Workspace) -> None:
    with as_checkout(), pytest.raises(QueryError) as told_:
        workspace.query(CostQuery(where="tags.tean = 'x'"))
    assert (told_.value.field, told_.value.text) == ("where", "tags.tean = 'x'")
    # Names that would be proposed may be of others' charges.
    assert not told_.value.near and not told_.value.allowed


def test_a_scope_goes_by_the_rules_of_now(workspace: Workspace) -> None:
    from outlay.app.runs import utc_now

    then = utc_now()
    query = CostQuery(by=("business",), rules_as_of=then.isoformat() + "Z")
    scope = "business = 'shop'"
    with as_checkout(scope=scope):
        same = workspace.query(query)
    assert {row["business"] for row in same.rows()} == {"shop"}
    other = {"rules": [{"when": "tags.team = 'data'", "value": "shop"}]}
    workspace.resources.put("VirtualTag", "business", other, author="test")
    try:
        with as_checkout(scope=scope):
            now = workspace.query(query.but(rules_as_of=None, measures=("LineCount",)))
            assert now.total == {"LineCount": 2}
            with pytest.raises(AccessDeniedError, match="by the rules of now"):
                workspace.query(query)
    finally:
        workspace.resources.put("VirtualTag", "business", LINE, author="test")
    assert current().whole
