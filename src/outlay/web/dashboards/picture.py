"""What a panel draws: its answer made ready for the template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from outlay.app.annotations.marks import Annotation, marked
from outlay.app.annotations.marks import Ask as Asking
from outlay.app.dashboards.answers import PanelAnswer
from outlay.query import Result
from outlay.query.drivers.effects import EFFECTS
from outlay.query.drivers.sentence import sentence
from outlay.query.result import Row
from outlay.web import numbers, words
from outlay.web.dashboards.address import Look
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import Ask
from outlay.web.explore.answers import Answers
from outlay.web.explore.chart import ChartView, chart
from outlay.web.explore.rows import Delta, TableView, table
from outlay.web.sparks import Spark, spark
from outlay.web.units import view as unitview

Group = tuple[object, ...]
Ranks = Callable[[Result], Mapping[Group, int]]


@dataclass(frozen=True)
class Figure:
    """One total: a currency's amount, its change over complete days, its course."""

    amount: Decimal | None
    currency: str | None
    delta: Delta | None
    spark: Spark | None


@dataclass(frozen=True)
class Effect:
    """One effect of a change with the part of a bar that it takes (percent of the largest)."""

    title: str
    about: str
    amount: Decimal
    bar: str


@dataclass(frozen=True)
class Change:
    """A change of one currency, taken apart."""

    currency: str | None
    before: Decimal
    after: Decimal
    change: Decimal
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Picture:
    """Everything that the template of a panel needs. Addresses are empty where there is none."""

    answer: PanelAnswer
    page: str
    explore: str = ""
    drivers: str = ""
    csv: str = ""
    days: str = ""
    figures: tuple[Figure, ...] = ()
    chart: ChartView | None = None
    unit_chart: Mapping[str, Any] | None = None
    newest: unitview.Newest | None = None
    unit_spark: Spark | None = None
    table: TableView | None = None
    changes: tuple[Change, ...] = ()
    sentence: str = ""
    html: Markup = field(default_factory=Markup)
    marks: tuple[Annotation, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the panel; a bar without time is *ranking*."""
        answer = self.answer
        ranked = answer.kind == "bar" and answer.query is not None and answer.query.grain == "none"
        return "ranking" if ranked else answer.kind

    @property
    def measure(self) -> str:
        """The measure that is drawn."""
        query = self.answer.query
        return query.measures[0] if query else "EffectiveCost"


@dataclass(frozen=True)
class Drawing:
    """What pictures are drawn with: ranks for colours, who answers a question, the currency that
    a chart prefers, the annotations that there are and the dimensions that charges have."""

    ranks: Ranks
    ask: Asking
    currency: str
    annotations: Sequence[Annotation] = ()
    present: frozenset[str] = frozenset()


def picture(answer: PanelAnswer, name: str, look: Look, drawing: Drawing) -> Picture:
    """The picture of one panel of the dashboard `name`."""
    page = look.plain.url(name, answer.panel.id)
    if answer.kind == "text":
        return Picture(answer, page, html=markdown(answer.text))
    links = _links(answer, name, look)
    if answer.state != "answered":
        return Picture(answer, page, **links)
    if answer.unit is not None:
        return Picture(
            answer,
            page,
            unit_chart=unitview.chart(answer.unit),
            newest=unitview.newest(answer.unit),
            unit_spark=spark([p.total.unit_cost if p.whole else None for p in answer.unit.periods]),
            **links,
        )
    if answer.drivers is not None:
        return Picture(
            answer, page, changes=_changes(answer), sentence=sentence(answer.drivers), **links
        )
    return _of_question(answer, page, name, drawing, links)


def _of_question(
    answer: PanelAnswer, page: str, name: str, drawing: Drawing, links: dict[str, Any]
) -> Picture:
    result, query = answer.result, answer.query
    assert result is not None and query is not None
    days = numbers.days(result.range.start, result.range.end) if result.range else ""
    if answer.kind == "figure":
        return Picture(answer, page, days=days, figures=_figures(answer), **links)
    ask = Ask(result.query)
    got = Answers(
        table=result,
        changes=answer.compared,
        chart=result,
        sparks=None,
        parts=result,
        grain=result.query.grain,
        incomplete_from=answer.incomplete_from,
    )
    if result.query.grain == "none" or answer.kind == "table":
        rows = table(ask, got, set(), set(drawing.present), {})
        return Picture(answer, page, days=days, table=rows, **links)
    drawn = chart(ask, got, drawing.ranks(result), drawing.currency)
    marks = tuple(
        marked(
            drawing.annotations,
            query,
            result.range,
            drawing.ask,
            dashboard=name,
            view=answer.panel.view,
        )
    )
    if drawn is not None:
        drawn.spec.update(_drawn(answer))
        mark(drawn, marks)
    return Picture(answer, page, days=days, chart=drawn, marks=marks, **links)


def mark(drawn: ChartView, marks: Sequence[Annotation]) -> None:
    """Put annotations on a chart: each on the periods in which its days lie."""
    days = [period.date() if hasattr(period, "date") else period for period in drawn.periods]
    found = []
    for one in marks:
        inside = [
            index
            for index, start in enumerate(days)
            if start < one.spec.end and (index + 1 == len(days) or days[index + 1] > one.spec.from_)
        ]
        if inside:
            found.append(
                {
                    "from": inside[0],
                    "to": inside[-1],
                    "text": one.spec.text,
                    "category": one.spec.category,
                    "when": numbers.days(one.spec.from_, one.spec.end),
                    "href": f"/annotations/{one.name}" if one.version else one.spec.link,
                }
            )
    drawn.spec["marks"] = found
    drawn.spec["days"] = [day.isoformat() for day in days]


def markdown(text: str) -> Markup:
    """A text as HTML. Markup within it stays text, and links lead to pages only."""
    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    # Its renderer escapes what it does not write itself, and refuses script addresses.
    return Markup(reader.render(text))  # noqa: S704


def _drawn(answer: PanelAnswer) -> dict[str, Any]:
    kinds = {"line": "lines", "area": "areas", "bar": "bars"}
    found: dict[str, Any] = {"kind": kinds[answer.kind], "stack": answer.panel.options.stack}
    if answer.kind == "line" or not answer.panel.options.stack:
        found["totals"] = None
    return found


def _links(answer: PanelAnswer, name: str, look: Look) -> dict[str, Any]:
    query = answer.query
    if answer.unit is not None:
        return {"explore": unitview.url(answer.panel.unit, answer.unit.query)}
    if query is None:
        return {}
    found = {
        "explore": Ask(query).url(),
        "csv": look.plain.url(name, answer.panel.id, "rows.csv"),
    }
    if words.kind(query.measures[0]) == "money":
        found["drivers"] = drivers_url(query)
    return found


def _figures(answer: PanelAnswer) -> tuple[Figure, ...]:
    result = answer.result
    assert result is not None
    measure = result.query.measures[0]
    changes = {_currency(row): row for row in (answer.compared.totals if answer.compared else ())}
    course: dict[str | None, list[Decimal | None]] = {}
    for row in answer.course.rows() if answer.course else ():
        course.setdefault(_currency(row), []).append(_decimal(row.get(measure)))
    found = []
    for row in result.totals:
        code = _currency(row)
        change = changes.get(code)
        delta = (
            None
            if change is None
            else Delta(
                _decimal(change.get(f"{measure}_change")),
                _decimal(change.get(f"{measure}_change_ratio")),
                _decimal(change.get(f"{measure}_previous")),
            )
        )
        found.append(
            Figure(
                _decimal(row.get(measure)),
                code or result.currency,
                delta,
                spark(course.get(code, [])),
            )
        )
    return tuple(found)


def _changes(answer: PanelAnswer) -> tuple[Change, ...]:
    report = answer.drivers
    assert report is not None
    found = []
    for bridge in report.bridges:
        largest = max((abs(amount) for _, amount in bridge.told), default=Decimal(0))
        effects = tuple(
            Effect(
                EFFECTS[name].title, EFFECTS[name].description, amount, _percent(amount, largest)
            )
            for name, amount in bridge.told
        )
        found.append(Change(bridge.currency, bridge.before, bridge.after, bridge.change, effects))
    return tuple(found)


def _percent(amount: Decimal, largest: Decimal) -> str:
    """Half of a bar's width for drawing: bars go both ways from the middle."""
    return f"{abs(amount) / largest * 50:.1f}" if largest else "0"


def _currency(row: Row) -> str | None:
    code = row.get("BillingCurrency")
    return code if isinstance(code, str) else None


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None
