"""What the commands of plans have in common: arguments, and what a change says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import Cli
from outlay.cli.output import money

if TYPE_CHECKING:
    from outlay.planning.plans.model import Version

Name = Annotated[str, typer.Argument(help="The plan's name.")]
Number = Annotated[
    int | None,
    typer.Option("--version", metavar="N", help="A version; default: the draft, else approved."),
]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]
Revision = Annotated[
    int | None,
    typer.Option(metavar="N", help="The revision looked at: refused if others changed the same."),
]


def done(cli: Cli, made: Version, said: str) -> None:
    """What a change did."""
    from outlay.app.planning import plan_shapes

    if cli.out.json:
        cli.out.data(plan_shapes.info_json(made.info))
        return
    info = made.info
    cli.out.say(f"{info.plan} version {info.version}, revision {info.revision}: {said}. "
                f"The year is {money(info.total)} {info.currency}.")  # fmt: skip
