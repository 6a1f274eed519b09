"""docs/cli.md, written from the commands by `python -m outlay.cli.docs`; a test holds it so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"
_COMMON = {"workspace", "json", "help", "server", "token_file"}
_HEAD = """\
# Command line

Written from the commands by `python -m outlay.cli.docs`; do not edit.

Every command takes `-w DIR` (or `OUTLAY_WORKSPACE`; default: the current folder), `--json` for
machines and `--help`. Progress is shown on a terminal only. Money in tables is rounded to cents;
JSON, CSV and Parquet have every decimal.

With `--server URL` (or `OUTLAY_SERVER`) a command asks that server instead of a workspace on this
machine: the same command, the same output, the same exit code. The token is that of `OUTLAY_TOKEN`
or of the file that `--token-file` names; see [API](api.md#the-command-line-on-another-machine).
Commands marked *here alone* work on this machine and are refused with `--server`.

| exit code | meaning |
| --- | --- |
| 0 | all of it worked |
| 1 | failed; nothing half-done is left |
| 2 | wrong use: the command line, a name, a condition |
| 3 | done, but rows were rejected or a delivery was held back |

Errors go to stderr as one message: what, where, what is allowed, what to do next; with `--json`
as `{"error": {"type": …, "message": …, "exit_code": …}}`. `OUTLAY_DEBUG=1` adds the traceback.
docs/errors.md lists the kinds of errors.
"""


def page() -> str:
    """The whole page."""
    from outlay.cli.main import app

    root: Any = typer.main.get_command(app)
    parts = [_HEAD]
    for name, command in root.commands.items():
        parts += _commands(name, command)
    return "\n".join(parts)


def _commands(path: str, command: Any) -> list[str]:
    """A command, or every command of a group and of the groups in it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return [_command(path, command)]
    return [part for name, one in inner.items() for part in _commands(f"{path} {name}", one)]


def _command(path: str, command: Any) -> str:
    reason = getattr(command.callback, "here", "")
    lines = [f"## outlay {path}", "", str(command.help), ""]
    lines += [f"*Here alone*: {reason}.", "", "```"] if reason else ["```"]
    lines += [line for line in str(command.epilog).split("\n\n")[1:] if line]
    lines += ["```", ""]
    rows = [_parameter(p) for p in command.params if p.name not in _COMMON]
    if rows:
        lines += ["| option or argument | meaning |", "| --- | --- |", *rows, ""]
    return "\n".join(lines)


def _parameter(parameter: Any) -> str:
    option = parameter.opts[0].startswith("-")
    shown = parameter.metavar or parameter.name.strip("_").upper()
    name = parameter.opts[0] if option else shown
    if option and not getattr(parameter, "is_flag", False):
        name += f" {shown}"
    text = str(parameter.help).replace("|", "\\|")
    default = parameter.default
    if option and default not in (None, False, "", []) and not callable(default):
        text += f" Default: {default}."
    return f"| `{name}` | {'Required. ' if parameter.required else ''}{text} |"


if __name__ == "__main__":
    DOCS.parent.mkdir(exist_ok=True)
    DOCS.write_text(page(), encoding="utf-8")
