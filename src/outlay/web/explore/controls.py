"""What stands above the numbers: title, breadcrumbs, chips, pickers. All of it is links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from outlay.expression.tree import Condition
from outlay.lake import Slice, SnapshotInfo
from outlay.query import MEASURES, CostQuery, DimensionInfo, Result
from outlay.web import numbers, words
from outlay.web.explore import filters
from outlay.web.explore.address import OFF, Ask, address

COMMON = (
    "ServiceName",
    "ServiceCategory",
    "ServiceProviderName",
    "SubAccountName",
    "SubAccountId",
    "RegionId",
    "ChargeCategory",
    "ResourceId",
    "x_SourceName",
)
RANGE_KEYS = {"last-7-days": "1", "last-30-days": "2", "last-90-days": "3", "last-13-months": "4"}
FORECASTS = ("30", "90", "365")
GRAIN_KEYS = {"day": "d", "week": "w", "month": "m"}
_MOST_GROUPS = 2
_MOST_SNAPSHOTS = 60


@dataclass(frozen=True)
class Option:
    """One choice of a picker."""

    value: str
    title: str
    chosen: bool = False
    href: str = ""
    key: str = ""


@dataclass(frozen=True)
class Group:
    """Choices under a heading."""

    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Chip:
    """A filter in words with the addresses that edit or remove it."""

    text: str
    expression: str
    remove: str


@dataclass(frozen=True)
class Part:
    """One charge category in the total, and the link that takes it out or in where there is one."""

    title: str
    amount: Decimal
    currency: str | None
    toggle: str | None
    included: bool


@dataclass(frozen=True)
class Controls:
    """Everything above the numbers."""

    title: str
    days: str
    previous_days: str
    crumbs: tuple[tuple[str, str | None], ...]
    chips: tuple[Chip, ...]
    clear: str | None
    ranges: tuple[Option, ...]
    range_title: str
    range_from: str
    range_until: str
    grains: tuple[Option, ...]
    groups: tuple[tuple[Group, ...], ...]
    measures: tuple[Option, ...]
    comparisons: tuple[Option, ...]
    compare_toggle: str
    currencies: tuple[Option, ...]
    snapshots: tuple[Option, ...]
    forecasts: tuple[Option, ...]
    state: str


def controls(
    ask: Ask,
    result: Result,
    compared: Result | None,
    grain: str,
    dimensions: Sequence[DimensionInfo],
    snapshots: Sequence[SnapshotInfo],
    slices: Sequence[Slice],
    workspace_currency: str,
) -> Controls:
    """Build them for one question and its result."""
    query = ask.query
    span = result.range
    before = compared.previous_range if compared else None
    return Controls(
        title=title(query),
        days=numbers.days(span.start, span.end) if span else "",
        previous_days=numbers.days(before.start, before.end) if before else "",
        crumbs=crumbs(ask),
        chips=chips(ask),
        clear=ask.url(where="") if query.where else None,
        ranges=_ranges(ask),
        range_title=words.range_(query.range),
        range_from=span.start.isoformat() if span else "",
        range_until=(span.end - timedelta(days=1)).isoformat() if span else "",
        grains=tuple(
            Option(name, text, name == grain, ask.url(grain=name), GRAIN_KEYS.get(name, ""))
            for name, text in words.GRAINS.items()
        ),
        groups=_groups(query, dimensions),
        measures=tuple(
            Option(name, measure.title, name == ask.measure) for name, measure in MEASURES.items()
        ),
        comparisons=(
            Option("", "No comparison", not query.compare),
            *(
                Option(name, text, name == query.compare)
                for name, text in words.COMPARISONS.items()
            ),
        ),
        compare_toggle=ask.url(compare=None if query.compare else "previous"),
        currencies=_currencies(query, result, workspace_currency),
        snapshots=_snapshots(query, snapshots, slices),
        forecasts=_forecasts(ask),
        state=address("", ask.params).removeprefix("?"),
    )


def _forecasts(ask: Ask) -> tuple[Option, ...]:
    """How far ahead: what the range says, some days, or not at all."""
    chosen = [Option(ask.forecast, f"{ask.forecast} days ahead", True)]
    offered = [
        Option("", "As the range", not ask.forecast),
        *(Option(days, f"{days} days ahead", ask.forecast == days) for days in FORECASTS),
        Option(OFF, "None", ask.forecast == OFF),
    ]
    known = any(option.chosen for option in offered)
    return tuple(offered if known else [*offered, *chosen])


def ordered(dimensions: Sequence[DimensionInfo]) -> list[DimensionInfo]:
    """Dimensions as one looks for them: virtual tags, the common ones, tags and labels, then the
    others by title."""
    common = {name: index for index, name in enumerate(COMMON)}
    kinds = {"virtual": -1, "tag": 1, "label": 2, "focus": 3, "source": 4}
    return sorted(
        dimensions,
        key=lambda info: (
            0 if info.name in common else kinds[info.kind],
            common.get(info.name, 0),
            words.dimension(info.name).lower(),
        ),
    )


def title(query: CostQuery) -> str:
    """The question in words: *Effective cost by service and region*."""
    names = [words.dimension(name) for name in query.by]
    by = " by " + " and ".join(_lower(name) for name in names) if names else ""
    return f"{words.measure(query.measures[0])}{by}"


def _lower(name: str) -> str:
    """A title within a sentence; abbreviations and tag keys keep their capitals."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def crumbs(ask: Ask) -> tuple[tuple[str, str | None], ...]:
    """The way down so far: each step fixed one value; the last one is where we are."""
    items = filters.conditions(ask.query.where)
    steps: list[tuple[str, str | None]] = []
    first = None
    for index, item in enumerate(items):
        fixed = filters.fixed(item)
        if fixed is None:
            continue
        first = first or fixed.dimension
        steps.append(
            (
                fixed.value or f"no {_lower(words.dimension(fixed.dimension))}",
                _crumb_url(ask, items[: index + 1], items, index),
            )
        )
    if not steps:
        return ()
    kept = [item for item in items if filters.fixed(item) is None]
    top = ask.url(where=filters.joined(kept), by=(first,))
    # The last step is the page itself.
    return (("All", top), *steps[:-1], (steps[-1][0], None))


