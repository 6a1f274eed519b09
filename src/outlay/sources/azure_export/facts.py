"""What must be known of a delivery's rows before they can be mapped."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from outlay.focus.currencies import is_currency
from outlay.focus.sql import literal
from outlay.sources.azure_export.columns import Columns
from outlay.sources.azure_export.lines import CATEGORIES, Lines
from outlay.sources.azure_export.reports import Reports, reports
from outlay.sources.azure_export.tags import unreadable_tags
from outlay.sources.azure_export.units import Unit, unit_of
from outlay.sources.contract import Raw
from outlay.sources.focus.dates import DateFormats

DateFormat = Literal["auto", "month-first", "day-first"]
DATES = (
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "Date",
    "ServicePeriodStart",
    "ServicePeriodEnd",
    "ExchangeRateDate",
)


@dataclass(frozen=True)
class Facts:
    """`units` are the UnitOfMeasure texts; `blocks` those of them whose Quantity counts blocks
    (`10K` is one, and not 10,000). `locations` and `services` are the distinct values, `rows` the
    number of lines."""

    dates: DateFormats
    reports: Reports
    units: tuple[Unit, ...]
    blocks: frozenset[str]
    locations: tuple[str, ...]
    services: tuple[tuple[str | None, str | None], ...]
    notes: tuple[str, ...]
    rows: int


def service_sql(columns: Columns) -> str:
    """SQL of the service: the meter's category, else what the line names instead."""
    sold = f"{columns.word('PublisherType')} = 'marketplace'"
    kind = f"coalesce({columns.word('ChargeType')}, 'usage')"
    service = f"{kind} IN ('usage', 'purchase', 'refund')"
    held = [columns.text(name) for name in ("MeterCategory", "ServiceName") if columns.has(name)]
    for name, when in (("ProductName", sold), ("ConsumedService", service)):
        if columns.has(name):
            held.append(f"CASE WHEN {when} THEN {columns.text(name)} END")
    return f"coalesce({', '.join([*held, 'NULL'])})"


