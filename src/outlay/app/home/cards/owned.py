"""Cards of allocation: what has an owner, and what of mine is large, unused or untagged."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.allocation.model import Taken, VirtualTagSpec
from outlay.app.home import addresses, words
from outlay.app.home.asked import COST, zero
from outlay.app.home.cards import common
from outlay.app.home.model import Card, Figure, Line, Step
from outlay.expression import text_literal
from outlay.expression.errors import QueryError
from outlay.money import total
from outlay.money.quotients import quotient

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.query import CostQuery
    from outlay.query.result import Result

_TOP = 8
UNUSED = "CommitmentDiscountStatus = 'Unused'"
IDLE = "x_AllocatedAs = 'Idle'"


def allocated(at: At) -> Card:
    """The share of cost that a rule gives to an owner, and where the rest lies."""
    tag = at.tag("owner")
    if not tag:
        return Card(
            "allocated", "Allocated", "There is no virtual tag yet, so nothing has an owner.",
            link="/tags", link_text="Virtual tags", tone="attention",
            steps=(Step("Define a virtual tag, such as team.", "/tags"),),
        )  # fmt: skip
    default = at.rules.tags[tag].default
    condition = f"{tag} = {text_literal(default)}"
    whole = at.ask(at.question(compare="previous"))
    query = at.question(
        by=("ServiceName",), compare="previous", sort=f"-{COST}", limit=5
    ).narrowed(condition)  # fmt: skip
    rest = at.ask(query)
    all_, none = _both(whole), _both(rest)
    share, before = _covered(all_[0], none[0]), _covered(all_[1], none[1])
    period = at.period.title
    figures = (
        Figure(f"With a {tag}", share, "ratio", None, "Allocated", period, before, good="up"),
        common.figure(at, rest, label=default),
    )
    link = addresses.address("/coverage", tag=tag, **_days(at), currency=at.currency)
    return Card(
        "allocated",
        "Allocated",
        _allocated_text(at, tag, share, before, none[0]),
        link=link,
        link_text="Coverage",
        query=at.plain(query),
        drivers=at.drivers(query),
        figures=figures,
        lines=common.lines(at, rest, "ServiceName", none="without a service"),
        lines_title=f"{default} by service",
        steps=_allocated_steps(at, tag, none[0], link),
        notes=common.notes(rest),
        tone="attention" if none[0] else "ok",
    )


def _both(result: Result) -> tuple[Decimal, Decimal]:
    row = result.total or {}
    return zero(row.get(COST)), zero(row.get(f"{COST}_previous"))


def _covered(all_: Decimal, none: Decimal) -> Decimal | None:
    """The share of a positive sum that has an owner; None where a share means nothing."""
    return quotient(total((all_, none.copy_negate())), all_) if all_ > 0 else None


def _allocated_text(
    at: At, tag: str, share: Decimal | None, before: Decimal | None, none: Decimal
) -> str:
    if share is None:
        return f"Nothing was charged in {at.period.title}."
    if not none:
        return f"Every charge of {at.period.title} has a {tag}."
    text = (
        f"{words.percent(share)} of {at.period.title} has a {tag}; "
        f"{words.amount(none, at.currency)} has none."
    )
    if before is not None:
        text += f" In {at.period.than} it was {words.percent(before)}."
    return text


def _allocated_steps(at: At, tag: str, none: Decimal, link: str) -> tuple[Step, ...]:
    if not none:
        return ()
    text = (
        f"{words.amount(none, at.currency)} of {at.period.title} has no {tag}: add a rule that "
        "catches it."
    )
    return (Step(text, link, none, at.currency),)


def _days(at: At) -> dict[str, str]:
    """The period as parameters of pages that take a question's range."""
    return {"from_": str(at.period.days.start), "to": str(at.period.days.end)}


def mine(at: At) -> Card | None:
    """What the chosen team costs: its own, and what was shared in."""
    if at.focus is None:
        return None
    tag = at.focus.tag
    query = at.question(by=(tag,), compare="previous")
    result = at.ask(query)
    row = next((row for row in result.rows() if row[tag] == at.focus.value), None) or {}
    direct, shared = row.get(f"{COST}_direct"), row.get(f"{COST}_shared")
    if direct is None or shared is None or not zero(shared):
        return None
    period, code = at.period.title, result.currency
    share = quotient(zero(shared), zero(row.get(COST))) if zero(row.get(COST)) > 0 else None
    text = (
        f"{words.amount(zero(direct), code)} is {at.focus.value}'s own; "
        f"{words.amount(zero(shared), code)}"
        f"{f' ({words.percent(share)})' if share is not None else ''} was shared in by splits."
    )
    if zero(shared) < 0:
        text = (
            f"{words.amount(zero(direct), code)} is {at.focus.value}'s own, of which splits gave "
            f"{words.size(zero(shared), code)} to others."
        )
    return Card(
        "mine", "Own and shared", text,
        link=addresses.address("/why", tag=tag, value=at.focus.value), link_text="Why is it mine?",
        query=at.plain(query),
        figures=(
            Figure("Direct", zero(direct), "money", code, "Direct", period),
            Figure("Shared in", zero(shared), "money", code, "Shared in", period),
        ),
        notes=common.notes(result),
    )  # fmt: skip


