"""What tests of sources get: their servers are on this machine."""

from collections.abc import Iterator

import pytest

from outlay.sources.reach import ANYWHERE, reaching


@pytest.fixture(scope="package", autouse=True)
def _loopback() -> Iterator[None]:
    with reaching(ANYWHERE):
        yield
