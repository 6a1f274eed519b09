"""Named points at which a test may kill the process, to prove that a load survives it."""

import os
import signal

_ENVIRONMENT = "OUTLAY_FAULT_AT"
_passed: dict[str, int] = {"count": 0}


def reset_faults() -> None:
    """Count from zero again (a test that forks calls this in the child)."""
    _passed["count"] = 0


def faults_passed() -> int:
    """How many points were passed since the count began."""
    return _passed["count"]


def fault_point(name: str) -> None:
    """A place where a crash is survivable: with OUTLAY_FAULT_AT=n the n-th one kills the process.

    `OUTLAY_FAULT_AT=land:2` kills at the second point named `land`. Costs a dictionary look-up
    when the variable is not set.
    """
    wanted = os.environ.get(_ENVIRONMENT)
    if wanted is None:
        return
    only, _, number = wanted.rpartition(":")
    if only and only != name:
        return
    _passed["count"] += 1
    if _passed["count"] == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
