"""`outlay drivers`: what drove a change."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import (
    AsOf,
    By,
    Compare,
    Currency,
    From,
    Limit,
    Measure,
    Range,
    RatesName,
    RulesAsOf,
    Splits,
    To,
    Where,
    question,
)
from outlay.cli.output import NOTHING, Col, money, plural

if TYPE_CHECKING:
    from outlay.query.drivers import Bridge, DriverReport, Group, Item

_FORMATS = ("table", "json", "csv")
_MOST_GROUPS = 30
_NO_VALUE = "(none)"


Against = Annotated[
    str | None,
    typer.Option(
        metavar="FROM..TO", help="The earlier days instead of --compare; the end excluded."
    ),
]
BeforeAsOf = Annotated[
    str | None,
    typer.Option(
        metavar="T",
        help="The earlier period as it was known: then, a day, a UTC time or a snapshot.",
    ),
]
BeforeRulesAsOf = Annotated[
    str | None,
    typer.Option(
        metavar="T", help="The earlier period by the rules of: then, a day or a UTC time."
    ),
]
Items = Annotated[
    int, typer.Option(metavar="N", min=0, max=25, help="So many of the largest items.")
]
Format = Annotated[str | None, typer.Option(help="table (default), json or csv.")]
Rows = Annotated[
    str | None,
    typer.Option(help="Of a CSV: effects, groups or items (default: groups with --by)."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(
        app,
        "drivers",
        panel=QUESTIONS,
        examples=[
            "outlay drivers --range last-month --compare previous",
            "outlay drivers --range last-month --by ServiceName --currency USD",
            "outlay drivers --range last-month --before-as-of then",
            "outlay drivers --from 2026-10-01 --to 2026-11-01 --against 2026-08-01..2026-09-01 "
            "--format csv --rows items",
        ],
    )
    def what_drove_it(
        cli: Cli,
        measure: Measure = None,
        by: By = None,
        from_: From = None,
        to: To = None,
        range_: Range = None,
        where: Where = None,
        compare: Compare = None,
        against: Against = None,
        before_as_of: BeforeAsOf = None,
        before_rules_as_of: BeforeRulesAsOf = None,
        limit: Limit = None,
        currency: Currency = None,
        rates: RatesName = None,
        splits: Splits = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
        items: Items = 3,
        format: Format = None,
        rows: Rows = None,
    ) -> None:
        """What drove the change between two periods: new, gone, usage, price and more.

        The effects add up to the change to the last digit, in total and for each value of --by.
        """
        from outlay.app.drivers import drivers
        from outlay.query.drivers import sentence
        from outlay.query.drivers.tables import to_csv

        wanted = "json" if cli.out.json else (format or "table")
        if wanted not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
        asked = question(
            measures=measure,
            by=by,
            grain=None,
            start=from_,
            end=to,
            range=range_,
            where=where,
            compare=compare,
            limit=limit,
            sort=None,
            currency=currency,
            rates=rates,
            splits=splits,
            as_of=as_of,
            rules_as_of=rules_as_of,
        )
        report = drivers(
            cli.workspace,
            asked,
            against=against or "",
            before_as_of=before_as_of or "",
            before_rules_as_of=before_rules_as_of or "",
        )
        if wanted == "json":
            cli.out.data({"sentence": sentence(report), **report.to_json()})
        elif wanted == "csv":
            sys.stdout.write(to_csv(report, rows or ""))
        else:
            _show(cli, report, sentence(report), items)


def _show(cli: Cli, report: DriverReport, told: str, most: int) -> None:
    cli.out.say(told)
    for bridge in report.bridges:
        cli.out.say()
        _bridge(cli, report, bridge)
        if bridge.groups:
            _groups(cli, report, bridge)
        if most:
            _items(cli, bridge, most)
    for one in report.unconverted:
        amounts = ", ".join(f"{name} {money(value)}" for name, value in one.amounts.items())
        cli.out.say(f"Not converted, no rate: {amounts} {one.currency}")
    for code, rate in report.mean_rates.items():
        cli.out.say(
            f"1 {code} = {rate} {report.asking.query.currency} on average of the earlier period"
        )
    for warning in report.warnings:
        cli.out.say(f"Note: {warning}")


def _bridge(cli: Cli, report: DriverReport, bridge: Bridge) -> None:
    from outlay.query.drivers import EFFECTS

    assert report.range is not None and report.previous_range is not None
    title = f"Amount ({bridge.currency})" if bridge.currency else "Amount"
    rows = [(f"{report.previous_range.start} to {report.previous_range.end}", money(bridge.before))]
    rows += [(EFFECTS[name].title, _signed(amount)) for name, amount in bridge.told]
    cli.out.table(
        [Col("What drove it"), Col(title, True)],
        rows,
        totals=[
            (f"{report.range.start} to {report.range.end}", money(bridge.after)),
            ("Change", _signed(bridge.change)),
        ],
    )
    if bridge.replaced:
        cli.out.say(
            f"Of what is new and gone, {money(bridge.replaced)} is the same price on another "
            "resource."
        )


def _groups(cli: Cli, report: DriverReport, bridge: Bridge) -> None:
    from outlay.query.drivers import EFFECTS
    from outlay.query.drivers.tables import group_effects

    names = group_effects(report)
    by = report.asking.query.by
    most = report.asking.query.limit or _MOST_GROUPS

    def line(group: Group) -> tuple[str, ...]:
        values = [_NO_VALUE if value is None else str(value) for value in group.values]
        return (
            *values,
            _signed(group.change),
            *(_signed(group.effects.get(name, Decimal(0))) for name in names),
        )

    columns = [Col(name) for name in by] + [Col("Change", True)]
    columns += [Col(EFFECTS[name].title, True, optional=True) for name in names]
    whole = ("All", *("" for _ in by[1:]), _signed(bridge.change))
    cli.out.table(
        columns,
        [line(group) for group in bridge.groups[:most]],
        totals=[(*whole, *(_signed(bridge.effects.get(name, Decimal(0))) for name in names))],
    )
    if len(bridge.groups) > most:
        cli.out.say(
            f"{plural(len(bridge.groups) - most, 'more value')}: --limit shows more, --format csv "
            "all of them."
        )


def _items(cli: Cli, bridge: Bridge, most: int) -> None:
    from outlay.query.drivers import EFFECTS

    rows = [
        _item(item, EFFECTS[name].title if not place else "")
        for name, _ in bridge.told
        for place, item in enumerate(bridge.items.get(name, ())[:most])
    ]
    if rows:
        cli.out.table(
            [
                Col("Largest"), Col("Amount", True), Col("Service"), Col("Resource or SKU"),
                Col("Units", optional=True), Col("Price", optional=True),
            ],
            rows,
        )  # fmt: skip


def _item(item: Item, title: str) -> tuple[str, ...]:
    return (
        title,
        _signed(item.amount),
        item.service or _NO_VALUE,
        item.resource_name or item.resource or item.meter or item.sku or NOTHING,
        _pair(item.quantity_before, item.quantity_after, item.unit or ""),
        _pair(item.price_before, item.price_after, ""),
    )


def _pair(before: Decimal | None, after: Decimal | None, unit: str) -> str:
    if before is None and after is None:
        return NOTHING
    texts = [NOTHING if value is None else _number(value) for value in (before, after)]
    return " → ".join(texts) + (f" {unit}" if unit else "")


def _number(value: Decimal) -> str:
    from outlay.money.display import quantity
    from outlay.money.quotients import significant

    return quantity(value) if abs(value) >= 100 or not value else significant(value)


def _signed(amount: Decimal) -> str:
    return f"+{money(amount)}" if amount > 0 else money(amount)
