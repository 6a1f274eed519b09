"""Cards of money: how much, which way, what moved, who has it, over the months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outlay.app.home import words
from outlay.app.home.asked import COST, zero
from outlay.app.home.cards import common
from outlay.app.home.cards.why import sentence_of
from outlay.app.home.model import Card, Figure, Line, Step
from outlay.money import total
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.home.asked import At

_MOVERS = 6
_MONTHS = 6


def spend(at: At) -> Card:
    """How much, against the period before, and what made the difference."""
    query = at.question(by=("ServiceName",), compare="previous", sort="movers", limit=_MOVERS)
    result = at.ask(query)
    figure = common.figure(at, result)
    whole = at.question(compare="previous")
    subject = f"Spend of {at.focus.value}" if at.focus else "Spend"
    sentence = sentence_of(at, whole)
    if not sentence:
        sentence = words.moved(
            subject, zero(figure.value), _decimal(figure.previous), _decimal(figure.change),
            figure.change_ratio, currency=result.currency, than=at.period.than,
        )  # fmt: skip
        if figure.change:
            mover = common.main_mover(result, "ServiceName", at.period.than)
            sentence = f"{sentence} {mover}".strip()
    return Card(
        "spend",
        "Spend",
        sentence,
        link=at.explore(at.question(by=("ServiceName",), compare="previous")),
        link_text="By service",
        query=at.plain(at.question(by=("ServiceName",), compare="previous")),
        drivers=at.drivers(whole),
        figures=(figure,),
        notes=(*common.notes(result), *_late(at)),
    )


def movers(at: At) -> Card | None:
    """The services whose cost changed most; what rose and what fell, each as a sum."""
    query = at.question(by=("ServiceName",), compare="previous", sort="movers")
    result = at.ask(query)
    moved = [row for row in result.rows() if row.get(f"{COST}_change")]
    changes = [zero(row[f"{COST}_change"]) for row in moved]
    up, down = [c for c in changes if c > 0], [c for c in changes if c < 0]
    spoken = [
        f"{words.counted(len(found), 'service')} {verb} by {words.size(total(found), at.currency)}"
        for found, verb in ((up, "rose"), (down, "fell"))
        if found
    ]
    shown = query.but(limit=_MOVERS)
    return Card(
        "movers",
        "What changed most",
        f"{words.listed(spoken)}."
        if spoken
        else f"No service costs more or less than in {at.period.than}.",
        # The explorer compares a month to date with other days than the home does.
        link=at.drivers(query) if at.period.to_date else at.explore(query),
        link_text="All changes",
        query=at.plain(shown),
        drivers=at.drivers(at.question(compare="previous", by=("ServiceName",))),
        lines=common.lines(
            at,
            result,
            "ServiceName",
            then="SubAccountName",
            rows=moved[:_MOVERS],
            none="without a service",
        ),  # fmt: skip
        lines_title="Service",
    )


def owners(at: At) -> Card | None:
    """Who has the cost: the values of the virtual tag that names owners."""
    tag = at.tag("owner")
    if not tag:
        return Card(
            "owners",
            "Who owns it",
            "No virtual tag says yet who owns a charge.",
            link="/tags",
            link_text="Virtual tags",
            steps=(Step("Define one, such as team, so that every charge has an owner.", "/tags"),),
        )
    query = at.question(by=(tag,), compare="previous", sort=f"-{COST}", limit=_MOVERS + 2)
    result = at.ask(query)
    rows = list(result.rows())
    default = at.rules.tags[tag].default
    owned = [row for row in rows if row[tag] != default and zero(row[COST]) > 0]
    whole = zero((result.total or {}).get(COST))
    text = f"Nothing was charged in {at.period.title}."
    if owned and whole > 0:
        share = words.percent(common_share(owned[0][COST], whole), 0)
        text = f"{owned[0][tag]} has {share} of {words.amount(whole, result.currency)}."
        mover = max(owned, key=lambda row: abs(zero(row[f"{COST}_change"])))
        change = zero(mover[f"{COST}_change"])
        if change:
            shown = words.signed(change, result.currency)
            text += f" What moved most is {mover[tag]}: {shown}."
    return Card(
        "owners",
        "Who owns it",
        text,
        link=at.explore(query.but(limit=None)),
        link_text=f"By {tag}",
        query=at.plain(query),
        lines=common.lines(at, result, tag, then="ServiceName"),
        lines_title=tag,
        notes=common.notes(result),
    )


def common_share(part: Any, whole: Any) -> Any:
    """A part of a whole as a quotient for showing."""
    from outlay.money.quotients import quotient

    found = quotient(zero(part), zero(whole))
    return zero(found)


def trend(at: At) -> Card | None:
    """The last whole months, each with its change."""
    last = at.asked.whole_month
    if last is None:
        return None
    first = last
    for _ in range(_MONTHS - 1):
        first = first.previous()
    query = at.question(range=f"{first.start}..{last.end}", grain="month")
    result = at.ask(query)
    amounts = [(row["period"], zero(row[COST])) for row in result.rows() if row["period"]]
    amounts.sort(key=lambda pair: str(pair[0]))
    if len(amounts) < 2:
        return None
    found = []
    for index, (month, value) in enumerate(amounts):
        before = amounts[index - 1][1] if index else None
        change = None if before is None else _less(value, before)
        start = month.isoformat()[:10]  # type: ignore[union-attr]
        end = _after(start)
        one = CostQuery.model_validate(
            {"by": ("ServiceName",), "range": f"{start}..{end}", "currency": at.currency,
             "where": query.where, "compare": "previous" if index else None}
        )  # fmt: skip
        figure = Figure(
            "Effective cost", value, "money", result.currency, COST, start[:7], before, change,
            None if before is None else common_ratio(change, before),
            at.drivers(one) if index else "",
        )  # fmt: skip
        found.append(Line(f"{month:%b %Y}", at.explore(one), figure))
    rose = sum(1 for line in found if line.figure and (line.figure.change or 0) > 0)
    low = min(amounts, key=lambda pair: pair[1])
    high = max(amounts, key=lambda pair: pair[1])
    text = (
        f"Spend rose in {rose} of the last {words.counted(len(found) - 1, 'month')}: between "
        f"{words.amount(low[1], result.currency)} ({low[0]:%b %Y}) and "
        f"{words.amount(high[1], result.currency)} ({high[0]:%b %Y})."
    )
    return Card(
        "trend", f"The last {len(found)} months", text,
        link=at.explore(query.but(by=("ServiceName",))), link_text="By service and month",
        query=at.plain(query), lines=tuple(reversed(found)), lines_title="Month",
        notes=common.notes(result),
    )  # fmt: skip


def common_ratio(change: Any, before: Any) -> Any:
    """A change over what was before; None from nothing or from a credit."""
    from outlay.money.quotients import quotient

    return quotient(zero(change), zero(before)) if zero(before) > 0 else None


def _after(start: str) -> str:
    from outlay.money import BillingPeriod

    return BillingPeriod.parse(start[:7]).end.isoformat()


def _less(one: Any, other: Any) -> Any:
    return total((one, other.copy_negate()))


def _decimal(value: Any) -> Any:
    return None if value is None else zero(value)


def _late(at: At) -> tuple[str, ...]:
    """Which days of a month that is not over are compared, and that later ones may still come."""
    if not at.period.to_date:
        return ()
    same = f"{at.period.title} is compared with the same days before, {at.period.than}."
    if not at.period.complete:
        return (f"{same} No day of this month is complete yet: charges may still come.",)
    return (f"{same} Later days are not complete and are left out.",)
