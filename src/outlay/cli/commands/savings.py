"""`outlay savings`: recommendations, what they add up to, and what is done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, moment, money

if TYPE_CHECKING:
    from datetime import date

    from outlay.app.savings.listing import Listed, Row, Shown
    from outlay.savings.model import Finding
    from outlay.savings.recommendation import Recommendation

_Number = Annotated[int, typer.Argument(metavar="ID", help="The recommendation's number.")]
_Numbers = Annotated[
    list[int], typer.Argument(metavar="ID…", help="Numbers; several: all or none.")
]
_Note = Annotated[str, typer.Option("--note", help="Why, for the others.")]
_Until = Annotated[str, typer.Option("--until", help="The day it comes back: 2027-01-31.")]


def register(app: typer.Typer) -> None:
    """Add the group `savings`."""
    group = typer.Typer(
        no_args_is_help=True, help="What could be saved, whose it is, and what became of it."
    )
    app.add_typer(group, name="savings", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_look(group)
    _register_steps(group)
    _register_away(group)
    _register_policy(group)


def _register_list(group: typer.Typer) -> None:
    @command(
        group,
        "list",
        examples=[
            "outlay savings list",
            "outlay savings list --owner checkout --effort Low --minimum 50 --json",
            "outlay savings list --state all --csv > savings.csv",
        ],
    )
    def list_savings(
        cli: Cli,
        state: Annotated[
            str, typer.Option(help="open, identified, assigned, accepted, implemented… or all.")
        ] = "open",
        owner: Annotated[str, typer.Option(help="An owner; `-`: nobody's.")] = "",
        assignee: Annotated[str, typer.Option(help="A person; `-`: nobody.")] = "",
        provider: Annotated[str, typer.Option(help="A provider.")] = "",
        account: Annotated[str, typer.Option(help="An account.")] = "",
        action: Annotated[str, typer.Option(help="Rightsize, Delete, Schedule…")] = "",
        tool: Annotated[str, typer.Option(help="outlay, or a native tool.")] = "",
        detector: Annotated[str, typer.Option(help="The id of a detector.")] = "",
        effort: Annotated[str, typer.Option(help="VeryLow to VeryHigh.")] = "",
        confidence: Annotated[str, typer.Option(help="high, medium or low.")] = "",
        minimum: Annotated[str, typer.Option(help="The least net saving a month.")] = "0",
        late: Annotated[bool, typer.Option("--late", help="Overdue ones alone.")] = False,
        text: Annotated[str, typer.Option(help="With this in it.")] = "",
        sort: Annotated[str, typer.Option(help="net, saving, due or newest.")] = "net",
        limit: Annotated[int, typer.Option(min=1, help="The most rows.")] = 50,
        csv: Annotated[bool, typer.Option("--csv", help="Every row, as CSV.")] = False,
    ) -> int:
        """List recommendations, the largest first, with what they add up to."""
        from outlay.app.savings import files, listing, shapes
        from outlay.cli.failure import usage
        from outlay.expression.errors import QueryError

        try:
            least = listing.least(minimum)
        except QueryError as error:
            return usage(error.what, as_json=cli.out.json, hint="--minimum 100")
        sought = listing.Sought(
            state, owner, assignee, provider, account, action, tool, detector, effort, confidence,
            least, late, text, sort,
        )  # fmt: skip
        found = listing.recommendations(cli.workspace, sought)
        if cli.out.json:
            cli.out.data(shapes.listed_json(found, limit))
        elif csv:
            typer.echo(files.to_csv(found), nl=False)
        elif not found.rows:
            others = ", ".join(f"{n} {name}" for name, n in found.counts if n and name != state)
            cli.out.say(f"Nothing is like that. There are: {others}." if others else _none(found))
        else:
            _table(cli, found, limit)
        return OK


def _none(found: Listed) -> str:
    if found.look is None:
        return "No look was taken yet: `outlay savings look` takes one, as each delivery does."
    return f"Nothing to save was found. The last look was {moment(found.look.at)} UTC."


def _table(cli: Cli, found: Listed, limit: int) -> None:
    def line(row: Row) -> tuple[str, ...]:
        one, finding = row.recommendation, row.recommendation.finding
        due = f"{one.due_on}{' overdue' if row.overdue else ''}" if one.due_on else NOTHING
        return (
            str(one.id), finding.title, money(finding.monthly_saving),
            money(row.net) if row.promise else NOTHING, one.currency, one.state,
            one.owner or NOTHING, due, finding.effort, finding.confidence,
        )  # fmt: skip

    cli.out.table(
        [Col("Id", True), Col("What"), Col("Saves", True), Col("Net", True), Col(""), Col("State"),
         Col("Owner"), Col("Due"), Col("Effort"), Col("Confidence")],
        [line(row) for row in found.rows[:limit]],
    )  # fmt: skip
    for sums in found.totals:
        cli.out.say(
            f"{sums.count} to save {money(sums.net)} {sums.currency} a month net of overlaps "
            f"({money(sums.best)} best of alternatives, {money(sums.all)} every finding; "
            f"{money(sums.net_list)} net at list)."
        )
    for apart in found.apart:
        cli.out.say(
            f"{apart.count} {apart.nature}, {money(apart.amount)} {apart.currency}: in no total."
        )


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay savings show 1", "outlay savings show 1 --json"])
    def show(cli: Cli, number: _Number) -> None:
        """Show a recommendation: what tools say with its evidence, what it counts for and why,
        whose it is, what was done."""
        from outlay.app.savings import listing, shapes

        found = listing.recommendation(cli.workspace, number)
        if cli.out.json:
            cli.out.data(shapes.shown_json(found))
            return
        one = found.row.recommendation
        due = f", due {one.due_on}{' (overdue)' if found.row.overdue else ''}" if one.due_on else ""
        given = f", given to {one.assignee}" if one.assignee else ""
        cli.out.say(one.finding.title)
        cli.out.say(f"State     {one.state}{given}{due}{f' ({one.reason})' if one.reason else ''}")
        cli.out.say(f"Owner     {one.owner or NOTHING}. {one.owner_why}")
        cli.out.say(f"Charges   {one.where or NOTHING}")
        if one.gone:
            cli.out.say(one.gone)
        _worth(cli, found)
        for finding in one.findings:
            _finding(cli, finding)
        cli.out.table(
            [Col("When"), Col("Who"), Col("Did"), Col("Note")],
            [(moment(s.at), s.author, s.action, s.note or NOTHING) for s in found.steps],
        )


def _worth(cli: Cli, found: Shown) -> None:
    from outlay.app.savings.telling import discounted, effects

    one, promise = found.row.recommendation, found.row.promise
    cli.out.say(f"Saves     {money(one.finding.monthly_saving)} {one.currency} a month")
    if text := discounted(one):
        cli.out.say(f"          {text}")
    if promise is None:
        return
    cli.out.say(f"Net       {money(promise.net)} {one.currency} a month")
    for line in effects(found):
        cli.out.say(f"          {line.text}")


def _finding(cli: Cli, one: Finding) -> None:
    from outlay.app.savings.telling import headroom

    window = f"{one.first_day} to {one.end_day} (exclusive)" if one.first_day else "not told"
    cli.out.say(
        f"{one.tool} {one.detector}: {money(one.monthly_saving)} {one.currency} a month. "
        f"{one.basis}"
    )
    cli.out.say(f"  confidence {one.confidence}, effort {one.effort}, days {window}")
    for reason in (*one.reasons, *headroom(one)):
        cli.out.say(f"  {reason}")
    if one.evidence:
        cli.out.table(
            [Col("Figure"), Col("Value", True), Col("Unit"), Col("From")],
            [
                (e.name, money(e.value), e.unit or NOTHING, e.source or NOTHING)
                for e in one.evidence
            ],
        )


def _register_look(group: typer.Typer) -> None:
    @command(group, "look", examples=["outlay savings look"])
    def look(cli: Cli) -> int:
        """Look for savings now, as is done after each delivery."""
        from outlay.app.savings import looking, shapes

        found = looking.look(cli.workspace)
        if cli.out.json:
            cli.out.data(shapes.look_json(found))
        else:
            cli.out.say(
                f"{found.record.found} found: {len(found.new)} new, {len(found.back)} back, "
                f"{len(found.gone)} gone; {found.record.insufficient} could not be judged."
            )
            for name, why in sorted(found.failed.items()):
                cli.out.say(f"{name} failed: {why}")
        return FAILED if found.failed else OK


def _done(cli: Cli, one: Recommendation) -> int:
    from outlay.app.savings import shapes

    if cli.out.json:
        cli.out.data(shapes.recommendation_json(one))
    else:
        due = f", due {one.due_on}" if one.due_on else ""
        cli.out.say(f"Recommendation {one.id} is {one.state}{due}.")
    return OK


def _several(
    cli: Cli, numbers: list[int], step: str, note: str, *, person: str = "", until: str = ""
) -> int:
    """One step of one or of several, all or none."""
    from outlay.app.savings import acting, shapes
    from outlay.app.savings.errors import SavingError
    from outlay.cli.failure import usage

    try:
        day = _day(until)
    except ValueError:
        hint = "--until 2027-01-31"
        return usage(f"{until!r} is no day", as_json=cli.out.json, hint=hint)
    found = acting.bulk(cli.workspace, numbers, step, note, person=person, until=day)
    if found.refused:
        lines = "; ".join(found.refused.values())
        raise SavingError(f"nothing was changed: {lines}")
    if len(found.done) == 1:
        return _done(cli, found.done[0])
    if cli.out.json:
        cli.out.data({"done": [shapes.recommendation_json(one) for one in found.done]})
    else:
        cli.out.say(f"{len(found.done)} recommendations: {step}.")
    return OK


def _day(text: str) -> date | None:
    from datetime import date

    return date.fromisoformat(text) if text else None


def _register_steps(group: typer.Typer) -> None:
    def simple(name: str, words: str) -> None:
        def run(cli: Cli, numbers: _Numbers, note: _Note = "") -> int:
            return _several(cli, numbers, name, note)

        run.__name__ = name
        run.__doc__ = words
        example = f'outlay savings {name} 1 2 --note "in the next release"'
        _add(group, name, run, example)

    @command(group, "assign", examples=["outlay savings assign 1 2 --to ana@example.com"])
    def assign(
        cli: Cli,
        numbers: _Numbers,
        to: Annotated[str, typer.Option("--to", help="A person; empty: nobody.")],
        note: _Note = "",
    ) -> int:
        """Give recommendations to somebody."""
        return _several(cli, numbers, "assign", note, person=to)

    simple("accept", "Say that they will be done: their baseline on the bill is frozen.")
    simple("implement", "Say that they are done: from now on the bill has to show it.")
    simple("reopen", "Open again what was snoozed, dismissed, expired, accepted or implemented.")

    @command(group, "comment", examples=['outlay savings comment 1 "Needs a restart."'])
    def comment(
        cli: Cli, number: _Number, words: Annotated[str, typer.Argument(help="What others see.")]
    ) -> int:
        """Say something that others see."""
        return _several(cli, [number], "comment", words)


def _add(group: typer.Typer, name: str, run: Callable[..., int], example: str) -> None:
    command(group, name, examples=[example])(run)


def _register_away(group: typer.Typer) -> None:
    @command(group, "snooze", examples=["outlay savings snooze 1 --until 2027-01-31"])
    def snooze(cli: Cli, numbers: _Numbers, until: _Until, note: _Note = "") -> int:
        """Put them out of sight until a day."""
        return _several(cli, numbers, "snooze", note, until=until)

    @command(
        group, "dismiss", examples=['outlay savings dismiss 1 --reason "It is a cold standby."']
    )
    def dismiss(
        cli: Cli,
        numbers: _Numbers,
        reason: Annotated[str, typer.Option("--reason", help="Why not, for the others.")],
        until: _Until = "",
    ) -> int:
        """Say that they will not be done, and why; until a day, or for good."""
        return _several(cli, numbers, "dismiss", reason, until=until)


def _register_policy(group: typer.Typer) -> None:
    @command(group, "policy", examples=["outlay savings policy", "outlay savings policy --json"])
    def policy(cli: Cli) -> None:
        """Show the policy: owners, days, minimums and how each detector looks. It is a resource:
        `outlay apply` changes the SavingsPolicy `default`."""
        from outlay.app.savings import shapes
        from outlay.app.savings.policy import kept_policy

        found = kept_policy(cli.workspace)
        if cli.out.json:
            cli.out.data(shapes.policy_json(found))
            return
        spec = found.spec
        said = f"version {found.version}, by {found.author}" if found.version else "as shipped"
        days = ", ".join(f"{effort} {n}" for effort, n in spec.sla_days.items())
        cli.out.say(f"Policy       {said}")
        cli.out.say(f"Owner by     {spec.owner_tag or 'the usual virtual tag'}")
        cli.out.say(f"Environments {spec.environment_tag or 'the usual virtual tag'}")
        cli.out.say(f"At least     {money(spec.minimum_saving)} a month")
        cli.out.say(f"To decide    {spec.decide_days} days")
        cli.out.say(f"To do        days by effort: {days}")
        cli.out.say(f"Expires      after {spec.expire_days} days untouched (0: never)")
        cli.out.say(f"Told from    {money(spec.alert_minimum)} a month")
        for name, rule in sorted(spec.detectors.items()):
            parts = [f"{key} = {value}" for key, value in rule.parameters.items()]
            parts += [f"not where {rule.where}"] if rule.where else []
            cli.out.say(f"  {name}: {'on' if rule.enabled else 'off'} {', '.join(parts)}".rstrip())
