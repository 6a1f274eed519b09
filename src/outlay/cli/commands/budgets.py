"""`outlay budgets`: amounts per period, their thresholds, and the month to date."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.output import NOTHING, Col, money

if TYPE_CHECKING:
    from outlay.app.planning.budget_drafts import Suggested
    from outlay.app.planning.budgets import BudgetStatus

_Name = Annotated[str, typer.Argument(help="The budget's name.")]
_NoForecast = Annotated[bool, typer.Option("--no-forecast", help="Make no forecast: faster.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="What a scope may cost per period, and where it stands."
    )
    app.add_typer(group, name="budgets", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_history(group)
    _register_preview(group)
    _register_suggest(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay budgets list", "outlay budgets list --at 2026-10"])
    def list_budgets(
        cli: Cli,
        at: Annotated[
            str, typer.Option(metavar="YYYY-MM", help="Each in its period of that month.")
        ] = "",
        state: Annotated[
            str | None, typer.Option(help="Only these: over, 'heading over', ahead, 'on track'…")
        ] = None,
        no_forecast: _NoForecast = False,
    ) -> None:
        """List the budgets as a tree, each with where it stands.

        A budget is `heading over` when its forecast is, and `ahead` when it cost clearly more
        than was to be expected by now, by the shape of the months before.
        """
        from outlay.app.planning import budget_shapes, budgets

        found = budgets.statuses(cli.workspace, at=at, forecast=not no_forecast)
        shown = [one for one in found if state is None or one.state == state]
        if cli.out.json:
            cli.out.data(budget_shapes.list_json(shown))
        elif not found:
            cli.out.say(
                "No budget yet: `outlay budgets suggest TAG` makes some of what was spent, "
                "`outlay apply FILE` keeps those of a file."
            )
        elif not shown:
            cli.out.say(f"No budget is {state}.")
        else:
            _table(cli, shown)


def _table(cli: Cli, found: list[BudgetStatus], above: int = 0) -> None:
    cli.out.table(
        [
            Col("Budget"), Col("Period", optional=True), Col("State"), Col("Actual", True),
            Col("Amount", True), Col("Used", True), Col("Ahead", True), Col("Forecast", True),
            Col("Left", True, optional=True), Col(""),
        ],
        [_row(one, above) for one in found],
    )  # fmt: skip
    for one in found:
        if one.problem:
            cli.out.say(f"{one.budget.name}: {one.problem}")
        _say_unconverted(cli, one)


def _row(one: BudgetStatus, above: int) -> tuple[str, ...]:
    name = "  " * (one.budget.depth - above) + one.budget.name
    status = one.status
    if status is None:
        return (name, NOTHING, one.state, *([NOTHING] * 6), one.budget.spec.currency)
    return (
        name,
        status.period.title,
        one.state,
        money(status.actual),
        money(status.amount),
        _percent(status.used),
        NOTHING if status.over else _signed(status.ahead),
        money(status.forecast),
        money(status.remaining),
        one.budget.spec.currency,
    )


def _say_unconverted(cli: Cli, one: BudgetStatus) -> None:
    from outlay.app.planning.budget_words import unconverted_text

    text = unconverted_text(one.status) if one.status else ""
    if text:
        cli.out.say(f"{one.budget.name}: {text}.")


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=["outlay budgets show checkout", "outlay budgets show checkout --period 2026-10"],
    )
    def show(
        cli: Cli,
        name: _Name,
        period: Annotated[
            str, typer.Option(help="2026-11, 2026-Q4, 2026 or FY2026; default the present one.")
        ] = "",
        no_forecast: _NoForecast = False,
    ) -> None:
        """Where a budget stands in a period: amounts, parts, thresholds that were passed."""
        from outlay.app.planning import budget_shapes, budgets

        own, *parts = budgets.show(cli.workspace, name, period, forecast=not no_forecast)
        if cli.out.json:
            told = budget_shapes.status_json(own)
            cli.out.data(told | {"parts": budget_shapes.list_json(parts)})
            return
        _facts(cli, own)
        if parts:
            cli.out.say("Parts")
            _table(cli, parts, own.budget.depth + 1)
            _sums(cli, own)
        for mark in own.marks:
            cli.out.say(
                f"{mark.at:%Y-%m-%d %H:%M} UTC: {mark.state} {mark.threshold} at "
                f"{money(mark.value)} of {money(mark.amount)} {mark.currency}"
            )


def _facts(cli: Cli, own: BudgetStatus) -> None:
    status, spec = own.status, own.budget.spec
    scope = own.budget.scope or "every charge"
    cli.out.say(f"{own.budget.title}: {spec.measure} of {scope}")
    if status is None:
        cli.out.say(own.problem or "It is not in force now.")
        return
    rows = [
        ("Period", f"{status.period.title} ({status.period.start} to {status.period.end})"),
        ("State", own.state),
        ("Amount", money(status.amount)),
        ("  of it carried in", money(status.allowance.carried if status.allowance else None)),
        ("Actual", money(status.actual)),
        ("  on complete days", f"{money(status.complete)} (before {status.complete_until})"),
        ("Expected by then", money(status.expected)),
        ("  ahead", _signed(status.ahead)),
        ("Left", money(status.remaining)),
        ("Forecast", money(status.forecast) if status.rest else status.no_forecast or NOTHING),
    ]
    if status.bounds and status.rest:
        low, high = status.bounds
        rows.append((f"  {status.rest.level} likely", f"{money(low)} to {money(high)}"))
    if status.run_out:
        rows.append(("Used up on", str(status.run_out)))
    cli.out.table([Col(""), Col(spec.currency, True)], rows)
    if status.spread and status.spread.reason:
        cli.out.say(f"Expected is a straight line: {status.spread.reason}.")
    _say_unconverted(cli, own)


def _sums(cli: Cli, own: BudgetStatus) -> None:
    if own.parts is not None:
        currency = own.budget.spec.currency
        cli.out.say(
            f"Given to parts {money(own.parts.allocated)}, not given away "
            f"{money(own.parts.unallocated)}; cost of parts {money(own.parts.actual)}, in no part "
            f"{money(own.parts.rest)} {currency}."
        )


def _register_history(group: typer.Typer) -> None:
    @command(group, "history", examples=["outlay budgets history checkout --count 6"])
    def history(
        cli: Cli,
        name: _Name,
        count: Annotated[int, typer.Option(min=1, max=60, help="So many periods.")] = 12,
    ) -> None:
        """How a budget fared by period, newest first, with what was carried over."""
        from outlay.app.planning import budget_shapes, budgets

        found = budgets.history(cli.workspace, name, count=count)
        if cli.out.json:
            cli.out.data(budget_shapes.history_json(found))
        else:
            _periods(cli, found)


def _periods(cli: Cli, found: tuple[BudgetStatus, ...]) -> None:
    problem = next((one.problem for one in found if one.problem), "")
    if problem:
        cli.out.say(f"It cannot be told: {problem}")
        return
    rows = []
    for one in found:
        status = one.status
        if status is None:
            continue
        rows.append(
            (
                status.period.title + ("" if status.over else " *"),
                status.state,
                money(status.actual),
                money(status.amount),
                money(status.allowance.carried if status.allowance else None),
                money(status.remaining),
                _percent(status.used),
            )
        )
    if not rows:
        cli.out.say("No period of it has begun since the first charge.")
        return
    currency = found[0].budget.spec.currency
    cli.out.table(
        [
            Col("Period"), Col("State"), Col(f"Actual ({currency})", True), Col("Amount", True),
            Col("Carried in", True), Col("Left", True), Col("Used", True),
        ],
        rows,
    )  # fmt: skip
    cli.out.say("* not over, or its last days are not complete")
    for one in found:
        _say_unconverted(cli, one)


def _register_preview(group: typer.Typer) -> None:
    @command(
        group,
        "preview",
        examples=["outlay budgets preview checkout.yaml", "outlay budgets preview b.yaml --json"],
    )
    def preview(
        cli: Cli,
        file: Annotated[Path, typer.Argument(help="A file with one resource of kind Budget.")],
        count: Annotated[int, typer.Option(min=1, max=60, help="So many periods.")] = 6,
    ) -> None:
        """How the budget of a file would have fared; nothing is kept. `outlay apply` keeps it."""
        from outlay.app.planning import budget_drafts, budget_shapes

        name, spec = _read(file)
        found = budget_drafts.preview(cli.workspace, name, spec, count=count)
        if cli.out.json:
            cli.out.data(
                [budget_shapes.period_json(one.status) for one in found if one.status is not None]
            )
            return
        _periods(cli, found)
        status = found[0].status if found else None
        if status is not None and status.forecast is not None:
            cli.out.say(f"{status.period.title} is forecast to come to {money(status.forecast)}.")


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    from outlay.app.kinds import register_all
    from outlay.resources import ResourceError, parse_resources

    register_all()
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror or error}") from None
    found = [one for one in parse_resources(text, str(file)) if one.kind == "Budget"]
    if len(found) != 1:
        raise ResourceError(
            f"{file} has {len(found)} resources of kind Budget; a preview is of one"
        )
    return found[0].name, dict(found[0].spec)


def _register_suggest(group: typer.Typer) -> None:
    @command(
        group,
        "suggest",
        examples=[
            "outlay budgets suggest team",
            "outlay budgets suggest product --basis forecast --margin 0 --keep",
        ],
    )
    def suggest(
        cli: Cli,
        tag: Annotated[str, typer.Argument(help="A virtual tag: one budget for each value.")],
        basis: Annotated[
            str, typer.Option(help="actual (the months before) or forecast (the next month).")
        ] = "actual",
        months: Annotated[int, typer.Option(min=1, max=24, help="So many whole months.")] = 3,
        margin: Annotated[str, typer.Option(metavar="PERCENT", help="Added to it.")] = "5",
        parent: Annotated[str, typer.Option(help="A budget that they become parts of.")] = "",
        currency: Annotated[
            str, typer.Option(help="Default: the parent's, else the workspace's.")
        ] = "",
        keep: Annotated[bool, typer.Option("--keep", help="Keep those not there yet.")] = False,
    ) -> None:
        """Budgets to begin with, from what was spent or is forecast. Without --keep nothing is
        kept."""
        from outlay.app.planning import budget_drafts, budget_shapes

        try:
            added = Decimal(margin)
        except InvalidOperation:
            raise typer.BadParameter(f"--margin is a number of percent, not {margin!r}") from None
        found = budget_drafts.suggest(
            cli.workspace, tag, basis=basis, months=months, margin=added, parent=parent,
            currency=currency,
        )  # fmt: skip
        names = budget_drafts.names_of(found.suggestions)
        if keep and names:
            specs = {
                one.name: one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
                for one in found.suggestions
                if not one.taken
            }
            budget_drafts.keep(cli.workspace, specs, author=cli.author)
        if cli.out.json:
            cli.out.data(budget_shapes.suggested_json(found))
            return
        _suggested(cli, found)
        if keep:
            cli.out.say(f"Kept: {', '.join(names) or 'none, they are there already'}.")
        elif names:
            cli.out.say("Nothing is kept yet; --keep keeps them.")


def _suggested(cli: Cli, found: Suggested) -> None:
    if not found.suggestions:
        known = ", or it is not known" if found.reasons else ""
        cli.out.say(f"No value of {found.tag} cost anything in these months{known}.")
    else:
        cli.out.table(
            [
                Col("Budget"), Col("Value"), *(Col(month, True, True) for month in found.months),
                Col("Mean" if found.basis == "actual" else "Forecast", True),
                Col(f"Amount ({found.currency})", True), Col(""),
            ],
            [
                (
                    one.name, one.value, *(money(one.months[month]) for month in found.months),
                    money(one.base), money(one.spec.amount), "there already" if one.taken else "",
                )
                for one in found.suggestions
            ],
        )  # fmt: skip
    for value, reason in (found.reasons or {}).items():
        cli.out.say(f"{value}: {reason}")
    if found.left:
        cli.out.say(f"{found.left} smaller values are left out.")


def _percent(ratio: Decimal | None) -> str:
    from outlay.money.display import share

    return share(ratio) if ratio is not None else NOTHING


def _signed(amount: Decimal | None) -> str:
    if amount is None:
        return NOTHING
    return f"+{money(amount)}" if amount > 0 else money(amount)
