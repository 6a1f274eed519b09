"""What the pages of savings show: groups of alternatives, words, tones and addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from outlay.access import current
from outlay.app.annotations.marks import conditions
from outlay.app.savings.listing import NOBODY, SHOWN, Listed, Row, Sought, least
from outlay.app.savings.store import Step
from outlay.expression.errors import QueryError
from outlay.expression.tree import Comparison, Ref, Text
from outlay.money import total
from outlay.query import CostQuery
from outlay.query.ranges import between
from outlay.savings.recommendation import Recommendation
from outlay.web.explore.address import address

SAVINGS = "/savings"
MINE = f"{SAVINGS}/mine"

STATE_TONES = {
    "identified": "", "assigned": "info", "accepted": "info", "implemented": "warn",
    "verified": "good", "sustained": "good", "snoozed": "", "dismissed": "", "expired": "",
    "regressed": "bad",
}  # fmt: skip
CONFIDENCE_TONES = {"high": "good", "medium": "", "low": "warn"}
EFFORT_WORDS = {
    "VeryLow": "very low", "Low": "low", "Medium": "medium", "High": "high",
    "VeryHigh": "very high",
}  # fmt: skip
ACTION_WORDS = {
    "Rightsize": "Right-size", "Stop": "Stop", "Upgrade": "Upgrade", "Delete": "Delete",
    "ScaleIn": "Scale in", "MigrateToGraviton": "Move to Graviton",
    "PurchaseSavingsPlans": "Buy a savings plan",
    "PurchaseReservedInstances": "Buy reservations",
    "PurchaseCommittedUse": "Buy committed use", "Schedule": "Schedule",
    "ChangeStorageClass": "Change storage class", "ChangePurchaseOption": "Change purchase option",
    "Configure": "Configure", "Consolidate": "Consolidate",
}  # fmt: skip
TOOL_WORDS = {
    "outlay": "Outlay",
    "aws-cost-hub": "AWS Cost Optimization Hub",
    "aws-compute-optimizer": "AWS Compute Optimizer",
    "aws-trusted-advisor": "AWS Trusted Advisor",
    "azure-advisor": "Azure Advisor",
    "gcp-recommender": "GCP Recommender",
}
STEP_WORDS = {
    "identify": "found it",
    "assign": "gave it to",
    "accept": "accepted it",
    "implement": "said that it is done",
    "verify": "saw it on the bill",
    "sustain": "saw that it lasts",
    "regress": "saw it come back on the bill",
    "snooze": "snoozed it",
    "dismiss": "dismissed it",
    "reopen": "opened it again",
    "return": "brought it back",
    "expire": "let it expire",
    "gone": "does not find it any more",
    "overdue": "told its owner that it is overdue",
    "comment": "commented",
}
NATURE_WORDS = {"avoided": "avoided cost", "one-off": "one-off"}
BULK_WORDS = {
    "assign": "Give to",
    "accept": "Accept",
    "implement": "Say they are done",
    "snooze": "Snooze until",
    "dismiss": "Dismiss",
    "reopen": "Reopen",
    "comment": "Comment",
}
_FIRST = ("open", "accepted", "implemented", "verified", "all")
_BACK = timedelta(days=90)


@dataclass(frozen=True)
class Link:
    """A choice: its text, address, number, and whether it is the present one."""

    text: str
    href: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Group:
    """The recommendations of one resource: what counts first, then its alternatives."""

    rows: tuple[Row, ...]

    @property
    def first(self) -> Row:
        """What counts of them."""
        return self.rows[0]

    @property
    def net(self) -> Decimal:
        """What the bill would fall by for all of them."""
        return total(row.net for row in self.rows)


def sought_of(given: Mapping[str, str]) -> Sought:
    """The filters of an address; raises QueryError."""
    found: dict[str, Any] = {}
    for name, usual in vars(Sought()).items():
        text = given.get(name, "")
        if not text:
            continue
        if name == "minimum":
            found[name] = least(text)
        elif name == "late":
            if text not in ("1", "True"):
                raise QueryError(f"{text!r} is not 1", field="late", text=text)
            found[name] = True
        elif isinstance(usual, str):
            found[name] = text
    return Sought(**found)


def list_url(sought: Sought, path: str = SAVINGS, **changes: object) -> str:
    """The list with some filters changed."""
    return address(path, params(sought, **changes))


def params(sought: Sought, **changes: object) -> dict[str, str]:
    """The filters as an address has them: what is as usual is left out."""
    usual = {**vars(Sought()), "page": 1}
    given = {**vars(sought), **changes}
    found = {name: str(value) for name, value in given.items() if value != usual[name]}
    return {name: "1" if value == "True" else value for name, value in found.items()}


def saving_url(number: int) -> str:
    """The page of a recommendation."""
    return f"{SAVINGS}/{number}"


def states(sought: Sought, counts: Mapping[str, int]) -> list[Link]:
    """The states with their numbers; those of nothing are left out but for the usual ones."""
    return [
        Link(one.capitalize(), list_url(sought, state=one), counts[one], one == sought.state)
        for one in SHOWN
        if counts[one] or one in _FIRST or one == sought.state
    ]


def groups(rows: Sequence[Row], sort: str) -> list[Group]:
    """Rows with those of one resource together, at the place of the first of them; ordered by
    what counts, each group by what all of it saves."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        one = row.recommendation
        alone = not one.resource
        own = f"{one.account} {one.scope} {one.group}" if alone else " ".join(one.place[1:])
        found.setdefault((one.provider, own), []).append(row)
    grouped = [Group(tuple(own)) for own in found.values()]
    return sorted(grouped, key=lambda one: -one.net) if sort == "net" else grouped


