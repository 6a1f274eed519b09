"""`outlay native`: recommendations of the vendors' own tools, read as they give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outlay.cli.command import BILLS, FAILED, OK, Cli, command
from outlay.cli.output import NOTHING, Col, count, moment, money, plural
from outlay.cli.values import options_of, place_of

if TYPE_CHECKING:
    from outlay.app.native.reading import NativeSource, NativeStatus
    from outlay.app.native.syncing import NativeSync

_Name = Annotated[str, typer.Argument(help="The source's name.")]
_Format = Annotated[str, typer.Option(help="The tool's format; `native formats` lists them.")]
_Option = Annotated[
    list[str] | None, typer.Option(metavar="K=V", help="An option of the format.")
]  # fmt: skip
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Recommendations of the vendors' own tools."
    )  # fmt: skip
    app.add_typer(group, name="native", rich_help_panel=BILLS)
    _register_add(group)
    _register_read(group)
    _register_sync(group)


def _register_add(group: typer.Typer) -> None:
    @command(
        group,
        "add",
        examples=[
            "outlay native add hub --format aws-cost-hub-export --location s3://acme/hub",
            "outlay native add advisor --format azure-advisor --location api "
            "--option subscriptions=38f1d748-3ac7-4b7f-a5ae-8b5ff16db82c",
        ],
    )
    def add(
        cli: Cli,
        name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
        location: Annotated[
            str, typer.Option(metavar="LOC", help="File, folder, URL, or `api` for the vendor's.")
        ],
        format: _Format = "auto",
        option: _Option = None,
        cadence: Annotated[
            str, typer.Option(help="How often it is read: hourly, daily, monthly or manual.")
        ] = "daily",
    ) -> None:
        """Configure where a tool's recommendations come from. Credentials are never stored."""
        from outlay.app.native import reading, shapes, syncing

        place = location if location == "api" else place_of(cli, location)
        given = {key: str(value) for key, value in (options_of(option) or {}).items()}
        syncing.add(cli.workspace, name, place, format, given, cadence)
        if cli.out.json:
            cli.out.data(shapes.status_json(reading.source(cli.workspace, name).status))
        cli.out.say(f"The source {name} is configured. Next: outlay native sync {name}")

    @command(group, "remove", examples=["outlay native remove hub"])
    def remove(cli: Cli, name: _Name) -> None:
        """Remove a source: what it said does not count any more; its deliveries stay on record."""
        from outlay.app.native import syncing

        syncing.remove(cli.workspace, name)
        if cli.out.json:
            cli.out.data({"removed": name})
        cli.out.say(f"The source {name} is removed.")

    @command(group, "formats", examples=["outlay native formats", "outlay native formats --json"])
    def formats(cli: Cli) -> None:
        """List what can be read: each format, where it is from, and its options."""
        from outlay.app.native import shapes

        found = shapes.formats_json()
        if cli.out.json:
            cli.out.data(found)
            return
        cli.out.table(
            [Col("Format"), Col("Tool"), Col("API"), Col("What is read", optional=True)],
            [
                (one["format"], one["title"], "yes" if one["api"] else "no", one["description"])
                for one in found
            ],
        )
        for one in found:
            for name, meaning in (one["options"] | (one["api"] or {})).items():
                cli.out.say(f"{one['format']} --option {name}=…  {meaning}")


def _register_read(group: typer.Typer) -> None:
    @command(group, "list", examples=["outlay native list", "outlay native list --json"])
    def list_sources(cli: Cli) -> None:
        """List the sources: how fresh each is and what it says, before anything is netted."""
        from outlay.app.native import reading, shapes

        found = reading.statuses(cli.workspace)
        if cli.out.json:
            cli.out.data([shapes.status_json(one) for one in found])
        elif not found:
            cli.out.say(
                "No source yet: `outlay native load FILE` reads an export once, "
                "`outlay native add` configures a source."
            )
        else:
            cli.out.table(
                [
                    Col("Source"), Col("Format"), Col("Freshness"), Col("Findings", True),
                    Col("Left out", True), Col("A month", True), Col("Read (UTC)", optional=True),
                ],
                [_line(one) for one in found],
            )  # fmt: skip
            for one in found:
                if one.error:
                    cli.out.say(f"{one.name}: {one.error}")

    @command(group, "show", examples=["outlay native show hub"])
    def show(cli: Cli, name: _Name) -> None:
        """Show one source: its deliveries, what it says, and what could not be taken."""
        from outlay.app.native import reading, shapes

        found = reading.source(cli.workspace, name)
        if cli.out.json:
            cli.out.data(shapes.source_json(found))
        else:
            _show(cli, found)


