"""`outlay tickets`: recommendations in Jira, GitHub and ServiceNow, linked both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, count, moment

if TYPE_CHECKING:
    from outlay.app.tickets.use import Ticket

_Number = Annotated[int, typer.Argument(help="The recommendation's number.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Recommendations as tickets, in step both ways."
    )  # fmt: skip
    app.add_typer(group, name="tickets", rich_help_panel=QUESTIONS)
    _register_read(group)
    _register_change(group)


def _register_read(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay tickets list", "outlay tickets list --json"])
    def list_tickets(cli: Cli) -> None:
        """List the tickets with where each and its recommendation stand."""
        from outlay.app.tickets import shapes, use

        found = use.tickets(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.ticket_json(one) for one in found])
        elif not found:
            cli.out.say(
                "No ticket yet: `outlay tickets open NUMBER --in SYSTEM` opens one for a "
                "recommendation of `outlay savings list`."
            )
        else:
            _table(cli, found)

    @command(group, "of", examples=["outlay tickets of 12"])
    def of(cli: Cli, number: _Number) -> None:
        """The tickets of one recommendation."""
        from outlay.app.tickets import shapes, use

        found = use.tickets_of(cli.workspace, number)
        if cli.out.json:
            cli.out.data([shapes.ticket_json(one) for one in found])
        elif not found:
            cli.out.say(f"Recommendation {number} has no ticket.")
        else:
            _table(cli, found)

    @command(group, "systems", examples=["outlay tickets systems"])
    def systems(cli: Cli) -> None:
        """List the ticket systems, and what their states mean."""
        from outlay.app.tickets import shapes, use
        from outlay.app.tickets.model import MEANINGS

        found = use.systems(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.system_json(one) for one in found])
            return
        if not found:
            cli.out.say(
                "No ticket system yet: `outlay apply FILE` keeps a resource of kind TicketSystem."
            )
            return
        cli.out.table(
            [Col("System"), Col("Type"), Col("Where"), Col("Tickets", True), Col("Problems", True)],
            [
                (one.name, one.spec.type, f"{one.spec.where} {one.spec.project}".strip(),
                 count(one.tickets), count(one.problems))
                for one in found
            ],
        )  # fmt: skip
        for one in found:
            words = "; ".join(f"{m}: {', '.join(one.spec.words(m))}" for m in MEANINGS)
            cli.out.say(f"{one.name}: {words}")


def _table(cli: Cli, found: tuple[Ticket, ...]) -> None:
    cli.out.table(
        [
            Col("Ticket"), Col("System"), Col("State"), Col("Recommendation", True), Col("It is"),
            Col("What", optional=True), Col("Read (UTC)", optional=True),
        ],
        [
            (
                one.external or NOTHING, one.system, one.state, str(one.recommendation),
                one.of_state, one.title, moment(one.synced_at),
            )
            for one in found
        ],
    )  # fmt: skip
    for one in found:
        if one.problem:
            later = f"; tried again at {moment(one.next_try)} UTC" if one.next_try else ""
            cli.out.say(f"{one.external or one.system}: {one.problem}{later}")


def _register_change(group: typer.Typer) -> None:
    @command(group, "open", examples=["outlay tickets open 12 --in jira"])
    def open_(
        cli: Cli,
        number: _Number,
        system: Annotated[str, typer.Option("--in", help="The ticket system's name.")],
    ) -> int:
        """Open a ticket for a recommendation; the one there is, where one is open already."""
        from outlay.app.tickets import shapes, use

        done = use.open_ticket(cli.workspace, number, system)
        if cli.out.json:
            cli.out.data(shapes.ticket_json(done))
        if done.problem:
            typer.echo(f"Warning: {done.problem}. It is opened later.", err=True)
            return FAILED
        cli.out.say(f"{done.external} {done.url}".strip())
        return OK

    @command(group, "sync", examples=["outlay tickets sync"])
    def sync(cli: Cli) -> int:
        """Bring tickets and recommendations to the same state, both ways."""
        from outlay.app.tickets import shapes, syncing

        done = syncing.sync(cli.workspace, every=True)
        if cli.out.json:
            cli.out.data(shapes.synced_json(done))
        for line in done.changed:
            cli.out.say(line)
        for line in done.problems:
            typer.echo(f"Error: {line}", err=True)
        if not done.changed and not done.problems:
            cli.out.say(f"{count(done.looked_at)} looked at; nothing changed.")
        return FAILED if done.problems else OK
