"""Asking OpenAI's API: month by month, page by page, through storms, kills and wrong keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.lake import Lake
from outlay.money import BillingPeriod
from outlay.sources.contract import SourceError, TransportError
from outlay.sources.http import RefusedError
from outlay.sources.openai import OpenAi, OpenAiOptions
from outlay.sources.openai.answers import ENDPOINTS
from outlay.sources.transports.file import FileTransport
from tests.sources.openai.vendor import KEY, Vendor
from tests.sources.server import Answer, Server, serving

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 10, 9, 30)
OCTOBER, NOVEMBER = BillingPeriod(2026, 10), BillingPeriod(2026, 11)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)


@contextmanager
def openai(vendor: Vendor) -> Iterator[Server]:
    with serving(vendor) as server:
        yield server


def collect(server: Server, into: Path, now: datetime = NOW, **options: Any) -> None:
    OpenAi().collect(
        f"{server.url}/v1/organization",
        OpenAiOptions(**{"since": "2026-10", **options}),
        into,
        periods=None,
        now=now,
        progress=None,
    )


def months(into: Path) -> list[str]:
    return sorted(path.name for path in into.iterdir() if not path.name.startswith("."))


def billed(into: Path, lake: Path) -> dict[str, Decimal]:
    found = Lake.open(lake, threads=1)
    outcomes = found.load("openai", OpenAi(), FileTransport(str(into)), OpenAiOptions())
    assert {one.status for one in outcomes} <= {"loaded", "unchanged"}, outcomes
    return {
        str(one.billing_period): line.loaded
        for one in outcomes
        if one.record
        for line in one.record.proof.lines
        if line.measure == "BilledCost"
    }


def test_months_are_collected_to_the_last_page_and_load(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path / "pages")
    assert months(tmp_path / "pages") == ["2026-10", "2026-11"]
    # October has 31 days, one of them (the 4th) without costs; November ten, its 4th without.
    assert billed(tmp_path / "pages", tmp_path / "lake") == {
        "2026-10": Decimal(45),
        "2026-11": Decimal("13.5"),
    }
    manifest = json.loads((tmp_path / "pages" / "2026-10" / "manifest.json").read_text())
    assert manifest["final"] is True
    costs = [name for name in manifest["pages"] if name.startswith("costs")]
    assert costs == [f"costs-{number:05}.json" for number in range(1, 6)]
    assert {name.rpartition("-")[0] for name in manifest["pages"]} == {"costs", *ENDPOINTS}


def test_pages_are_kept_as_they_were_sent(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    sent: list[bytes] = []

    def noting(request: Any) -> Answer:
        answer = vendor(request)
        sent.append(answer.body)
        return answer

    with serving(noting) as server:
        collect(server, tmp_path, usage=False)
    kept = [path.read_bytes() for path in sorted(tmp_path.glob("2026-1*/costs-*.json"))]
    assert kept == sent


def test_it_asks_what_it_may_ask(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path, organization="org-kestrel")
    first = server.asked[0]
    assert first.path == "/v1/organization/costs"
    assert first.headers["openai-organization"] == "org-kestrel"
    assert first.parameters == {
        "start_time": ["1790812800"],
        "end_time": ["1793491200"],
        "bucket_width": ["1d"],
        "group_by": ["project_id", "line_item", "api_key_id"],
        "limit": ["180"],
    }
    assert "page" in server.asked[1].parameters
    usage = next(one for one in server.asked if one.path.endswith("usage/completions"))
    assert usage.parameters["limit"] == ["31"]
    assert usage.parameters["group_by"] == list(ENDPOINTS["completions"])
    assert {one.method for one in server.asked} == {"GET"}


def test_usage_can_be_left_out(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path, usage=False)
    assert {one.path for one in server.asked} == {"/v1/organization/costs"}


def test_a_final_month_is_not_asked_for_again_and_a_growing_one_is(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    with openai(vendor) as server:
        collect(server, tmp_path / "pages", usage=False)
        before = billed(tmp_path / "pages", tmp_path / "lake")
        server.asked.clear()
        vendor.today, vendor.amount = date(2026, 11, 11), "2"
        collect(server, tmp_path / "pages", datetime(2026, 11, 11, 8), usage=False)
    assert {one.parameters["start_time"][0] for one in server.asked} == {"1793491200"}
    after = billed(tmp_path / "pages", tmp_path / "lake")
    assert before == {"2026-10": Decimal(45), "2026-11": Decimal("13.5")}
    assert after["2026-11"] == Decimal(20)


def test_a_month_settles_for_days_after_its_end(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 3))) as server:
        collect(server, tmp_path, datetime(2026, 11, 3), usage=False)
        manifest = json.loads((tmp_path / "2026-10" / "manifest.json").read_text())
        assert manifest["final"] is False
        collect(server, tmp_path, datetime(2026, 11, 3), usage=False, settle_days=2)
    manifest = json.loads((tmp_path / "2026-10" / "manifest.json").read_text())
    assert manifest["final"] is True


def test_the_slice_says_that_its_month_may_still_change(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path)
    offered = OpenAi().deliveries(FileTransport(str(tmp_path)), OpenAiOptions())
    assert [str(one.billing_period) for one in offered] == ["2026-10", "2026-11"]
    assert offered[0].notes == ()
    assert offered[1].notes == (
        "collected at 2026-11-10T09:30:00 UTC, while 2026-11 may still change",
    )


def test_a_storm_of_429_is_survived(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    busy = Answer(b'{"error": {"message": "busy"}}', 429, {"Retry-After": "0.01"})
    vendor.broken = [busy] * 5 + [Answer(b"<html>", 502, {"Retry-After": "0.01"})]
    with openai(vendor) as server:
        collect(server, tmp_path / "pages", usage=False)
    assert billed(tmp_path / "pages", tmp_path / "lake")["2026-10"] == Decimal(45)


def test_a_connection_that_breaks_mid_body_is_survived(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    vendor.broken = [Answer(b'{"object": "page", "data": [' + b" " * 9000, cut=2000)]
    with openai(vendor) as server:
        collect(server, tmp_path / "pages", usage=False)
    assert billed(tmp_path / "pages", tmp_path / "lake")["2026-10"] == Decimal(45)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("at", [0, 1, 4, 5, 6])
def test_a_killed_collection_goes_on_where_it_stopped(at: int, tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    with openai(vendor) as server:
        left = at

        def dying(what: str, done: int, of: int | None) -> None:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1

        with pytest.raises(Killed):
            OpenAi().collect(
                f"{server.url}/v1/organization",
                OpenAiOptions(since="2026-10", usage=False),
                tmp_path / "pages",
                periods=None,
                now=NOW,
                progress=dying,
            )
        asked = len(server.asked)
        assert asked == at
        if at < 5:  # October has five pages: until they are all there, nothing is seen of it
            assert months(tmp_path / "pages") == []
        collect(server, tmp_path / "pages", usage=False)
        assert len(server.asked) == 5 + 2, "no page was asked for twice"
    assert billed(tmp_path / "pages", tmp_path / "lake") == {
        "2026-10": Decimal(45),
        "2026-11": Decimal("13.5"),
    }


def test_a_collection_of_yesterday_is_not_mixed_with_todays(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 9))
    with openai(vendor) as server:
        stop = 6  # the first page of November landed

        def dying(what: str, done: int, of: int | None) -> None:
            nonlocal stop
            if stop == 0:
                raise Killed
            stop -= 1

        with pytest.raises(Killed):
            OpenAi().collect(
                f"{server.url}/v1/organization",
                OpenAiOptions(since="2026-10", usage=False),
                tmp_path / "pages",
                periods=None,
                now=datetime(2026, 11, 9),
                progress=dying,
            )
        vendor.today, vendor.amount = date(2026, 11, 10), "2"
        collect(server, tmp_path / "pages", usage=False)
    assert billed(tmp_path / "pages", tmp_path / "lake")["2026-11"] == Decimal(18)


def test_a_wrong_key_is_refused_with_what_to_do_and_without_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-proj-not-an-admin-key")
    with (
        openai(Vendor(date(2026, 11, 10))) as server,
        pytest.raises(RefusedError) as failure,
    ):
        collect(server, tmp_path)
    text = str(failure.value)
    assert "401" in text
    assert "need an admin key" in text
    assert "env:OPENAI_ADMIN_KEY" in text
    assert "sk-proj" not in text
    assert months(tmp_path) == []


def test_a_missing_key_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_ADMIN_KEY")
    with (
        openai(Vendor(date(2026, 11, 10))) as server,
        pytest.raises(SourceError, match="the OpenAI admin key is expected in.*OPENAI_ADMIN_KEY"),
    ):
        collect(server, tmp_path)
    assert server.asked == []


def test_no_file_and_no_manifest_holds_the_key(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path


def test_an_endpoint_that_is_not_there_is_left_out_with_a_note(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    vendor.absent = {"usage/file_search_calls"}
    with openai(vendor) as server:
        collect(server, tmp_path)
    offered = OpenAi().deliveries(FileTransport(str(tmp_path)), OpenAiOptions())
    assert offered[0].notes == ("usage/file_search_calls is not there (404): left out",)


def test_costs_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    vendor = Vendor(date(2026, 11, 10))
    vendor.absent = {"costs"}
    with openai(vendor) as server, pytest.raises(RefusedError, match="404"):
        collect(server, tmp_path)
    assert months(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>Sign in</html>", "no valid JSON"),
        (b'{"hello": "world"}', "something else than asked for"),
        (b'{"data": [{"start_time": 1}], "has_more": false}', "something else than asked for"),
        (b'{"data": [], "has_more": true, "next_page": null}', "names no next page"),
    ],
)
def test_an_answer_that_is_none_is_an_error_and_never_an_empty_month(
    body: bytes, words: str, tmp_path: Path
) -> None:
    with (
        serving(lambda _: Answer(body)) as server,
        pytest.raises(TransportError, match=words),
    ):
        collect(server, tmp_path)
    assert months(tmp_path) == []


def test_pages_without_an_end_are_an_error(tmp_path: Path) -> None:
    endless = b'{"data": [], "has_more": true, "next_page": "again"}'
    with (
        serving(lambda _: Answer(endless)) as server,
        pytest.raises(TransportError, match="names one twice"),
    ):
        collect(server, tmp_path)
    assert len(server.asked) == 2


def test_a_missing_page_of_a_collected_month_is_refused(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        collect(server, tmp_path, usage=False)
    (tmp_path / "2026-10" / "costs-00003.json").unlink()
    with pytest.raises(SourceError, match=r"1 are missing \(2026-10/costs-00003\.json\)") as error:
        OpenAi().deliveries(FileTransport(str(tmp_path)), OpenAiOptions())
    assert error.value.retryable


def test_months_that_are_asked_for_are_collected_however_old(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10))) as server:
        OpenAi().collect(
            f"{server.url}/v1/organization",
            OpenAiOptions(usage=False),
            tmp_path,
            periods=[BillingPeriod(2024, 2)],
            now=NOW,
            progress=None,
        )
    assert months(tmp_path) == ["2024-02"]


def test_the_first_collection_goes_back_a_year(tmp_path: Path) -> None:
    with openai(Vendor(date(2026, 11, 10), page_size=31)) as server:
        collect(server, tmp_path, since=None, usage=False)
    assert months(tmp_path)[0] == "2025-11"
    assert len(months(tmp_path)) == 13


@pytest.mark.parametrize("text", ["2026", "yesterday", "2026-13"])
def test_a_month_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a billing period"):
        OpenAiOptions(since=text)
