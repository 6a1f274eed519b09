"""`outlay demo`, `init`, `serve`, `doctor`, `check`."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from socket import socket
from typing import Annotated

import typer

from outlay.cli.command import FAILED, OK, WORKSPACE, Cli, command
from outlay.cli.listening import LOOPBACK, Listening
from outlay.cli.output import Col, count, plural

Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Default 8710, or a free one if that is taken; 0 takes a free one."
    ),
]


def register_first(app: typer.Typer) -> None:
    """Add the commands that a newcomer needs first."""
    _register_demo(app)
    _register_init(app)


def _register_demo(app: typer.Typer) -> None:
    @command(
        app,
        "demo",
        here="it makes a workspace in a folder",
        panel=WORKSPACE,
        examples=["outlay demo", "outlay -w acme demo --no-serve"],
    )
    def demo(
        cli: Cli,
        no_serve: Annotated[
            bool, typer.Option("--no-serve", help="Only make the workspace.")
        ] = False,
        port: Port = None,
    ) -> int:
        """Make a sample company's workspace from generated bills, and open it.

        The bills are written in the vendors' own file formats and loaded by the ordinary path.
        Running it again brings the same workspace up to date. Without -w the folder is
        outlay-demo.
        """
        from outlay.app.demo import build
        from outlay.cli.serving import bound_socket

        folder = Path("outlay-demo") if cli.folder == Path(".") else cli.folder

        def make() -> None:
            with cli.out.progress() as progress:
                built = build(folder, progress=progress)
            built.close()
            cli.out.say(f"The sample company is in {folder}.")
            cli.out.say(f"Ask it: outlay -w {folder} query --by ServiceName --range last-month")

        if no_serve:
            make()
            if cli.out.json:
                cli.out.data({"workspace": str(folder.absolute())})
            return OK
        # The port first: to make the company takes a while, and then to fail would waste it.
        with bound_socket(LOOPBACK[0], port) as listener:
            make()
            return _serve(cli, folder, listener)


def _register_init(app: typer.Typer) -> None:
    @command(
        app,
        "init",
        here="it makes a workspace in a folder",
        panel=WORKSPACE,
        examples=["outlay init acme --name 'Acme' --currency EUR"],
    )
    def init(
        cli: Cli,
        folder: Annotated[
            Path | None, typer.Argument(metavar="[DIR]", help="Default: the workspace folder.")
        ] = None,
        name: Annotated[str, typer.Option(help="Its name, for people; default the folder's.")] = "",
        currency: Annotated[str, typer.Option(help="ISO 4217 code, e.g. USD.")] = "USD",
    ) -> None:
        """Make an empty workspace in a folder; one that is there is left as it is."""
        from outlay.app import Workspace
        from outlay.app.settings import FILE

        place = folder or cli.folder
        existed = (place / FILE).is_file()
        workspace = Workspace.init(place, name=name, currency=currency)
        if cli.out.json:
            cli.out.data(
                {
                    "workspace": str(workspace.path),
                    "name": workspace.name,
                    "currency": workspace.currency,
                    "created": not existed,
                }
            )
        done = "is a workspace already; it was left as it is" if existed else "is a workspace now"
        cli.out.say(f"{workspace.path} {done} ({workspace.name}, {workspace.currency}).")
        cli.out.say(f"Next: outlay -w {place} load PATH, or outlay -w {place} source add --help")
        workspace.close()


def register(app: typer.Typer) -> None:
    """Add the commands that look after a workspace."""
    _register_serve(app)
    _register_doctor(app)
    _register_check(app)


def _register_serve(app: typer.Typer) -> None:
    @command(
        app,
        "serve",
        here="it is the server",
        panel=WORKSPACE,
        examples=[
            "outlay serve --port 9000",
            "outlay serve --login",
            "outlay serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem",
        ],
    )
    def serve(
        cli: Cli,
        host: Annotated[
            str, typer.Option(help="Where to listen; 0.0.0.0 is every address of the machine.")
        ] = LOOPBACK[0],
        port: Port = None,
        no_sync: Annotated[
            bool, typer.Option("--no-sync", help="Leave the sources as they are.")
        ] = False,
        no_watch: Annotated[
            bool, typer.Option("--no-watch", help="Do not look for what is to be told.")
        ] = False,
        login: Annotated[
            bool, typer.Option("--login", help="Ask for a login on this machine too.")
        ] = False,
        tls_cert: Annotated[
            Path | None, typer.Option(help="PEM file of the certificate and its chain.")
        ] = None,
        tls_key: Annotated[Path | None, typer.Option(help="PEM file of its key.")] = None,
        trust_proxy: Annotated[
            str,
            typer.Option(
                metavar="ADDRESSES",
                help="Proxies whose X-Forwarded-For and -Proto are believed, comma-separated.",
            ),
        ] = "",
    ) -> int:
        """Serve the pages of the workspace, and keep its sources up to date.

        Each source is synced on its cadence by a process of its own: hourly ones every 15
        minutes, daily ones every 3 hours, monthly ones once a day; sooner after a failure.

        On this machine alone it asks nobody to log in, unless --login or outlay.yaml says so. Where
        others can reach it everybody logs in, and it does not start before there is an
        administrator: outlay users add NAME --role admin.
        """
        from outlay.cli.serving import bound_socket

        listening = Listening(host, login, tls_cert, tls_key, trust_proxy).checked()
        folder = cli.workspace.path
        listening.login_of(cli.workspace)  # what is missing is told before a port is taken
        with bound_socket(host, port) as listener:
            return _serve(
                cli, folder, listener, sync=not no_sync, watch=not no_watch, listening=listening
            )


def _register_doctor(app: typer.Typer) -> None:
    @command(
        app,
        "doctor",
        here="it looks at the files of a workspace",
        panel=WORKSPACE,
        examples=["outlay doctor", "outlay doctor --json"],
    )
    def doctor(cli: Cli) -> int:
        """Look at everything that the workspace stands on; exit code 1 when something is wrong."""
        from outlay.app import shapes

        lines = cli.workspace.doctor()
        if cli.out.json:
            cli.out.data([shapes.doctor_json(line) for line in lines])
        else:
            cli.out.table(
                [Col("Looked at"), Col(""), Col("Found")],
                [(line.topic, "ok" if line.ok else "WRONG", line.found) for line in lines],
            )
            for line in lines:
                if not line.ok and line.next:
                    cli.out.say(f"{line.topic}: {line.next}")
        return OK if all(line.ok for line in lines) else FAILED


def _register_check(app: typer.Typer) -> None:
    @command(
        app, "check", panel=WORKSPACE, examples=["outlay check", "outlay check --source acme-cur"]
    )
    def check(
        cli: Cli,
        source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    ) -> int:
        """List the FOCUS row checks that loaded bills break; exit code 1 if one is an error.

        A check never changes money: it counts rows and names its rule.
        """
        from outlay.app import shapes

        slices = len(cli.workspace.deliveries(source))
        lines = cli.workspace.checks(source)
        if cli.out.json:
            cli.out.data([shapes.check_json(line) for line in lines])
        elif lines:
            cli.out.table(
                [Col("Source"), Col("Period"), Col("Severity"), Col("Rows", True), Col("Rule")],
                [
                    (x.source, str(x.billing_period), x.severity, count(x.rows), x.rule)
                    for x in lines
                ],
            )
            for line in {line.rule: line for line in lines}.values():
                cli.out.say(f"{line.rule}: {line.description}")
        elif slices:
            cli.out.say(f"{plural(slices, 'slice')}: no row breaks a check.")
        else:
            cli.out.say("No data yet: outlay load PATH loads a bill.")
        return FAILED if any(line.blocking for line in lines) else OK


def _serve(
    cli: Cli,
    folder: Path,
    listener: socket,
    *,
    sync: bool = True,
    watch: bool = True,
    listening: Listening = Listening(),  # noqa: B008
) -> int:
    """Serve until interrupted; the listener is bound, so that the address can be promised."""
    import uvicorn

    from outlay.app import Workspace
    from outlay.app.alerts.background import Watcher
    from outlay.app.reports.background import Deliverer
    from outlay.app.scheduling import Syncer
    from outlay.app.servers import Presence

    # Faces do not know each other. The server is put together here, by name, from the pages,
    # the API and the assistants' address, since starting it is this face's command.
    create_app = import_module("outlay.web.app").create_app
    create_router = import_module("outlay.api").create_router
    assistants = import_module("outlay.mcp.http")
    workspace = Workspace.open(folder)
    host, port = listener.getsockname()[:2]
    login = listening.login_of(workspace)
    address = f"{listening.scheme}://{f'[{host}]' if ':' in host else host}:{port}/"
    # On stdout and at once: scripts wait for this line.
    if cli.out.json:
        cli.out.data({"address": address, "workspace": str(workspace.path)})
    cli.out.say(f"{workspace.name} is open at {address} ({listening.words(login)}).")
    if listening.warning:
        cli.out.say(f"Warning: {listening.warning}")
    cli.out.say("Ctrl-C stops it.")
    sys.stdout.flush()
    syncer = Syncer(workspace) if sync else None
    application = create_app(
        workspace,
        api=create_router(workspace),
        syncer=syncer,
        mcp=assistants.route(workspace),
        login=login,
        hosts=listening.hosts(workspace, login),
    )
    config = uvicorn.Config(
        application, log_level="warning", access_log=False, **listening.options()
    )
    presence = Presence(workspace, address)
    watcher = Watcher(workspace) if watch else None
    background = [one for one in (Deliverer(workspace), watcher, syncer) if one is not None]
    for one in background:
        one.start()
    try:
        with suppress(KeyboardInterrupt):  # the way to stop it, hence no failure
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        for one in reversed(background):
            one.stop()
        presence.end()
        workspace.close()
    return OK
