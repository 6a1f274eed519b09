"""The command line's entry: global options, errors and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from outlay import __version__
from outlay.cli.command import FAILED, OK, Root
from outlay.cli.commands import register

# Typer brings a Click of its own or uses the installed one: its error classes are reached from
# the one that it exports.
_UsageError: type[Any] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="outlay",
    help=(
        "Outlay: one exact ledger for cloud, data-platform, SaaS and AI bills. "
        "Start with `outlay demo`, or with `outlay init` and `outlay load PATH`."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=(
        "Exit codes: 0 all done, 1 failed, 2 wrong use, 3 done, but rows were rejected or held."
        "\n\nExample:\n\noutlay demo"
    ),
)
register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"outlay {__version__}")
        raise typer.Exit(OK)


@app.callback()
def _root(
    ctx: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            metavar="DIR",
            help="The workspace's folder (OUTLAY_WORKSPACE; default: the current folder).",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="Ask this server instead of a workspace here (OUTLAY_SERVER).",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="A file that holds the server's API token (or OUTLAY_TOKEN).",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Options before the command."""
    ctx.obj = Root(workspace, json, server, token_file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code; prints errors, never raises them."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        result: Any = typer.main.get_command(app).main(
            args=words, prog_name="outlay", standalone_mode=False
        )
        sys.stdout.flush()
        return result if isinstance(result, int) else OK
    except _UsageError as error:
        return _usage(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; that is no failure of ours.
        sys.stderr.close()
        return OK
    except Exception as error:
        from outlay.cli.failure import report

        return report(error, as_json=as_json)


def _usage(error: Any, as_json: bool) -> int:
    from outlay.cli.failure import usage

    context = error.ctx
    path = context.command_path if context is not None else "outlay"
    message = error.format_message()
    if not message or type(error).__name__ == "NoArgsIsHelpError":
        # A group without a command: its help is the answer, yet nothing was done.
        if context is not None and not as_json:
            print(context.get_help())
        return usage("a command is missing", as_json=as_json, hint=f"Try `{path} --help`.")
    return usage(message, as_json=as_json, hint=f"Try `{path} --help`.")


__all__ = ["FAILED", "app", "main"]
