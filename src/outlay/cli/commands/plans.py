"""`outlay plans`: a year by month over a hierarchy, its versions and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.plans_common import Name, Number, Reason, Revision, done
from outlay.cli.commands.plans_files import register_files
from outlay.cli.commands.plans_results import register_results
from outlay.cli.commands.plans_versions import register_versions
from outlay.cli.output import NOTHING, Col, Output, moment, money, plural

if TYPE_CHECKING:
    from outlay.planning.plans.edits import Edit
    from outlay.planning.plans.model import Effect, Method, Of, Version, VersionInfo, VersionKind


def register(app: typer.Typer) -> None:
    """Add the group `plans`."""
    group = typer.Typer(
        no_args_is_help=True, help="Finance's plan: a year by month, in approved versions."
    )
    app.add_typer(group, name="plans", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)
    _register_new(group)
    _register_baseline(group)
    _register_draft(group)
    _register_adjust(group)
    _register_line(group)
    _register_drive(group)
    _register_undo(group)
    _register_note(group)
    register_versions(group)
    register_results(group)
    register_files(group)


def _register_list(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay plans list"])
    def list_plans(
        cli: Cli,
        archived: Annotated[bool, typer.Option("--archived", help="Those put away too.")] = False,
    ) -> None:
        """List the plans with their versions in force."""
        from outlay.app.planning import plan_shapes, plans

        found = plans.plans(cli.workspace, archived=archived)
        if cli.out.json:
            cli.out.data([plan_shapes.plan_json(one) for one in found])
            return
        if not found:
            cli.out.say("There is no plan yet. See `outlay plans new --help`.")
            return
        rows = []
        for one in found:
            approved = f"version {one.approved.info.version}" if one.approved else NOTHING
            total = money(one.approved.info.total) if one.approved else NOTHING
            draft = f"{one.draft.info.state}, {one.draft.info.version}" if one.draft else NOTHING
            rows.append((one.name, one.title, one.frame.label, one.frame.currency, approved, total,
                         draft))  # fmt: skip
        cli.out.table(
            [Col("Plan"), Col("Title"), Col("Year"), Col("Currency"), Col("Approved"),
             Col("Total", number=True), Col("Draft")],
            rows,
        )  # fmt: skip


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        examples=["outlay plans show fy2027", "outlay plans show fy2027 --version 1 --lines"],
    )
    def show(
        cli: Cli,
        plan: Name,
        version: Number = None,
        lines: Annotated[
            bool, typer.Option("--lines", help="Line by line, with their ids.")
        ] = False,
    ) -> None:
        """Show a version by month: sums of the hierarchy, or every line with its id."""
        from outlay.app.planning import plan_shapes, plans

        found = plans.version(cli.workspace, plan, version)
        if cli.out.json:
            cli.out.data(plan_shapes.version_json(found))
            return
        _say_version(cli.out, found.info)
        _table(cli.out, found, lines=lines)
        stamp = found.document.baseline
        if stamp is not None:
            cli.out.say(f"Baseline: {stamp.method}, made {moment(stamp.at)} UTC by {stamp.author}.")
            for warning in stamp.warnings:
                cli.out.say(f"Note: {warning}")


def _say_version(out: Output, info: VersionInfo) -> None:
    said = f"{info.plan} version {info.version} ({info.kind}, {info.state}), revision "
    out.say(f"{said}{info.revision}: {money(info.total)} {info.currency}")


def _table(out: Output, found: Version, *, lines: bool) -> None:
    document = found.document
    months = [str(month) for month in document.months]
    rows = []
    for group in document.groups():
        if group.line is not None and not lines:
            continue
        if group.depth == 0:
            continue
        name = group.path[-1] if group.path[-1] is not None else "(none)"
        label = "  " * (group.depth - 1) + (group.line.name or name if group.line else name)
        cells = [money(cell.total) for cell in group.cells]
        rows.append((group.line.id if group.line else "", label, *cells, money(group.year.total)))
    total = [money(cell.total) for cell in document.sums()]
    out.table(
        [Col("Line"), Col(" › ".join(document.frame.hierarchy)),
         *(Col(month, number=True) for month in months), Col("Year", number=True)],
        rows,
        totals=[("", "Total", *total, money(document.total))],
    )  # fmt: skip


def _register_new(group: typer.Typer) -> None:
    @command(
        group,
        "new",
        examples=[
            "outlay plans new fy2027 --starts 2026-10 --by department,team,ServiceName "
            "--title 'Cloud plan FY2027'"
        ],
    )
    def new(
        cli: Cli,
        plan: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
        starts: Annotated[str, typer.Option(metavar="YYYY-MM", help="The year's first month.")],
        by: Annotated[
            str, typer.Option(metavar="D1,D2", help="The hierarchy: dimensions, the whole first.")
        ],
        title: Annotated[str, typer.Option(help="For people; default the name.")] = "",
        measure: Annotated[str, typer.Option(help="EffectiveCost or BilledCost.")] = "",
        currency: Annotated[str, typer.Option(help="Default: the workspace's.")] = "",
        where: Annotated[str, typer.Option(help="The charges it is about; default all.")] = "",
        owner: Annotated[str, typer.Option(help="Whose plan it is.")] = "",
    ) -> None:
        """Make a plan; its lines come with its baseline. `outlay get plan` shows all settings."""
        from outlay.app.planning import plan_shapes, plans

        spec: dict[str, object] = {
            "starts": starts,
            "hierarchy": [name.strip() for name in by.split(",") if name.strip()],
        }
        given = {"title": title, "measure": measure, "currency": currency, "where": where,
                 "owner": owner}  # fmt: skip
        spec |= {key: value for key, value in given.items() if value}
        made = plans.new_plan(cli.workspace, plan, spec)
        if cli.out.json:
            cli.out.data(plan_shapes.plan_json(made))
        else:
            cli.out.say(
                f"Made the plan {made.name}, {made.frame.label}: {made.frame.months[0]} to "
                f"{made.frame.months[-1]}. Next: outlay plans baseline {made.name}"
            )


def _register_baseline(group: typer.Typer) -> None:
    @command(
        group,
        "baseline",
        examples=[
            "outlay plans baseline fy2027",
            "outlay plans baseline fy2027 --method growth --growth 12.5",
            "outlay plans baseline fy2027 --method flat --cut 2026-10-01",
        ],
    )
    def baseline(
        cli: Cli,
        plan: Name,
        method: Annotated[
            str | None, typer.Option(help="forecast, last-year, growth or flat.")
        ] = None,
        growth: Annotated[
            str | None, typer.Option(metavar="PERCENT", help="On the year before.")
        ] = None,
        cut: Annotated[
            str | None, typer.Option(metavar="DAY", help="Nothing from this day on is known.")
        ] = None,
        revision: Revision = None,
    ) -> None:
        """Make the draft's baseline: what the year comes to if nobody does anything.

        Months that are complete are actual. Adjustments stay, but for those of such months.
        """
        from typing import cast

        from outlay.app.planning.plan_baseline import make_baseline
        from outlay.money import parse_money
        from outlay.query.ranges import parse_day

        made = make_baseline(
            cli.workspace,
            plan,
            method=cast("Method | None", method),
            growth=None if growth is None else parse_money(growth),
            cut=None if cut is None else parse_day(cut, "cut"),
            revision=revision,
        )
        done(cli, made, f"{plural(len(made.document.live), 'line')}, "
                         f"{made.document.steps[-1].said}")  # fmt: skip
        stamp = made.document.baseline
        for warning in stamp.warnings if stamp and not cli.out.json else ():
            cli.out.say(f"Note: {warning}")


def _register_draft(group: typer.Typer) -> None:
    @command(
        group,
        "draft",
        examples=[
            "outlay plans draft fy2027 --title 'Estimate of March'",
            "outlay plans draft fy2027 --of 2",
            "outlay plans draft fy2027 --discard",
        ],
    )
    def draft(
        cli: Cli,
        plan: Name,
        of: Annotated[
            int | None, typer.Option(metavar="N", help="The version to go on from.")
        ] = None,
        kind: Annotated[str | None, typer.Option(help="budget or estimate.")] = None,
        title: Annotated[str, typer.Option(help="For people.")] = "",
        discard: Annotated[bool, typer.Option("--discard", help="Throw the draft away.")] = False,
    ) -> None:
        """Start a draft from the approved version (such as the year's latest estimate)."""
        from typing import cast

        from outlay.app.planning import plans

        if discard:
            plans.discard_draft(cli.workspace, plan)
            if not cli.out.json:
                cli.out.say(f"Threw the draft of {plan} away.")
            return
        if kind not in (None, "budget", "estimate"):
            raise typer.BadParameter("a version is a budget or an estimate")
        made = plans.start_draft(
            cli.workspace, plan, of=of, kind=cast("VersionKind | None", kind), title=title
        )
        done(cli, made, "started")


def _register_adjust(group: typer.Typer) -> None:
    @command(
        group,
        "adjust",
        examples=[
            "outlay plans adjust fy2027 l3 2027-02 --to 1200.00 --reason 'second region'",
            "outlay plans adjust fy2027 2027-03 --path commerce --add -500 --effect price "
            "--reason 'savings plan'",
        ],
    )
    def adjust(
        cli: Cli,
        plan: Name,
        where: Annotated[
            list[str], typer.Argument(metavar="[LINE] MONTH", help="A line's id, and YYYY-MM.")
        ],
        reason: Reason,
        to: Annotated[str | None, typer.Option(help="What it shall be.")] = None,
        add: Annotated[str | None, typer.Option(help="What is added; may be negative.")] = None,
        path: Annotated[
            list[str] | None,
            typer.Option(metavar="VALUE", help="Instead of a line: a sum, level by level."),
        ] = None,
        of: Annotated[str, typer.Option(help="amount, volume or unit_cost.")] = "amount",
        effect: Annotated[str, typer.Option(help="volume, price, mix or one-off.")] = "volume",
        revision: Revision = None,
    ) -> None:
        """Change a cell of the draft, or a sum (shared out to its lines by size, to the cent).

        The change is kept as an adjustment, apart from the baseline.
        """
        from outlay.app.planning import plans

        if (to is None) == (add is None):
            raise typer.BadParameter("say --to or --add")
        edit = _edit(where, path, (to, add), of, effect)
        made = plans.edit_cells(cli.workspace, plan, [edit], reason, revision=revision)
        done(cli, made, made.document.steps[-1].said)


def _edit(
    where: list[str], path: list[str] | None, amount: tuple[str | None, str | None], of: str,
    effect: str,
) -> Edit:  # fmt: skip
    """The edit that a command says."""
    from typing import cast

    from outlay.money import BillingPeriod, parse_money
    from outlay.planning.plans.edits import CellEdit, GroupEdit, How

    how: How = "set" if amount[0] is not None else "add"
    number = parse_money(amount[0] if amount[0] is not None else amount[1] or "")
    why = cast("Effect", effect)
    if len(where) != (1 if path else 2):
        raise typer.BadParameter("give a line's id and a month, or a month with --path")
    month = BillingPeriod.parse(where[-1])
    if path:
        return GroupEdit(tuple(path), month, number, how, why)
    return CellEdit(where[0], month, number, cast("Of", of), how, why)


def _register_line(group: typer.Typer) -> None:
    @command(
        group,
        "line",
        examples=[
            "outlay plans line fy2027 --path commerce --path search --path 'Vector index' "
            "--name 'Vector search' --amount 2027-02=300 --amount 2027-03=450 --reason launch",
            "outlay plans line fy2027 --remove l9 --reason 'ends in March'",
        ],
    )
    def line(
        cli: Cli,
        plan: Name,
        reason: Reason,
        path: Annotated[
            list[str] | None, typer.Option(metavar="VALUE", help="The line's values, in order.")
        ] = None,
        name: Annotated[str, typer.Option(help="For people.")] = "",
        amount: Annotated[
            list[str] | None, typer.Option(metavar="MONTH=AMOUNT", help="What it shall cost.")
        ] = None,
        where: Annotated[
            str, typer.Option(help="Its charges by a condition, wherever they stand.")
        ] = "",
        change: Annotated[
            str, typer.Option(metavar="LINE", help="Give a line the --name or --where.")
        ] = "",
        remove: Annotated[str, typer.Option(metavar="LINE", help="Take a line out.")] = "",
        restore: Annotated[str, typer.Option(metavar="LINE", help="Put it back.")] = "",
        revision: Revision = None,
    ) -> None:
        """Add a line that has no history (a hire, a launch), or take one out."""
        from outlay.app.planning import plans
        from outlay.money import BillingPeriod, parse_money
        from outlay.planning.plans.edits import NewLine

        if bool(path) + bool(change) + bool(remove) + bool(restore) != 1:
            raise typer.BadParameter("say --path, --change, --remove or --restore")
        if remove or restore:
            made = plans.remove_line(
                cli.workspace, plan, remove or restore, reason, restore=bool(restore),
                revision=revision,
            )  # fmt: skip
        elif change:
            made = plans.change_line(
                cli.workspace, plan, change, title=name or None, where=where or None,
                revision=revision,
            )  # fmt: skip
        else:
            pairs = [text.partition("=") for text in amount or ()]
            amounts = tuple((BillingPeriod.parse(m), parse_money(a)) for m, _, a in pairs)
            new = NewLine(tuple(path or ()), name, amounts, where)
            made = plans.add_line(cli.workspace, plan, new, reason, revision=revision)
        done(cli, made, made.document.steps[-1].said)


def _register_drive(group: typer.Typer) -> None:
    @command(
        group,
        "drive",
        examples=[
            "outlay plans drive fy2027 l3 --metric orders --only product=web-shop "
            "--reason 'grows with orders'",
            "outlay plans drive fy2027 l3 --off --reason 'no longer so'",
        ],
    )
    def drive(
        cli: Cli,
        plan: Name,
        line: Annotated[str, typer.Argument(help="The line's id.")],
        reason: Reason,
        metric: Annotated[str, typer.Option(help="A metric.")] = "",
        only: Annotated[
            list[str] | None,
            typer.Option(metavar="LABEL=VALUE", help="The metric's series that count."),
        ] = None,
        off: Annotated[bool, typer.Option("--off", help="Take the driver off.")] = False,
        revision: Revision = None,
    ) -> None:
        """Make a line volume × unit cost: the metric's own forecast, times what a unit has cost.

        `outlay plans adjust --of volume` and `--of unit_cost` change them.
        """
        from outlay.app.planning import plan_drivers, plans

        if bool(metric) == off:
            raise typer.BadParameter("say --metric or --off")
        driver = None
        if metric:
            own = plans.version(cli.workspace, plan).document.line(line)
            driver = plan_drivers.propose_driver(
                cli.workspace, plan, own.path, metric, only=plan_drivers.only_of(only or ()),
                where=own.where,
            )  # fmt: skip
        made = plans.drive_line(cli.workspace, plan, line, driver, reason, revision=revision)
        done(cli, made, made.document.steps[-1].said + (f" ({driver.basis})" if driver else ""))


def _register_undo(group: typer.Typer) -> None:
    @command(
        group,
        "undo",
        examples=[
            "outlay plans undo fy2027",
            "outlay plans undo fy2027 --adjustment 12 --reason 'not this year'",
        ],
    )
    def undo(
        cli: Cli,
        plan: Name,
        redo: Annotated[bool, typer.Option("--redo", help="Do the undone edit again.")] = False,
        adjustment: Annotated[
            list[int] | None, typer.Option(metavar="N", help="These, whoever made them.")
        ] = None,
        reason: Annotated[str, typer.Option(help="Why these are taken back.")] = "",
    ) -> None:
        """Take back your newest edit of cells, or adjustments by number. All of it is kept."""
        from outlay.app.planning import plans

        if adjustment:
            made = plans.take_back(cli.workspace, plan, adjustment, reason)
            done(cli, made, made.document.steps[-1].said)
            return
        made = plans.redo(cli.workspace, plan) if redo else plans.undo(cli.workspace, plan)
        done(cli, made, made.document.steps[-1].said)


def _register_note(group: typer.Typer) -> None:
    @command(group, "note", examples=["outlay plans note fy2027 'Ask the team' --line l3"])
    def note(
        cli: Cli,
        plan: Name,
        text: Annotated[str, typer.Argument(help="What is to be known.")],
        line: Annotated[str, typer.Option(help="A line's id; default: the plan.")] = "",
        month: Annotated[
            str | None, typer.Option(metavar="YYYY-MM", help="A month of the line.")
        ] = None,
    ) -> None:
        """Note something on the draft, a line or a month."""
        from outlay.app.planning import plans
        from outlay.money import BillingPeriod

        period = None if month is None else BillingPeriod.parse(month)
        done(cli, plans.add_note(cli.workspace, plan, line, period, text), "noted")