def gather(
    raw: Raw, columns: Columns, lines: Lines, date_format: DateFormat, currency: str | None
) -> Facts:
    """Ask the rows; raises SourceError for dates or reports that contradict each other."""
    dates = date_formats(raw, columns, date_format)
    period = period_sql(columns, dates)
    found = reports(raw, columns, lines, period)
    units = _units(raw, columns)
    blocks = _blocks(raw, columns, lines, units)
    notes = [*found.notes, *dates.notes, *_notes(raw, columns, lines, currency)]
    if blocks:
        listed = ", ".join(sorted(blocks))
        notes.append(f"quantities in {listed} count whole blocks, as their price and cost show")
    locations = raw.ask(f"SELECT DISTINCT {columns.text('ResourceLocation')} FROM raw ORDER BY 1")
    services = raw.ask(
        f"SELECT {service_sql(columns)}, {columns.text('ServiceFamily')}, count(*) FROM raw "
        "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    )
    return Facts(
        dates=dates,
        reports=found,
        units=units,
        blocks=blocks,
        locations=tuple(location for (location,) in locations if location),
        services=tuple((service, family) for service, family, _ in services),
        notes=tuple(notes),
        rows=sum(count for _, _, count in services),
    )


def date_formats(raw: Raw, columns: Columns, wish: DateFormat) -> DateFormats:
    """How each file writes its dates: from all its rows, or as the option says."""
    typed = {
        name: replace(columns.found[name][0], type=columns.type(name))
        for name in DATES
        if columns.has(name)
    }
    clean = {name: columns.cell(name) for name, column in typed.items() if column.type == "VARCHAR"}
    found = DateFormats.of(raw, typed, clean)
    if wish != "auto" and found.slashed:
        files = tuple(sorted(file for group in found.slashed.values() for file in group))
        order = wish.replace("-", " ")
        note = f"dates with slashes are read {order}, as the option date_format says"
        return replace(found, slashed={order: files}, notes=(note,))
    if len(found.slashed) == 1:
        (order,) = found.slashed
        return replace(found, notes=(f"dates with slashes are read {order}",))
    return found


def time_sql(columns: Columns, dates: DateFormats, name: str) -> str:
    """SQL of a date column as TIMESTAMP; NULL where absent or no date."""
    if not columns.has(name):
        return "CAST(NULL AS TIMESTAMP)"
    if columns.type(name) == "VARCHAR":
        return dates.sql(columns.cell(name), "VARCHAR")
    return dates.sql(columns.raw(name), columns.type(name))


def period_start_sql(columns: Columns, dates: DateFormats) -> str:
    """SQL of the first day of a row's billing period: its own, else its day's month."""
    month = f"date_trunc('month', {time_sql(columns, dates, 'Date')})"
    if not columns.has("BillingPeriodStart"):
        return f"CAST({month} AS TIMESTAMP)"
    own = time_sql(columns, dates, "BillingPeriodStart")
    return f"coalesce({own}, CAST({month} AS TIMESTAMP))"


def period_sql(columns: Columns, dates: DateFormats) -> str:
    """SQL of the month that a row's billing period begins in, as DATE."""
    return f"CAST(date_trunc('month', {period_start_sql(columns, dates)}) AS DATE)"


def _units(raw: Raw, columns: Columns) -> tuple[Unit, ...]:
    rows = raw.ask(f"SELECT DISTINCT {columns.text('UnitOfMeasure')} FROM raw ORDER BY 1")
    return tuple(unit_of(text) for (text,) in rows if text)


def _blocks(
    raw: Raw, columns: Columns, lines: Lines, units: tuple[Unit, ...]
) -> frozenset[str]:  # fmt: skip
    """The units of many whose Quantity counts blocks.

    UnitPrice is the price of one block, and EffectivePrice is the cost by Quantity: where the
    two are nearly equal, Quantity counts blocks; where EffectivePrice is a block's part of
    UnitPrice, it counts single units, which is also what Microsoft's document says.
    """
    many = [unit for unit in units if unit.block > 1]
    if not many or not (columns.has("UnitPrice") and columns.has("EffectivePrice")):
        return frozenset()
    price, paid = columns.number("UnitPrice"), columns.number("EffectivePrice")
    unit = columns.text("UnitOfMeasure")
    found = set()
    for one in many:
        (row,) = raw.ask(
            f"SELECT count_if(abs({price} - {paid}) < abs({price} - {paid} * {one.block})), "
            f"count_if(abs({price} - {paid}) > abs({price} - {paid} * {one.block})) FROM raw "
            f"WHERE {unit} = {literal(one.text)} AND {lines.usage} "
            f"AND NOT {lines.covered} AND {price} > 0 AND {paid} > 0 AND {paid} < 1000000"
        )
        if (row[0] or 0) > (row[1] or 0):
            found.add(one.text)
    return frozenset(found)


def _notes(raw: Raw, columns: Columns, lines: Lines, currency: str | None) -> list[str]:
    notes = []
    kinds: Mapping[str, int] = dict(raw.ask(f"SELECT {lines.kind}, count(*) FROM raw GROUP BY 1"))
    for kind in sorted(set(kinds) - set(CATEGORIES)):
        notes.append(f"{kinds[kind]} lines of the unknown charge type {kind}: taken as adjustments")
    if not columns.has("BillingPeriodStart"):
        notes.append("the export names no billing period: calendar months of the charges")
    codes = raw.ask(f"SELECT {columns.text('Currency')}, count(*) FROM raw GROUP BY 1 ORDER BY 1")
    for code, count in codes:
        if code is None or is_currency(code):
            continue
        notes.append(
            f"{count} lines are in {code}, which is no currency of ISO 4217: "
            + (
                f"taken as {currency}, as the option currency says"
                if currency
                else "kept as the bill says it. Name the currency with the option currency"
            )
        )
    broken = unreadable_tags(raw, columns)
    if broken:
        notes.append(f"{broken} lines have tags that are no list of names and values: left out")
    return notes
