"""`outlay find`: something by a part of its name."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import Col, money


def register(app: typer.Typer) -> None:
    """Add the command `find`."""

    @command(app, "find", panel=QUESTIONS, examples=["outlay find checkout", "outlay find ec2"])
    def find(
        cli: Cli,
        text: Annotated[str, typer.Argument(help="A part of a name, in any case.")],
        limit: Annotated[int, typer.Option(min=1, help="Most of a kind.")] = 5,
    ) -> None:
        """Find what is configured, and services, accounts, resources and values of virtual tags
        with their effective cost over all periods, by a part of their name."""
        from outlay.app import finding

        found = finding.find(cli.workspace, text, limit)
        if cli.out.json:
            cli.out.data([finding.found_json(one) for one in found])
        elif found:
            cli.out.table(
                [Col("What"), Col("Name"), Col("Title"), Col("Effective cost", True)],
                [
                    (
                        one.dimension or one.kind,
                        one.name,
                        one.title if one.title != one.name else "",
                        ", ".join(f"{money(m)} {c}" for c, m in one.amounts.items()),
                    )
                    for one in found
                ],
            )
        else:
            cli.out.say(f"Nothing has {text!r} in its name.")
