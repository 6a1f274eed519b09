"""docs/errors.md lists exactly the errors that the command line knows."""

import re
from pathlib import Path

from outlay.cli.failure import EXIT_CODES

DOCS = Path(__file__).parents[2] / "docs" / "errors.md"


def test_every_error_is_documented_with_its_exit_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*?\| ([^|]+) \| [^|]+ \|$", DOCS.read_text(), re.M)
    documented = {name: codes.strip() for name, codes in rows}
    for name, code in EXIT_CODES.items():
        assert name in documented, f"docs/errors.md lacks {name}"
        assert str(code) in documented[name]