def tool(name: str) -> str:
    """A tool's name for people."""
    return TOOL_WORDS.get(name, name)


def tools(one: Recommendation) -> str:
    """Who found it."""
    return ", ".join(sorted({tool(each.tool) for each in one.findings}))


def explore_url(one: Recommendation, today: date) -> str:
    """Explore, the charges that it changes by day, of the last quarter; '' where none are named."""
    if not one.where:
        return ""
    query = CostQuery(where=one.where, range=between(today - _BACK, today), grain="day")
    return address("/explore", query.to_params())


def step_text(step: Step) -> str:
    """What was done, behind the name of who did it."""
    words = STEP_WORDS.get(step.action, step.action)
    if step.action == "assign":
        to = step.detail.get("to") or ""
        return f"{words} {to}" if to else "took it from who had it"
    if step.detail.get("until"):
        return f"{words} until {step.detail['until']}"
    return words


def owner_of_scope(tag: str) -> str:
    """The owner whose part of the ledger who asks sees, where the scope names one; ''."""
    for condition in conditions(current().scope):
        match condition:
            case Comparison("=", Ref(dimension), Text(value)) if str(dimension) == tag:
                return value
    return ""


@dataclass(frozen=True)
class Owner:
    """An owner with what is open: how many, overdue, and the net saving by currency."""

    name: str
    href: str
    count: int
    overdue: int
    sums: tuple[tuple[str, Decimal], ...]


def owners(found: Listed) -> list[Owner]:
    """The owners of what is open, those with the most to decide first."""
    own: dict[str, list[Row]] = {}
    for row in found.rows:
        own.setdefault(row.recommendation.owner or NOBODY, []).append(row)
    listed = [
        Owner(
            name,
            address(MINE, {"owner": name}),
            len(rows),
            sum(1 for row in rows if row.overdue),
            sums(rows),
        )
        for name, rows in own.items()
    ]
    return sorted(listed, key=lambda one: (one.name == NOBODY, -one.count, one.name))


def sums(rows: Sequence[Row]) -> tuple[tuple[str, Decimal], ...]:
    """Net savings by currency."""
    found: dict[str, list[Decimal]] = {}
    for row in rows:
        found.setdefault(row.recommendation.currency, []).append(row.net)
    return tuple((code, total(parts)) for code, parts in sorted(found.items()))
