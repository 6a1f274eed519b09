"""`outlay plan`, `apply`, `pull`: everything that is configured, as files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import CONFIGURATION, FAILED, OK, Cli, command
from outlay.cli.output import NOTHING, plural

if TYPE_CHECKING:
    from outlay.app.ascode import Plan, Step
    from outlay.resources import FieldChange

CHANGES = 4
"""Exit code of `plan --detailed-exitcode` when something would change."""

_SIGNS = {"create": "+", "change": "~", "delete": "-"}
_MOST_FIELDS = 40
_LONGEST_VALUE = 160

_Paths = Annotated[
    list[Path], typer.Argument(help="YAML files, or folders of them (searched whole).")
]
_Prune = Annotated[
    bool,
    typer.Option(
        "--prune", help="Delete what the files do not have, of the kinds that occur in them."
    ),
]
_PruneKind = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND", help="Delete what the files do not have, of this kind."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of resources as code."""
    _register_plan(app)
    _register_apply(app)
    _register_pull(app)


def _register_plan(app: typer.Typer) -> None:
    @command(
        app,
        "plan",
        panel=CONFIGURATION,
        examples=["outlay plan rules/", "outlay plan rules/ --prune --detailed-exitcode"],
    )
    def plan(
        cli: Cli,
        paths: _Paths,
        prune: _Prune = False,
        prune_kind: _PruneKind = None,
        money: Annotated[
            bool, typer.Option("--money/--no-money", help="Work out the effect in money.")
        ] = True,
        detailed_exitcode: Annotated[
            bool,
            typer.Option(
                "--detailed-exitcode", help=f"Exit with {CHANGES} when something would change."
            ),
        ] = False,
    ) -> int:
        """Show what files of resources would change, with the effect in money; change nothing."""
        from outlay.app import ascode

        workspace = cli.workspace
        found = workspace.plan_resources(
            workspace.read_resource_files(paths),
            prune=prune,
            prune_kinds=prune_kind or (),
            effects=money,
        )
        if cli.out.json:
            cli.out.data(ascode.plan_json(found))
        else:
            _show(cli, found)
        return CHANGES if detailed_exitcode and found.steps else OK


def _register_apply(app: typer.Typer) -> None:
    @command(
        app,
        "apply",
        panel=CONFIGURATION,
        examples=["outlay apply rules/", "outlay apply rules/ --yes --note 'New teams in 2026'"],
    )
    def apply(
        cli: Cli,
        paths: _Paths,
        prune: _Prune = False,
        prune_kind: _PruneKind = None,
        note: Annotated[str, typer.Option(help="Why; kept with each version.")] = "",
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
        money: Annotated[
            bool, typer.Option("--money/--no-money", help="Work out the effect in money.")
        ] = True,
    ) -> int:
        """Do what `outlay plan` shows: all of it in one step, or nothing."""
        from outlay.app import ascode, shapes

        workspace = cli.workspace
        found = workspace.plan_resources(
            workspace.read_resource_files(paths),
            prune=prune,
            prune_kinds=prune_kind or (),
            effects=money,
        )
        if not cli.out.json:
            _show(cli, found)
        if found.steps and not yes and not _agreed(cli):
            cli.out.say("Nothing was changed.")
            return FAILED
        done = workspace.apply_resources(found, author=cli.author, note=note)
        if cli.out.json:
            written = [shapes.resource_json(resource) for resource in done.written]
            cli.out.data(ascode.plan_json(found) | {"written": written})
        elif found.steps:
            cli.out.say(f"Done: {_counted(found)}.")
        return OK


def _agreed(cli: Cli) -> bool:
    if cli.out.json or not sys.stdin.isatty():
        from outlay.app import WorkspaceError

        raise WorkspaceError(
            "nobody is there to confirm it, so nothing was changed. Pass --yes to apply without "
            "being asked, or look at it first with `outlay plan`.",
            wrong_use=True,
        )
    return typer.confirm("Apply this?")


