"""How a command is declared: help, examples, and the options that every command has.

A command is a function whose first parameter is the `Cli`; it returns its exit code (None is 0).
Nothing heavy is imported here: `outlay --help` must be instant.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
import typer.core

from outlay.cli.output import Output
from outlay.cli.server import Server, chosen_server

if TYPE_CHECKING:
    from outlay.app import Workspace

OK, FAILED, WRONG_USE, INCOMPLETE = 0, 1, 2, 3
"""Exit codes: all done, failed, wrong use, done with rejected or held rows."""

BILLS = "Bills"
QUESTIONS = "Questions"
HISTORY = "History"
CONFIGURATION = "Configuration"
WORKSPACE = "Workspace"

_FOLDER = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        help="The workspace's folder (OUTLAY_WORKSPACE; default: the current folder).",
        rich_help_panel="Common options",
    ),
]
_JSON = Annotated[
    bool,
    typer.Option("--json", help="Print JSON for machines.", rich_help_panel="Common options"),
]
_SERVER = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Ask this server instead of a workspace here (OUTLAY_SERVER; token: OUTLAY_TOKEN).",
        rich_help_panel="Common options",
    ),
]
_TOKEN_FILE = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="A file that holds the server's API token.",
        rich_help_panel="Common options",
    ),
]


@dataclass
class Root:
    """What was given before the command: `outlay -w DIR --json COMMAND`."""

    folder: Path | None = None
    json: bool = False
    server: str | None = None
    token_file: Path | None = None


@dataclass
class Cli:
    """What a command works with: the output, and the workspace, opened when first asked for.

    With a `server` the workspace is the one over there: it has the same use cases.
    """

    folder: Path
    out: Output
    server: Server | None = None
    _opened: list[Workspace] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        """The workspace of this call; WorkspaceError when the folder is none."""
        if not self._opened:
            self._opened.append(self._open())
        return self._opened[0]

    @property
    def asked(self) -> bool:
        """Whether the command needed the workspace."""
        return bool(self._opened)

    def _open(self) -> Workspace:
        if self.server is not None:
            return self.server.workspace()
        from outlay.app import Workspace

        return Workspace.open(self.folder)

    @property
    def author(self) -> str:
        """Who changes things from this command line: the login name."""
        from outlay.access import who

        return who()

    def close(self) -> None:
        """Close the workspace if it was opened."""
        for workspace in self._opened:
            workspace.close()


class Defaulting(typer.core.TyperGroup):
    """A group that is also a question: what names none of its commands is its command `show`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` before options that follow the group's name."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


def command(
    app: typer.Typer,
    name: str,
    *,
    panel: str | None = None,
    examples: Sequence[str],
    here: str = "",
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Declare a command of `app`; its docstring is the help, `examples` are whole command lines.

    `here` is the reason for which it works on this machine alone: with ``--server`` it is refused.
    """

    def declare(function: Callable[..., int | None]) -> Callable[..., int | None]:
        @functools.wraps(function)
        def run(
            ctx: typer.Context,
            workspace: Path | None,
            json: bool,
            server: str | None,
            token_file: Path | None,
            **given: Any,
        ) -> int:
            root = ctx.obj if isinstance(ctx.obj, Root) else Root()
            given_folder = workspace or root.folder
            folder = given_folder or Path(os.environ.get("OUTLAY_WORKSPACE") or ".")
            there = chosen_server(
                server or root.server, token_file or root.token_file, given_folder, here
            )
            cli = Cli(folder, Output(json=json or root.json), there)
            try:
                code = function(cli, **given) or OK
                if there is not None and not cli.asked:
                    # What the program knows by itself is the same over there only if that is of
                    # the same version, and answers.
                    cli.workspace.today()
                return code
            finally:
                cli.close()

        _sign(run, function)
        epilog = "\n\n".join(["Examples:" if len(examples) > 1 else "Example:", *examples])
        # A paragraph is one line: Typer would keep the line breaks of the source.
        paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
        help_text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        run.here = here  # type: ignore[attr-defined]
        app.command(name, help=help_text, epilog=epilog, rich_help_panel=panel)(run)
        return function

    return declare


def _sign(run: Callable[..., int], function: Callable[..., int | None]) -> None:
    """Give the wrapper the function's own parameters and the common options."""
    hints = get_type_hints(function, include_extras=True)
    own = list(inspect.signature(function).parameters.values())[1:]
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("ctx", kind, annotation=typer.Context),
        *(p.replace(annotation=hints[p.name], kind=kind) for p in own),
        inspect.Parameter("workspace", kind, default=None, annotation=_FOLDER),
        inspect.Parameter("json", kind, default=False, annotation=_JSON),
        inspect.Parameter("server", kind, default=None, annotation=_SERVER),
        inspect.Parameter("token_file", kind, default=None, annotation=_TOKEN_FILE),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    # Typer would follow __wrapped__ back to the signature that lacks the common options.
    del run.__wrapped__  # type: ignore[attr-defined]
