"""Asking Anthropic's APIs: the new one, and the old one where that is refused or cannot reach."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.lake import Lake
from outlay.money import BillingPeriod
from outlay.sources.anthropic import Anthropic, AnthropicOptions
from outlay.sources.http import RefusedError
from outlay.sources.transports.file import FileTransport
from tests.sources.anthropic.vendor import BETA, KEY, Vendor
from tests.sources.server import Answer, Server, serving

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 10, 9, 30)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", KEY)


def collect(server: Server, into: Path, **options: Any) -> None:
    periods = options.pop("periods", None)
    Anthropic().collect(
        f"{server.url}/v1/organizations",
        AnthropicOptions(**{"since": "2026-10", **options}),
        into,
        periods=periods,
        now=NOW,
        progress=None,
    )


def streams(into: Path, month: str) -> dict[str, int]:
    manifest = json.loads((into / month / "manifest.json").read_text())
    found: dict[str, int] = {}
    for name in manifest["pages"]:
        stream = name.rpartition("-")[0]
        found[stream] = found.get(stream, 0) + 1
    return found


def billed(into: Path, lake: Path) -> dict[str, Decimal]:
    outcomes = Lake.open(lake, threads=1).load(
        "anthropic", Anthropic(), FileTransport(str(into)), AnthropicOptions()
    )
    assert {one.status for one in outcomes} == {"loaded"}, [one.message for one in outcomes]
    return {
        str(one.billing_period): line.loaded
        for one in outcomes
        if one.record
        for line in one.record.proof.lines
        if line.measure == "BilledCost"
    }


def test_the_analytics_api_is_asked_to_the_last_page(tmp_path: Path) -> None:
    with serving(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path / "pages")
    assert streams(tmp_path / "pages", "2026-10") == {"analytics_cost": 7, "analytics_usage": 4}
    assert billed(tmp_path / "pages", tmp_path / "lake") == {
        "2026-10": Decimal("46.5"),
        "2026-11": Decimal(15),
    }
    first = server.asked[0]
    assert first.path == "/v1/organizations/analytics/cost"
    assert first.headers["anthropic-beta"] == BETA
    assert first.parameters == {
        "starting_at": ["2026-10-01T00:00:00Z"],
        "ending_at": ["2026-11-01T00:00:00Z"],
        "time_bucket_width": ["1d"],
        "group_by[]": [
            "workspace_id", "api_key_id", "model", "service_tier", "product", "cost_type",
            "token_type",
        ],
        "limit": ["1000"],
        "order_by": ["time"],
        "order": ["asc"],
    }  # fmt: skip
    november = [one for one in server.asked if one.parameters["starting_at"][0] > "2026-11"]
    assert {one.parameters["ending_at"][0] for one in november} == {"2026-11-11T00:00:00Z"}


@pytest.mark.parametrize("status", [403, 404])
def test_the_admin_api_stands_in_where_the_analytics_api_is_refused(
    status: int, tmp_path: Path
) -> None:
    vendor = Vendor(date(2026, 11, 10))
    vendor.refused = {"analytics/cost": status, "analytics/usage": status}
    with serving(vendor) as server:
        collect(server, tmp_path / "pages")
    assert streams(tmp_path / "pages", "2026-10") == {"cost_report": 5, "usage_report": 5}
    offered = Anthropic().deliveries(FileTransport(str(tmp_path / "pages")), AnthropicOptions())
    assert offered[0].notes == (
        f"analytics/cost is refused ({status}): the older cost_report was asked instead",
        f"analytics/usage is refused ({status}): the older usage_report/messages was asked instead",
    )
    assert billed(tmp_path / "pages", tmp_path / "lake")["2026-10"] == Decimal("46.5")
    admin = [one for one in server.asked if "analytics" not in one.path]
    assert all("anthropic-beta" not in one.headers for one in admin)


def test_months_that_the_analytics_api_does_not_reach_come_from_the_admin_api(
    tmp_path: Path,
) -> None:
    with serving(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path, periods=[BillingPeriod(2025, 12), BillingPeriod(2026, 1)])
    assert set(streams(tmp_path, "2025-12")) == {"cost_report", "usage_report"}
    assert set(streams(tmp_path, "2026-01")) == {"analytics_cost", "analytics_usage"}


def test_the_user_may_name_the_api(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    with serving(vendor) as server:
        collect(server, tmp_path / "admin", api="admin", usage=False)
        assert streams(tmp_path / "admin", "2026-10") == {"cost_report": 5}
        vendor.refused = {"analytics/cost": 403}
        with pytest.raises(RefusedError, match="403"):
            collect(server, tmp_path / "analytics", api="analytics")


def test_a_storm_is_survived(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    vendor.broken = [Answer(status=429, headers={"retry-after": "0.01"})] * 4
    vendor.broken.append(Answer(b"{", 529, {"retry-after": "0.01"}))
    with serving(vendor) as server:
        collect(server, tmp_path / "pages", usage=False)
    assert billed(tmp_path / "pages", tmp_path / "lake")["2026-10"] == Decimal("46.5")


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("at", [1, 6, 7, 8, 10, 11])
def test_a_killed_collection_goes_on_where_it_stopped(at: int, tmp_path: Path) -> None:
    with serving(Vendor(date(2026, 11, 10))) as server:
        left = at

        def dying(what: str, done: int, of: int | None) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1

        with pytest.raises(Killed):
            Anthropic().collect(
                f"{server.url}/v1/organizations",
                AnthropicOptions(since="2026-10"),
                tmp_path / "pages",
                periods=None,
                now=NOW,
                progress=dying,
            )
        assert len(server.asked) == at
        collect(server, tmp_path / "pages")
    # seven pages of costs and four of usage in October; two and one in November
    assert len(server.asked) == 7 + 4 + 2 + 1
    assert billed(tmp_path / "pages", tmp_path / "lake") == {
        "2026-10": Decimal("46.5"),
        "2026-11": Decimal(15),
    }


def test_a_wrong_key_is_refused_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", "sk-ant-api03-of-a-workspace")
    with serving(Vendor(date(2026, 11, 10))) as server, pytest.raises(RefusedError) as failure:
        collect(server, tmp_path)
    text = str(failure.value)
    assert "invalid x-api-key" in text
    assert "Admin API key" in text
    assert "sk-ant-api03" not in text
    assert len(server.asked) == 1, "a wrong key is no reason to ask the other API"


def test_no_file_holds_the_key(tmp_path: Path) -> None:
    with serving(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