def _register_pull(app: typer.Typer) -> None:
    @command(
        app,
        "pull",
        panel=CONFIGURATION,
        examples=["outlay pull rules/", "outlay pull --kind VirtualTag --kind Dictionary rules/"],
    )
    def pull(
        cli: Cli,
        path: Annotated[
            Path | None,
            typer.Argument(help="The folder to write to; without one, everything is printed."),
        ] = None,
        kind: Annotated[
            list[str] | None, typer.Option(metavar="KIND", help="Only this kind; repeat for more.")
        ] = None,
        out: Annotated[Path | None, typer.Option(metavar="DIR", help="The same as PATH.")] = None,
        prune: Annotated[
            bool,
            typer.Option("--prune", help="Remove the files of what is configured no more."),
        ] = False,
    ) -> int:
        """Write what is configured as files: one a resource, in a folder a kind."""
        from outlay.app import WorkspaceError, ascode

        if path is not None and out is not None and path != out:
            raise WorkspaceError("give the folder once: PATH or --out", wrong_use=True)
        folder = path or out
        if folder is None:
            texts = ascode.pulled(cli.workspace, kind or ())
            if cli.out.json:
                cli.out.data({str(name): text for name, text in texts.items()})
            else:
                cli.out.say("---\n".join(texts.values()).rstrip())
            return OK
        done = cli.workspace.pull_resources(folder, kind or (), prune=prune)
        if cli.out.json:
            cli.out.data(
                {
                    name: [str(file) for file in getattr(done, name)]
                    for name in ("written", "same", "removed", "stale")
                }
            )
            return OK
        cli.out.say(
            f"{plural(len(done.written), 'file')} written, {len(done.same)} as they were, below "
            f"{folder}."
        )
        for file in done.removed:
            cli.out.say(f"Removed {file}: it is configured no more.")
        for file in done.stale:
            cli.out.say(
                f"{file} holds something that is configured no more; applying it would bring that "
                "back (--prune removes such files)."
            )
        return OK


# --- a plan for people --------------------------------------------------------------------


def _show(cli: Cli, plan: Plan) -> None:
    for step in plan.steps:
        _show_step(cli, step)
    if plan.effects is not None:
        from outlay.cli.effects import show_effects

        show_effects(cli.out, plan.effects)
    if not plan.steps:
        cli.out.say(
            f"Nothing to do: {plural(plan.unchanged, 'resource')} as in the files."
            if plan.unchanged
            else "Nothing to do."
        )
    else:
        cli.out.say(f"Plan: {_counted(plan)}, {plan.unchanged} unchanged.")


def _counted(plan: Plan) -> str:
    counts = plan.counts()
    words = {"create": "created", "change": "changed", "delete": "deleted"}
    return ", ".join(f"{count} {words[action]}" for action, count in counts.items())


def _show_step(cli: Cli, step: Step) -> None:
    version = f" (version {step.version})" if step.version else ""
    place = f"  {step.place}" if step.place else ""
    cli.out.say(f"{_SIGNS[step.action]} {step.action} {step.kind} {step.name}{version}{place}")
    for change in step.changes[:_MOST_FIELDS]:
        cli.out.say(f"    {_changed(change)}")
    if len(step.changes) > _MOST_FIELDS:
        cli.out.say(f"    … and {len(step.changes) - _MOST_FIELDS} more; --json has all of them")
    for note in step.notes:
        cli.out.say(f"    ({note})")


def _changed(change: FieldChange) -> str:
    if change.before is None:
        return f"+ {change.field}: {_value(change.after)}"
    if change.after is None:
        return f"- {change.field}: {_value(change.before)}"
    return f"{change.field}: {_value(change.before)} → {_value(change.after)}"


def _value(value: object) -> str:
    if value in ("", [], {}, None):
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(_stated(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _stated(value: object) -> object:
    """The value without the fields of its items that are left empty."""
    if isinstance(value, dict):
        return {k: _stated(v) for k, v in value.items() if v not in (None, "", False, [], {})}
    return [_stated(item) for item in value] if isinstance(value, list) else value
