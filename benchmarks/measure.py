"""Measuring whole processes and questions: wall seconds, peak memory, medians."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One finished child process."""

    seconds: float
    peak_bytes: int
    output: str


def child(module: str, *arguments: str) -> Run:
    """Run `python -m module arguments` and measure it; raises when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{module} {' '.join(arguments)} failed with {process.returncode}")
    return Run(seconds, usage.ru_maxrss * 1024, output)


def median_ms(question: Callable[[], object], repeats: int = 7) -> float:
    """Median milliseconds of a question, after one run that is not counted."""
    question()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        question()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def once_ms(question: Callable[[], object]) -> float:
    """Milliseconds of one run."""
    start = time.perf_counter()
    question()
    return (time.perf_counter() - start) * 1000


def peak_gib() -> float:
    """Peak memory of this process so far, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
