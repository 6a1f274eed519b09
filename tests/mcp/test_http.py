"""The real client against a real server, several at once."""

import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from outlay.access import Level
from outlay.access.tokens import Tokens
from outlay.api import create_router
from outlay.app import Workspace
from outlay.app.access.login import Login
from outlay.mcp.http import route
from outlay.mcp.registry import Options
from outlay.query import CostQuery
from outlay.web.app import create_app
from tests.mcp.test_stdio import talking
from tests.mcp.test_tools import SEPTEMBER
from tests.threads import run_async

pytestmark = pytest.mark.slow

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@contextmanager
def served(
    workspace: Workspace, options: Options | None = None, login: Login | None = None
) -> Iterator[str]:
    """The workspace's server on a free port of this machine."""
    assistants = route(workspace, options)
    app = create_app(workspace, api=create_router(workspace), mcp=assistants, login=login)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def address(acme: Any) -> Iterator[str]:
    with served(acme.workspace) as found:
        yield found


@asynccontextmanager
async def session(address: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as client,
        streamable_http_client(f"{address}/mcp", http_client=client) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as found,
    ):
        await found.initialize()
        yield found


def test_a_conversation(address: str, workspace: Workspace) -> None:
    asked = {"by": ["ServiceName"], "limit": 2, **SEPTEMBER}

    async def talk() -> None:
        async with session(address) as found:
            assert {"query", "explain"} <= {t.name for t in (await found.list_tools()).tools}
            done = await found.call_tool("query", asked)
            same = workspace.query(CostQuery.model_validate(asked)).to_json()
            assert {name: done.structuredContent[name] for name in same} == same
            # Links lead to the server that was asked.
            assert done.structuredContent["links"][0]["url"].startswith(f"{address}/explore?")
            refused = await found.call_tool("save_view", {"name": "x"})
            assert refused.isError
            assert (await found.call_tool("query", {"x": 1})).isError
            assert (await found.get_prompt("monthly-review", {})).messages

    run_async(talk)


def test_several_clients_at_once(address: str, workspace: Workspace) -> None:
    months = ["2026-08", "2026-09"] * 6
    want = {
        month: workspace.query(CostQuery.model_validate(_month(month))).to_json()["total"]
        for month in months
    }
    found: list[tuple[str, Any]] = []

    async def ask(month: str) -> None:
        async with session(address) as one:
            done = await one.call_tool("query", _month(month))
            found.append((month, done.structuredContent["total"]))

    async def all_of_them() -> None:
        async with anyio.create_task_group() as tasks:
            for month in months:
                tasks.start_soon(ask, month)

    run_async(all_of_them)
    assert len(found) == len(months)
    assert all(total == want[month] for month, total in found)


