"""What docs/api.md shows works: the Python example and every curl, against a server."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.firm import firm
from tests.cli.test_server import served
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CURLS = [
    line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if "curl" in line
]
ADDRESS = "http://127.0.0.1:8710"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    workspace = firm(tmp_path_factory.mktemp("firm"))
    workspace.close()
    with served(workspace.path) as found:
        yield found


def test_the_python_example_runs(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = (text for kind, text in BLOCKS if kind == "python")
    exec(compile(example.replace(ADDRESS, address), "docs/api.md", "exec"), {})
    told = capsys.readouterr().out
    assert "Amazon Elastic Compute Cloud" in told
    assert "acme 2026-09 True" in told
    assert "there is no column 'Servic'" in told and "ServiceName" in told


def test_there_are_examples() -> None:
    assert len(CURLS) >= 5


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("line", CURLS)
def test_every_curl_gets_an_answer(line: str, address: str, tmp_path: Path) -> None:
    words = shlex.split(line.replace(ADDRESS, address).replace("$OUTLAY_TOKEN", ""))
    done = subprocess.run(
        [words[0], "--fail", "--silent", "--show-error", *words[1:]],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout or any(tmp_path.iterdir())