def _crumb_url(
    ask: Ask, kept: Sequence[Condition], items: Sequence[Condition], index: int
) -> str | None:
    following = next((f for item in items[index + 1 :] if (f := filters.fixed(item))), None)
    by = (following.dimension,) if following else ask.query.by
    loose = [item for item in items[index + 1 :] if filters.fixed(item) is None]
    return ask.url(where=filters.joined([*kept, *loose]), by=by)


def chips(ask: Ask) -> tuple[Chip, ...]:
    """Every condition of the filter in words, removable one by one."""
    where = ask.query.where
    return tuple(
        Chip(
            words.condition(item),
            filters.joined([item]),
            ask.url(where=filters.without(where, index)),
        )
        for index, item in enumerate(filters.conditions(where))
    )


def parts(ask: Ask, result: Result) -> tuple[Part, ...]:
    """What the total is made of, credits and tax with their in-or-out link."""
    toggles = {"Credit": filters.WITHOUT_CREDITS, "Tax": filters.WITHOUT_TAX}
    found = []
    for row in result.table.to_pylist():
        category, amount = row["ChargeCategory"], row[ask.measure]
        if amount is None:
            continue
        condition = toggles.get(category or "")
        found.append(
            Part(
                title=category or "(none)",
                amount=amount,
                currency=row.get("BillingCurrency") or result.currency,
                toggle=ask.url(where=filters.toggled(ask.query.where, condition))
                if condition
                else None,
                included=not condition or not filters.holds(ask.query.where, condition),
            )
        )
    return tuple(sorted(found, key=lambda part: -abs(part.amount)))


