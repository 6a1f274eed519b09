"""What the demo company counts: orders, revenue, requests, active customers, day by day.

A pure function of the story: a later day adds values and never changes one, but for the late
correction that the story tells, of three days of the restated month.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib import resources
from pathlib import Path

from outlay.allocation.metrics import MetricValue
from outlay.app.demo.allocation import AUTHOR
from outlay.app.demo.shapes import grown, season, week
from outlay.app.demo.story import Story
from outlay.app.errors import WorkspaceError
from outlay.app.workspace import Workspace
from outlay.money import BillingPeriod
from outlay.resources import Document, parse_resources

_FILE = "metrics.yaml"
_FOLDER = Path("metrics") / "active-customers"
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN)
_MORNING = time(6, 10)
_CORRECTED_DAYS = (11, 12, 13)  # of the restated month, counted from 0
_CORRECTION = Decimal("1.031")


@dataclass(frozen=True)
class _Line:
    """One product's numbers: orders a day in the first month and their average basket in USD,
    thousands of requests, active customers; `pattern` and `growth` are those of `shapes`."""

    product: str
    orders: int
    basket: str
    requests: int
    active: int
    pattern: str
    growth: str


_LINES = (
    _Line("web-shop", 2310, "84.50", 41_200, 61_400, "shop", "mid"),
    _Line("mobile-app", 540, "61.20", 9_650, 18_900, "shop", "fast"),
    _Line("rental", 46, "112.00", 820, 2_150, "steady", "slow"),
    _Line("payments", 0, "0", 3_060, 0, "shop", "mid"),
    _Line("assistant", 0, "0", 210, 0, "assistant", "rocket"),
)
# Who sends the requests, in per cent; the shop's own pages send most.
_CUSTOMERS = (("own-pages", 62), ("bergwerk", 17), ("northcape", 12), ("vela-sport", 9))


def documents() -> list[Document]:
    """The metrics and unit costs of the demo, metrics first."""
    from outlay.app.kinds import register_all

    register_all()
    text = resources.files("outlay.app.demo").joinpath(_FILE).read_text(encoding="utf-8")
    return parse_resources(text, _FILE)


def configure(workspace: Workspace, story: Story) -> None:
    """Put what is not there yet, and deliver the values up to the story's last day."""
    for document in documents():
        if workspace.resources.find(document.kind, document.name) is None:
            workspace.resources.put(document.kind, document.name, document.spec, author=AUTHOR)
    for name in ("orders", "revenue", "requests"):
        if name in workspace.metrics.specs():
            _deliver(workspace, name, story)
    _write_files(workspace.path / _FOLDER, story)
    (done,) = workspace.metrics.sync(["active-customers"])
    if done.outcome == "failed":
        raise WorkspaceError(f"the demo's active customers did not load: {done.error}")


def _deliver(workspace: Workspace, name: str, story: Story) -> None:
    """A first delivery of the past, one of the restated month, its correction, and what is new."""
    store, restated = workspace.metrics.store, story.restated
    known = workspace.metrics.reader().coverage(name).last
    newest = datetime.combine(story.today, _MORNING)
    if known is not None:
        found = list(_values(name, known + timedelta(days=1), story.today, story))
        if found:
            store.put(name, found, origin="push", author=AUTHOR, now=newest)
        return
    start = story.months()[0].start
    late = datetime.combine(restated.end + timedelta(days=5), _MORNING)
    steps = [
        (start, restated.start, datetime.combine(restated.start, _MORNING)),
        (restated.start, restated.end, datetime.combine(restated.end, _MORNING)),
        (restated.end, story.today, newest),
    ]
    for first, end, moment in steps:
        found = list(_values(name, first, end, story))
        if found:
            store.put(name, found, origin="push", author=AUTHOR, now=min(moment, newest))
        if first == restated.start and name != "requests":
            store.put(
                name, list(_corrected(name, story)), origin="late payments file", author=AUTHOR,
                now=min(late, newest),
            )  # fmt: skip


