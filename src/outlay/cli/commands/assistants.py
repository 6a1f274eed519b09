"""`outlay mcp`: the server that assistants ask."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from outlay.cli.command import OK, WORKSPACE, Cli, command
from outlay.cli.server import TOKEN_VARIABLE

_ADDRESS = "http://127.0.0.1:8710"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "mcp",
        panel=WORKSPACE,
        examples=["outlay mcp", "outlay mcp --server https://outlay.example.com"],
    )
    def mcp(
        cli: Cli,
        allow_writes: Annotated[
            bool,
            typer.Option("--allow-writes", help="Let it save views and change resources."),
        ] = False,
        allow_sql: Annotated[
            bool, typer.Option("--allow-sql", help="Let it ask in raw SQL.")
        ] = False,
        token: Annotated[
            str | None,
            typer.Option(
                envvar=TOKEN_VARIABLE,
                show_envvar=False,
                help="Act as the owner of this API token (OUTLAY_TOKEN); else as you, at this "
                "machine.",
            ),
        ] = None,
        address: Annotated[
            str | None,
            typer.Option(
                help="Where the pages are, for the links in answers; default login.public_url of "
                f"outlay.yaml, else {_ADDRESS}."
            ),
        ] = None,
    ) -> int:
        """Answer an assistant's questions by the Model Context Protocol on standard input and
        output.

        An assistant starts this command by itself: docs/mcp.md has the configuration for each. It
        reads only, unless --allow-writes is given. A served workspace answers at /mcp as well;
        with --server everything is passed on to one.
        """
        stdio = import_module("outlay.mcp.stdio")
        if cli.server is not None:
            stdio.forward(cli.server.url, token or cli.server.token)
            return OK
        registry, links = import_module("outlay.mcp.registry"), import_module("outlay.mcp.links")
        from outlay.access import acting
        from outlay.app.acting import principal_for

        pages = address or cli.workspace.settings.login.public_url or _ADDRESS
        options = registry.Options(writes=allow_writes, sql=allow_sql)
        context = registry.Context(cli.workspace, options, links.Links(pages))
        with acting(principal_for(cli.workspace, token or "")):
            stdio.serve(context)
        return OK
