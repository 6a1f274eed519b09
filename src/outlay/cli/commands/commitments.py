"""`outlay commitments`: coverage, use, what they save, when they end, and what to buy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from decimal import Decimal

    from outlay.app.commitments.benefits import Matrix
    from outlay.app.commitments.figures import Figures
    from outlay.app.commitments.overview import Ending, Overview
    from outlay.app.commitments.planning import PurchasePlanned
    from outlay.savings.planner.plan import Planned

_Days = Annotated[int, typer.Option(min=1, max=400, help="So many whole days.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Reservations, savings plans and committed use: how they are used, what to buy.",
    )
    app.add_typer(group, name="commitments", rich_help_panel=QUESTIONS)
    _register_show(group)
    _register_ending(group)
    _register_benefits(group)
    _register_plan(group)


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=["outlay commitments show", "outlay commitments show --days 90 --by account"],
    )
    def show(
        cli: Cli,
        days: _Days = 30,
        by: Annotated[
            str, typer.Option(help="provider, service, family, region, account or type.")
        ] = "family",
    ) -> None:
        """Coverage, utilisation, effective savings rate and waste, and each commitment.

        Coverage is the covered share of what could be covered, at on-demand prices. The effective
        savings rate is what commitments saved, less their unused part, over the same.
        """
        from outlay.app.commitments import overview, shapes

        found = overview.overview(cli.workspace, days, by)
        if cli.out.json:
            cli.out.data(shapes.overview_json(found, cli.workspace.today()))
        elif not found.currencies:
            cli.out.say("Nothing in these days is covered by a commitment, or could be.")
        else:
            _overview(cli, found)


def _overview(cli: Cli, found: Overview) -> None:
    from outlay.app.commitments.figures import DIMENSIONS

    cli.out.say(f"{found.start} to {found.end} (exclusive), {found.days} days")
    for one in found.currencies:
        cli.out.table(
            [
                Col(DIMENSIONS[found.by][0]), Col("Coverage", True), Col("Utilisation", True),
                Col("ESR", True), Col(f"Eligible ({one.currency})", True), Col("Saved", True),
                Col("Unused", True),
            ],
            [
                *(_figures(part.value or NOTHING, part.figures) for part in one.parts),
                _figures("All", one.whole),
            ],
        )  # fmt: skip
    today = cli.workspace.today()
    cli.out.table(
        [
            Col("Commitment"), Col("Type", optional=True), Col("Used", True), Col("Unused", True),
            Col("Saved", True), Col("Pays from"), Col("Ends"), Col(""),
        ],
        [
            (
                one.name, one.type, _percent(one.figures.utilisation), money(one.figures.unused),
                money(one.figures.saved), str(one.break_even or NOTHING),
                str(one.terms.end or NOTHING), one.currency,
            )
            for one in found.commitments
        ],
    )  # fmt: skip
    for each in found.commitments:
        if text := each.advice(today):
            cli.out.say(f"{each.name}: {text}")
    if not found.hourly:
        cli.out.say("The bill has days, no hours: peaks within a day are not seen.")


def _figures(name: str, one: Figures) -> tuple[str, ...]:
    return (
        name, _percent(one.coverage), _percent(one.utilisation), _percent(one.savings_rate),
        money(one.eligible), money(one.saved), money(one.unused),
    )  # fmt: skip


def _register_ending(group: typer.Typer) -> None:
    @command(
        group,
        "ending",
        examples=["outlay commitments ending", "outlay commitments ending --days 90"],
    )
    def ending(
        cli: Cli,
        days: Annotated[int, typer.Option(min=1, max=400, help="Within so many days.")] = 400,
    ) -> None:
        """When commitments end, what that costs a day, and what happens then."""
        from outlay.app.commitments import overview, shapes

        found = overview.ending(cli.workspace, days)
        if cli.out.json:
            cli.out.data(shapes.ending_json(found, cli.workspace.today()))
        elif not found:
            cli.out.say(f"No commitment ends within {days} days.")
        else:
            _endings(cli, found)


def _endings(cli: Cli, found: tuple[Ending, ...]) -> None:
    cli.out.table(
        [
            Col("Commitment"), Col("Ends"), Col("Days left", True), Col("Saved a day", True),
            Col("Used", True), Col("Planned change", optional=True), Col(""),
        ],
        [
            (
                one.commitment.name, str(one.day or "not known"),
                NOTHING if one.days_left is None else str(one.days_left),
                money(one.commitment.saved_a_day), _percent(one.commitment.figures.utilisation),
                one.change or NOTHING, one.commitment.currency,
            )
            for one in found
        ],
    )  # fmt: skip
    for text in dict.fromkeys(one.commitment.at_end for one in found if one.day is not None):
        cli.out.say(text)
    if any(one.day is None for one in found):
        cli.out.say("Where no bill tells the end, stated.yaml may.")


def _register_benefits(group: typer.Typer) -> None:
    @command(
        group,
        "benefits",
        examples=["outlay commitments benefits", "outlay commitments benefits --tag product"],
    )
    def benefits(
        cli: Cli,
        days: _Days = 30,
        tag: Annotated[
            str, typer.Option(help="A virtual tag, or SubAccountName; default: that of owners.")
        ] = "",
    ) -> None:
        """Who pays for commitments and who benefits; it adds up to what they cost, exactly."""
        from outlay.app.commitments import overview, shapes

        found = overview.benefits(cli.workspace, days, tag)
        if cli.out.json:
            cli.out.data([shapes.matrix_json(one) for one in found])
        elif not found:
            cli.out.say("No commitment was held in these days.")
        for one in () if cli.out.json else found:
            _matrix(cli, one)


def _matrix(cli: Cli, one: Matrix) -> None:
    cli.out.table(
        [
            Col(f"{one.tag} ({one.currency})"),
            *(Col(f"paid by {payer}", True) for payer in one.payers), Col("Used", True),
            Col("Saved", True),
        ],
        [
            *(
                (each, *(money(one.paid(payer, each)) for payer in one.payers),
                 money(one.used_by(each)), money(one.saved_for(each)))
                for each in one.beneficiaries
            ),
            ("unused", *(money(one.paid(payer)) for payer in one.payers), money(one.unused),
             money(one.unused.copy_negate())),
            ("All", *(money(one.paid_by(payer)) for payer in one.payers), money(one.cost),
             money(one.saved)),
        ],
    )  # fmt: skip


def _register_plan(group: typer.Typer) -> None:
    @command(
        group,
        "plan",
        examples=[
            "outlay commitments plan",
            "outlay commitments plan compute-2027",
            "outlay commitments plan --file plan.yaml",
        ],
    )
    def plan(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="A kept PurchasePlan; none: the default.")] = "",
        file: Annotated[
            Path | None, typer.Option(help="A file with one resource of kind PurchasePlan.")
        ] = None,
    ) -> None:
        """What to buy: the portfolio of least expected cost, by simulation over past usage.

        Nothing is bought or kept. The assumptions of a file are kept with `outlay apply`.
        """
        from outlay.app.commitments import planning, shapes

        if name and file is not None:
            raise typer.BadParameter("name a kept plan or a --file, not both")
        if name:
            found = planning.planned_by(cli.workspace, name)
        else:
            found = planning.planned(cli.workspace, {} if file is None else _read(file))
        if cli.out.json:
            cli.out.data(shapes.planned_json(found))
        elif not found.plans:
            cli.out.say("Nothing in the ledger can be committed to.")
        else:
            _planned(cli, found)


def _read(file: Path) -> dict[str, Any]:
    from outlay.app.kinds import register_all
    from outlay.resources import ResourceError, parse_resources

    register_all()
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror or error}") from None
    found = [one for one in parse_resources(text, str(file)) if one.kind == "PurchasePlan"]
    if len(found) != 1:
        raise ResourceError(
            f"{file} has {len(found)} resources of kind PurchasePlan; a plan is of one"
        )
    return dict(found[0].spec)


def _planned(cli: Cli, found: PurchasePlanned) -> None:
    for one in found.plans:
        demand, main = one.demand, one.main
        cli.out.say(
            f"{demand.provider} {demand.payer}: {one.assumptions.start} to {one.assumptions.end}"
        )
        if not one.positions:
            cli.out.say("Nothing pays.")
            continue
        _portfolio(cli, one)
        cli.out.say(
            f"Costs {money(main.now.cost)} now, {money(main.planned.cost)} with the plan: saves "
            f"{money(main.saved)} {demand.currency}, paid ahead {money(one.upfront)}."
            + (
                f" It pays down to {_percent(one.break_even)} of today's usage."
                if one.break_even is not None
                else ""
            )
        )
        _scenarios(cli, one)
        if len(one.calendar) > 1:
            cli.out.say(
                "Buy "
                + ", ".join(f"{_percent(each.share)} on {each.on}" for each in one.calendar)
                + "."
            )
    for note in found.notes:
        cli.out.say(note)


def _portfolio(cli: Cli, one: Planned) -> None:
    told = one.main.planned.positions
    cli.out.table(
        [
            Col("Buy"), Col("Term"), Col(f"{one.demand.currency} an hour", True),
            Col("Units", True), Col("Cost", True), Col("Unused", True), Col("Saved", True),
        ],
        [
            (
                position.offer.title, position.offer.terms, format(position.level.normalize(), "f"),
                NOTHING if position.units is None else f"{position.units} × {position.offer.unit}",
                money(sums.cost), money(sums.unused), money(sums.saved),
            )
            for position, sums in zip(one.positions, told, strict=True)
        ],
    )  # fmt: skip


def _scenarios(cli: Cli, one: Planned) -> None:
    cli.out.table(
        [
            Col("Scenario"), Col("Nothing bought", True), Col("With the plan", True),
            Col("Saved", True), Col("Best for it", True), Col("Regret", True),
        ],
        [
            (
                each.scenario.name, money(each.now.cost), money(each.planned.cost),
                money(each.saved), money(each.best), money(each.regret),
            )
            for each in one.outcomes
        ],
    )  # fmt: skip


def _percent(ratio: Decimal | None) -> str:
    from outlay.money.display import share

    return NOTHING if ratio is None else share(ratio)
