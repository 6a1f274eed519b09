"""`outlay kubernetes`: what was charged for clusters, and which pods it was for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import QUESTIONS, Cli, command
from outlay.cli.commands.asking import AsOf, From, Range, RulesAsOf, To
from outlay.cli.output import Col, count, money

if TYPE_CHECKING:
    from outlay.query.kubernetes import ClusterProof, ClusterQuery

Measure = Annotated[
    str | None,
    typer.Option(help="EffectiveCost (default), BilledCost, ListCost or ContractedCost."),
]
_NONE = "No cluster yet. Load its usage beside the bill of its nodes: outlay source kinds"
_MOST = 40


def register(app: typer.Typer) -> None:
    """Add the group `kubernetes`."""
    group = typer.Typer(
        no_args_is_help=True, help="Kubernetes: the bill of a cluster, shared out to its pods."
    )
    app.add_typer(group, name="kubernetes", rich_help_panel=QUESTIONS)
    _register_list(group)
    _register_show(group)


def _question(**parts: str | None) -> ClusterQuery:
    from outlay.query.kubernetes import ClusterQuery

    names = {"range_": "range", "start": "from", "end": "to"}
    return ClusterQuery.of({names.get(key, key): value for key, value in parts.items() if value})


def _register_list(group: typer.Typer) -> None:
    @command(
        group,
        "list",
        panel=QUESTIONS,
        examples=["outlay kubernetes list", "outlay kubernetes list --range last-month --json"],
    )
    def list_(
        cli: Cli,
        measure: Measure = None,
        range_: Range = None,
        start: From = None,
        end: To = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
    ) -> None:
        """List the clusters: what the bill charged for each, and what was shared out."""
        from outlay.app import kubernetes

        asked = _question(measure=measure, range_=range_, start=start, end=end, as_of=as_of,
                          rules_as_of=rules_as_of)  # fmt: skip
        found = kubernetes.lines(cli.workspace, asked)
        if cli.out.json:
            cli.out.data([one.to_json() for one in found])
            return
        if not found:
            cli.out.say(_NONE)
            return
        rows = [
            [one.name, code, money(one.allocated.get(code)), money(one.charged.get(code)),
             money(one.idle.get(code)), one.note]
            for one in found
            for code in (tuple(one.charged) or ("",))
        ]  # fmt: skip
        cli.out.table(
            [Col("Cluster"), Col("Currency"), Col("Allocated", True), Col("Charged", True),
             Col("Idle", True), Col("Note", optional=True)],
            rows,
        )  # fmt: skip
        cli.out.say("Next: outlay kubernetes show " + found[0].name)


def _register_show(group: typer.Typer) -> None:
    @command(
        group,
        "show",
        panel=QUESTIONS,
        examples=[
            "outlay kubernetes show prod-eu --range last-month",
            "outlay kubernetes show prod-eu --measure BilledCost --json",
        ],
    )
    def show(
        cli: Cli,
        cluster: Annotated[str, typer.Argument(metavar="CLUSTER", help="Its name in usage.")],
        measure: Measure = None,
        range_: Range = None,
        start: From = None,
        end: To = None,
        as_of: AsOf = None,
        rules_as_of: RulesAsOf = None,
    ) -> None:
        """Show a cluster: allocated of charged by kind of resource, by namespace, what is idle.

        Exit code 1 where something does not add up.
        """
        from outlay.app import kubernetes

        asked = _question(measure=measure, range_=range_, start=start, end=end, as_of=as_of,
                          rules_as_of=rules_as_of)  # fmt: skip
        found = kubernetes.prove(cli.workspace, cluster, asked)
        if cli.out.json:
            cli.out.data(found.to_json())
        else:
            _show(cli, found)
        if not found.proven:
            raise typer.Exit(1)


def _show(cli: Cli, found: ClusterProof) -> None:
    if not found.origins:
        cli.out.say(f"Nothing was charged for {found.name} in this range.")
    for code in found.currencies:
        cli.out.say(
            f"{found.name}: allocated {money(found.allocated(code))} of "
            f"{money(found.charged(code))} {code}"
        )
    if found.origins:
        cli.out.table(
            [Col("Resources"), Col("How many", True), Col("Charged", True),
             Col("Allocated", True), Col("Currency"), Col("")],
            [[o.origin, count(o.resources), money(o.charged), money(o.allocated), o.currency,
              "adds up" if o.proven else "DIFFERS"] for o in found.origins],
        )  # fmt: skip
        cli.out.table(
            [Col("Namespace"), Col("Direct", True), Col("Shared idle", True), Col("GPU", True),
             Col("Total", True), Col("Currency")],
            [[h.namespace or "(none)", money(h.direct), money(h.shared_idle), money(h.gpu),
              money(h.amount), h.currency] for h in found.holders],
        )  # fmt: skip
    for one in found.missing[:_MOST]:
        cli.out.say(f"Known to {one.side} only: {one.kind} {one.name}: {one.reason}")
    if len(found.missing) > _MOST:
        cli.out.say(f"And {len(found.missing) - _MOST} more; --json has all.")