def resources(at: At) -> Card:
    """The resources that cost most."""
    query = at.question(
        by=("ResourceId", "ServiceName"), compare="previous", sort=f"-{COST}", limit=_TOP
    )
    result = at.ask(query)
    rows = [row for row in result.rows() if zero(row[COST])]
    all_ = zero((result.total or {}).get(COST))
    named = [row for row in rows if row["ResourceId"] is not None]
    text = f"Nothing was charged in {at.period.title}."
    if rows and not named:
        text = "The largest charges name no resource."
    elif named and all_ > 0:
        part = total(zero(row[COST]) for row in named)
        share = quotient(part, all_)
        what = "largest resource is" if len(named) == 1 else f"{len(named)} largest resources are"
        text = f"The {what} {words.percent(zero(share), 0)} of the cost."
    found = []
    for row in rows:
        narrowed = common.narrow(query.but(by=()), "ResourceId", row["ResourceId"])
        narrowed = common.narrow(narrowed, "ServiceName", row["ServiceName"])
        name = "without a resource" if row["ResourceId"] is None else short(str(row["ResourceId"]))
        found.append(
            Line(
                name, at.charges(narrowed),
                common.row_figure(at, result, row, COST, query=narrowed),
                note=str(row["ServiceName"] or ""),
            )
        )  # fmt: skip
    return Card(
        "resources", "Largest resources", text,
        link=at.explore(query.but(limit=None, by=("ResourceId",))), link_text="All of them",
        query=at.plain(query), lines=tuple(found), lines_title="Resource",
        notes=common.notes(result),
    )  # fmt: skip


def short(name: str) -> str:
    """The telling end of a long resource name."""
    last = name.rsplit("/", 1)[-1] if "/" in name else name.rsplit(":", 1)[-1]
    return last or name


def untagged(at: At) -> Card | None:
    """What is the reader's only because a rule says so: its charges carry none of the tags that
    the rules read."""
    tag = at.focus.tag if at.focus else at.tag("owner")
    if not tag:
        return None
    keys = tag_keys(at.rules.tags[tag])
    if not keys:
        return None
    missing = " AND ".join(f"{key} IS NULL" for key in keys)
    query = at.question(
        by=("ServiceName",), splits="direct", compare="previous", sort=f"-{COST}", limit=5
    ).narrowed(missing)  # fmt: skip
    result = at.ask(query)
    figure = common.figure(at, result, label=f"Without a {tag} tag")
    value = zero(figure.value)
    who = at.focus.value if at.focus else "the ledger"
    text = f"Every charge of {who} carries a {tag} tag of its own."
    steps: tuple[Step, ...] = ()
    if value:
        text = (
            f"{words.amount(value, result.currency)} of {who} carries no {tag} tag: "
            f"{'only a rule gives it to you' if at.focus else 'only rules can give it an owner'}."
        )
        link = at.explore(query.but(by=("ResourceId",), limit=None, compare=None, sort=""))
        steps = (
            Step(
                f"Tag the resources behind {words.amount(value, result.currency)}, so that no "
                "rule has to guess.",
                link, value, result.currency,
            ),
        )  # fmt: skip
    return Card(
        "untagged", "Untagged", text, link=at.explore(query.but(limit=None)),
        link_text="By service", query=at.plain(query), figures=(figure,),
        lines=common.lines(at, result, "ServiceName", then="ResourceId", none="without a service"),
        lines_title="Service", steps=steps, notes=common.notes(result),
        tone="attention" if value else "ok",
    )  # fmt: skip


def tag_keys(spec: VirtualTagSpec) -> list[str]:
    """The tags and labels that a virtual tag's rules read their value from, in order."""
    found = []
    for rule in spec.rules:
        if isinstance(rule.value, Taken) and rule.value.from_.startswith(("tags.", "labels.")):
            found.append(rule.value.from_)
    return list(dict.fromkeys(found))


def unused(at: At) -> Card | None:
    """What was paid for and not used: commitments, and idle room in clusters."""
    parts: list[tuple[str, str, Any, CostQuery]] = []
    for title, term, condition, by in (
        ("Unused commitments", "Unused commitment", UNUSED, "CommitmentDiscountId"),
        ("Idle in clusters", "Idle", IDLE, "x_Cluster"),
    ):
        query = at.question(compare="previous").narrowed(condition)
        try:
            result = at.ask(query)
        except QueryError:
            if condition == UNUSED:
                raise
            continue  # no bill has the columns of a cluster
        figure = common.figure(at, result, label=title)
        if figure.value or figure.previous:
            parts.append((title, term, figure, query.but(by=(by,))))
    whose = f" of {at.focus.value}" if at.focus else ""
    if not parts:
        when = at.period.title
        return Card(
            "unused", "Unused", f"Nothing{whose} was paid for and left unused in {when}.",
            link=at.explore(at.question().narrowed(UNUSED)), link_text="The question",
            tone="ok",
        )  # fmt: skip
    spoken = [f"{title.lower()} {words.amount(f.value, f.currency)}" for title, _, f, _ in parts]
    steps = tuple(
        Step(
            f"{words.amount(figure.value, figure.currency)} of {at.period.title} paid for nothing: "
            f"{title.lower()}.",
            at.explore(query), figure.value, figure.currency,
        )
        for title, _, figure, query in parts
        if figure.value > 0
    )  # fmt: skip
    return Card(
        "unused", "Unused",
        f"Paid for and not used{whose} in {at.period.title}: {words.listed(spoken)}.",
        link=at.explore(parts[0][3]), link_text="Open", query=at.plain(parts[0][3]),
        lines=tuple(
            Line(title, at.explore(query), figure) for title, _, figure, query in parts
        ),
        lines_title="What", steps=steps, tone="attention" if steps else "ok",
    )  # fmt: skip
