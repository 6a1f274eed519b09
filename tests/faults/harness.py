"""Kills loads and looks at what they left: run as a program of its own.

It imports everything once and forks for every load, and never opens an engine itself: a process
with an engine's threads must not fork. Prints one line of JSON per point.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import outlay.lake.catalog
import outlay.lake.restatement
import outlay.lake.verify  # noqa: F401 - imported before the forks, not in each of them
from outlay.lake import Lake
from outlay.lake.faults import faults_passed, reset_faults
from tests.lake.bill import Bill, BillOptions, Folder, billed, row, write_bill

OLD = {("2026-08", "USD"): Decimal("3.30"), ("2026-09", "USD"): Decimal("10")}
NEW = {
    ("2026-08", "USD"): Decimal("7.000000000000000000001"),
    ("2026-09", "USD"): Decimal("10"),
    ("2026-10", "USD"): Decimal("99"),
    ("2026-10", "EUR"): Decimal("0.5"),
}


def write_old(bills: Path) -> None:
    """Two months, as they were loaded first."""
    write_bill(
        bills / "2026-08/a.csv", [row("2026-08-01", "1.10"), row("2026-08-02", "2.20", team="t")]
    )
    write_bill(bills / "2026-09/a.csv", [row("2026-09-01", "10")])


def write_new(bills: Path) -> None:
    """August restated in two files, September as it was, October for the first time."""
    write_bill(bills / "2026-08/a.csv", [row("2026-08-01", "2.000000000000000000001")])
    write_bill(bills / "2026-08/b.csv", [row("2026-08-03", "5", type="Fee", team="x")])
    october = [row("2026-10-01", "99"), row("2026-10-01", "0.5", currency="EUR")]
    write_bill(bills / "2026-10/a.csv", october)


def load(lake_path: Path, bills: Path) -> list[str]:
    """One whole load; the statuses of its slices."""
    lake = Lake.open(lake_path, memory_limit="256MiB", threads=1)
    return [o.status for o in lake.load("src", Bill(), Folder(bills), BillOptions())]


def in_child(work: Callable[[], Any], kill_after: float | None = None) -> tuple[int, Any]:
    """Run the work in a fork; its exit status and what it returned (JSON), if it lived."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            answer = work()
            os.write(writing, json.dumps(answer).encode())
            status = 0
        except BaseException as error:  # noqa: BLE001 - told to the parent, whatever it is
            os.write(writing, json.dumps(f"{type(error).__name__}: {error}").encode())
        finally:
            os._exit(status)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return status, json.loads(answer) if answer else None


def victim(lake_path: Path, bills: Path, fault: str | None) -> Any:
    """A load that may be killed at a point; tells how many points it passed if it was not."""
    reset_faults()
    os.environ["OUTLAY_FAULT_AT"] = fault or "1000000"
    load(lake_path, bills)
    return faults_passed()


def survivor(lake_path: Path, bills: Path) -> Any:
    """What the next process finds, and what its load makes of it."""
    os.environ.pop("OUTLAY_FAULT_AT", None)
    lake = Lake.open(lake_path, memory_limit="256MiB", threads=1)
    pin = lake.pin()
    found = billed(lake, pin)
    problems = lake.verify()
    by_rollup = rollup_totals(lake)
    load(lake_path, bills)
    again = load(lake_path, bills)
    fresh = Lake.open(lake_path, memory_limit="256MiB", threads=1)
    return {
        "found": "old" if found == OLD else "new" if found == NEW else str(found),
        "rollups_agree": by_rollup == found,
        "problems": problems,
        "after": "new" if billed(fresh) == NEW else str(billed(fresh)),
        "after_problems": fresh.verify(),
        "again": sorted(set(again)),
        "snapshots": len(fresh.snapshots()),
        "staging_left": len(list(fresh.layout.staging.iterdir())),
    }


def rollup_totals(lake: Lake) -> dict[tuple[str, str], Decimal]:
    """(period, currency) → BilledCost of the cubes."""
    totals = {}
    connection = lake.connect()
    pin = lake.pin()
    paths = lake.rollup_paths(pin, "cube")
    for current in pin.slices:
        for currency, amount in connection.execute(
            "SELECT BillingCurrency, sum(BilledCost) FROM read_parquet(?) GROUP BY 1",
            [str(paths[current.delivery.id])],
        ).fetchall():
            totals[(str(current.billing_period), currency)] = amount
    connection.close()
    return totals


def main(folder: Path, seed: int, points: int) -> None:
    """Kill `points` loads: at every named point in turn, and at random moments between."""
    chance = random.Random(seed)
    base, bills = folder / "base", folder / "bills"
    write_old(bills)
    status, answer = in_child(lambda: load(base, bills))
    assert status == 0, answer
    write_new(bills)
    trial = folder / "trial"
    shutil.copytree(base, trial)
    started = time.monotonic()
    status, passed = in_child(lambda: victim(trial, bills, None))
    seconds = time.monotonic() - started
    assert status == 0, passed
    print(json.dumps({"named_points": passed, "seconds": seconds}), flush=True)
    for number in range(points):
        shutil.rmtree(trial)
        shutil.copytree(base, trial)
        if number % 2 == 0:
            turn, turns = number // 2, (points + 1) // 2
            # Few turns are spread over all points, many go round them.
            spread = turn * (passed - 1) // max(1, turns - 1)
            fault = str((turn % passed if turns > passed else spread) + 1)
            moment = None
        else:
            fault, moment = None, chance.uniform(0, 0.9 * seconds)
        killed, _ = in_child(lambda fault=fault: victim(trial, bills, fault), moment)  # type: ignore[misc]
        status, answer = in_child(lambda: survivor(trial, bills))
        result = {"point": fault, "moment": moment, "killed": killed == signal.SIGKILL}
        result |= answer if status == 0 else {"error": answer}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
