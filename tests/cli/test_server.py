"""`--server URL`: the same command against another machine says and does the same."""

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import typer

from outlay.app import Workspace
from outlay.cli.main import app
from tests.api.firm import firm
from tests.cli.conftest import Ran, Run

pytestmark = pytest.mark.slow

# Moments, and identifiers that hold one, differ between two runs of the same command.
_MOMENTS = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?|\b[0-9A-HJKMNP-TV-Z]{26}\b|\b\d{18,19}\b"
)
# The files of an export are written by several threads: their sizes differ by some bytes.
_SIZES = re.compile(r"(?<=\d)\s+[\d,]+(?= ?$)|\"bytes\": \d+", re.MULTILINE)


_SECRETS = re.compile(r"outlay_[0-9a-f]{5,}|(?<=/invite/)[\w-]+|(?<=Z-)[0-9a-f]{8}\b")


def commands(group: typer.main.Any = None, path: tuple[str, ...] = ()) -> Iterator[typer.main.Any]:
    """Every command with its words."""
    group = group or typer.main.get_command(app)
    for name, found in sorted(group.commands.items()):
        if hasattr(found, "commands"):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


HERE = {words for words, found in commands() if getattr(found.callback, "here", "")}
EXAMPLES = [
    (words, example.removeprefix("outlay "))
    for words, found in commands()
    if words not in HERE and words != ("mcp",)
    for example in found.epilog.split("\n\n")[1:]
    if example.startswith("outlay ") and "s3://" not in example
]

ASKED = [
    "query --by ServiceName --range all --limit 2",
    "query --by ServiceName --limit 1 --format csv",
    "query --by team --grain month --currency USD --rates finance --json",
    "query --by Servic --json",
    "deliveries",
    "tags show team",
    "statements show showback 2026-08",
    "metrics values orders --by channel --grain month --range all",
    "get virtualtag nobody",
    "sql 'SELECT 1 AS one'",
    "query --by ServiceName --json --limit 1",
    "query --by team --grain month --currency USD --rates finance",
    "query --by Servic",
    "query --where 'ServiceName ='",
    "charges-are-no-command",
    "explain --where \"SubAccountName = 'Data'\" --by team",
    "why --tag team --value data",
    "values ServiceName --json",
    "dimensions --json",
    "sql 'SELECT ServiceName, sum(BilledCost) AS billed FROM charges GROUP BY 1 ORDER BY 1'",
    "sql 'DROP TABLE charges'",
    "deliveries --json",
    "snapshots",
    "restatements --from 2000-01-01 --to 2100-01-01",
    "runs --json",
    "source list",
    "source show acme --json",
    "source show nobody",
    "source kinds --json",
    "check",
    "tags list",
    "tags show team --json",
    "tags coverage team",
    "tags suggest team",
    "tags replay team --before none --after now",
    "dictionaries show owners --json",
    "splits list",
    "splits show share-platform --json",
    "splits preview --remove share-platform",
    "kubernetes list",
    "kubernetes prove prod",
    "platforms",
    "usage --by x_Namespace",
    "provisional",
    "metrics list",
    "metrics show orders",
    "metrics values orders --by channel --grain month --range all --json",
    "metrics history orders",
    "unit list",
    "unit show cost-per-order --from 2026-09-01 --to 2026-10-01",
    "statements list",
    "statements show showback 2026-08 --json",
    "statements show showback 2026-09",
    "statements disputes showback",
    "close status 2026-09 --plan showback",
    "close bridge --json",
    "invoices list",
    "invoices show amazon-web-services-inc-euinus26-202609",
    "views list",
    "views show by-team",
    "get",
    "get VirtualTag",
    "get VirtualTag team",
    "get virtualtag nobody",
    "history VirtualTag team --json",
    "rates list",
    "rates show EUR USD --from 2026-09-01 --to 2026-09-03 --rates finance",
    "vocabulary coverage",
    "usecase determine-effective-savings-rate",
    "pull --kind View",
]
"""What the firm has an answer to."""


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The address of a server in a thread of this process."""
    import uvicorn

    from outlay.api import create_router
    from outlay.web.app import create_app

    opened = Workspace.open(workspace)
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        application = create_app(opened, api=create_router(opened))
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
            opened.close()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = firm(tmp_path_factory.mktemp("firm"))
    made.close()
    return made.path


@pytest.fixture(scope="module")
def there(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a copy of the firm."""
    copy = tmp_path_factory.mktemp("there") / "workspace"
    shutil.copytree(original, copy)
    with served(copy) as address:
        yield address


