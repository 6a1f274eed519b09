"""`outlay detectors`: what looks for savings, what each needs, what it last found."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import FAILED, OK, QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, moment, money, plural

if TYPE_CHECKING:
    from outlay.app.detectors.asking import Explained
    from outlay.app.detectors.listing import Standing
    from outlay.app.detectors.running import Ran
    from outlay.app.detectors.telling import Missing

_Name = Annotated[str, typer.Argument(metavar="ID", help="The detector's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="What looks for savings, what each needs, and what it last found.",
    )
    app.add_typer(group, name="detectors", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_run(group)


def _register_list(group: typer.Typer) -> None:
    @command(
        group, "list", examples=["outlay detectors list", "outlay detectors list --area aws --json"]
    )
    def list_detectors(
        cli: Cli,
        area: Annotated[
            str,
            typer.Option(help="aws, azure, gcp, kubernetes, platforms, ai or everywhere."),
        ] = "",
    ) -> int:
        """List the detectors by area, with what the last look came to.

        What could not be judged for want of data is never called idle: its cost is told beside.
        """
        from outlay.app.detectors import listing, shapes
        from outlay.cli.failure import usage
        from outlay.savings.detectors.registry import AREAS

        if area and area not in AREAS:
            return usage(f"there is no area {area!r}", as_json=cli.out.json, hint=", ".join(AREAS))
        found = listing.catalogue(cli.workspace)
        shown = [one for one in found.detectors if not area or one.area == AREAS[area]]
        if cli.out.json:
            told = shapes.catalogue_json(found)
            cli.out.data(told | {"detectors": [shapes.standing_json(one) for one in shown]})
            return OK
        cli.out.table(
            [Col("Id"), Col("Area", optional=True), Col("State"), Col("Findings", True),
             Col("Saves a month", True), Col("Not judged, a month", True)],
            [_row(one) for one in shown],
        )  # fmt: skip
        if found.looked_at is None:
            cli.out.say("No look was taken yet: `outlay savings look` takes one.")
        else:
            cli.out.say(f"Last look: {moment(found.looked_at)} UTC.")
        for one in shown:
            if one.failed:
                cli.out.say(f"{one.id} failed: {one.failed}")
        return OK


def _row(one: Standing) -> tuple[str, ...]:
    from outlay.app.detectors.telling import sums

    came = one.came
    return (
        one.id,
        one.area,
        _state(one),
        NOTHING if came is None else str(came.findings),
        NOTHING if came is None else _amounts(came.saving),
        NOTHING if came is None else _amounts(sums(one.cost for one in came.missing)),
    )


def _state(one: Standing) -> str:
    if not one.enabled:
        return "off"
    if one.failed:
        return "failed"
    if one.came is None:
        return "not asked yet"
    if one.came.findings:
        return "found"
    return "data missing" if one.came.missing else "nothing"


def _amounts(amounts: Mapping[str, Decimal]) -> str:
    return " + ".join(f"{money(amount)} {code}" for code, amount in amounts.items()) or NOTHING


def _register_show(group: typer.Typer) -> None:
    @command(group, "show", examples=["outlay detectors show snowflake-warehouse-idle"])
    def show(cli: Cli, name: _Name) -> None:
        """Show a detector: when it fires, how it reckons, its settings, what it could not judge."""
        from outlay.app.detectors import listing, shapes

        one = listing.standing(cli.workspace, name)
        if cli.out.json:
            cli.out.data(shapes.standing_json(one))
            return
        _facts(cli, one)
        of = one.detector
        if of.parameters:
            cli.out.table(
                [Col("Setting"), Col("Value", True), Col(""), Col("From", True, optional=True),
                 Col("To", True, optional=True), Col("Meaning")],
                [
                    (
                        each.name, _value(one.values[each.name]), each.unit,
                        NOTHING if each.least is None else _value(each.least),
                        NOTHING if each.most is None else _value(each.most),
                        each.meaning + (" (policy)" if each.name in one.changed else ""),
                    )
                    for each in of.parameters
                ],
            )  # fmt: skip
        if one.came is not None:
            _missing(cli, one.came.missing)


def _facts(cli: Cli, one: Standing) -> None:
    of = one.detector
    cli.out.say(f"{of.title} ({one.id}, {one.area})")
    needs = ", ".join(of.inputs) + (f": {', '.join(of.metrics)}" if of.metrics else "")
    rows = [
        ("State", _state(one) + (f": {one.failed}" if one.failed else "")),
        ("Fires when", of.predicate),
        ("Saving", of.formula),
        ("Needs", f"{needs}; {of.window_days} days, of a resource {of.minimum_days} at least"),
        *(("Leaves out", text) for text in of.exclusions),
        ("To do", f"{of.action}, effort {of.effort}, confidence {of.confidence}"),
        ("Risk", of.risk or NOTHING),
        ("Proven by", of.verification),
        ("Says from", f"{money(one.minimum_saving)} a month"),
        ("Leaves out charges", one.where or NOTHING),
        ("After", of.source or NOTHING),
    ]
    for label, text in rows:
        cli.out.say(f"  {label + ':':<20} {text}")
    if one.came is not None:
        cli.out.say(
            f"The last look: {plural(one.came.findings, 'finding')}, "
            f"{_amounts(one.came.saving)} a month."
        )


def _missing(cli: Cli, missing: tuple[Missing, ...]) -> None:
    for each in missing:
        more = f", and {each.unpriced} whose cost is not known" if each.unpriced else ""
        cli.out.say(
            f"Not judged: {plural(each.resources, 'resource')}, {_amounts(each.cost)} a "
            f"month{more}: {each.reason}"
        )
        for thing in each.some[:10]:
            cost = NOTHING if thing.cost is None else f"{money(thing.cost)} {thing.currency}"
            cli.out.say(f"  {thing.resource} {cost}")


def _value(value: Decimal | str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _register_run(group: typer.Typer) -> None:
    @command(
        group,
        "run",
        examples=[
            "outlay detectors run",
            "outlay detectors run snowflake-warehouse-idle --set idle_percent=20",
            "outlay detectors run snowflake-warehouse-idle --explain BI_WH",
        ],
    )
    def run(
        cli: Cli,
        name: Annotated[
            str | None, typer.Argument(metavar="[ID]", help="One detector; default: all on.")
        ] = None,
        explain: Annotated[
            str, typer.Option(metavar="RESOURCE", help="Why it finds this, or does not.")
        ] = "",
        set_: Annotated[
            list[str] | None,
            typer.Option("--set", metavar="NAME=VALUE", help="Try a setting; may be repeated."),
        ] = None,
    ) -> int:
        """Run detectors over the newest bills and show what they find; nothing is kept.

        `outlay savings look` keeps what is found. Exit code 1 when a detector fails.
        """
        from outlay.app.detectors import asking, shapes
        from outlay.cli.failure import usage

        if (explain or set_) and not name:
            return usage(
                "--explain and --set are of one detector: name it", as_json=cli.out.json,
                hint="outlay detectors list",
            )  # fmt: skip
        if explain and set_:
            return usage(
                "--explain is by the policy's settings", as_json=cli.out.json,
                hint="leave --set out",
            )  # fmt: skip
        values = _values(set_ or [])
        if values is None:
            return usage("--set is NAME=VALUE", as_json=cli.out.json, hint="--set idle_percent=20")
        if explain and name:
            return _explain(cli, asking.explained(cli.workspace, name, explain))
        ran = asking.asked(cli.workspace, [name] if name else [], values)
        if cli.out.json:
            cli.out.data(shapes.ran_json(ran))
        else:
            _found(cli, ran)
        return FAILED if ran.failed else OK


def _values(given: list[str]) -> dict[str, str] | None:
    values = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            return None
        values[name.strip()] = value.strip()
    return values


def _explain(cli: Cli, one: Explained) -> int:
    from outlay.app.detectors import shapes

    if cli.out.json:
        cli.out.data(shapes.explained_json(one))
        return OK
    cli.out.say(f"{one.resource}: {one.verdict}")
    for text in one.because:
        cli.out.say(f"  {text}")
    if one.finding is not None:
        amount = f"{money(one.finding.monthly_saving)} {one.finding.currency}"
        cli.out.say(f"  {amount} a month")
        for figure in one.finding.evidence:
            cli.out.say(f"    {figure.name}: {_value(figure.value)} {figure.unit}".rstrip())
    return OK


def _found(cli: Cli, ran: Ran) -> None:
    from outlay.app.detectors.telling import came

    if ran.findings:
        cli.out.table(
            [Col("Detector"), Col("What"), Col("Saves a month", True), Col(""),
             Col("Confidence", optional=True), Col("Effort", optional=True)],
            [
                (one.detector, one.title, money(one.monthly_saving), one.currency,
                 one.confidence, one.effort)
                for one in sorted(ran.findings, key=lambda one: (one.detector, -one.monthly_saving))
            ],
        )  # fmt: skip
    else:
        cli.out.say("Nothing is found.")
    for name, one in came(ran).items():
        for each in one.missing:
            cli.out.say(
                f"{name} could not judge {plural(each.resources, 'resource')} "
                f"({_amounts(each.cost)} a month): {each.reason}"
            )
    for name, why in ran.failed.items():
        cli.out.say(f"{name} failed: {why}")
    cli.out.say("Nothing is kept: `outlay savings look` keeps what is found.")
