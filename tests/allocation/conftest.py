"""What the tests of allocation share: a small lake."""

from pathlib import Path

import pytest

from tests.query.fixtures import SmallLake


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    """An empty lake, to which a test adds bills."""
    return SmallLake(tmp_path)