def _ranges(ask: Ask) -> tuple[Option, ...]:
    return tuple(
        Option(
            name,
            text,
            name == ask.query.range,
            ask.url(range=name, grain="none"),
            RANGE_KEYS.get(name, ""),
        )
        for name, text in words.RANGES.items()
    )


def _groups(query: CostQuery, dimensions: Sequence[DimensionInfo]) -> tuple[tuple[Group, ...], ...]:
    """One picker per grouping, and an empty one for a further grouping."""
    pickers = [_picker(name, query.by, dimensions) for name in query.by]
    if len(query.by) < _MOST_GROUPS:
        pickers.append(_picker("", query.by, dimensions))
    return tuple(pickers)


def _picker(
    chosen: str, taken: Iterable[str], dimensions: Sequence[DimensionInfo]
) -> tuple[Group, ...]:
    names = {info.name: info for info in dimensions}
    away = set(taken) - {chosen}

    def options(wanted: Iterable[str]) -> tuple[Option, ...]:
        return tuple(
            Option(name, words.dimension(name) + _coverage(names.get(name)), name == chosen)
            for name in wanted
            if name not in away
        )

    common = [name for name in COMMON if name in names or not names]
    virtual, tags, labels = (
        [info.name for info in dimensions if info.kind == kind]
        for kind in ("virtual", "tag", "label")
    )
    focus = sorted(
        (info.name for info in dimensions if info.kind == "focus" and info.name not in common),
        key=words.dimension,
    )
    source = [info.name for info in dimensions if info.kind == "source" and info.name not in common]
    groups = [
        Group("Virtual tags", options(virtual)),
        Group("Common", options(common)),
        Group("Tags", options(tags)),
        Group("Kubernetes labels", options(labels)),
        Group("FOCUS columns", options(focus)),
        Group("Columns of the source", options(source)),
    ]
    listed = {option.value for group in groups for option in group.options}
    if chosen and chosen not in listed:
        groups.insert(0, Group("Chosen", (Option(chosen, words.dimension(chosen), True),)))
    return tuple(group for group in groups if group.options)


def _coverage(info: DimensionInfo | None) -> str:
    """How much of the money has a value, where it is not all of it."""
    if info is None or info.kind in ("focus", "source") or len(info.total) != 1:
        return ""
    ((currency, whole),) = info.total.items()
    covered = info.covered.get(currency, Decimal(0))
    if not whole or covered == whole:
        return ""
    return f" ({float(covered) / float(whole):.0%})"


def _currencies(query: CostQuery, result: Result, workspace: str) -> tuple[Option, ...]:
    billed = {str(row.get("BillingCurrency") or result.currency or "") for row in result.totals}
    codes = sorted({workspace, "USD", "EUR", "GBP", query.currency or "", *billed} - {""})
    as_billed = "As billed"
    if len(billed) == 1 and not query.currency:
        as_billed += f" ({next(iter(billed))})"
    return (
        Option("", as_billed, not query.currency),
        *(Option(code, code, code == query.currency) for code in codes),
    )


def _snapshots(
    query: CostQuery, snapshots: Sequence[SnapshotInfo], slices: Sequence[Slice]
) -> tuple[Option, ...]:
    names = {item.delivery.id: f"{item.source} {item.billing_period}" for item in slices}
    options = [Option("", "Newest", not query.as_of)]
    for index, item in enumerate(reversed(snapshots[-_MOST_SNAPSHOTS:])):
        what = names.get(item.added[0], item.cause) if len(item.added) == 1 else item.cause
        more = f"{len(item.added)} deliveries" if len(item.added) > 1 else what
        text = f"{numbers.moment(item.committed_at)} · {more}"
        chosen = query.as_of == str(item.snapshot_id)
        options.append(
            Option(str(item.snapshot_id), text + (" · newest" if not index else ""), chosen)
        )
    if query.as_of and not any(option.chosen for option in options):
        options.append(Option(query.as_of, query.as_of, True))
    return tuple(options)
