"""The typed client against a server: types, pages, tables, failures, retries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.client import (
    Client,
    ConflictError,
    InvalidError,
    NotFoundError,
    ServerFailedError,
    TooManyRequestsError,
    UnreachableError,
)
from outlay.client import transport as sending
from outlay.money import total
from tests.api.firm import firm
from tests.cli.test_server import served


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = firm(tmp_path_factory.mktemp("firm"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> Iterator[Client]:
    with served(workspace.path) as address, Client(address) as found:
        yield found


SEPTEMBER: dict[str, Any] = {"from_": "2026-09-01", "to": "2026-10-01"}


def test_money_is_decimal_to_the_last_digit(client: Client) -> None:
    found = client.query(by="ServiceName", where="BillingCurrency = 'USD'", **SEPTEMBER)
    assert found["total"] is not None
    assert Decimal(found["total"]["EffectiveCost"]) == Decimal("135.477333333333333333333")
    (first, *_) = client.list_tags()
    assert isinstance(first, dict)
    value = client.list_values(dimension="SubAccountName", **SEPTEMBER)[0]
    assert all(isinstance(amount, Decimal) for amount in value["amounts"].values())


def test_moments_and_days_are_theirs(client: Client) -> None:
    snapshot = client.list_snapshots()[0]
    assert snapshot["committed_at"].utcoffset() is not None
    rate = client.get_rates("EUR", "USD", from_="2026-09-01", to="2026-09-02", rates="finance")[0]
    assert (str(rate["day"]), rate["rate"]) == ("2026-09-01", Decimal("1.1712"))


def test_a_table_has_the_same_money(client: Client) -> None:
    table = client.query_table(by="ServiceName", where="BillingCurrency = 'USD'", **SEPTEMBER)
    amounts = table.column("EffectiveCost").to_pylist()
    assert total(amounts) == Decimal("135.477333333333333333333")
    lines = client.charges_table(**SEPTEMBER)
    assert lines.num_rows == client.list_charges(**SEPTEMBER)["lines"]


def test_all_pages_are_all_items_once(client: Client, workspace: Workspace) -> None:
    slices = [(s["source"], s["billing_period"]) for s in client.iter_deliveries(rows=1)]
    assert slices == [(s.source, str(s.billing_period)) for s in workspace.deliveries()]
    runs = [run["id"] for run in client.iter_runs(rows=2)]
    assert runs == [run.id for run in workspace.runs()] and len(runs) > 4
    charges = list(client.iter_charges(rows=2, **SEPTEMBER))
    keys = {(c["source"], c["billing_period"], c["file_index"], c["line"]) for c in charges}
    assert len(keys) == len(charges) == client.list_charges(**SEPTEMBER)["lines"]


def test_a_failure_has_the_servers_own_words(client: Client) -> None:
    with pytest.raises(InvalidError, match="there is no column 'Servic'") as caught:
        client.query(where="Servic = 'x'")
    assert caught.value.problem["near"][0] == "ServiceName"
    assert (caught.value.status, caught.value.type) == (400, "urn:outlay:problem:query")
    with pytest.raises(NotFoundError, match="There are: by-team"):
        client.get_view("nobody")
    with pytest.raises(ConflictError):
        client.put_resource("View", "by-team", {"query": {"by": ["team"]}}, if_match='"9"')
    with pytest.raises(UnreachableError, match="Connection refused"):
        Client("http://127.0.0.1:9", retries=0).list_sources()
    with pytest.raises(TypeError, match="no part of a question"):
        client.query(form="2026-01-01")  # type: ignore[call-arg]


def test_a_resource_goes_there_and_back(client: Client) -> None:
    made = client.save_view("mine", {"query": {"by": ["team"], "range": "all"}})
    assert made["version"] == 1
    client.remove_view("mine")
    with pytest.raises(NotFoundError):
        client.get_view("mine")
    put = client.push_metric_values("orders", "date,channel,value\n2026-09-09,web,7\n")
    assert put["delivered"] == 1


def test_files_come_as_they_are(client: Client, tmp_path: Path) -> None:
    assert client.query_csv(by="ServiceName", **SEPTEMBER).startswith(b"ServiceName,")
    client.download("/export/focus.zip", {"period": "2026-08"}, tmp_path / "focus.zip")
    assert (tmp_path / "focus.zip").read_bytes()[:2] == b"PK"


# --- retries ---------------------------------------------------------------------------------


class _Answers(BaseHTTPRequestHandler):
    """Answers with what stands next in `script`."""

    script: ClassVar[list[tuple[int, dict[str, str], bytes]]] = []
    seen: ClassVar[list[tuple[str, str | None]]] = []

    def _answer(self) -> None:
        self.seen.append((self.command, self.headers.get("Authorization")))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = self.script.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def scripted() -> Iterator[str]:
    _Answers.script, _Answers.seen = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(sending.time, "sleep", found.append)
    return found


def _problem(status: int, **headers: str) -> tuple[int, dict[str, str], bytes]:
    body = {"type": "urn:outlay:problem:rate", "title": "x", "status": status} | _LATER
    return (
        status,
        {"Content-Type": "application/problem+json", **headers},
        json.dumps(body).encode(),
    )


_LATER = {"detail": "Later."}
_FINE = (200, {"Content-Type": "application/json"}, b"[]")


def test_what_may_be_repeated_is_repeated_as_the_server_says(
    scripted: str, slept: list[float]
) -> None:
    _Answers.script = [_problem(429, **{"Retry-After": "7"}), _problem(503), _FINE]
    with Client(scripted, "secret") as client:
        assert client.list_sources() == []
    assert slept[0] == 7.0 and 1.0 <= slept[1] <= 1.25
    assert _Answers.seen == [("GET", "Bearer secret")] * 3


def test_it_ends_with_the_servers_words(scripted: str, slept: list[float]) -> None:
    _Answers.script = [_problem(502)] * 4
    with pytest.raises(ServerFailedError, match="Later") as caught:
        Client(scripted).list_sources()
    assert caught.value.retryable and len(slept) == 3


def test_a_change_is_never_made_twice(scripted: str, slept: list[float]) -> None:
    _Answers.script = [_problem(429)]
    with pytest.raises(TooManyRequestsError):
        Client(scripted).sync({})
    assert (slept, len(_Answers.seen)) == ([], 1)


@pytest.mark.parametrize(
    "answer",
    [(200, {"Content-Type": "text/html"}, b"<html>"), (302, {"Location": "/login"}, b""),
     (404, {"Content-Type": "text/html"}, b"nginx")],
    ids=["page", "redirect", "proxy"],
)  # fmt: skip
def test_another_server_is_told_apart(scripted: str, answer: Any) -> None:
    _Answers.script = [answer]
    with pytest.raises(UnreachableError, match="is no Outlay server"):
        Client(scripted).list_sources()


def test_the_address_may_be_written_in_any_way() -> None:
    for written in ("localhost:8710", "http://localhost:8710/", "http://localhost:8710/api/v1"):
        assert Client(written).url == "http://localhost:8710"
    with pytest.raises(UnreachableError, match="no address"):
        Client("ftp://x")


def test_no_operation_is_missing(workspace: Workspace) -> None:
    """The methods are those that openapi.json gives; else write them anew."""
    from outlay.api.openapi.methods import written
    from tests.web.conftest import serving

    server: TestClient = serving(workspace)
    document = server.get("/api/v1/openapi.json").json()
    stale = [path.name for path, text in written(document).items() if path.read_text() != text]
    assert stale == [], "python -m outlay.api.openapi.methods"
    names = {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }
    assert sorted(name for name in names if not callable(getattr(Client, name, None))) == []