def same(here: Ran, far: Ran, *, ordered: bool = True) -> None:
    """The two say and exit the same; not `ordered`: in any order of lines."""
    words = sorted if not ordered else list
    assert (far.code, _still(far.err), words(_still(far.out).splitlines())) == (
        here.code,
        _still(here.err),
        words(_still(here.out).splitlines()),
    )


def _still(text: str) -> str:
    return _SIZES.sub("", _MOMENTS.sub("T", text))


@pytest.mark.parametrize(
    "line", [*ASKED[:10], *(pytest.param(line, marks=pytest.mark.slow) for line in ASKED[10:])]
)
def test_a_command_says_the_same_over_there(
    original: Path, there: str, run: Run, line: str
) -> None:
    words = shlex.split(line)
    # What moves the same amount of money has no order.
    ordered = words[:2] != ["tags", "replay"]
    same(run("-w", original, *words), run("--server", there, *words), ordered=ordered)


def test_changes_are_made_over_there_and_nowhere_else(
    original: Path, there: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    shutil.copytree(original, here)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").write_text(
        "kind: VirtualTag\nname: env\nspec:\n  rules:\n"
        "    - {when: \"SubAccountName = 'Shop'\", value: prod}\n"
    )
    (tmp_path / "orders.csv").write_text("date,channel,value\n2026-09-09,web,7\n")
    (tmp_path / "owners.csv").write_text("id,team\n222222222222,ops\n")
    for line in (
        "plan rules.yaml",
        "apply rules.yaml --yes --note 'By environment'",
        "apply rules.yaml",
        "views save mine --by env --range all",
        "query --by env",
        "metrics load orders orders.csv",
        "metrics load orders nothing.csv",
        "metrics push orders --date 2026-09-10 --value 3 --label channel=web",
        "dictionaries import owners.csv --name owners --key id --value team",
        "rates import nothing.yaml",
        "vocabulary relift",
        "source add more --kind focus --location s3://bills/x --cadence manual",
        "sync acme --json",
        "statements answer 1 --accept --json",
        "close run 2026-09 --plan showback",
        "tags history env",
        "export focus --period 2026-09 --format csv --out there --json",
        "export focus --period 2020-01 --out there",
        "pull rules",
        "views remove mine",
        "history View mine",
        "source remove europe",
    ):
        words = shlex.split(line)
        for folder in ("there", "rules"):
            shutil.rmtree(tmp_path / folder, ignore_errors=True)
        mine = run("-w", here, *words)
        files = {p.relative_to(tmp_path / "there") for p in tmp_path.rglob("there/**/*.csv")}
        for folder in ("there", "rules"):
            shutil.rmtree(tmp_path / folder, ignore_errors=True)
        theirs = run("--server", there, *words)
        same(mine, theirs)
        assert files == {
            p.relative_to(tmp_path / "there") for p in tmp_path.rglob("there/**/*.csv")
        }
    assert run("-w", original, "get", "VirtualTag", "env").code == 1


