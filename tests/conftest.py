"""What every test gets: a quiet, offline, credential-free environment, and Hypothesis profiles."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# A developer's own credentials and workspace must never reach a test.
_LEAKS = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "OUTLAY_WORKSPACE")


@pytest.fixture(autouse=True)
def _sealed_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in _LEAKS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # Rich and Typer wrap to the terminal; tests compare text.
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("NO_COLOR", "1")
    yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with its reason, what was not asked for."""
    if os.environ.get("OUTLAY_TEST_FRESH") != "1":
        skip = pytest.mark.skip(reason="installs a new environment: set OUTLAY_TEST_FRESH=1")
        for item in items:
            # Not `in item.keywords`: those hold the names of folders as well.
            if item.get_closest_marker("fresh"):
                item.add_marker(skip)
