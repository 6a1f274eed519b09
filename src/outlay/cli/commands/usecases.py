"""`outlay usecase`: the questions of the FOCUS use-case library, by name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import AsOf
from outlay.cli.output import NOTHING, Col, Output, count, money
from outlay.cli.values import moment_of

if TYPE_CHECKING:
    from outlay.query.usecases import UseCase, UseCaseAnswer

_FORMATS = ("table", "json", "csv")
_NUMBERS = ("money", "quantity", "count", "ratio")


def register(app: typer.Typer) -> None:
    """Add the command `usecase`."""

    @command(
        app,
        "usecase",
        panel=QUESTIONS,
        examples=[
            "outlay usecase",
            "outlay usecase --search commitment",
            "outlay usecase analyze-tag-coverage --param tag=team --param range=last-3-months",
            "outlay usecase report-costs-by-service-category --format csv",
        ],
    )
    def usecase(
        cli: Cli,
        name: Annotated[
            str | None, typer.Argument(help="A use case; without one all are listed.")
        ] = None,
        param: Annotated[
            list[str] | None,
            typer.Option(metavar="NAME=VALUE", help="A parameter; may be given several times."),
        ] = None,
        search: Annotated[str, typer.Option(help="List only those with these words.")] = "",
        format: Annotated[str, typer.Option(help="table, json or csv.")] = "table",
        show_sql: Annotated[
            bool, typer.Option("--sql", help="Show the SQL below the answer.")
        ] = False,
        as_of: AsOf = None,
    ) -> None:
        """Ask one of the 66 questions of the FOCUS use-case library, or list them.

        Ranges are those of `outlay query --range`; `outlay usecase NAME --sql` shows the SELECT
        that answers, which `outlay sql` runs as well.
        """
        from outlay.app import usecases

        if format not in _FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(_FORMATS)}, not {format!r}")
        wanted = "json" if cli.out.json else format
        if name is None:
            _list(cli.out, usecases.listed(search), wanted)
            return
        given = _given(param)
        moment = moment_of(as_of, "as_of")
        answer = usecases.answer(cli.workspace, name, given, as_of=moment)
        if wanted == "json":
            Output(json=True).data(answer.to_json())
        elif wanted == "csv":
            sys.stdout.write(answer.to_csv())
        else:
            _show(cli.out, answer, show_sql)


def _given(pairs: Sequence[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"--param takes NAME=VALUE, not {pair!r}")
        found[name.strip()] = value
    return found


def _list(out: Output, cases: Sequence[UseCase], format: str) -> None:
    from outlay.app.usecases import case_json

    if format == "json":
        Output(json=True).data([case_json(case) for case in cases])
        return
    if format == "csv":
        import csv

        writer = csv.writer(sys.stdout, lineterminator="\r\n")
        writer.writerow(["name", "title", "group", "question"])
        writer.writerows([case.name, case.title, case.group, case.question] for case in cases)
        return
    if not cases:
        out.say("No use case has these words. `outlay usecase` lists all of them.")
        return
    for group in dict.fromkeys(case.group for case in cases):
        out.say(group)
        out.table(
            [Col("Use case"), Col("Question", optional=True)],
            [(case.name, case.question) for case in cases if case.group == group],
        )


def _show(out: Output, answer: UseCaseAnswer, show_sql: bool) -> None:
    out.say(answer.case.question)
    chosen = ", ".join(f"{name}={value}" for name, value in answer.parameters.items() if value)
    out.say(f"With {chosen}." if chosen else "")
    if answer.rows:
        columns = [Col(c.name, c.kind in _NUMBERS) for c in answer.columns]
        rows = [[cell(row[c.name], c.kind) for c in answer.columns] for row in answer.rows]
        out.table(columns, rows)
    else:
        out.say("No charge answers this. Try another range: --param range=all.")
    if answer.truncated:
        out.say(f"Only the first {count(len(answer.rows))} rows.")
    if answer.case.note:
        out.say(f"Note: {answer.case.note}")
    if show_sql:
        out.say("")
        out.say(answer.sql)


def cell(value: Any, kind: str) -> str:
    """One value for people."""
    if value is None:
        return NOTHING
    if kind == "money":
        return money(value)
    if kind == "count":
        return count(int(value))
    if kind in ("quantity", "ratio"):
        text = f"{value:,f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if kind == "moment":
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)
