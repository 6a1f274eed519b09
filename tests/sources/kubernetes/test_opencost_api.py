"""OpenCost's allocation API, asked day by day."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from outlay.money import BillingPeriod
from outlay.sources.contract import SourceError, TransportError
from outlay.sources.kubernetes import KubernetesOptions
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.kubernetes.usage import Usage, allocation, answer

KIND = source("kubernetes")
OCTOBER = BillingPeriod(2026, 10)


class OpenCost(BaseHTTPRequestHandler):
    """Answers with one allocation a day, whose cost is the day of the month."""

    asked: ClassVar[list[dict[str, str]]] = []
    failing: ClassVar[set[str]] = set()
    token: ClassVar[str] = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.token and self.headers["Authorization"] != f"Bearer {self.token}":
            self._send(403, {"message": "forbidden"})
            return
        start = query["window"].split("T")[0]
        self.asked.append(query)
        if start in self.failing:
            self._send(200, {"code": 400, "data": None, "message": "no such window"})
            return
        day = date.fromisoformat(start)
        end = f"{day + timedelta(days=1)}"
        if day.day == 3:
            self._send(200, answer(None))
            return
        self._send(200, answer({"web": allocation(start, end, cpuCost=day.day, totalCost=day.day)}))

    def _send(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    OpenCost.asked, OpenCost.failing, OpenCost.token = [], set(), ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), OpenCost)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def collect(address: str, into: Path, now: datetime, **more: object) -> None:
    given = {"api": "opencost", "since": date(2026, 10, 1), **more}
    options = KubernetesOptions.model_validate(given)
    KIND.collect(address, options, into, periods=None, now=now, progress=None)


def days() -> list[str]:
    found = [query["window"][8:10] for query in OpenCost.asked]
    OpenCost.asked.clear()
    return found


def test_each_day_is_asked_for_and_a_null_step_is_empty(address: str, tmp_path: Path) -> None:
    collect(address, tmp_path / "spool", datetime(2026, 10, 5, 6, 30, tzinfo=UTC), step="1h")
    first = OpenCost.asked[0]
    assert first["window"] == "2026-10-01T00:00:00Z,2026-10-02T00:00:00Z"
    assert (first["step"], first["accumulate"], first["includeIdle"]) == ("1h", "false", "true")
    assert "namespace" in first["aggregate"]
    assert OpenCost.asked[-1]["window"] == "2026-10-05T00:00:00Z,2026-10-05T06:00:00Z"
    assert days() == ["01", "02", "03", "04", "05"]
    usage = Usage(tmp_path / "lake")
    transport = FileTransport(str(tmp_path / "spool"))
    (outcome,) = usage.lake.load("prod", KIND, transport, KIND.Options())
    assert (outcome.status, outcome.billing_period) == ("loaded", OCTOBER)
    assert usage.costs("'all'") == {"all": Decimal(1 + 2 + 4 + 5)}


def test_days_are_asked_again_until_their_prices_are_settled(address: str, tmp_path: Path) -> None:
    collect(address, tmp_path, datetime(2026, 10, 5, 6, tzinfo=UTC))
    days()
    collect(address, tmp_path, datetime(2026, 10, 6, 6, tzinfo=UTC))
    # By the 5th, the 1st had been over for three days; the others may still have changed.
    assert days() == ["02", "03", "04", "05", "06"]
    collect(address, tmp_path, datetime(2026, 10, 31, 23, tzinfo=UTC))
    days()
    collect(address, tmp_path, datetime(2026, 11, 4, 1, tzinfo=UTC), since=date(2026, 10, 1))
    assert days()[:4] == ["28", "29", "30", "31"]
    collect(address, tmp_path, datetime(2026, 11, 4, 2, tzinfo=UTC), since=date(2026, 10, 1))
    assert days() == ["01", "02", "03", "04"], "October is final; November's first days are young"


def test_a_month_that_is_named_is_asked_for_as_a_whole(address: str, tmp_path: Path) -> None:
    options = KubernetesOptions.model_validate({"api": "opencost"})
    now = datetime(2026, 10, 20, 6, tzinfo=UTC)
    KIND.collect(address, options, tmp_path, periods=None, now=now, progress=None)
    assert days() == [f"{day:02d}" for day in range(5, 21)], "fifteen days, and today"
    KIND.collect(
        address, options, tmp_path, periods=[BillingPeriod(2026, 9)], now=now, progress=None
    )
    assert days() == [f"{day:02d}" for day in range(1, 31)]


def test_another_question_does_not_keep_the_old_answers(address: str, tmp_path: Path) -> None:
    collect(address, tmp_path, datetime(2026, 10, 5, 6, tzinfo=UTC))
    days()
    collect(address, tmp_path, datetime(2026, 10, 5, 6, tzinfo=UTC), aggregate="namespace")
    assert days() == ["01", "02", "03", "04", "05"]


def test_an_answer_without_allocations_is_an_error(address: str, tmp_path: Path) -> None:
    OpenCost.failing = {"2026-10-02"}
    with pytest.raises(TransportError, match="no allocations for 2026-10-02: no such window"):
        collect(address, tmp_path, datetime(2026, 10, 5, 6, tzinfo=UTC))
    assert not (tmp_path / "2026-10").exists()
    OpenCost.failing = set()
    days()
    collect(address, tmp_path, datetime(2026, 10, 5, 6, tzinfo=UTC))
    assert days() == ["02", "03", "04", "05"], "what had landed is kept"


def test_secrets_are_sent_and_never_shown(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OpenCost.token = "s3cret"
    monkeypatch.setenv("OPENCOST_TOKEN", "s3cret")
    now = datetime(2026, 10, 2, 6, tzinfo=UTC)
    collect(address, tmp_path / "good", now, token="env:OPENCOST_TOKEN")
    assert days() == ["01", "02"]
    monkeypatch.setenv("OPENCOST_TOKEN", "wr0ng")
    with pytest.raises(TransportError, match="Check the token") as error:
        collect(address, tmp_path / "bad", now, token="env:OPENCOST_TOKEN")
    assert "wr0ng" not in str(error.value)
    landed = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"s3cret" not in landed


def test_an_address_needs_the_name_of_its_api(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="say which API answers there"):
        collect(address, tmp_path, datetime(2026, 10, 2, tzinfo=UTC), api=None)


def test_a_user_needs_a_password(address: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no password"):
        collect(address, tmp_path, datetime(2026, 10, 2, tzinfo=UTC), user="reader")
