"""The page on FOCUS lists every check as the code has it."""

from outlay.focus.checks import COVERING
from outlay.focus.json_rules import JSON_RULES
from outlay.focus.products import PRODUCT_RULES
from outlay.focus.rules import RULES
from tests.shared import ROOT


def test_the_page_lists_every_check() -> None:
    page = (ROOT / "docs" / "focus.md").read_text().splitlines()
    listed = {line for line in page if line.startswith("| `") and line.count("|") == 4}
    rules = (*RULES, *PRODUCT_RULES, *JSON_RULES, COVERING)
    assert listed == {f"| `{rule.name}` | {rule.severity} | {rule.description} |" for rule in rules}
