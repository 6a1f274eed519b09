"""The real client against the real command."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import McpError

from outlay.app import Workspace
from outlay.query import CostQuery
from tests.mcp.test_tools import SEPTEMBER
from tests.threads import run_async

Talk = Callable[[ClientSession], Awaitable[None]]


def talking(workspace: Workspace, talk: Talk, *options: str, **environment: str) -> str:
    """Talk to `outlay mcp`; gives what it printed beside the messages."""
    words = ["-m", "outlay", "-w", str(workspace.path), "mcp", *options]
    server = StdioServerParameters(
        command=sys.executable, args=words, env={**os.environ, **environment}
    )

    async def run(errors: Any) -> None:
        async with (
            stdio_client(server, errlog=errors) as (incoming, outgoing),
            ClientSession(incoming, outgoing) as session,
        ):
            with anyio.fail_after(60):
                await session.initialize()
                await talk(session)

    log = workspace.path / "mcp.log"
    with log.open("w") as errors:
        run_async(run, errors)
    return log.read_text()


def test_a_conversation(workspace: Workspace) -> None:
    asked = {"by": ["ServiceName"], "limit": 2, **SEPTEMBER}

    async def talk(session: ClientSession) -> None:
        listed = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert {"query", "explain", "statements"} <= set(listed)
        assert not {"save_view", "apply_resources", "sql"} & set(listed)
        # The client checks the answer against the declared output itself.
        done = await session.call_tool("query", asked)
        assert not done.isError
        assert done.structuredContent is not None
        same = workspace.query(CostQuery.model_validate(asked)).to_json()
        assert {name: done.structuredContent[name] for name in same} == same
        wrong = await session.call_tool("query", {"by": ["ServiceNam"]})
        assert wrong.isError
        assert "Did you mean ServiceName" in getattr(wrong.content[0], "text", "")
        refused = await session.call_tool("save_view", {"name": "x"})
        assert refused.isError
        assert "--allow-writes" in getattr(refused.content[0], "text", "")

    # Nothing is printed: the conversation goes on after failures, and ends quietly.
    assert talking(workspace, talk) == ""


@pytest.mark.slow
def test_prompts_and_resources(workspace: Workspace) -> None:
    async def talk(session: ClientSession) -> None:
        prompts = {prompt.name for prompt in (await session.list_prompts()).prompts}
        assert {"monthly-review", "why-did-spend-change"} <= prompts
        filled = await session.get_prompt("close-the-month", {"month": "2026-09"})
        assert "close_status of 2026-09" in getattr(filled.messages[0].content, "text", "")
        for name, given in (("close-the-month", {}), ("nope", {}), ("monthly-review", {"x": "y"})):
            try:
                await session.get_prompt(name, given)
            except McpError:
                continue
            raise AssertionError(f"{name} with {given} is answered")
        uris = {str(one.uri) for one in (await session.list_resources()).resources}
        assert uris == {"outlay://measures", "outlay://views/september"}
        templates = (await session.list_resource_templates()).resourceTemplates
        assert {"outlay://views/{name}", "outlay://kinds/{kind}"} <= {
            one.uriTemplate for one in templates
        }
        for uri, says in (
            ("outlay://views/september", '"ServiceName"'),
            ("outlay://kinds/VirtualTag", '"schema"'),
            ("outlay://measures", "EffectiveCost"),
        ):
            (content,) = (await session.read_resource(uri)).contents  # type: ignore[arg-type]
            assert says in getattr(content, "text", "")
        try:
            await session.read_resource("outlay://views/nope")  # type: ignore[arg-type]
        except McpError as error:
            assert "there is no view 'nope'" in str(error)
        else:
            raise AssertionError("a view that there is not is read")

    assert talking(workspace, talk) == ""


@pytest.mark.slow
def test_writes_are_by_the_one_who_started_it(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path)

    async def talk(session: ClientSession) -> None:
        listed = {tool.name: tool for tool in (await session.list_tools()).tools}
        for name, destroys in (("save_view", False), ("apply_resources", True)):
            hints = listed[name].annotations
            assert hints is not None
            assert (hints.readOnlyHint, hints.destructiveHint) == (False, destroys)
        done = await session.call_tool("save_view", {"name": "mine", "by": ["ServiceName"]})
        assert not done.isError

    talking(workspace, talk, "--allow-writes")
    import getpass

    assert workspace.view("mine").author == getpass.getuser()
    workspace.close()


def test_a_token_that_is_none_is_refused_before_anything_is_answered(workspace: Workspace) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "outlay", "-w", str(workspace.path), "mcp", "--token", "nonsense"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "this API token is not valid here" in done.stderr


def test_with_a_token_the_scope_of_its_owner_holds(workspace: Workspace) -> None:
    from outlay.access import Level
    from outlay.access.tokens import Tokens

    tokens = Tokens(workspace.resources)
    scope = "SubAccountName = 'Data'"
    secret, _ = tokens.create("assistant", owner=None, level=Level.VIEWER, scope=scope)

    async def talk(session: ClientSession) -> None:
        names = {tool.name for tool in (await session.list_tools()).tools}
        assert "query" in names
        assert "save_view" not in names
        done = await session.call_tool("query", {"by": ["SubAccountName"], **SEPTEMBER})
        assert done.structuredContent is not None
        assert done.structuredContent["total"] == {"EffectiveCost": "30.333333333333333333333"}
        assert "Shop" not in str(done)

    talking(workspace, talk, "--allow-writes", OUTLAY_TOKEN=secret)
