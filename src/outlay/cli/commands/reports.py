"""`outlay reports` and `outlay channels`: what is sent by itself, and the ways it goes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, moment

if TYPE_CHECKING:
    from outlay.reports.document import File
    from outlay.reports.outbox import Delivery

_Name = Annotated[str, typer.Argument(help="The report's name.")]
_Channels = Annotated[
    list[str] | None, typer.Option("--channel", help="Only this channel; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the groups `reports` and `channels`."""
    group = typer.Typer(
        no_args_is_help=True, help="Reports that are sent by themselves; what became of them."
    )
    app.add_typer(group, name="reports", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_preview(group)
    _register_send(group)
    _register_run(group)
    _register_log(group)
    ways = typer.Typer(no_args_is_help=True, help="The ways by which reports and alerts leave.")
    app.add_typer(ways, name="channels", rich_help_panel=QUESTIONS)
    _register_channels(ways)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay reports list"])
    def list_reports(cli: Cli) -> None:
        """List the reports, those that fail first."""
        from outlay.app.reports import shapes, use

        lines = use.reports(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.report_json(line) for line in lines])
        elif lines:
            cli.out.table(
                [Col("Report"), Col("Tells"), Col("Next"), Col("Channels"), Col("Last")],
                [
                    (
                        line.name,
                        f"{line.spec.content.kind} {line.spec.content.target}",
                        line.next_due or ("paused" if not line.spec.enabled else "by hand"),
                        ", ".join(line.spec.channels),
                        "failed" if line.failing else _last(line.last),
                    )
                    for line in lines
                ],
            )
            for line in lines:
                for one in line.failing:
                    cli.out.say(f"{line.name} by {one.channel} failed: {one.message}")
        else:
            cli.out.say(
                "No report yet: write one as a file of the kind Report and `outlay apply` it, or "
                "choose Schedule on a view, dashboard or statement."
            )


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay reports show teams-monthly"])
    def show(cli: Cli, name: _Name) -> None:
        """Show a report: what, when, by which ways, with whose eyes, and its last deliveries."""
        from outlay.app.reports import shapes, use

        line = use.report(cli.workspace, name)
        if cli.out.json:
            cli.out.data(shapes.report_json(line))
            return
        spec = line.spec
        cli.out.say(f"{line.title} ({line.name}, version {line.version})")
        cli.out.say(f"Tells     {spec.content.kind} {spec.content.target}")
        cli.out.say(f"When      {spec.schedule} ({spec.timezone}); next {line.next_due or NOTHING}")
        cli.out.say(f"Forms     {', '.join(spec.formats) or 'the message alone'}")
        cli.out.say(f"Channels  {', '.join(spec.channels)}")
        if spec.recipients:
            cli.out.say(f"To        {', '.join(spec.recipients)}")
        if spec.only_if:
            cli.out.say(f"Only if   {spec.only_if}")
        eyes = f"{line.owner}, as {spec.run_as}" if spec.run_as else line.owner
        cli.out.say(f"Eyes      {eyes}")
        _log_table(cli, use.deliveries(cli.workspace, name, limit=10))


def _register_preview(group: typer.Typer) -> None:
    @command(
        group,
        "preview",
        examples=[
            "outlay reports preview teams-monthly",
            "outlay reports preview teams-monthly --format pdf --out teams.pdf",
        ],
    )
    def preview(
        cli: Cli,
        name: _Name,
        form: Annotated[
            str, typer.Option("--format", help="text, html, pdf, xlsx, csv or parquet.")
        ] = "text",
        out: Annotated[
            Path | None, typer.Option("--out", help="A file or folder; default: the terminal.")
        ] = None,
    ) -> None:
        """Make a report as it would be sent now, without sending it."""
        from outlay.app.reports import use

        files = use.preview(cli.workspace, name, form)
        _put(cli, files, out)


def _put(cli: Cli, files: list[File], out: Path | None) -> None:
    if out is None:
        for file in files:
            sys.stdout.buffer.write(file.content)
        sys.stdout.flush()
        return
    many = len(files) > 1 or out.is_dir()
    if many:
        out.mkdir(parents=True, exist_ok=True)
    paths = [out / file.name if many else out for file in files]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file.content)
    if cli.out.json:
        cli.out.data([str(path) for path in paths])
    for path in paths:
        cli.out.say(f"Written: {path}")


def _register_send(group: typer.Typer) -> None:
    @command(
        group,
        "send",
        examples=[
            "outlay reports send teams-monthly",
            "outlay reports send teams-monthly --test --channel finance-mail --to ana@example.com",
        ],
    )
    def send(
        cli: Cli,
        name: _Name,
        channel: _Channels = None,
        test: Annotated[
            bool, typer.Option("--test", help="Say that it is a test, by one channel.")
        ] = False,
        to: Annotated[str, typer.Option(help="The one address of a test by mail.")] = "",
    ) -> int:
        """Send a report now; exit code 1 when it did not arrive. What failed for now is tried again
        by the served workspace, or by `outlay reports run --due`."""
        from outlay.app.reports import use

        workspace = cli.workspace
        if test:
            chosen = channel or list(use.report(workspace, name).spec.channels[:1])
            ids = use.put_test(workspace, name, chosen[0], to)
        else:
            ids = use.put_now(workspace, name, channel or [])
        use.deliver(workspace, ids)
        return _told(cli, [use.delivery(workspace, ident) for ident in ids])


