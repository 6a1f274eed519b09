"""Random bills and random rules, for property tests."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from outlay.allocation.rules import Ruleset
from tests.allocation.labelling import ruleset

DAYS = [f"2026-01-{d:02}" for d in (1, 2, 9, 15, 16, 31)] + ["2026-02-01", "2026-02-10"]
KEYS = ("team", "Team", "env", "tier", "Cost Center")
WORDS = ("a", "A", "b", "b ", " B-c", "a-b-c", "ä'\\%_", "", "3", "10", "3.5")

names = st.sampled_from(WORDS)


def charge_at(draw: Any, start: datetime) -> dict[str, Any]:
    """A random charge of the 40 days from a start on."""
    tags = draw(st.dictionaries(st.sampled_from(KEYS), names, max_size=3))
    cost = draw(st.decimals(-(10**6), 10**6, places=9, allow_nan=False, allow_infinity=False))
    return {
        "ChargePeriodStart": start + timedelta(hours=draw(st.integers(-30, 24 * 38))),
        "ServiceName": draw(st.sampled_from(["a", "b", "A", "Compute", None])),
        "SubAccountId": draw(st.sampled_from(["1", "2"])),
        "RegionId": draw(st.sampled_from(["eu", "EU", None])),
        "ResourceId": draw(st.sampled_from(["r1", "r2", "r3", None])),
        "ResourceName": draw(st.none() | names),
        "BillingCurrency": draw(st.sampled_from(["USD", "USD", "EUR"])),
        "EffectiveCost": format(cost, "f"),
        "Tags": tags,
    }


@st.composite
def bills(draw: Any, most: int = 12) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """(billing period, source, charges) of up to three slices."""
    slices = [("2026-01", "one"), ("2026-02", "one"), ("2026-02", "two")]
    return [
        (
            period,
            source,
            [
                charge_at(draw, datetime.fromisoformat(f"{period}-01"))
                for _ in range(draw(st.integers(0, most)))
            ],
        )
        for period, source in draw(st.permutations(slices))[: draw(st.integers(1, 3))]
    ]


def quoted(text: str) -> str:
    """A text constant."""
    return "'" + text.replace("'", "''") + "'"


def operands(others: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Texts that a rule may look at, the virtual tags `others` among them."""
    plain = ["ServiceName", "SubAccountId", "RegionId", "ResourceName", "x_SourceName"]
    tags = ["tags.team", "tags.Team", "tags.env", "tags.tier", 'tags."Cost Center"', "tags.none"]
    return st.sampled_from([*plain, *tags, *others, *others])


def conditions(others: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Conditions over what a rule may look at, nested."""
    operand, text = operands(others), names.map(quoted)
    day = st.sampled_from(DAYS).map(quoted)
    number = st.sampled_from(["3", "3.5", "-1", "10"])
    listed = st.lists(text, min_size=1, max_size=3).map(", ".join)
    pattern = st.sampled_from(["a%", "_", "%-%", "%b_%", ""]).map(quoted)
    regex = st.sampled_from(["^a", "[0-9]+", "b|c$", "^$"]).map(quoted)
    search = st.sampled_from(["contains", "starts_with", "ends_with"])
    leaves = st.one_of(
        st.tuples(operand, st.sampled_from(["=", "<>", "<", ">="]), text).map(" ".join),
        st.tuples(operand, operand).map(" = ".join),
        st.tuples(operand, st.sampled_from(["IN", "NOT IN"]), listed).map(
            lambda p: f"{p[0]} {p[1]} ({p[2]})"
        ),
        st.tuples(operand, st.sampled_from(["LIKE", "NOT LIKE"]), pattern).map(" ".join),
        st.tuples(search, operand, text).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
        st.tuples(operand, regex).map(lambda p: f"matches({p[0]}, {p[1]})"),
        st.tuples(operand, st.sampled_from(["IS NULL", "IS NOT NULL"])).map(" ".join),
        st.tuples(operand, text).map(lambda p: f"lower(trim({p[0]})) = {p[1]}"),
        st.tuples(operand, st.sampled_from(["<", ">=", "="]), number).map(
            lambda p: f"number({p[0]}) {p[1]} {p[2]}"
        ),
        st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), day).map(
            lambda p: f"ChargeDay {p[0]} {p[1]}"
        ),
        st.tuples(day, day).map(lambda p: f"ChargeDay BETWEEN {p[0]} AND {p[1]}"),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda p: f"({p[0]}) AND ({p[1]})"),
            st.tuples(inner, inner).map(lambda p: f"({p[0]}) OR ({p[1]})"),
            inner.map(lambda c: f"NOT ({c})"),
        ),
        max_leaves=4,
    )


STEPS: list[Any] = [
    "lower",
    "upper",
    "trim",
    {"split": "-"},
    {"split": "-", "at": 2},
    {"split": "-", "at": -1},
    {"capture": "([a-z]+)"},
    {"capture": "[0-9.]+", "group": 0},
    {"lookup": "plain"},
    {"lookup": "dated"},
    {"lookup": "caseless"},
]
DICTIONARIES = {
    "plain": {"entries": {"a": "team-a", "b": "team-b", "team-a": "a", "3": "three"}},
    "dated": {
        "entries": [
            {"key": "a", "value": "old", "until": "2026-01-09"},
            {"key": "a", "value": "new", "from": "2026-01-16"},
            {"key": "b", "value": "mid", "from": "2026-01-02", "until": "2026-02-01"},
            {"key": "team-a", "value": "chained"},
        ]
    },
    "caseless": {"ignore_case": True, "entries": {"B ": "spaced", "A": "any-a", "eu": "europe"}},
}


@st.composite
def rule(draw: Any, others: tuple[str, ...]) -> dict[str, Any]:
    """A random rule; `others` are the virtual tags that it may look at."""
    dates = sorted(draw(st.lists(st.sampled_from(DAYS), max_size=2, unique=True)))
    found: dict[str, Any] = {"ignore_case": draw(st.booleans())}
    if dates:
        found[draw(st.sampled_from(["from", "until"])) if len(dates) == 1 else "from"] = dates[0]
    if len(dates) == 2:
        found["until"] = dates[1]
    if draw(st.integers(0, 4)):
        found["when"] = draw(conditions(others))
    if draw(st.booleans()):
        found["value"] = draw(st.sampled_from(["a", "b", "x", "Unallocated"]))
    else:
        taken = draw(operands(others))
        steps = draw(st.lists(st.sampled_from(STEPS), max_size=3))
        if taken in others and draw(st.booleans()):
            steps = ["parent", *steps]
        found["value"] = {"from": taken, "transform": steps}
    return found


def specs(others: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """A random tag."""
    parents = {
        "a": {"parent": "b"},
        "x": {"parent": "team-x", "from": "2026-01-09", "until": "2026-02-01"},
    }
    return st.fixed_dictionaries(
        {
            "rules": st.lists(rule(others), max_size=5),
            "default": st.sampled_from(["Unallocated", "none"]),
            "values": st.sampled_from([{}, parents]),
        }
    )


@st.composite
def rulesets(draw: Any) -> Ruleset:
    """Three tags: ``alpha`` builds on ``mid`` and ``zeta``, ``mid`` on ``zeta``; two dictionaries
    with dates and a caseless one."""
    tags = {
        "alpha": draw(specs(("mid", "zeta"))),
        "mid": draw(specs(("zeta",))),
        "zeta": draw(specs(())),
    }
    return ruleset(tags, DICTIONARIES)
