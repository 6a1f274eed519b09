"""Cards of what spend bought: cost per unit, margin, and what moved them. Whole months only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.home import addresses, words
from outlay.app.home.model import Card, Figure, Line, Step
from outlay.money import total
from outlay.money.quotients import quotient, significant
from outlay.query.unit import UnitQuery

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.app.units import UnitCost
    from outlay.query.unit.result import Cell, UnitResult

_RATIO = 6


@dataclass(frozen=True)
class Bought:
    """A unit cost of the month and of the one before; `value` is the label value meant (None:
    all of them)."""

    unit: UnitCost
    result: UnitResult
    now: Cell
    before: Cell | None
    value: str | None = None

    @property
    def link(self) -> str:
        """Its page over the same two months."""
        days = self.result.range_
        assert days is not None
        return addresses.address(
            f"/units/{addresses.part(self.unit.name)}", from_=str(days[0]), to=str(days[1])
        )

    @property
    def ratio(self) -> Decimal | None:
        """The change of the cost per unit; None where one of both is not known or zero."""
        if self.before is None:
            return None
        now, before = self.now.fraction, self.before.fraction
        if now is None or before is None or before <= 0:
            return None
        from outlay.money.quotients import rounded

        return rounded((now - before) / before, _RATIO)

    def figure(self, when: str) -> Figure:
        """The cost per unit; less is good."""
        before = self.before.unit_cost if self.before else None
        now = self.now.unit_cost
        change = None if now is None or before is None else total((now, before.copy_negate()))
        return Figure(
            f"per {self.result.unit}", now, "unit", self.result.currency, "Unit cost", when,
            before, change, self.ratio, good="down",
        )  # fmt: skip


def _asked(at: At) -> Iterator[Bought]:
    """Every unit cost of the month that is over, and of the one before; narrowed to the product
    where the home is about one that the unit cost tells apart."""
    if at.asked.whole_month is None:
        return
    month = at.month
    query = UnitQuery(range=f"{month.previous().start}..{month.end}", grain="month")
    for unit in at.workspace.units.all():
        by = unit.spec.by
        mine = at.focus is not None and by is not None and by.dimension == at.focus.tag
        if at.focus is not None and not mine:
            continue
        result = at.workspace.units.ask(unit.name, query, at.asked.now)
        periods = {period.start: period for period in result.periods}
        now, before = periods.get(month.start), periods.get(month.previous().start)
        if now is None:
            continue
        if at.focus is not None:
            cell = now.rows.get(at.focus.value)
            if cell is not None:
                earlier = before.rows.get(at.focus.value) if before else None
                yield Bought(unit, result, cell, earlier, at.focus.value)
        else:
            yield Bought(unit, result, now.total, before.total if before else None)


def units(at: At) -> Card | None:
    """What each unit cost, and whether that is more or less than the month before."""
    when, than = words.days_of(at.month), words.days_of(at.month.previous())
    found = list(_asked(at))
    if not found:
        return _nothing(at)
    lines = tuple(
        Line(one.unit.title, one.link, one.figure(when), note=_reason(one.now),
             tone="" if one.now.status == "ok" else "attention")
        for one in found
    )  # fmt: skip
    known = [one for one in found if one.now.status == "ok"]
    text = " ".join(_sentence(one, than) for one in known[:2])
    return Card(
        "units",
        "What it bought",
        text or f"{found[0].unit.title}: {_reason(found[0].now) or 'not known'}.",
        link=known[0].link if known else found[0].link,
        link_text="Unit costs",
        lines=lines,
        lines_title="Unit cost",
        notes=tuple(dict.fromkeys(note for one in found for note in one.result.warnings)),
    )


def _nothing(at: At) -> Card | None:
    if at.focus is not None and at.workspace.units.all():
        names = words.listed([unit.title for unit in at.workspace.units.all()])
        return Card(
            "units", "What it bought",
            f"No unit cost tells {at.focus.value} apart ({names}).",
            link="/units", link_text="Unit costs",
            steps=(Step(f"Give a metric a label for {at.focus.tag}, and a unit cost by it.",
                        "/units"),),
        )  # fmt: skip
    return Card(
        "units", "What it bought", "No metric says yet what spend buys.", link="/metrics",
        link_text="Metrics",
        steps=(Step("Add a metric, such as orders or requests, and divide cost by it.",
                    "/metrics"),),
    )  # fmt: skip


def _reason(cell: Cell) -> str:
    return cell.reason.rstrip(".") if cell.status != "ok" else ""


def _sentence(one: Bought, than: str) -> str:
    """A cost per unit, its change, and the two sides behind it."""
    now, code = one.now.unit_cost, one.result.currency
    assert now is not None
    text = f"{one.unit.title} is {significant(now)} {code}"
    ratio = one.ratio
    if ratio is None or one.before is None:
        return f"{text}."
    if words.is_small(ratio):
        text += f", almost as in {than}"
    else:
        text += f", {words.percent(abs(ratio))} {'above' if ratio > 0 else 'below'} {than}"
    sides = [
        _moved(name, after, before)
        for name, after, before in (
            ("cost", one.now.cost, one.before.cost),
            (one.unit.spec.metric.replace("-", " "), one.now.units, one.before.units),
        )
    ]
    if all(sides):
        text += f": {words.listed([side for side in sides if side])}"
    return f"{text}."


def _moved(name: str, now: Decimal | None, before: Decimal | None) -> str:
    if now is None or before is None or before <= 0:
        return ""
    ratio = quotient(total((now, before.copy_negate())), before)
    if not ratio or words.is_small(ratio):
        return f"{name} stayed"
    return f"{name} {'rose' if ratio > 0 else 'fell'} {words.percent(abs(ratio))}"


def margin(at: At) -> Card | None:
    """Revenue less cost, where a unit cost has a revenue."""
    when, than = words.days_of(at.month), words.days_of(at.month.previous())
    found = [one for one in _asked(at) if one.now.margin is not None]
    if not found:
        return None
    lines, texts = [], []
    for one in found:
        code, ratio = one.result.currency, one.now.margin_ratio
        was = one.before.margin if one.before else None
        change = (
            None
            if was is None or one.now.margin is None
            else total((one.now.margin, was.copy_negate()))
        )
        figure = Figure("Margin", one.now.margin, "money", code, "Margin", when, was, change,
                        quotient(change, was) if was and was > 0 and change is not None else None,
                        good="up")  # fmt: skip
        before = one.before.margin_ratio if one.before else None
        share = Figure("of revenue", ratio, "ratio", None, "Margin", when, before, good="up")
        lines.append(Line(one.unit.title, one.link, figure, beside=(share,)))
        assert one.now.margin is not None
        text = f"The margin of {_of(one)} is {words.amount(one.now.margin, code)}"
        if ratio is not None:
            text += f", {words.percent(ratio)} of revenue"
            if before is not None:
                text += f" after {words.percent(before)} in {than}"
        texts.append(f"{text}.")
    return Card(
        "margin", "Margin", texts[0], link=found[0].link, link_text="Unit cost",
        lines=tuple(lines), lines_title="Unit cost",
    )  # fmt: skip


def _of(one: Bought) -> str:
    return one.value or one.unit.title[:1].lower() + one.unit.title[1:]


def unit_drivers(at: At) -> Card | None:
    """What moved the cost behind the unit costs: more units, another mix, another price each."""
    when, than = words.days_of(at.month), words.days_of(at.month.previous())
    for one in _asked(at):
        change = one.result.change
        if change is None or change.drivers is None or change.after != at.month.start:
            continue
        drivers = change.drivers
        mine = next((d for d in drivers.drivers if d.value == one.value), None)
        if at.focus is not None and mine is None:
            continue
        source = mine if at.focus is not None and mine is not None else drivers
        code = one.result.currency
        parts = [("Volume", source.volume), ("Mix", source.mix), ("Price", source.price),
                 ("Without units", source.without_units)]  # fmt: skip
        parts = [(name, value) for name, value in parts if value]
        if not parts:
            continue
        largest = max(parts, key=lambda part: abs(part[1]))
        words_of = {
            "Volume": "more or fewer units", "Mix": "another mix of what was used",
            "Price": "another cost of each unit", "Without units": "cost without units",
        }  # fmt: skip
        text = (
            f"The cost behind {one.unit.title[:1].lower() + one.unit.title[1:]} moved by "
            f"{words.signed(source.change, code)} from {than} to {when}; most of it is "
            f"{largest[0].lower()}, {words_of[largest[0]]}: {words.signed(largest[1], code)}."
        )
        return Card(
            "unit-drivers", "What moved the unit cost", text, link=one.link,
            link_text="Unit cost",
            lines=tuple(
                Line(name, one.link, Figure(name, value, "money", code, f"{name} effect", when))
                for name, value in parts
            ),
            lines_title="Part",
        )  # fmt: skip
    return None