def _month(month: str) -> dict[str, Any]:
    year, number = map(int, month.split("-"))
    return {"from": f"{month}-01", "to": f"{year}-{number + 1:02d}-01"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_page_of_another_site_is_refused(
    address: str, headers: dict[str, str], status: int
) -> None:
    for method in ("POST", "GET"):
        done = httpx.request(method, f"{address}/mcp", json=HELLO, headers=ACCEPT | headers)
        if method == "GET" and "Sec-Fetch-Site" in headers:
            assert done.status_code == 405  # a navigation: nothing is told
        else:
            assert done.status_code == status, done.text


def test_the_servers_own_pages_may_ask(address: str) -> None:
    done = httpx.post(f"{address}/mcp", json=HELLO, headers=ACCEPT | {"Origin": address})
    assert done.status_code == 200
    assert done.json()["result"]["serverInfo"]["name"] == "outlay"


def test_there_are_no_streams_and_no_sessions(address: str) -> None:
    for method in ("GET", "DELETE"):
        done = httpx.request(method, f"{address}/mcp", headers=ACCEPT)
        assert done.status_code == 405
        assert done.headers["Allow"] == "POST"


@pytest.mark.parametrize("body", ["", "[", "{}", json.dumps({"jsonrpc": "2.0"}), "[1]"])
def test_nonsense_is_refused_and_the_server_goes_on(address: str, body: str) -> None:
    headers = ACCEPT | {"Content-Type": "application/json"}
    done = httpx.post(f"{address}/mcp", content=body, headers=headers)
    assert 400 <= done.status_code < 500
    assert httpx.post(f"{address}/mcp", json=HELLO, headers=ACCEPT).status_code == 200


def test_the_settings_of_the_workspace_allow_writes(workspace: Workspace) -> None:
    with served(workspace, Options(writes=True)) as address:

        async def talk() -> None:
            async with session(address) as found:
                names = {tool.name for tool in (await found.list_tools()).tools}
                assert "save_view" in names
                assert "sql" not in names

        run_async(talk)


def test_each_token_sees_its_own_part_whoever_asked_before(workspace: Workspace) -> None:
    tokens = Tokens(workspace.resources)
    want = {"Shop": "110.10", "Data": "30.333333333333333333333"}
    secrets = {}
    for account in want:
        scope = f"SubAccountName = '{account}' AND tags.team IS NOT NULL"
        level = Level.EDITOR if account == "Shop" else Level.VIEWER
        secrets[account], _ = tokens.create(account, owner=None, level=level, scope=scope)

    async def ask(address: str, account: str, found: list[Any]) -> None:
        async with session(address, secrets[account]) as one:
            for _ in range(3):
                done = await one.call_tool("query", {"by": ["SubAccountName"], **SEPTEMBER})
                values = await one.call_tool("list_values", {"dimension": "SubAccountName"})
                found.append((account, done, values))
            names = {tool.name for tool in (await one.list_tools()).tools}
            assert ("save_view" in names) == (account == "Shop")
            assert not {"sql", "list_sources", "apply_resources"} & names
            refused = await one.call_tool("invoices", {})
            assert refused.isError

    async def all_of_them(address: str) -> list[Any]:
        found: list[Any] = []
        async with anyio.create_task_group() as tasks:
            for account in [*secrets] * 3:
                tasks.start_soon(ask, address, account, found)
        return found

    with served(workspace, Options(writes=True, sql=True), Login(workspace)) as address:
        nobody = httpx.post(f"{address}/mcp", json=HELLO, headers=ACCEPT)
        assert nobody.status_code == 401
        assert "Bearer" in nobody.headers["WWW-Authenticate"]
        wrong = {"Authorization": "Bearer outlay_nonsense"}
        assert httpx.post(f"{address}/mcp", json=HELLO, headers=ACCEPT | wrong).status_code == 401
        found = run_async(all_of_them, address)
    assert len(found) == 18
    for account, done, values in found:
        assert done.structuredContent["total"] == {"EffectiveCost": want[account]}
        assert [one["value"] for one in values.structuredContent["values"]] == [account]
        other = "Data" if account == "Shop" else "Shop"
        assert other not in str(done) + str(values)


@pytest.mark.slow
def test_everything_is_passed_on_to_a_server(address: str, workspace: Workspace) -> None:
    async def talk(found: ClientSession) -> None:
        assert "query" in {tool.name for tool in (await found.list_tools()).tools}
        done = await found.call_tool("query", dict(SEPTEMBER))
        assert done.structuredContent is not None
        same = workspace.query(CostQuery.model_validate(SEPTEMBER)).to_json()["total"]
        assert done.structuredContent["total"] == same
        assert (await found.call_tool("query", {"x": 1})).isError
        assert (await found.list_resources()).resources

    talking_through(address, talk)


def talking_through(address: str, talk: Callable[[ClientSession], Awaitable[None]]) -> None:
    """Talk to `outlay mcp --server`."""
    import sys

    from mcp import StdioServerParameters
    from mcp.client.stdio import stdio_client

    words = ["-m", "outlay", "mcp", "--server", address]
    server = StdioServerParameters(command=sys.executable, args=words)

    async def run() -> None:
        async with (
            stdio_client(server) as (incoming, outgoing),
            ClientSession(incoming, outgoing) as found,
        ):
            with anyio.fail_after(60):
                await found.initialize()
                await talk(found)

    run_async(run)


__all__ = ["served", "session", "talking"]
