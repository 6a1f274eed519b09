"""The command line: parse, call the workspace, show. See docs/cli.md."""

from outlay.cli.main import main

__all__ = ["main"]
