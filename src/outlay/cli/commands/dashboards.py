"""`outlay dashboards` and `outlay annotations`: what is kept, what it shows, copies and files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, QUESTIONS, Cli, command
from outlay.cli.output import Col, moment, money, plural

if TYPE_CHECKING:
    from outlay.app.dashboards.answers import PanelAnswer

_Name = Annotated[str, typer.Argument(help="The dashboard's name.")]
_Range = Annotated[str, typer.Option("--range", metavar="RANGE", help="For all panels.")]
_Where = Annotated[
    str, typer.Option("--where", metavar="CONDITION", help="Joined to every panel's condition.")
]
_Compare = Annotated[
    str, typer.Option("--compare", metavar="WHAT", help="previous, previous-year or none.")
]
_Currency = Annotated[str, typer.Option("--currency", metavar="CODE", help="For all panels.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    boards = typer.Typer(no_args_is_help=True, help="Panels on a grid, each a question.")
    app.add_typer(boards, name="dashboards", rich_help_panel=QUESTIONS)
    _register_reading(boards)
    _register_keeping(boards)
    marks = typer.Typer(no_args_is_help=True, help="What happened on a day, marked on charts.")
    app.add_typer(marks, name="annotations", rich_help_panel=QUESTIONS)
    _register_annotations(marks)


def _register_reading(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay dashboards list"])
    def list_boards(cli: Cli) -> None:
        """List the dashboards, and the ready-made ones that the charges have something for."""
        from outlay.app.dashboards.keeping import Board, board_json, boards
        from outlay.app.dashboards.shipped import offered

        own = boards(cli.workspace)
        names = {board.name for board in own}
        ready = [
            Board(name, spec, shipped=True)
            for name, spec in offered(cli.workspace).items()
            if name not in names
        ]
        if cli.out.json:
            cli.out.data([board_json(board) for board in (*own, *ready)])
            return
        if not (own or ready):
            cli.out.say("No dashboard yet, and no charge for a ready-made one: outlay load PATH.")
            return
        cli.out.table(
            [Col("Dashboard"), Col("Title"), Col("Panels", number=True), Col("Owner"),
             Col("Changed (UTC)", optional=True)],
            [
                (
                    board.name,
                    board.title,
                    str(len(board.spec.panels)),
                    "ready-made" if board.shipped else board.owner,
                    moment(board.updated_at),
                )
                for board in (*own, *ready)
            ],
        )  # fmt: skip

    @command(
        group,
        "show",
        examples=[
            "outlay dashboards show executive",
            "outlay dashboards show aws --range last-month --where \"RegionId = 'us-east-1'\"",
        ],
    )
    def show(
        cli: Cli,
        name: _Name,
        range_: _Range = "",
        where: _Where = "",
        compare: _Compare = "",
        currency: _Currency = "",
    ) -> int | None:
        """Show what every panel of a dashboard answers. Exit code 1 when one fails."""
        from outlay.app.dashboards.answers import answers
        from outlay.app.dashboards.keeping import find
        from outlay.app.dashboards.shapes import answers_json
        from outlay.app.dashboards.variables import variables_of
        from outlay.app.runs import utc_now

        given = {"range": range_, "where": where, "compare": compare, "currency": currency}
        board = find(cli.workspace, name)
        found = answers(cli.workspace, board.spec, utc_now(), variables_of(given))
        if cli.out.json:
            panels = answers_json(found)
            cli.out.data({"name": board.name, "title": board.title, "panels": panels})
        else:
            cli.out.say(board.title)
            if board.spec.description:
                cli.out.say(board.spec.description)
            for answer in found:
                _show_panel(cli, answer)
        return FAILED if any(answer.state == "failed" for answer in found) else None


def _show_panel(cli: Cli, answer: PanelAnswer) -> None:
    from outlay.cli.results import show_result

    cli.out.say()
    cli.out.say(f"{answer.title or 'Text'} ({answer.kind})")
    if answer.state == "failed":
        cli.out.say(f"  failed: {answer.error}")
    elif answer.state != "answered":
        cli.out.say("  nothing matches" if answer.state == "empty" else "  no data yet")
    elif answer.text:
        cli.out.say(answer.text)
    elif answer.kind == "figure" and answer.result is not None:
        _show_figure(cli, answer)
    elif answer.result is not None:
        show_result(cli.out, answer.compared or answer.result, "table", None)
    elif answer.unit is not None:
        _show_unit(cli, answer)
    elif answer.drivers is not None:
        from outlay.query.drivers.sentence import sentence

        cli.out.say(f"  {sentence(answer.drivers)}")


def _show_figure(cli: Cli, answer: PanelAnswer) -> None:
    from decimal import Decimal

    result, compared = answer.result, answer.compared
    assert result is not None
    measure = result.query.measures[0]
    changes = {row.get("BillingCurrency"): row for row in (compared.totals if compared else ())}
    for row in result.totals:
        value, code = row[measure], row.get("BillingCurrency") or result.currency or ""
        text = money(value) if isinstance(value, Decimal) else f"{value:,}"
        before = changes.get(row.get("BillingCurrency"), {})
        change = before.get(f"{measure}_change")
        told = ""
        if isinstance(change, Decimal):
            told = f", {change:+,.2f} on complete days"
            if not before.get(f"{measure}_previous"):
                told = ", nothing to compare with"
        cli.out.say(f"  {text} {code}{told}".rstrip())


def _show_unit(cli: Cli, answer: PanelAnswer) -> None:
    from outlay.money.quotients import significant

    unit = answer.unit
    assert unit is not None
    known = [period for period in unit.periods if period.whole and period.total.unit_cost]
    if not known:
        cli.out.say("  no whole period is known yet")
        return
    cost = known[-1].total.unit_cost
    assert cost is not None
    cli.out.say(
        f"  {significant(cost)} {unit.currency} per {unit.unit} ({unit.grain} from "
        f"{known[-1].start})"
    )


def _register_keeping(group: typer.Typer) -> None:
    @command(group, "copy", examples=["outlay dashboards copy aws --title 'AWS of the shop'"])
    def copy(
        cli: Cli,
        name: _Name,
        title: Annotated[str, typer.Option(help="Title of the copy; its name is made of it.")] = "",
    ) -> None:
        """Copy a dashboard, own or ready-made, to change the copy."""
        from outlay.app.dashboards.keeping import board_json
        from outlay.app.dashboards.keeping import copy as copied

        board = copied(cli.workspace, name, title)
        if cli.out.json:
            cli.out.data(board_json(board))
        cli.out.say(f"The dashboard {board.name} is a copy of {name}.")

    @command(
        group,
        "export",
        examples=["outlay dashboards export aws", "outlay dashboards export aws --out aws.yaml"],
    )
    def export(
        cli: Cli,
        name: _Name,
        out: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Write there, not to the terminal.")
        ] = None,
    ) -> None:
        """Print a dashboard as a resource file, which `outlay apply` reads."""
        from outlay.app.dashboards.keeping import board_json, file_text, find

        board = find(cli.workspace, name)
        if cli.out.json:
            cli.out.data(board_json(board))
        elif out is not None:
            out.write_text(file_text(board), encoding="utf-8")
            cli.out.say(f"{out} is written.")
        else:
            typer.echo(file_text(board), nl=False)


def _register_annotations(group: typer.Typer) -> None:
    @command(
        group,
        "list",
        examples=["outlay annotations list", "outlay annotations list --category incident"],
    )
    def list_annotations(
        cli: Cli,
        category: Annotated[str, typer.Option(help="deploy, incident, price-change, event.")] = "",
        text: Annotated[str, typer.Option(help="Words of the text.")] = "",
    ) -> None:
        """List the annotations, newest day first."""
        from outlay.app.annotations.marks import Sought, annotation_json, listed

        found = listed(cli.workspace, Sought(None, category, text))
        if cli.out.json:
            cli.out.data([annotation_json(one) for one in found])
        elif found:
            cli.out.table(
                [Col("Annotation"), Col("First day"), Col("Last day"), Col("Kind"), Col("What"),
                 Col("By", optional=True)],
                [
                    (one.name, str(one.spec.from_), str(one.spec.last), one.spec.category,
                     one.spec.text, one.author)
                    for one in found
                ],
            )  # fmt: skip
            cli.out.say(plural(len(found), "annotation"))
        else:
            cli.out.say("No annotation: outlay annotations add 2026-03-03 'Checkout v2 went live'.")

    @command(
        group,
        "add",
        examples=[
            "outlay annotations add 2026-03-03 'Checkout v2 went live' --category deploy",
            "outlay annotations add 2026-03-03 'Load test' --until 2026-03-06 "
            "--where \"ServiceName = 'AmazonEC2'\"",
        ],
    )
    def add(
        cli: Cli,
        day: Annotated[str, typer.Argument(help="The first day, UTC: YYYY-MM-DD.")],
        text: Annotated[str, typer.Argument(help="What happened.")],
        until: Annotated[
            str, typer.Option(metavar="DAY", help="The day after the last; default: one day.")
        ] = "",
        category: Annotated[
            str, typer.Option(help="deploy, incident, price-change or event (default).")
        ] = "event",
        link: Annotated[str, typer.Option(metavar="URL", help="Where more is said.")] = "",
        where: Annotated[
            str, typer.Option(metavar="CONDITION", help="The charges that it is about.")
        ] = "",
        dashboard: Annotated[str, typer.Option(help="Shown on this dashboard alone.")] = "",
        view: Annotated[str, typer.Option(help="Shown on this view alone.")] = "",
    ) -> None:
        """Annotate a day, or the days up to `--until`."""
        from outlay.app.annotations.marks import add as added
        from outlay.app.annotations.marks import annotation_json

        parts = {
            "from": day, "until": until, "text": text, "category": category, "link": link,
            "where": where, "dashboard": dashboard, "view": view,
        }  # fmt: skip
        one = added(cli.workspace, parts)
        if cli.out.json:
            cli.out.data(annotation_json(one))
        cli.out.say(f"The annotation {one.name} is kept.")

    @command(group, "remove", examples=["outlay annotations remove 2026-03-03-load-test"])
    def remove(
        cli: Cli, name: Annotated[str, typer.Argument(help="The annotation's name.")]
    ) -> None:
        """Remove an annotation; `outlay history annotation NAME --restore N` brings it back."""
        from outlay.app.annotations.marks import remove as removed

        removed(cli.workspace, name)
        if cli.out.json:
            cli.out.data({"removed": name})
        cli.out.say(f"The annotation {name} is removed.")
