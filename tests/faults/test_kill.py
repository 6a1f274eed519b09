"""A load that is killed leaves the old slices or the new ones, and the next load completes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SEED = 20261124


def _run(folder: Path, points: int) -> tuple[int, list[dict[str, Any]]]:
    paths = [str(ROOT / "src"), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.harness", str(folder), str(SEED), str(points)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, *results = [json.loads(line) for line in done.stdout.splitlines()]
    return first["named_points"], results


def _judge(named: int, results: list[dict[str, Any]], points: int) -> None:
    assert len(results) == points
    assert named >= 20
    wrong = [
        result
        for result in results
        if "error" in result
        or result["found"] not in ("old", "new")
        or not result["rollups_agree"]
        or result["problems"]
        or result["after"] != "new"
        or result["after_problems"]
        or result["again"] != ["unchanged"]
        or result["snapshots"] != 2
        or result["staging_left"]
    ]
    assert wrong == []
    at_points = [result for result in results if result["point"] is not None]
    assert all(result["killed"] for result in at_points)
    # The test would prove nothing if every kill came too early or too late.
    assert {result["found"] for result in results} == {"old", "new"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_40_points(tmp_path: Path) -> None:
    _judge(*_run(tmp_path, 40), 40)


@pytest.mark.slow_faults
@pytest.mark.timeout(3000)
def test_killed_at_200_points(tmp_path: Path) -> None:
    _judge(*_run(tmp_path, 200), 200)
