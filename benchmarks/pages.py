"""How long pages take on a large bill, for one reader and for twenty at once.

python -m benchmarks.pages WORKSPACE BILL      (or: python -m benchmarks.run --only pages)

The server is a process of its own (`outlay serve`) on a copy of the workspace; times are from the
request to the last byte, as a reader on this machine has them. Two baselines are measured in the
same run: `/help`, a page that asks the ledger nothing, and the explorer's question put to bare
DuckDB on the vendor's own Parquet.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import explorer, measure

MONTH = "2026-09"
NEXT = "2026-10"
DAYS = f"from={MONTH}-01&to={NEXT}-01"
PAGES: dict[str, str] = {
    "help (asks nothing)": "/help",
    "home, practitioner": "/home/practitioner",
    "home, executive": "/home/executive",
    "explorer, service by day": "/explore?by=ServiceName&grain=day",
    "explorer, team by day": f"/explore?by=team&grain=day&{DAYS}",
    "what drove it": f"/drivers?by=ServiceName&{DAYS}&compare=previous",
    "dashboard, executive": "/dashboards/executive",
    "statements of a month": f"/statements/team/{MONTH}",
    "coverage of a tag": "/coverage?tag=team",
    "charges of a month": f"/charges?{DAYS}",
}
BASE = "help (asks nothing)"
ALONE = 15
USERS = 20
ROUNDS = 3
TAG = {
    "title": "Team",
    "rules": [
        {"when": "tags.env = 'sandbox'", "value": "sandbox"},
        {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team", "transform": ["lower"]}},
        {"when": "SubAccountId = '100000000003'", "value": "platform"},
    ],
}


@dataclass(frozen=True)
class Page:
    """Milliseconds of one page: for one reader, and while twenty read at once. `cpu` is what the
    server's processor spent on it for one reader, which others on the machine do not change."""

    name: str
    cpu: float
    p50: float
    p95: float
    crowd_p50: float
    crowd_p95: float


@dataclass(frozen=True)
class Figures:
    """All pages; the first answer after the start; pages a second for twenty readers; the raw
    question; the server's peak memory."""

    pages: list[Page]
    first_ms: dict[str, float]
    per_second: float
    raw_ms: float
    peak_gib: float


def measure_all(workspace: Path, bill: Path) -> Figures:
    """Measure a copy of the workspace; the original is only read."""
    raw = measure.median_ms(explorer.raw(bill, "service by day"), repeats=3)
    with copied(workspace) as folder:
        configure(folder)
        with served(folder) as (address, process):
            with httpx.Client(timeout=300) as client:
                first = {name: once(client, address + path) for name, path in PAGES.items()}
                alone: dict[str, list[float]] = {}
                spent: dict[str, float] = {}
                for name, path in PAGES.items():
                    once(client, address + path)
                    before = processor_ms(process)
                    alone[name] = [once(client, address + path) for _ in range(ALONE)]
                    spent[name] = (processor_ms(process) - before) / ALONE
            crowd, seconds = at_once(address)
            peak = peak_of(process)
    pages = [
        Page(name, spent[name], *percentiles(alone[name]), *percentiles(crowd[name]))
        for name in PAGES
    ]
    total = sum(len(times) for times in crowd.values())
    return Figures(pages, first, total / seconds, raw, peak)


@contextlib.contextmanager
def copied(workspace: Path) -> Iterator[Path]:
    """A copy to write in: files that never change are shared with the original."""
    folder = Path(tempfile.mkdtemp(prefix="outlay-pages-", dir=workspace.resolve().parent))

    def share(source: str, target: str) -> None:
        if source.endswith(".parquet"):
            with contextlib.suppress(OSError):
                os.link(source, target)
                return
        shutil.copy2(source, target)

    try:
        shutil.copytree(workspace.resolve(), folder / "ws", copy_function=share)
        yield folder / "ws"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def configure(folder: Path) -> None:
    """The virtual tag that statements and coverage are of."""
    from outlay.app import Workspace

    workspace = Workspace.open(folder)
    workspace.put_resource("VirtualTag", "team", TAG, author="bench")
    workspace.close()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """`outlay serve` on a free port."""
    command = [sys.executable, "-m", "outlay", "-w", str(folder), "serve", "--port", "0"]
    process = subprocess.Popen([*command, "--no-sync", "--json"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = ""
    while "}" not in said:
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the server did not start")
        said += line
    address = json.loads(said)["address"].rstrip("/")
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{address}/help", timeout=60)
                break
            time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait(60)


def once(client: httpx.Client, url: str) -> float:
    """Milliseconds of one page, from the request to the last byte."""
    start = time.perf_counter()
    done = client.get(url, follow_redirects=True)
    elapsed = (time.perf_counter() - start) * 1000
    if done.status_code != 200:
        raise SystemExit(f"{url} answered {done.status_code}: {done.text[:300]}")
    return elapsed


def at_once(address: str) -> tuple[dict[str, list[float]], float]:
    """Twenty readers, each with the pages in an order of their own; times by page, and how long
    it took in all."""
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    failed: list[BaseException] = []
    lock = threading.Lock()

    def read(number: int) -> None:
        order = random.Random(number)
        with httpx.Client(timeout=300) as client:
            for _ in range(ROUNDS):
                for name in order.sample(list(PAGES), len(PAGES)):
                    elapsed = once(client, address + PAGES[name])
                    with lock:
                        found[name].append(elapsed)

    def try_to_read(number: int) -> None:
        try:
            read(number)
        except BaseException as error:
            failed.append(error)

    readers = [threading.Thread(target=try_to_read, args=(number,)) for number in range(USERS)]
    start = time.perf_counter()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    seconds = time.perf_counter() - start
    if failed:
        raise SystemExit(f"{len(failed)} of {USERS} readers met a failure: {failed[0]!r}")
    return found, seconds


def percentiles(times: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return statistics.median(times), cuts[18]


def processor_ms(process: "subprocess.Popen[str]") -> float:
    """Milliseconds of processor time that a running process has had; 0 where it is not told."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def peak_of(process: "subprocess.Popen[str]") -> float:
    """Peak memory of a running process, GiB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0.0
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) / 1024**2


def table(figures: Figures) -> list[str]:
    """The report's lines."""
    base = next(page for page in figures.pages if page.name == BASE)
    lines = [
        "| page | 1 reader, p50 | p95 | of `/help` | processor "
        "| 20 readers, p50 | p95 | of `/help` | first |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for page in figures.pages:
        ratios = page.p50 / base.p50, page.crowd_p50 / base.crowd_p50
        lines.append(
            f"| {page.name} | {page.p50:.0f} ms | {page.p95:.0f} ms | **{ratios[0]:.1f}×** "
            f"| {page.cpu:.0f} ms "
            f"| {page.crowd_p50:.0f} ms | {page.crowd_p95:.0f} ms | {ratios[1]:.1f}× "
            f"| {figures.first_ms[page.name]:.0f} ms |"
        )
    asked = next(page for page in figures.pages if page.name == "explorer, service by day")
    return [
        *lines,
        "",
        f"Twenty readers, one server process: {figures.per_second:.1f} pages a second. The "
        f"explorer's question on the raw Parquet by bare DuckDB: {figures.raw_ms:.0f} ms, "
        f"**{figures.raw_ms / asked.p50:.1f}×** the whole page. Peak memory of the server: "
        f"{figures.peak_gib:.2f} GiB.",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("bill", type=Path)
    a = parser.parse_args()
    print("\n".join(table(measure_all(a.workspace, a.bill))))


if __name__ == "__main__":
    main()
