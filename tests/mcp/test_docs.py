"""docs/mcp.md lists the tools and prompts that there are, and its configurations can be read."""

import json
import re

import yaml

from outlay.app.settings import Settings
from outlay.mcp.prompts import PROMPTS
from outlay.mcp.registry import tools
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "mcp.md").read_text("utf-8")


def _table(heading: str) -> set[str]:
    """The first column of the first table after a text."""
    lines = PAGE.split(heading, 1)[1].split("|---|---|\n", 1)[1].splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(line)
    return {row.split("`")[1] for row in rows}


def test_the_tools_are_those_that_there_are() -> None:
    offered: dict[str, set[str]] = {"": set(), "sql": set(), "writes": set()}
    for name, tool in tools().items():
        offered[tool.needs].add(name)
    assert _table("## Tools") == offered[""]
    assert _table("With `--allow-sql`:") == offered["sql"]
    assert _table("With `--allow-writes`:") == offered["writes"]


def test_the_prompts_are_those_that_there_are() -> None:
    paragraph = PAGE.split("## Prompts and resources", 1)[1].split("Resources to attach", 1)[0]
    assert set(re.findall(r"`([a-z-]+)`", paragraph)) == set(PROMPTS)


def test_the_configurations_can_be_read() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        assert json.loads(block)
    (settings,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert Settings.model_validate({"name": "x", **yaml.safe_load(settings)})
