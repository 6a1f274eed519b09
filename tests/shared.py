"""Where the shared sample data lies, for tests that walk it.

The data is no part of the repository: it is looked for in a folder `shared` beside the
repository, or where OUTLAY_SHARED points, and tests that need it skip with a reason otherwise.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _find() -> Path | None:
    named = os.environ.get("OUTLAY_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared"
    return folder if (folder / "data" / "MANIFEST.csv").is_file() else None


SHARED: Path | None = _find()

needs_shared = pytest.mark.skipif(
    SHARED is None,
    reason="the shared sample data is absent: lay it beside the repository or set OUTLAY_SHARED",
)


def shared_data(*parts: str) -> Path:
    """A path below the shared data folder; only for tests marked `needs_shared`."""
    if SHARED is None:
        pytest.skip("the shared sample data is absent")
    return SHARED.joinpath("data", *parts)
