"""A lake for each test of Azure bills."""

from pathlib import Path

import pytest

from tests.sources.azure_export.books import Books, Sheet


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path)


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    return Sheet(tmp_path)
