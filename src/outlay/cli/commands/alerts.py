"""`outlay alerts` and `outlay watch`: what is to be known, who is told, and what they did."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, moment, money

if TYPE_CHECKING:
    from outlay.alerts.store import Alert
    from outlay.app.alerts.looking import Looked
    from outlay.app.alerts.trying import Preview
    from outlay.app.alerts.use import History

NoWatch = Annotated[
    bool,
    typer.Option("--no-watch", help="Do not look for alerts afterwards (`outlay watch` does)."),
]
_Id = Annotated[int, typer.Argument(help="The alert's number.")]
_Note = Annotated[str, typer.Option("--note", help="Why, for the others.")]


def register(app: typer.Typer) -> None:
    """Add the command `watch` and the group `alerts`."""
    _register_watch(app)
    group = typer.Typer(
        no_args_is_help=True, help="What is to be known: who was told, what they did about it."
    )
    app.add_typer(group, name="alerts", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_changes(group)
    _register_routes(group)
    _register_digest(group)


# --- looking ------------------------------------------------------------------------------------


def look_after(cli: Cli) -> None:
    """Look for what is to be known after bills came in. What does not work is told and changes
    nothing of what was loaded; a server looks by itself."""
    if cli.server is not None:
        return
    from outlay.app.alerts.looking import look

    looked = look(cli.workspace, only_due=True)
    if looked.raised:
        verb = "alert is" if looked.raised == 1 else "alerts are"
        cli.out.say(f"{looked.raised} {verb} new: `outlay alerts list` shows them.")
    _tell_failures(looked)


def _tell_failures(looked: Looked) -> None:
    for step in looked.watched.steps:
        if step.failed:
            typer.echo(f"Warning: the look at {step.name} failed: {step.failed}", err=True)


def _register_watch(app: typer.Typer) -> None:
    @command(
        app,
        "watch",
        panel=QUESTIONS,
        examples=["outlay watch", "outlay watch --due --json", "outlay watch --only freshness"],
    )
    def watch(
        cli: Cli,
        due: Annotated[
            bool, typer.Option("--due", help="Only if the ledger has moved or something is due.")
        ] = False,
        only: Annotated[
            list[str] | None,
            typer.Option(
                "--only", help="anomalies, budgets, plans, freshness or alerts; may be repeated."
            ),
        ] = None,
    ) -> int:
        """Look for what is to be known (anomalies, budgets, plans, sources that are late), then
        tell those whose matter it is. For cron; a served workspace looks by itself, and so do
        `load` and `sync`. Exit code 1 when a step failed."""
        from outlay.app.alerts import shapes
        from outlay.app.alerts.looking import look

        looked = look(cli.workspace, only or None, due)
        if cli.out.json:
            cli.out.data(shapes.looked_json(looked))
        elif not looked.watched.steps:
            cli.out.say("Nothing is due.")
        else:
            cli.out.table(
                [Col("Step"), Col("New", True), Col("What")],
                [
                    (s.name, str(s.raised), s.failed or "\n".join(s.notes) or NOTHING)
                    for s in looked.watched.steps
                ],
            )
        for one in looked.deliveries if not cli.out.json else ():
            cli.out.say(f"{one.channel}: {one.state} {one.message}".rstrip())
        _tell_failures(looked)
        return FAILED if looked.failed else OK


# --- alerts -------------------------------------------------------------------------------------


def _register_list(group: typer.Typer) -> None:
    @command(
        group,
        "list",
        examples=["outlay alerts list", "outlay alerts list --state all --kind budget"],
    )
    def list_alerts(
        cli: Cli,
        state: Annotated[
            str, typer.Option(help="open, acknowledged, snoozed, settled or all.")
        ] = "open",
        kind: Annotated[
            str, typer.Option(help="anomaly, budget, plan, freshness, policy or sync.")
        ] = "",
        severity: Annotated[
            str, typer.Option(help="This severity or a higher: info, warning, critical.")
        ] = "",
        owner: Annotated[str, typer.Option(help="Of this owner; `none`: of those without.")] = "",
        text: Annotated[str, typer.Option(help="With this in its subject or title.")] = "",
        limit: Annotated[int, typer.Option(min=1, help="The most alerts.")] = 200,
    ) -> None:
        """List alerts, the most severe and newest first."""
        from outlay.app.alerts import shapes, use

        found = use.alerts(cli.workspace, state, kind, severity, owner, text, limit)
        if found.doubt:
            typer.echo(f"Warning: {found.doubt} `outlay watch` looks now.", err=True)
        if cli.out.json:
            cli.out.data(shapes.listing_json(found))
            return
        if not found.alerts:
            others = ", ".join(f"{n} {one}" for one, n in found.counts.items() if n)
            cli.out.say(f"No alert fits. There are: {others}." if others else "No alert yet.")
            return
        cli.out.table(
            [Col("Id", True), Col("Severity"), Col("State"), Col("Alert"), Col("Amount", True),
             Col("Owner"), Col("Raised")],
            [
                (
                    str(one.id), one.severity, one.shown_state(found.now), one.signal.title,
                    _amount(one), one.signal.owner.text if one.signal.owner else NOTHING,
                    moment(one.raised_at),
                )
                for one in found.alerts
            ],
        )  # fmt: skip


def _amount(alert: Alert) -> str:
    signal = alert.signal
    return NOTHING if signal.amount is None else f"{money(signal.amount)} {signal.currency}"


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay alerts show 17"])
    def show(cli: Cli, alert: _Id) -> None:
        """Show an alert: what it says, who was told, what they did."""
        from outlay.app.alerts import shapes, use

        found = use.alert(cli.workspace, alert)
        if cli.out.json:
            cli.out.data(shapes.history_json(found))
            return
        one, signal = found.alert, found.alert.signal
        cli.out.say(f"{signal.title} ({one.severity}, {one.shown_state(found.now)})")
        for line in signal.lines:
            cli.out.say(f"  {line}")
        if signal.amount is not None:
            cli.out.say(f"Amount    {_amount(one)}")
        if signal.driver:
            cli.out.say(f"Driver    {signal.driver}")
        cli.out.say(f"Owner     {signal.owner.text if signal.owner else NOTHING}")
        cli.out.say(f"Page      {signal.link or NOTHING}")
        _steps(cli, found)


def _steps(cli: Cli, found: History) -> None:
    rows = []
    for step in found.steps:
        delivery = found.deliveries.get(step.delivery or 0)
        to = f"{step.channel} to {step.address}" if step.address else step.channel
        what = " ".join(filter(None, (step.action, step.about)))
        state = f"{delivery.state} {delivery.message}".strip() if delivery else step.note
        rows.append((moment(step.at), what, to or NOTHING, step.author, state or NOTHING))
    cli.out.table([Col("At"), Col("What"), Col("To"), Col("Who"), Col("What became of it")], rows)


def _register_changes(group: typer.Typer) -> None:
    @command(group, "acknowledge", examples=["outlay alerts acknowledge 17 --note 'on it'"])
    def acknowledge(cli: Cli, alert: _Id, note: _Note = "") -> None:
        """Say that somebody looks after an alert: nobody is told again, digests leave it out."""
        from outlay.app.alerts import use

        _changed(cli, lambda: use.acknowledge(cli.workspace, alert, note))

    @command(group, "snooze", examples=["outlay alerts snooze 17 3d"])
    def snooze(
        cli: Cli,
        alert: _Id,
        until: Annotated[
            str, typer.Argument(help="4h, 3d, 1w, a day or a UTC time: when it comes back.")
        ],
        note: _Note = "",
    ) -> None:
        """Put an alert aside for a while: nobody is told until it comes back."""
        from outlay.app.alerts import use

        _changed(cli, lambda: use.snooze(cli.workspace, alert, use.moment_of(until), note))

    @command(group, "reopen", examples=["outlay alerts reopen 17"])
    def reopen(cli: Cli, alert: _Id, note: _Note = "") -> None:
        """Take back an acknowledgement, a snooze or that an alert was settled."""
        from outlay.app.alerts import use

        _changed(cli, lambda: use.reopen(cli.workspace, alert, note))

    @command(group, "assign", examples=["outlay alerts assign 17 ana"])
    def assign(
        cli: Cli,
        alert: _Id,
        person: Annotated[str, typer.Argument(help="The account; '' takes it away.")],
    ) -> None:
        """Say who looks after an alert."""
        from outlay.app.alerts import use

        _changed(cli, lambda: use.assign(cli.workspace, alert, person))

    @command(group, "settle", examples=["outlay alerts settle 17 --note 'capacity was released'"])
    def settle(cli: Cli, alert: _Id, note: _Note = "") -> None:
        """Say that what an alert told of is over; it stays so until its severity goes up."""
        from outlay.app.alerts import use

        _changed(cli, lambda: use.settle(cli.workspace, alert, note))


def _changed(cli: Cli, change: Callable[[], Alert]) -> None:
    """Do it, then let the channels know that were told (here; a server does so by itself)."""
    from outlay.app.alerts import shapes
    from outlay.app.alerts.looking import look
    from outlay.app.runs import utc_now

    alert = change()
    if cli.server is None:
        _tell_failures(look(cli.workspace, ["alerts"]))
    if cli.out.json:
        cli.out.data(shapes.alert_json(alert, utc_now()))
    else:
        cli.out.say(f"{alert.signal.title}: {alert.shown_state(utc_now())}.")


# --- routes and digests -------------------------------------------------------------------------


def _register_routes(group: typer.Typer) -> None:
    routes = typer.Typer(no_args_is_help=True, help="Which alerts go to whom, and when.")
    group.add_typer(routes, name="routes")

    @command(routes, "list", examples=["outlay alerts routes list"])
    def list_routes(cli: Cli) -> None:
        """List the routes in their order, with what went by them in the last thirty days."""
        from outlay.app.alerts import shapes, trying

        lines = trying.listed(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.route_json(line) for line in lines])
            return
        if not lines:
            cli.out.say(
                "No route yet: every alert is on the page and nobody is told. Write one as a file "
                "of the kind AlertRoute and `outlay apply` it; `outlay get alertroute --help` "
                "shows one."
            )
            return
        cli.out.table(
            [Col("Order", True), Col("Route"), Col("Alerts", True), Col("To"),
             Col("Next digest"), Col("Problems")],
            [
                (
                    str(line.spec.order), line.name + ("" if line.spec.enabled else " (off)"),
                    str(line.alerts), "\n".join(t.text for t in line.targets) or NOTHING,
                    moment(line.next_digest) if line.next_digest else NOTHING,
                    "\n".join(line.problems) or NOTHING,
                )
                for line in lines
            ],
        )  # fmt: skip

    @command(routes, "preview", examples=["outlay alerts routes preview teams --days 60"])
    def preview(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="The route's name.")],
        days: Annotated[int, typer.Option(min=1, max=366, help="How far to look back.")] = 30,
    ) -> None:
        """Show what would have gone where by a route in the last days."""
        from outlay.app.alerts import shapes, trying

        found = trying.preview(cli.workspace, name, days=days)
        if cli.out.json:
            cli.out.data(shapes.preview_json(found))
        else:
            _show_preview(cli, found)

    @command(routes, "test", examples=["outlay alerts routes test teams"])
    def test(cli: Cli, name: Annotated[str, typer.Argument(help="The route's name.")]) -> int:
        """Send a test by every channel that a route names; exit code 1 when one did not arrive."""
        from outlay.app.alerts import trying
        from outlay.app.reports import shapes, use

        ids = trying.test_route(cli.workspace, name)
        use.deliver(cli.workspace, ids)
        done = [use.delivery(cli.workspace, ident) for ident in ids]
        if cli.out.json:
            cli.out.data([shapes.delivery_json(one) for one in done])
        for one in done:
            cli.out.say(f"{one.channel}: {one.state} {one.message}".rstrip())
        return OK if all(one.state == "sent" for one in done) else FAILED


def _show_preview(cli: Cli, found: Preview) -> None:
    cli.out.say(
        f"{len(found.rows)} of {found.looked_at} alerts since {moment(found.since)} go by it."
    )
    if not found.rows:
        return
    cli.out.table(
        [Col("Raised"), Col("Alert"), Col("Amount", True), Col("Told"), Col("To")],
        [
            (
                moment(row.alert.raised_at), row.alert.signal.title, _amount(row.alert),
                moment(row.at_once) if row.at_once else "in the digest",
                "\n".join([*(t.text for t in row.targets), *row.problems]) or NOTHING,
            )
            for row in found.rows
        ],
    )  # fmt: skip


def _register_digest(group: typer.Typer) -> None:
    @command(
        group,
        "digest",
        examples=["outlay alerts digest --preview", "outlay alerts digest --preview --route teams"],
    )
    def digest(
        cli: Cli,
        route: Annotated[str, typer.Option(help="Only this route's.")] = "",
        preview: Annotated[
            bool, typer.Option("--preview", help="Show them as of now; nothing is sent.")
        ] = False,
    ) -> int:
        """Show the digests as they would be now. They are sent by themselves when they are due."""
        from outlay.app.alerts import shapes, trying
        from outlay.reports.render.mail import text

        if not preview:
            from outlay.cli.failure import usage

            return usage(
                "say --preview: digests are sent by themselves",
                as_json=cli.out.json,
                hint="`outlay watch` sends what is due.",
            )
        found = trying.digest_preview(cli.workspace, route)
        if cli.out.json:
            cli.out.data([shapes.digest_json(one) for one in found])
        for one in found if not cli.out.json else ():
            sys.stdout.write(f"To {one.target.text}, by the route {one.route}\n\n")
            sys.stdout.write(f"{text(one.document)}\n")
        if not found:
            cli.out.say("No digest has anything to tell now.")
        return OK
