"""The rules as the table of the documentation: `python -m outlay.access.rules.told docs/scopes.md`.

The table stands between two comments of the file, and a test holds the file against the rules.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from outlay.access.principal import Level
from outlay.access.rules import Reach, rules

_REACH: dict[Reach, str] = {
    "free": "tells nothing of the ledger",
    "filtered": "keeps to the scope",
    "whole": "refused",
}
_BEGIN, _END = "<!-- routes -->", "<!-- end of routes -->"


def table() -> str:
    """A Markdown table of every route: who may ask it, and what it is for people of a scope."""
    lines = ["| route | who | with a scope |", "|---|---|---|"]
    for key, rule in sorted(rules().items(), key=lambda item: _order(item[0])):
        who = "anybody" if rule.level is Level.NOBODY else rule.level.word
        lines.append(f"| `{key}` | {who} | {_REACH[rule.reach]} |")
    return "\n".join(lines)


def _order(key: str) -> tuple[bool, str, str]:
    method, _, path = key.partition(" ")
    return path.startswith("/api"), path, method


def written(text: str) -> str:
    """The text with the table of now between its comments."""
    between = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
    return between.sub(lambda _: f"{_BEGIN}\n{table()}\n{_END}", text)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")