def _corrected(name: str, story: Story) -> Iterator[MetricValue]:
    """The web shop's orders and revenue of three days, once the payments came in that were late."""
    first = story.restated.start
    for value in _values(name, first, story.restated.end, story):
        days = (value.start.date() - first).days
        if days in _CORRECTED_DAYS and dict(value.labels)["product"] == "web-shop":
            assert value.value is not None
            digits = Decimal(1) if name == "orders" else Decimal("0.01")
            raised = _CONTEXT.multiply(value.value, _CORRECTION).quantize(digits, context=_CONTEXT)
            yield MetricValue(value.start, value.labels, raised)


def _values(name: str, start: date, end: date, story: Story) -> Iterator[MetricValue]:
    day = start
    while day < end:
        moment = datetime.combine(day, time())
        for line in _LINES:
            if not _sells(line, day, story):
                continue
            for labels, value in _of_day(name, line, day, story):
                yield MetricValue(moment, labels, value)
        day += timedelta(days=1)


def _of_day(
    name: str, line: _Line, day: date, story: Story
) -> Iterator[tuple[tuple[tuple[str, str], ...], Decimal]]:
    product = ("product", line.product)
    factor = _factor(line, day, story)
    if name == "requests":
        whole = _scaled(line.requests, factor, f"requests/{line.product}", day, 3)
        left = whole
        for customer, share in _CUSTOMERS[1:]:
            part = _CONTEXT.multiply(whole, Decimal(share).scaleb(-2))
            part = part.quantize(Decimal("0.001"), context=_CONTEXT)
            left -= part
            yield (("customer", customer), product), part
        yield (("customer", _CUSTOMERS[0][0]), product), left
    elif line.orders and name == "orders":
        yield (product,), _scaled(line.orders, factor, f"orders/{line.product}", day, 0)
    elif line.orders and name == "revenue":
        orders = _scaled(line.orders, factor, f"orders/{line.product}", day, 0)
        basket = _scaled(Decimal(line.basket), Decimal(1), f"basket/{line.product}", day, 4)
        amount = _CONTEXT.multiply(orders, basket)
        yield (product,), amount.quantize(Decimal("0.01"), context=_CONTEXT)
    elif line.active and name == "active-customers":
        yield (product,), _scaled(line.active, factor, f"active/{line.product}", day, 0)


def _sells(line: _Line, day: date, story: Story) -> bool:
    if line.product == "rental":
        return day >= story.acquisition.start
    return line.product != "assistant" or day >= story.assistant_launch


def _factor(line: _Line, day: date, story: Story) -> Decimal:
    shape = _CONTEXT.multiply(week(line.pattern, day), season(line.pattern, day, story))
    return _CONTEXT.multiply(shape, grown(line.growth, day, story.months()[0]))


def _scaled(base: int | Decimal, factor: Decimal, what: str, day: date, digits: int) -> Decimal:
    """base × factor, up to three per cent more or less as the day would have it."""
    chance = int(hashlib.sha256(f"{what}/{day}".encode()).hexdigest()[:8], 16)
    luck = Decimal(9700 + chance % 601).scaleb(-4)
    product = _CONTEXT.multiply(_CONTEXT.multiply(Decimal(base), factor), luck)
    return product.quantize(Decimal(1).scaleb(-digits), context=_CONTEXT)


def _write_files(folder: Path, story: Story) -> None:
    """The counts of active customers, a file a month, as the analytics tool leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    for period in story.months():
        end = min(period.end, story.today)
        fresh = folder / f".{period}.new"
        with fresh.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["date", "product", "value"])
            for value in _values("active-customers", period.start, end, story):
                (_, product), *_ = value.labels
                writer.writerow([f"{value.start:%Y-%m-%d}", product, value.value])
        fresh.replace(folder / f"{period}.csv")


def corrected_days(story: Story) -> tuple[date, ...]:
    """The days whose orders and revenue were restated."""
    month: BillingPeriod = story.restated
    return tuple(month.start + timedelta(days=number) for number in _CORRECTED_DAYS)
