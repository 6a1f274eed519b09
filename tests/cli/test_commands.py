"""Every command, walked: help, example, docs; and what holds for the command line as a whole."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from outlay import __version__
from outlay.cli.docs import DOCS, page
from outlay.cli.main import app
from tests.cli.conftest import Run

ROOT = typer.main.get_command(app)


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path; groups lead to theirs."""
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from walk(inner, (*path, name))
        else:
            yield (*path, name), inner


COMMANDS = dict(walk(ROOT))
IDS = [" ".join(path) for path in COMMANDS]


def test_the_contract_s_commands_are_there() -> None:
    assert set(IDS) >= {
        *("demo", "init", "load", "sync", "deliveries", "query", "sql", "explain"),
        *("restatements", "snapshots", "serve", "doctor", "check", "quarantine"),
        *("source add", "source list", "source show", "source remove", "source kinds"),
        *("views list", "views show", "views save", "views remove", "export focus"),
        *("get", "history", "source infer"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_help_says_what_it_does_with_an_example(path: tuple[str, ...], run: Run) -> None:
    ran = run(*path, "--help")
    assert ran.code == 0
    command = COMMANDS[path]
    first = command.help.split("\n")[0]
    assert len(first) > 20 and first.endswith((".", "."))
    examples = command.epilog.split("\n\n")[1:]
    assert examples, "an example is missing"
    for example in examples:
        assert example.startswith("outlay ")
        assert " ".join(path) in example
    assert "Example" in ran.out and "--json" in ran.out and "--workspace" in ran.out


@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_every_option_and_argument_is_described(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:
        assert getattr(parameter, "help", None), f"{parameter.name} has no help"


@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_examples_only_use_options_that_exist(path: tuple[str, ...]) -> None:
    import shlex

    options = {name for parameter in COMMANDS[path].params for name in parameter.opts}
    for example in COMMANDS[path].epilog.split("\n\n")[1:]:
        words = shlex.split(example)[1:]
        used = {word.split("=")[0] for word in words if word.startswith("--")}
        assert used <= options


def test_the_docs_are_what_the_commands_say() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), (
        "docs/cli.md is stale; write it anew with: python -m outlay.cli.docs"
    )


def test_version(run: Run) -> None:
    ran = run("--version")
    assert (ran.code, ran.out) == (0, f"outlay {__version__}\n")


HEAVY = ("duckdb", "pyarrow", "pyiceberg", "fastapi", "uvicorn", "sqlalchemy", "sqlglot", "polars")


@pytest.mark.parametrize("words", [["--help"], ["query", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from outlay.cli import main; main(sys.argv[1:]);"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["load"], "Missing argument 'PATH'"),
        (["query", "--nonsense"], "No such option"),
        (["query", "--limit", "many"], "'--limit'"),
        (["query", "--format", "xml"], "--format is one of table, json, csv, parquet"),
        (["load", "x", "--max-rejected", "2"], "--max-rejected takes a share from 0 to 1"),
        (["load", "x", "--option", "currency"], "--option takes KEY=VALUE"),
        (["query", "--by", "Servic"], "Did you mean ServiceName"),
        (["query", "--where", "ServiceName ="], "where:"),
        (["query", "--range", "last-year-or-so"], "Allowed: today"),
        (["sync", "--period", "2026-13"], "expected YYYY-MM"),
        (["deliveries", "--as-of", "yesterday"], "as_of: 'yesterday' is not a moment"),
        (["get", "nonsense"], "there is no kind 'nonsense'. Kinds: "),
        (["source", "add", "A b", "--kind", "focus", "--location", "x"], "Use 'a-b' instead"),
        (["source", "add", "a", "--kind", "fokus", "--location", "x"], "no source kind 'fokus'"),
        (
            ["source", "add", "a", "--kind", "focus", "--location", "x", "--cadence", "weekly"],
            "'hourly', 'daily', 'monthly' or 'manual'",
        ),
        (
            ["source", "add", "a", "--kind", "focus", "--location", "x", "--option", "a=b"],
            "Options of focus:",
        ),
        (
            ["source", "add", "a", "--kind", "focus", "--location", "s3://key:secret@b/x"],
            "Secrets are never stored",
        ),
        (["load", "https://user:hunter2@example.com/bill.csv"], "Secrets are never stored"),
    ],
)
def test_wrong_use_is_exit_code_2_and_says_what_is_allowed(
    folder: Path, run: Run, words: list[str], says: str
) -> None:
    ran = run(*words)
    assert (ran.code, ran.err.startswith("Error: ")) == (2, True), ran.err
    assert says in ran.err
    assert "Traceback" not in ran.err and "hunter2" not in ran.err
    as_json = run(*words, "--json")
    assert as_json.code == 2
    assert says in as_json.error["message"]
    assert as_json.error["exit_code"] == 2


def test_a_group_without_a_command_shows_its_help_and_is_wrong_use(run: Run) -> None:
    ran = run("source")
    assert ran.code == 2
    assert "infer" in ran.out and "a command is missing" in ran.err


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path: Path, run: Run) -> None:
    ran = run("-w", tmp_path, "deliveries")
    assert ran.code == 2
    for words in (str(tmp_path), "no Outlay workspace", "outlay init", "outlay demo", "-w DIR"):
        assert words in ran.err


def test_the_workspace_may_be_named_before_or_after_the_command_or_by_variable(
    folder: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    run("init", other)
    for words in (["-w", other, "doctor"], ["doctor", "-w", other]):
        assert str(other) in run(*words, "--json").out
    assert str(folder) in run("doctor", "--json").out
    monkeypatch.delenv("OUTLAY_WORKSPACE")
    monkeypatch.chdir(other)
    assert str(other) in run("doctor", "--json").out


def test_an_unexpected_error_is_a_message_and_a_traceback_only_when_asked(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app import Workspace

    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(Workspace, "deliveries", broken)
    ran = run("deliveries")
    assert ran.code == 1
    assert "ZeroDivisionError: boom" in ran.err and "This is a defect" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("OUTLAY_DEBUG", "1")
    assert "Traceback" in run("deliveries").err


def test_init_leaves_an_existing_workspace_as_it_is(folder: Path, run: Run) -> None:
    before = (folder / "outlay.yaml").read_bytes()
    ran = run("init", folder, "--currency", "EUR", "--json")
    assert ran.code == 0
    assert ran.json == {
        "workspace": str(folder),
        "name": "acme",
        "currency": "USD",
        "created": False,
    }
    assert (folder / "outlay.yaml").read_bytes() == before


def test_init_refuses_a_currency_that_is_none(tmp_path: Path, run: Run) -> None:
    ran = run("init", tmp_path / "x", "--currency", "EURO")
    assert ran.code == 2
    assert "ISO 4217" in ran.err and "EUR" in ran.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::"])
def test_serve_refuses_other_hosts_without_an_administrator(
    folder: Path, run: Run, host: str
) -> None:
    ran = run("serve", "--host", host)
    assert ran.code == 2
    assert "users add NAME --role admin" in ran.err


def test_serve_says_when_the_port_is_taken(folder: Path, run: Run) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = run("serve", "--port", port)
    assert ran.code == 1
    assert f"port {port}" in ran.err and "--port" in ran.err