def _register_run(group: typer.Typer) -> None:
    @command(group, "run", examples=["outlay reports run --due"])
    def run(
        cli: Cli,
        due: Annotated[
            bool, typer.Option("--due", help="Everything that is due or waits to be tried again.")
        ] = False,
    ) -> int:
        """Send what is due, for cron; a served workspace does so by itself, and both together send
        each thing once. Exit code 1 when something failed."""
        from outlay.app.reports import use

        if not due:
            from outlay.cli.failure import usage

            return usage(
                "say what to run",
                as_json=cli.out.json,
                hint="`outlay reports run --due` sends what is due; `outlay reports send NAME` "
                "sends one report.",
            )
        done = use.deliver(cli.workspace)
        if not done and not cli.out.json:
            cli.out.say("Nothing is due.")
            return OK
        return _told(cli, done)


def _told(cli: Cli, done: list[Delivery]) -> int:
    from outlay.app.reports import shapes

    if cli.out.json:
        cli.out.data([shapes.delivery_json(one) for one in done])
    for one in done:
        what = one.report or "notice"
        again = f"; tried again {moment(one.next_attempt_at)} UTC" if one.state == "waiting" else ""
        reason = f": {one.message}" if one.message else ""
        cli.out.say(f"{what} by {one.channel}: {one.state}{reason}{again}")
    return OK if all(one.state in ("sent", "skipped") for one in done) else FAILED


def _register_log(group: typer.Typer) -> None:
    @command(
        group,
        "log",
        examples=["outlay reports log", "outlay reports log teams-monthly --state failed"],
    )
    def log(
        cli: Cli,
        name: Annotated[str | None, typer.Argument(help="Only this report.")] = None,
        channel: Annotated[str | None, typer.Option(help="Only this channel.")] = None,
        state: Annotated[
            list[str] | None,
            typer.Option(help="waiting, sending, sent, failed or skipped; may be repeated."),
        ] = None,
        limit: Annotated[int, typer.Option(min=1, max=500, help="The most lines.")] = 30,
        retry: Annotated[
            int | None, typer.Option(metavar="ID", help="Try this delivery again, now.")
        ] = None,
    ) -> int:
        """The log of deliveries, newest first, with the attempts of each in --json."""
        from outlay.app.reports import shapes, use

        workspace = cli.workspace
        if retry is not None:
            use.deliver(workspace, [use.retry(workspace, retry).id])
            return _told(cli, [use.delivery(workspace, retry)])
        found = use.deliveries(workspace, name, channel, state or [], limit)
        if cli.out.json:
            cli.out.data([shapes.delivery_json(one) for one in found])
        else:
            _log_table(cli, found)
        return OK


def _log_table(cli: Cli, found: list[Delivery]) -> None:
    if not found:
        cli.out.say("Nothing was delivered yet.")
        return
    cli.out.table(
        [
            Col("Id", True),
            Col("Due (UTC)"),
            Col("Report"),
            Col("Channel"),
            Col("State"),
            Col("Attempts", True),
            Col("What", optional=True),
        ],
        [
            (
                str(one.id),
                moment(one.due_at),
                one.report or "notice",
                one.channel,
                _state(one),
                str(one.attempts),
                one.message,
            )
            for one in found
        ],
    )


def _last(one: Delivery | None) -> str:
    return NOTHING if one is None else _state(one)


def _state(one: Delivery) -> str:
    return f"{one.state}, test" if one.kind == "test" else one.state


def _register_channels(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay channels list"])
    def list_channels(cli: Cli) -> None:
        """List the channels, those that fail first."""
        from outlay.app.reports import shapes, use

        lines = use.channels(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.channel_json(line) for line in lines])
        elif lines:
            cli.out.table(
                [Col("Channel"), Col("Type"), Col("To"), Col("Last"), Col("Reports")],
                [
                    (
                        line.name,
                        line.spec.type,
                        line.target,
                        NOTHING if line.last is None else _state(line.last),
                        ", ".join(line.reports) or NOTHING,
                    )
                    for line in lines
                ],
            )
            for line in lines:
                if line.failing and line.last is not None:
                    cli.out.say(f"{line.name}: {line.last.message}")
        else:
            cli.out.say(
                "No channel yet: write one as a file of the kind Channel and `outlay apply` it. "
                "docs/reports.md has one of each type."
            )

    @command(group, "test", examples=["outlay channels test finance-mail"])
    def test(cli: Cli, name: Annotated[str, typer.Argument(help="The channel's name.")]) -> int:
        """Send a short message by a channel; exit code 1 when it does not arrive."""
        from outlay.app.reports import use

        ids = use.test_channel(cli.workspace, name)
        use.deliver(cli.workspace, ids)
        return _told(cli, [use.delivery(cli.workspace, ident) for ident in ids])