@pytest.mark.parametrize("words", sorted(HERE), ids=" ".join)
def test_what_works_here_alone_is_refused(words: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    """Before anything is done; needed arguments are any."""
    found = dict(commands())[words]
    given = [
        value
        for p in found.params
        if p.required
        for value in ([p.opts[0], "x"] if p.opts[0].startswith("-") else ["x"])
    ]
    ran = run("--server", "http://127.0.0.1:9", *words, *given)
    assert ran.code == 2, ran
    assert "works on this machine alone" in ran.err or "Invalid value" in ran.err, ran.err


def test_nothing_runs_here_by_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers every command fails, also one that knows its answer by itself."""
    for line in ("source kinds", "usecase", "vocabulary show --provider AWS", "query", "get"):
        ran = run("--server", "http://127.0.0.1:9", *line.split())
        assert (ran.code, "does not answer" in ran.err) == (1, True), (line, ran)
    monkeypatch.setenv("OUTLAY_SERVER", "http://127.0.0.1:9")
    assert "does not answer" in run("query").err
    assert "unset it, or name a folder" in run("doctor").err


def test_which_server_is_said_once(run: Run, original: Path, tmp_path: Path) -> None:
    far = ("--server", "http://127.0.0.1:9")
    assert "not both" in run("-w", original, *far, "query").err
    assert "give --server" in run("--token-file", "x", "query").err
    assert "cannot be read" in run(*far, "--token-file", tmp_path / "no", "query").err
    (tmp_path / "empty").write_text("\n")
    assert "is empty" in run(*far, "--token-file", tmp_path / "empty", "query").err
    assert "no address" in run("--server", "ftp://x", "query").err
    ran = run("query", "--server", "http://127.0.0.1:9", "--json")
    assert (ran.error["type"], ran.error["retryable"]) == ("ServerError", True)


def test_a_folder_goes_before_the_server_of_the_environment(
    run: Run, original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLAY_SERVER", "http://127.0.0.1:9")
    assert run("-w", original, "query").code == 0


def test_a_path_of_this_machine_is_no_bill_of_that_one(run: Run, tmp_path: Path) -> None:
    ran = run("--server", "http://127.0.0.1:9", "load", tmp_path / "bill.csv")
    assert ran.code == 2
    assert "path on this machine" in ran.err and "file://" in ran.err


def test_another_version_is_refused(run: Run, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from outlay.client import client

    monkeypatch.setattr(client, "__version__", "9.9.9")
    ran = run("--server", there, "query")
    assert ran.code == 1
    assert "the command line 9.9.9. Install the same version" in ran.err


def test_the_author_is_who_is_logged_in(there: str, run: Run) -> None:
    """Whatever a call says of itself."""
    import requests

    from outlay.access.principal import login_name
    from outlay.app.served.calls import arguments

    body = arguments(("View", "signed", {"query": {"by": ["ServiceName"]}}), {})
    body["named"]["author"] = "mallory"
    answer = requests.post(f"{there}/api/v1/calls/put_resource", json=body, timeout=10)
    assert answer.json()["result"]["value"]["author"] == login_name()


@pytest.fixture(scope="module")
def process(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server in a process of its own."""
    copy = tmp_path_factory.mktemp("process") / "workspace"
    shutil.copytree(original, copy)
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "outlay",
            "-w",
            copy,
            "--json",
            "serve",
            "--port",
            "0",
            "--no-sync",
            "--no-watch",
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            told = ""
            while not told.rstrip().endswith("}"):
                told += child.stdout.readline()
            time.sleep(0.2)
            yield json.loads(told)["address"].rstrip("/")
        finally:
            child.terminate()


@pytest.fixture(scope="module")
def mirror(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same firm on this machine, to which the same is done."""
    copy = tmp_path_factory.mktemp("mirror") / "workspace"
    shutil.copytree(original, copy)
    return copy


_READ_PLACES = {("load",), ("native", "load"), ("source", "add")}
"""Commands that read a place, which must be one that the server can read."""

_LOOK = {("sync",), ("utilization", "sync")}
"""Commands after which the workspace is looked at, here alone."""


@pytest.mark.slow
@pytest.mark.parametrize(("words", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_of_help_says_the_same_in_a_process_of_its_own(
    mirror: Path,
    process: str,
    run: Run,
    words: tuple[str, ...],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = shlex.split(line)
    if words in _READ_PLACES and "://" not in line:
        far = run("--server", process, *given)
        assert far.code == 2 and "path on this machine" in far.err
        return
    sides = {}
    for name, where in (("here", ("-w", mirror)), ("far", ("--server", process))):
        folder = tmp_path / name / "in"
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        # A server looks by itself after a sync; this one was told not to.
        alone = ("--no-watch",) if name == "here" and words in _LOOK else ()
        sides[name] = run(*where, *given, *alone)
    told = {name: _placed(ran, tmp_path / name, process) for name, ran in sides.items()}
    same(told["here"], told["far"], ordered="GROUP BY ALL" not in line and words[0] != "drivers")


def _placed(ran: Ran, folder: Path, address: str) -> Ran:
    """What it says without the places and secrets that are of one side."""

    def still(text: str) -> str:
        # Beside the workspace nobody knows the server's address; over there it is known.
        text = text.replace(" Put the server's address before it.", "")
        return _SECRETS.sub("SECRET", text.replace(str(folder), "").replace(address, ""))

    return Ran(ran.code, still(ran.out), still(ran.err))
