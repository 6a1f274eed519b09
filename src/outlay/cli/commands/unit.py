"""`outlay unit list|show|add`: costs per unit, margins, and what drove a change."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import From, Range, To, Where
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from outlay.query.unit import Cell, UnitCostSpec, UnitResult

_FORMATS = ("table", "json", "csv")
_TOTAL = "Total"


def register(app: typer.Typer) -> None:
    """Add the group `unit`."""
    group = typer.Typer(
        no_args_is_help=True, help="What one unit costs: cost of a scope, divided by a metric."
    )
    app.add_typer(group, name="unit", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_add(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay unit list"])
    def list_units(cli: Cli) -> None:
        """List the unit costs, each with its scope and its metric."""
        found = cli.workspace.units.all()
        if cli.out.json:
            cli.out.data(
                [
                    {
                        "name": unit.name,
                        "title": unit.title,
                        "version": unit.version,
                        "spec": unit.spec.model_dump(mode="json", exclude_defaults=True),
                    }
                    for unit in found
                ]
            )
        elif found:
            cli.out.table(
                [Col("Unit cost"), Col("Title"), Col("Cost"), Col("Metric"), Col("By")],
                [
                    (
                        unit.name,
                        unit.title,
                        unit.spec.measure
                        + (f" where {unit.spec.where}" if unit.spec.where else ""),
                        unit.spec.metric,
                        f"{unit.spec.by.label} = {unit.spec.by.dimension}"
                        if unit.spec.by
                        else NOTHING,
                    )
                    for unit in found
                ],
            )
        else:
            cli.out.say(
                "No unit cost yet: outlay unit add cost-per-order --metric orders keeps one; "
                "`outlay metrics list` shows the metrics."
            )


def _scope(spec: UnitCostSpec) -> str:
    return spec.measure + (f" where {spec.where}" if spec.where else "")


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=[
            "outlay unit show cost-per-order",
            "outlay unit show cost-per-order --from 2026-09-01 --to 2026-11-01 --by none",
        ],
    )
    def show(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="The unit cost's name.")],
        from_: From = None,
        to: To = None,
        range_: Range = None,
        grain: Annotated[
            str | None, typer.Option(help="day, week, month, quarter or year.")
        ] = None,
        by: Annotated[
            str | None, typer.Option(help="label (default, where there is one) or none.")
        ] = None,
        before: Annotated[
            str | None, typer.Option(metavar="DAY", help="What changed since the period of DAY…")
        ] = None,
        after: Annotated[
            str | None,
            typer.Option(metavar="DAY", help="…until that of DAY (the last two)."),
        ] = None,
        as_of: Annotated[
            str | None, typer.Option(metavar="T", help="What was known then: a day or UTC time.")
        ] = None,
        format: Annotated[str | None, typer.Option(help="table (default), json or csv.")] = None,
    ) -> None:
        """The cost per unit by period and label, with its two sides, and what drove the change.

        No units is no activity, and a metric that is not known is unknown: neither is a number.
        """
        from outlay.query.unit import UnitQuery

        wanted = "json" if cli.out.json else (format or "table")
        if wanted not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {wanted!r}")
        given = {
            "from": from_, "to": to, "range": range_, "grain": grain, "by": by, "before": before,
            "after": after, "as_of": as_of,
        }  # fmt: skip
        query = UnitQuery.from_params({key: value for key, value in given.items() if value})
        result = cli.workspace.units.ask(name, query)
        if wanted == "json":
            cli.out.data(result.to_json())
        elif wanted == "csv":
            sys.stdout.write(result.to_csv())
        else:
            _table(cli, result)


def _table(cli: Cli, result: UnitResult) -> None:
    if not result.periods:
        cli.out.say("The ledger has no charges in these days.")
        return
    by = result.spec.by if result.query.by else None
    columns = [
        Col("Period"),
        *([Col(by.label)] if by else []),
        *(Col(f"Cost ({result.currency})", True), Col(result.unit, True)),
        Col(f"{result.currency} per {result.unit}", True),
        *(Col("Marginal", True, True),) * (not by),
        *((Col("Margin", True), Col("Margin %", True)) if result.spec.revenue else ()),
    ]
    rows = []
    for period, value, cell, step, is_total in result.cells():
        label = _TOTAL if is_total else value or "(none)"
        rows.append(
            (
                f"{period.start}{' *' if period.open else ''}",
                *([label] if by else []),
                money(cell.cost),
                NOTHING if cell.units is None else f"{scaled(cell.units):,f}",
                quotient_text(cell),
                *([_number(step)] if not by else []),
                *_margin(cell, shown=bool(result.spec.revenue)),
            )
        )
    cli.out.table(columns, rows)
    if any(period.open for period in result.periods):
        cli.out.say(
            f"* not over, or its values may still come; counted to {result.periods[-1].end}."
        )
    for reason in dict.fromkeys(
        f"{period.start}{f' {value}' if value else ''}: {cell.reason}"
        for period, value, cell, _, is_total in result.cells()
        if cell.status == "unknown" and (is_total or period.total.status != "unknown")
    ):
        cli.out.say(reason)
    _change(cli, result)
    for warning in result.warnings:
        cli.out.say(warning)


def _margin(cell: Cell, *, shown: bool) -> tuple[str, ...]:
    if not shown:
        return ()
    ratio = cell.margin_ratio
    return (money(cell.margin), NOTHING if ratio is None else f"{ratio * 100:.1f}")


def _change(cli: Cli, result: UnitResult) -> None:
    change = result.change
    if change is None:
        return
    drivers = change.drivers
    if drivers is None:
        cli.out.say(f"Change {change.before} to {change.after}: {change.reason}")
        return
    cli.out.say(f"Change {change.before} to {change.after} ({result.currency})")
    cli.out.table(
        [Col(""), Col("Amount", True)],
        [
            ("Before", money(drivers.before)),
            ("Volume: more or fewer units", money(drivers.volume)),
            ("Mix: other values", money(drivers.mix)),
            ("Price: dearer or cheaper units", money(drivers.price)),
            ("Without units", money(drivers.without_units)),
        ],
        totals=[("After", money(drivers.after))],
    )


def scaled(value: Decimal) -> Decimal:
    """Units for people: at most three decimals, without needless zeros behind the point."""
    from outlay.query.unit.result import number

    return Decimal(number(round(value, 3)) or 0)


def _number(value: Decimal | None) -> str:
    from outlay.money.quotients import significant

    return NOTHING if value is None else significant(value)


def quotient_text(cell: Cell) -> str:
    """A cost per unit with four significant digits, or why there is none."""
    found = cell.unit_cost
    return cell.status if found is None else _number(found)


def _register_add(group: typer.Typer) -> None:
    @command(
        group,
        "add",
        examples=[
            "outlay unit add cost-per-order --metric orders",
            "outlay unit add cost-per-request --metric requests --label customer "
            "--dimension customer --where \"product = 'api'\" --revenue revenue",
        ],
    )
    def add(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
        metric: Annotated[str, typer.Option(help="What the cost is divided by.")],
        where: Where = None,
        measure: Annotated[str, typer.Option(help="A measure of cost.")] = "EffectiveCost",
        label: Annotated[str | None, typer.Option(help="A label of the metric…")] = None,
        dimension: Annotated[
            str | None, typer.Option(help="…and the column, tag or virtual tag with its values.")
        ] = None,
        revenue: Annotated[str | None, typer.Option(help="A metric of money: the margin.")] = None,
        currency: Annotated[str | None, typer.Option(help="Default: the workspace's.")] = None,
        title: Annotated[str, typer.Option(help="For people; default the name.")] = "",
    ) -> None:
        """Keep a unit cost. It is asked once: what cannot be asked is refused."""
        from outlay.app import shapes

        if (label is None) != (dimension is None):
            raise typer.BadParameter("--label and --dimension go together")
        spec: dict[str, Any] = {
            "title": title, "metric": metric, "where": where or "", "measure": measure,
        }  # fmt: skip
        if label:
            spec["by"] = {"label": label, "dimension": dimension}
        spec |= {k: v for k, v in (("revenue", revenue), ("currency", currency)) if v}
        made = cli.workspace.units.define(name, spec, author=cli.author)
        if cli.out.json:
            cli.out.data(shapes.resource_json(made))
        cli.out.say(f"The unit cost {name} is kept. Next: outlay unit show {name}")
