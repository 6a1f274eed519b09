"""`outlay anomalies`: what was not expected, why, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, moment, money

if TYPE_CHECKING:
    from outlay.app.anomalies.events import Event

_Number = Annotated[int, typer.Argument(metavar="ID", help="The event's number.")]
_Note = Annotated[str, typer.Option("--note", help="Why, for the others.")]


def register(app: typer.Typer) -> None:
    """Add the group `anomalies`."""
    group = typer.Typer(
        no_args_is_help=True, help="What was not expected, why, and what was done about it."
    )
    app.add_typer(group, name="anomalies", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_acts(group)
    _register_feedback(group)
    _register_detect(group)
    _register_monitors(group)


def _register_list(group: typer.Typer) -> None:
    @command(
        group,
        "list",
        examples=[
            "outlay anomalies list",
            "outlay anomalies list --state all --direction up --minimum 500 --json",
        ],
    )
    def list_anomalies(
        cli: Cli,
        state: Annotated[
            str,
            typer.Option(
                help="open, active, ended, acknowledged, resolved, explained, quiet or all."
            ),
        ] = "open",
        direction: Annotated[str, typer.Option(help="up or down.")] = "",
        owner: Annotated[str, typer.Option(help="An owner or assignee; `-`: nobody's.")] = "",
        monitor: Annotated[str, typer.Option(help="Found by this monitor.")] = "",
        minimum: Annotated[str, typer.Option(help="The least impact, without its sign.")] = "0",
        days: Annotated[int, typer.Option(min=1, help="Not over before so many days ago.")] = 180,
        text: Annotated[str, typer.Option(help="With this in it.")] = "",
        sort: Annotated[str, typer.Option(help="impact or newest.")] = "impact",
        limit: Annotated[int, typer.Option(min=1, help="The most events.")] = 50,
    ) -> int:
        """List the events that want a look: what goes on first, then the largest."""
        from outlay.app.anomalies import listing, shapes
        from outlay.cli.failure import usage
        from outlay.expression.errors import QueryError

        try:
            least = listing.least(minimum)
        except QueryError as error:
            return usage(error.what, as_json=cli.out.json, hint="--minimum 100")
        sought = listing.Sought(state, direction, owner, monitor, least, days, text, sort)
        found = listing.anomalies(cli.workspace, sought)
        if cli.out.json:
            cli.out.data(shapes.listed_json(found, limit))
            return OK
        if not found.events:
            others = ", ".join(f"{n} {name}" for name, n in found.counts if n and name != state)
            cli.out.say(f"No event is like that. There are: {others}." if others else _none(cli))
            return OK
        _table(cli, found.events[:limit])
        for word, sums in (("above", found.above), ("below", found.below)):
            for code, amount in sums:
                cli.out.say(f"{money(amount)} {code} {word} what was expected.")
        return OK


def _none(cli: Cli) -> str:
    from outlay.app.anomalies.watching import watching

    known = watching(cli.workspace)
    if known.first is None:
        return "No bill has been loaded yet: `outlay load PATH`."
    if known.doubt or known.last is None:
        return f"{known.doubt} (`outlay anomalies detect` looks now.)"
    return (
        f"Nothing out of the ordinary. The last look was {moment(known.last.at)} UTC; the next one "
        "follows the next delivery (`outlay anomalies detect` looks now)."
    )


def _table(cli: Cli, events: tuple[Event, ...]) -> None:
    cli.out.table(
        [Col("Id", True), Col("What"), Col("Impact", True), Col(""), Col("From"), Col("Last"),
         Col("State"), Col("Owner"), Col("Driver")],
        [
            (
                str(one.id), one.title, money(one.impact), one.currency, str(one.range.start),
                "goes on" if one.ongoing else str(one.last), one.reason or one.state,
                one.owner or NOTHING, one.driver,
            )
            for one in events
        ],
    )  # fmt: skip


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay anomalies show 1", "outlay anomalies show 1 --json"])
    def show(cli: Cli, number: _Number) -> None:
        """Show an event: its days, what drove it, the same cause elsewhere, what was done."""
        from outlay.app.anomalies import listing, shapes

        event = listing.anomaly(cli.workspace, number)
        steps = listing.steps(cli.workspace, number)
        if cli.out.json:
            cli.out.data(shapes.whole_json(event, steps))
            return
        cli.out.say(f"{event.sentence} {event.driver}".strip())
        cli.out.say(f"State     {event.reason or event.state}{_said(event)}")
        cli.out.say(f"Owner     {event.owner or NOTHING}")
        cli.out.say(f"Charges   {event.lead.where}")
        _days(cli, event)
        _drivers(cli, event)
        if len(event.members) > 1:
            cli.out.table(
                [Col("The same cause in"), Col("Value"), Col("Impact", True)],
                [(m.grouping, event.name_of(m), money(m.impact)) for m in event.members[1:]],
            )
        cli.out.table(
            [Col("When"), Col("Who"), Col("Did"), Col("Note")],
            [
                (moment(s.at), s.author, f"{s.action} {s.verdict}".strip(), s.note or NOTHING)
                for s in steps
            ],
        )


def _said(event: Event) -> str:
    parts = [f", given to {event.assignee}" if event.assignee else ""]
    parts.append(f", said to be {event.feedback}" if event.feedback else "")
    return "".join(parts)


def _days(cli: Cli, event: Event) -> None:
    rows = [
        (
            str(d.start if event.grain == "hour" else d.start.date()), money(d.actual),
            money(d.expected), money(d.lower), money(d.upper), money(d.difference),
        )
        for d in event.days
    ]  # fmt: skip
    rows.append(("Impact", money(event.actual), money(event.expected), "", "", money(event.impact)))
    cli.out.table(
        [Col("Day"), Col(f"Actual ({event.currency})", True), Col("Expected", True),
         Col("Lower", True), Col("Upper", True), Col("Difference", True)],
        rows,
    )  # fmt: skip


def _drivers(cli: Cli, event: Event) -> None:
    rows: list[tuple[str, str]] = []
    if event.explained is not None:
        for part in event.explained.parts:
            names = [event.named(name, value) for name, value in part.values.items()]
            rows.append((", ".join(names), money(part.impact)))
        rows.append(("everything else", money(event.explained.rest)))
        cli.out.table([Col("Where it is"), Col("Impact", True)], rows)
    if event.split is not None:
        cli.out.table(
            [Col("By kind of change"), Col("Impact", True)],
            [(one.title, money(one.amount)) for one in event.split.effects],
        )


def _register_acts(group: typer.Typer) -> None:
    def add(name: str, text: str, action: Callable[[Cli, int, str], Event]) -> None:
        def act(cli: Cli, number: _Number, note: _Note = "") -> None:
            _told(cli, action(cli, number, note))

        act.__doc__ = text
        command(group, name, examples=[f"outlay anomalies {name} 1 --note 'looking into it'"])(act)

    def call(name: str) -> Callable[[Cli, int, str], Event]:
        def done(cli: Cli, number: int, note: str) -> Event:
            from outlay.app.anomalies import acting

            found: Event = getattr(acting, name)(cli.workspace, number, note)
            return found

        return done

    add(
        "acknowledge", "Say that it is being looked at: it leaves the digests.", call("acknowledge")
    )
    add("resolve", "Say that it is dealt with.", call("resolve"))
    add("reopen", "Open one again that was acknowledged or resolved.", call("reopen"))
    add("comment", "Say something that others see, by --note.", call("comment"))

    @command(group, "assign", examples=["outlay anomalies assign 1 ana@example.com"])
    def assign(
        cli: Cli,
        number: _Number,
        person: Annotated[str, typer.Argument(help="Who looks after it; none: nobody.")] = "",
        note: _Note = "",
    ) -> None:
        """Give an event to somebody."""
        from outlay.app.anomalies import acting

        _told(cli, acting.assign(cli.workspace, number, person, note))


def _register_feedback(group: typer.Typer) -> None:
    @command(
        group,
        "feedback",
        examples=[
            "outlay anomalies feedback 1 expected --note 'a load test'",
            "outlay anomalies feedback 1 --withdraw",
        ],
    )
    def feedback(
        cli: Cli,
        number: _Number,
        verdict: Annotated[
            str, typer.Argument(help="expected, unexpected, too-small or known.")
        ] = "",
        note: _Note = "",
        withdraw: Annotated[
            bool, typer.Option("--withdraw", help="Take back what was said.")
        ] = False,
    ) -> int:
        """Say what an event was: it changes what is raised next. `--withdraw` takes it back."""
        from outlay.app.anomalies import acting
        from outlay.app.anomalies.events import VERDICTS
        from outlay.cli.failure import usage

        if withdraw == bool(verdict) or (verdict and verdict not in VERDICTS):
            return usage(
                f"{verdict!r} is no feedback" if verdict else "say what it was",
                as_json=cli.out.json,
                hint=f"One of {', '.join(VERDICTS)}; or --withdraw alone.",
            )
        if withdraw:
            _told(cli, acting.withdraw(cli.workspace, number, note))
        else:
            _told(cli, acting.feedback(cli.workspace, number, verdict, note))
        return OK


def _told(cli: Cli, event: Event) -> None:
    from outlay.app.anomalies import shapes

    if cli.out.json:
        cli.out.data(shapes.event_json(event))
        return
    cli.out.say(
        f"Anomaly {event.id} ({event.title}) is {event.reason or event.state}{_said(event)}."
    )


def _register_detect(group: typer.Typer) -> None:
    @command(
        group, "detect", examples=["outlay anomalies detect", "outlay anomalies detect --force"]
    )
    def detect(
        cli: Cli,
        force: Annotated[
            bool, typer.Option("--force", help="Also where nothing changed since the last look.")
        ] = False,
    ) -> int:
        """Look for anomalies now, as is done after each delivery. Exit code 1 when a monitor could
        not be asked."""
        from outlay.app.anomalies import detecting, shapes

        run = detecting.detect(cli.workspace, force=force)
        if cli.out.json:
            cli.out.data(shapes.run_json(run))
        elif run.outcome == "detected":
            new = "one new event" if run.events == 1 else f"{run.events or 'no'} new events"
            cli.out.say(
                f"{run.series} series looked at: {new}. `outlay anomalies list` shows them."
            )
        else:
            cli.out.say(run.message)
        return FAILED if run.outcome == "failed" or "failed" in run.detail else OK


def _register_monitors(group: typer.Typer) -> None:
    @command(
        group,
        "monitors",
        examples=["outlay anomalies monitors", "outlay anomalies monitors --json"],
    )
    def monitors(cli: Cli) -> None:
        """List what is watched. Monitors change by the page, or as files of the kind AnomalyMonitor
        (`outlay apply`)."""
        from outlay.app.anomalies import monitors, shapes

        found = monitors.monitors(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.monitor_json(one) for one in found])
            return
        cli.out.table(
            [Col("Name"), Col("By"), Col("Where"), Col("At least", True), Col("Sensitivity"),
             Col("On")],
            [
                (
                    one.name, ", ".join(one.spec.groupings), one.spec.where or NOTHING,
                    f"{money(one.spec.minimum_impact)} and {one.spec.minimum_percent:f} %",
                    one.spec.sensitivity, "yes" if one.spec.enabled else "no",
                )
                for one in found
            ],
        )  # fmt: skip
