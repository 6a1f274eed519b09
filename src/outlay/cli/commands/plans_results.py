"""`outlay plans compare|variance|bridge|outlook`: what came of a plan."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import Cli, command
from outlay.cli.commands.plans_common import Name
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from outlay.planning.plans.model import Path
    from outlay.planning.plans.results import BridgeRow, ToDate

_Number = Annotated[
    int | None,
    typer.Option("--version", metavar="N", help="A version; default: the approved one."),
]
_Depth = Annotated[
    int, typer.Option(metavar="N", help="How many levels of the hierarchy are shown.")
]


def register_results(group: typer.Typer) -> None:
    """Add the commands."""
    _register_compare(group)
    _register_variance(group)
    _register_bridge(group)
    _register_outlook(group)


def _register_compare(group: typer.Typer) -> None:
    @command(group, "compare", examples=["outlay plans compare fy2027 1 2"])
    def compare(
        cli: Cli,
        plan: Name,
        before: Annotated[int, typer.Argument(help="The earlier version.")],
        after: Annotated[int, typer.Argument(help="The later version.")],
    ) -> None:
        """Compare two versions line by line, the largest change of the year first."""
        from outlay.app.planning import plan_shapes, plans

        found = plans.compare(cli.workspace, plan, before, after)
        if cli.out.json:
            cli.out.data(plan_shapes.comparison_json(found))
            return
        cli.out.table(
            [Col("Line"), Col("Path"), Col("In"), Col(found.before.name, number=True),
             Col(found.after.name, number=True), Col("Change", number=True)],
            [
                (one.line, one.name or _path(one.path), one.presence, *map(money, one.year))
                for one in found.changed
            ],
            totals=[("", "Total", "", *map(money, found.year))],
        )  # fmt: skip


def _register_variance(group: typer.Typer) -> None:
    @command(
        group,
        "variance",
        examples=[
            "outlay plans variance fy2027",
            "outlay plans variance fy2027 --version 1 --depth 2",
        ],
    )
    def variance(cli: Cli, plan: Name, version: _Number = None, depth: _Depth = 1) -> None:
        """Actual cost against a version, over its complete months; above nought is over plan."""
        from outlay.app.planning import plan_shapes
        from outlay.app.planning.plan_actuals import variance as ask

        found = ask(cli.workspace, plan, version)
        if cli.out.json:
            cli.out.data(plan_shapes.variance_json(found))
            return
        complete = [str(found.frame.months[at]) for at in found.complete]
        span = f"{complete[0]} to {complete[-1]}" if complete else "no complete month yet"
        cli.out.say(f"{plan} against {found.version.name}: {span}, in {found.frame.currency}")
        rows = []
        for level, row in found.groups():
            if 0 < level <= depth:
                sums = found.to_date(row)
                name = "  " * (level - 1) + (_label(row.name, row.path))
                rows.append((name, *map(money, (sums.planned, sums.actual, sums.variance))))
        whole = found.to_date(found.total)
        cli.out.table(
            [Col("Line"), *(Col(t, number=True) for t in ("Planned", "Actual", "Variance"))],
            rows,
            totals=[("Total", *map(money, (whole.planned, whole.actual, whole.variance)))],
        )
        for warning in found.warnings:
            cli.out.say(f"Note: {warning}")


def _register_bridge(group: typer.Typer) -> None:
    @command(
        group,
        "bridge",
        examples=["outlay plans bridge fy2027 --first 2026-10 --last 2026-12 --depth 2"],
    )
    def bridge(
        cli: Cli,
        plan: Name,
        version: _Number = None,
        first: Annotated[
            str | None,
            typer.Option(metavar="YYYY-MM", help="The first; default: the first complete."),
        ] = None,
        last: Annotated[
            str | None,
            typer.Option(metavar="YYYY-MM", help="The last; default: the last done."),
        ] = None,
        depth: _Depth = 1,
    ) -> None:
        """Take a variance apart: planned + price + volume + mix + one-off = actual."""
        from outlay.app.planning import plan_shapes
        from outlay.app.planning.plan_bridge import bridge as ask
        from outlay.money import BillingPeriod
        from outlay.planning.plans.model import EFFECTS

        months = [None if m is None else BillingPeriod.parse(m) for m in (first, last)]
        found = ask(cli.workspace, plan, version, first=months[0], last=months[1])
        if cli.out.json:
            cli.out.data(plan_shapes.bridge_json(found))
            return
        cli.out.say(f"{plan} against {found.version.name}: {found.first} to {found.last}, in "
                    f"{found.frame.currency}")  # fmt: skip

        def amounts(row: BridgeRow) -> list[str]:
            effects = [row.effects.get(effect, Decimal(0)) for effect in EFFECTS]
            return [money(amount) for amount in (row.planned, *effects, row.actual)]

        rows = [
            ("  " * (level - 1) + (_label(row.name, row.path)), *amounts(row))
            for level, row in found.groups()
            if 0 < level <= depth
        ]
        heads = ("Planned", *(effect.capitalize() for effect in EFFECTS), "Actual")
        cli.out.table(
            [Col("Line"), *(Col(title, number=True) for title in heads)],
            rows,
            totals=[("Total", *amounts(found.total))],
        )
        for note in found.notes:
            cli.out.say(f"Note: {note}")


def _register_outlook(group: typer.Typer) -> None:
    @command(
        group,
        "outlook",
        examples=["outlay plans outlook fy2027", "outlay plans outlook fy2027 --depth 2"],
    )
    def outlook(cli: Cli, plan: Name, version: _Number = None, depth: _Depth = 1) -> None:
        """The full year's latest estimate: actual to date, forecast of the rest, adjustments of
        months to come; against a version."""
        from outlay.app.planning import plan_shapes
        from outlay.app.planning.plan_outlook import outlook as ask

        found = ask(cli.workspace, plan, version)
        if cli.out.json:
            cli.out.data(plan_shapes.outlook_json(found))
            return
        cli.out.say(f"{plan} against {found.version.name}, in {found.frame.currency}; complete up "
                    f"to {found.complete_until or NOTHING}")  # fmt: skip
        rows = [
            ("  " * (level - 1) + (_label(row.name, row.path)), *_year(row.year))
            for level, row in found.groups()
            if 0 < level <= depth
        ]
        cli.out.table(
            [Col("Line"), *(Col(t, number=True) for t in ("Planned", "Estimate", "Variance"))],
            rows,
            totals=[("Total", *_year(found.total.year))],
        )
        if found.beyond:
            cli.out.say(f"This leaves the plan by more than {found.tolerance} %.")
        for note in found.notes:
            cli.out.say(f"Note: {note}")


def _year(year: ToDate) -> list[str]:
    return [money(amount) for amount in (year.planned, year.actual, year.variance)]


def _path(path: Path) -> str:
    from outlay.planning.plans.model import path_text

    return path_text(path)


def _label(name: str, path: Path) -> str:
    """A row's name; one that has none of its own is called by the last value of its path."""
    if name and name != _path(path):
        return name
    return path[-1] if path and path[-1] is not None else "(none)"
