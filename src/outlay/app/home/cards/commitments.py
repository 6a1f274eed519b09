"""Cards of rates: how well commitments are used, what was saved, and what comes to an end."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.home import addresses, words
from outlay.app.home.asked import COST, zero
from outlay.app.home.cards import common
from outlay.app.home.model import Card, Figure, Line, Step
from outlay.expression import text_literal
from outlay.money import total
from outlay.money.quotients import quotient

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.query import CostQuery
    from outlay.query.result import Row

_TYPE, _STATUS = "CommitmentDiscountType", "CommitmentDiscountStatus"
_HELD = f"{_STATUS} IN ('Used', 'Unused')"
_FEW = 6
_MONTHS_LEFT = 3


def commitments(at: At) -> Card:
    """Of each kind of commitment, the part that was used, and what the rest cost."""
    query = at.question(by=(_TYPE, _STATUS), compare="previous").narrowed(_HELD)
    result = at.ask(query)
    kinds: dict[str | None, dict[str, Row]] = {}
    for row in result.rows():
        kinds.setdefault(_text(row[_TYPE]), {})[str(row[_STATUS])] = row
    used = _sum(kinds, "Used", COST)
    lost = _sum(kinds, "Unused", COST)
    share, before = (
        _share(used, lost),
        _share(_sum(kinds, "Used", f"{COST}_previous"), _sum(kinds, "Unused", f"{COST}_previous")),
    )
    period, code = at.period.title, result.currency
    if share is None:
        return Card(
            "commitments", "Commitments", f"No commitment was held in {period}.",
            link=at.explore(query), link_text="The question", query=at.plain(query), tone="ok",
        )  # fmt: skip
    text = f"{words.percent(share)} of what was committed to in {period} was used"
    text += f"; {words.amount(lost, code)} was not." if lost else "."
    if before is not None:
        text += f" In {at.period.than} it was {words.percent(before)}."
    lines, steps = [], []
    ranked = sorted(kinds.items(), key=lambda item: zero(item[1].get("Unused", {}).get(COST)),
                    reverse=True)  # fmt: skip
    for kind, rows in ranked:
        line, step = _kind(at, query, kind, rows, code)
        lines.append(line)
        steps += [step] if step else []
    return Card(
        "commitments",
        "Use of commitments",
        text,
        link=at.explore(query),
        link_text="By type and status",
        query=at.plain(query),
        figures=(
            Figure("Used", share, "ratio", None, "Utilisation", period, before, good="up"),
            Figure("Unused", lost, "money", code, "Unused commitment", period),
        ),
        lines=tuple(lines),
        lines_title="Type",
        steps=tuple(steps[:3]),
        notes=common.notes(result),
        tone="attention" if lost else "ok",
    )


def _kind(
    at: At, query: CostQuery, kind: str | None, rows: dict[str, Row], code: str | None
) -> tuple[Line, Step | None]:
    """The row of a type, and what to do about it."""
    used = zero(rows.get("Used", {}).get(COST))
    lost = zero(rows.get("Unused", {}).get(COST))
    share = _share(used, lost)
    condition = f"{_TYPE} = {text_literal(kind)}" if kind else f"{_TYPE} IS NULL"
    narrowed = query.narrowed(condition)
    name = kind or "without a type"
    unused = narrowed.but(by=("CommitmentDiscountId",)).narrowed(f"{_STATUS} = 'Unused'")
    line = Line(
        name, at.explore(narrowed.but(by=(_STATUS,))),
        Figure("Unused", lost, "money", code, "Unused commitment", at.period.title),
        beside=(Figure("Used", share, "ratio", None, "Utilisation", at.period.title, good="up"),),
    )  # fmt: skip
    if lost <= 0 or share is None:
        return line, None
    text = f"{name} utilisation {words.percent(share, 0)}: {words.amount(lost, code)} unused."
    return line, Step(text, at.explore(unused), lost, code)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _sum(kinds: dict[str | None, dict[str, Row]], status: str, column: str) -> Decimal:
    return total(zero(rows.get(status, {}).get(column)) for rows in kinds.values())


def _share(used: Decimal, lost: Decimal) -> Decimal | None:
    whole = total((used, lost))
    return quotient(used, whole) if whole > 0 else None


def saved(at: At) -> Card | None:
    """What negotiated prices and commitments saved against the list price."""
    measures = ("NegotiatedSaving", "CommitmentSaving", "ListCost")
    query = at.question(measures=measures, compare="previous")
    result = at.ask(query)
    figures = tuple(
        common.figure(at, result, measure=name, good="up" if name != "ListCost" else "")
        for name in measures
    )
    negotiated, commitment, listed = (zero(one.value) for one in figures)
    if not negotiated and not commitment:
        return None
    both = total((negotiated, commitment))
    share = quotient(both, listed) if listed > 0 else None
    text = (
        f"Negotiated prices saved {words.amount(negotiated, result.currency)} and commitments "
        f"{words.amount(commitment, result.currency)}"
    )
    text += f": {words.percent(share)} of the list price." if share is not None else "."
    by = query.but(by=("ServiceProviderName",), measures=("NegotiatedSaving", "CommitmentSaving"))
    return Card(
        "saved", "Discounts", text, link=at.explore(by), link_text="By provider",
        query=at.plain(by), figures=figures[:2], notes=common.notes(result),
    )  # fmt: skip


def credits(at: At) -> Card | None:
    """Credits, and those that did not come again."""
    query = at.question(
        measures=("Credits",), by=("ChargeDescription",), compare="previous", sort="movers",
        limit=_FEW, where="ChargeCategory = 'Credit'",
    )  # fmt: skip
    if at.focus:
        query = query.narrowed(at.focus.where)
    result = at.ask(query)
    figure = common.figure(at, result, good="down")
    now, before = zero(figure.value), zero(figure.previous)
    if not now and not before:
        return None
    text = words.moved(
        "The sum of credits", now, before, zero(figure.change), figure.change_ratio,
        currency=result.currency, than=at.period.than,
    )  # fmt: skip
    ended = [
        row for row in result.rows()
        if not zero(row["Credits"]) and zero(row["Credits_previous"]) < 0
    ]  # fmt: skip
    steps = tuple(
        Step(
            f"The credit “{row['ChargeDescription']}” of {at.period.than} "
            f"({words.size(zero(row['Credits_previous']), result.currency)}) did not come again: "
            "plan without it, or ask the vendor.",
            at.explore(query.but(by=("ServiceProviderName",), limit=None, sort="")),
            zero(row["Credits_previous"]).copy_abs(), result.currency,
        )
        for row in ended[:3]
    )  # fmt: skip
    return Card(
        "credits", "Credits", text, link=at.explore(query.but(limit=None)),
        link_text="By credit", query=at.plain(query), figures=(figure,),
        lines=common.lines(at, result, "ChargeDescription", none="without a description"),
        lines_title="Credit", steps=steps, notes=common.notes(result),
        tone="attention" if ended else "",
    )  # fmt: skip


def ending(at: At) -> Card | None:
    """What was prepaid and how long it lasts at the month's pace; commitments that ended."""
    from outlay.app.bridge import prepaid_bridge
    from outlay.statements.bridge import BOUGHT, short_name

    found = prepaid_bridge(at.workspace).of(at.month)
    when = words.days_of(at.month)
    link = addresses.address("/close/bridge", period=str(at.month))
    entries = []
    for month in found:
        for one in month.balances:
            used = total(
                amount.copy_negate() for cause, amount in one.moves.items() if cause not in BOUGHT
            )
            if used <= 0 or one.closing <= 0:  # below nought: what came before is not known
                continue
            name = short_name(one.commitment) if one.commitment else f"prepaid of {month.source}"
            left = quotient(one.closing, used, 1)
            entries.append((zero(left), name, month.source, month.currency, one, used))
    if not entries:
        return None
    entries.sort(key=lambda entry: (entry[0], entry[1]))
    soon = [entry for entry in entries if entry[0] <= _MONTHS_LEFT]
    text = f"{words.counted(len(entries), 'prepaid balance')} at the end of {when}; " + (
        f"{'one' if len(soon) == 1 else len(soon)} of them "
        f"{'lasts' if len(soon) == 1 else 'last'} three months or less at {when}'s pace."
        if soon
        else f"each lasts more than three months at {when}'s pace."
    )
    lines = tuple(
        Line(
            name, link,
            Figure("Prepaid", one.closing, "money", code, "Prepaid", when),
            note=f"{source}: {words.amount(used, code)} a month, "
            f"{left} months left",
            tone="attention" if left <= _MONTHS_LEFT else "",
        )
        for left, name, source, code, one, used in entries[:_FEW]
    )  # fmt: skip
    steps = tuple(
        Step(
            f"{name} ({source}): {words.amount(one.closing, code)} prepaid is left, "
            f"{words.amount(used, code)} was used up in {when}. Decide on its renewal.",
            link, one.closing, code,
        )
        for left, name, source, code, one, used in soon[:3]
    )  # fmt: skip
    return Card(
        "ending", "What comes to an end", text, link=link, link_text="Prepaid bridge", lines=lines,
        lines_title="Commitment", steps=steps, tone="attention" if soon else "ok",
    )  # fmt: skip
