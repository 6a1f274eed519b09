"""The desk of finance, empty or with the month that is worked out by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.statements.desk import SEPTEMBER_BILL, SPLIT, Desk


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Desk]:
    """A workspace with the tag `team` and no bill."""
    made = Desk.make(tmp_path)
    yield made
    made.workspace.close()


@pytest.fixture
def desk(bare: Desk) -> Desk:
    """With September's bill and the platform shared evenly."""
    bare.put("Split", "share-platform", SPLIT)
    bare.bill(SEPTEMBER_BILL)
    return bare