def _line(one: NativeStatus) -> tuple[str, ...]:
    said = one.delivery.format if one.delivery else one.spec.format
    return (
        one.name,
        said,
        one.freshness,
        count(one.findings + one.without_amount),
        count(one.told),
        _sums(one),
        moment(one.looked_at),
    )


def _sums(one: NativeStatus) -> str:
    return ", ".join(f"{money(amount)} {code}" for code, amount in one.sums.items()) or NOTHING


def _show(cli: Cli, found: NativeSource) -> None:
    status = found.status
    options = ", ".join(f"{key}={value}" for key, value in status.spec.options.items())
    facts = {
        "Source": status.name,
        "Format": status.spec.format,
        "Location": status.spec.location,
        "Options": options or NOTHING,
        "Cadence": status.spec.cadence + ("" if status.spec.enabled else " (paused)"),
        "Freshness": f"{status.freshness}: {status.reason}",
        "A month": _sums(status),
        "Deliveries": count(len(found.deliveries)),
    }
    cli.out.table([Col(""), Col("")], list(facts.items()))
    if status.error:
        cli.out.say(status.error)
    if found.findings:
        cli.out.table(
            [Col("Recommendation"), Col("Resource", optional=True), Col("A month", True), Col("")],
            [
                (one.title, one.resource or one.scope, money(one.monthly_saving), one.currency)
                for one in found.findings[:_SHOWN]
            ],
        )
        _more(cli, len(found.findings))
    for told in found.told[:_SHOWN]:
        cli.out.say(f"Not taken: {told.item}: {told.reason}")
    _more(cli, len(found.told))


def _more(cli: Cli, number: int) -> None:
    if number > _SHOWN:
        cli.out.say(f"… and {number - _SHOWN} more: --json has them all")


def _register_sync(group: typer.Typer) -> None:
    @command(group, "sync", examples=["outlay native sync", "outlay native sync hub"])
    def sync(
        cli: Cli,
        names: Annotated[
            list[str] | None,
            typer.Argument(metavar="[SOURCE]", help="Default: all that are not manual."),
        ] = None,
    ) -> int:
        """Bring sources up to date; one that fails leaves what it said before as it is."""
        from outlay.app.native import shapes, syncing

        with cli.out.progress() as progress:
            done = syncing.sync(cli.workspace, names, progress=progress)
        if cli.out.json:
            cli.out.data([shapes.sync_json(one) for one in done])
        if not done:
            cli.out.say("No source is due: `outlay native add` configures one.")
        return _told(cli, done)

    @command(
        group,
        "load",
        examples=[
            "outlay native load hub-export.csv",
            "outlay native load advisor.json --format azure-advisor --name azure",
        ],
    )
    def load(
        cli: Cli,
        location: Annotated[str, typer.Argument(metavar="FILE", help="File, folder or URL.")],
        name: Annotated[str, typer.Option(help="The source's name; default: the file's.")] = "",
        format: _Format = "auto",
        option: _Option = None,
    ) -> int:
        """Read an export once, as a source that is synced by hand."""
        from outlay.app.native import shapes, syncing

        given = {key: str(value) for key, value in (options_of(option) or {}).items()}
        done = syncing.load(cli.workspace, place_of(cli, location), name, format, given)
        if cli.out.json:
            cli.out.data(shapes.sync_json(done))
        return _told(cli, (done,))


def sync_tools(cli: Cli) -> int:
    """Bring every native tool up to date that is not synced by hand: a part of `outlay sync`."""
    from outlay.app.native import syncing

    return _told(cli, syncing.sync(cli.workspace))


def _told(cli: Cli, done: tuple[NativeSync, ...]) -> int:
    """Say what was done; the exit code."""
    for one in done:
        if one.outcome == "failed":
            typer.echo(f"Error: {one.source}: {one.error}", err=True)
        elif one.delivery is not None:
            detail = one.delivery.detail
            said = "new" if one.outcome == "delivered" else "as before"
            cli.out.say(
                f"{one.source}: {said}, {plural(detail['findings'], 'recommendation')}, "
                f"{detail['sizings']} without an amount of their own, {detail['told']} left out"
            )
    return FAILED if any(one.outcome == "failed" for one in done) else OK
