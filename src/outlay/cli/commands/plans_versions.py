"""`outlay plans submit|approve|reject|versions`: versions and who decided on them."""

from __future__ import annotations

from typing import Annotated

import typer

from outlay.cli.command import Cli, command
from outlay.cli.commands.plans_common import Name, Reason, Revision, done
from outlay.cli.output import NOTHING, Col, moment, money

Deciding = Annotated[int, typer.Argument(metavar="VERSION", help="The submitted version.")]


def register_versions(group: typer.Typer) -> None:
    """Add the commands."""
    _register_deciding(group)
    _register_versions(group)


def _register_deciding(group: typer.Typer) -> None:
    @command(group, "submit", examples=["outlay plans submit fy2027 --note 'as agreed'"])
    def submit(
        cli: Cli,
        plan: Name,
        note: Annotated[str, typer.Option(help="For who decides.")] = "",
        revision: Revision = None,
    ) -> None:
        """Hand the draft in; it cannot be changed until somebody decides."""
        from outlay.app.planning import plans

        done(cli, plans.submit(cli.workspace, plan, note, revision=revision), "submitted")

    @command(group, "approve", examples=["outlay plans approve fy2027 1 --note 'board of 3 Oct'"])
    def approve(
        cli: Cli,
        plan: Name,
        version: Deciding,
        note: Annotated[str, typer.Option(help="For the record.")] = "",
    ) -> None:
        """Approve a submitted version: it never changes again. Another person than who submitted
        it, where there is one."""
        from outlay.app.planning import plans

        made = plans.approve(cli.workspace, plan, version, note)
        done(cli, made, f"approved, digest {made.info.digest[:16]}")

    @command(group, "reject", examples=["outlay plans reject fy2027 1 --reason 'too high'"])
    def reject(cli: Cli, plan: Name, version: Deciding, reason: Reason) -> None:
        """Reject a submitted version; `outlay plans draft PLAN --of VERSION` goes on from it."""
        from outlay.app.planning import plans

        done(cli, plans.reject(cli.workspace, plan, version, reason), "rejected")


def _register_versions(group: typer.Typer) -> None:
    @command(group, "versions", examples=["outlay plans versions fy2027"])
    def versions(cli: Cli, plan: Name) -> None:
        """List a plan's versions."""
        from outlay.app.planning import plan_shapes, plans

        found = plans.versions(cli.workspace, plan)
        if cli.out.json:
            cli.out.data([plan_shapes.info_json(one) for one in found])
            return
        cli.out.table(
            [Col("Version", number=True), Col("Title"), Col("Kind"), Col("State"),
             Col("Revision", number=True), Col("Total", number=True), Col("By"), Col("Decided"),
             Col("Note", optional=True)],
            [
                (str(one.version), one.title or NOTHING, one.kind, one.state, str(one.revision),
                 money(one.total), one.approver or one.submitter or one.author,
                 moment(one.approved_at), one.note)
                for one in found
            ],
        )  # fmt: skip
