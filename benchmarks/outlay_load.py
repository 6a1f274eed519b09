"""The whole ingest, as a process of its own: land, map, prove, roll up and commit a bill.

python -m benchmarks.outlay_load BILL WORKSPACE MEMORY_LIMIT [PERIOD]
"""

import os
import sys
from pathlib import Path


def main(bill: str, workspace: str, memory: str, period: str | None = None) -> None:
    """Load the bill (or one period of it) as source `bench`; fails when a slice does not load."""
    os.environ["OUTLAY_MEMORY_LIMIT"] = memory
    from outlay.app import Workspace
    from outlay.money import BillingPeriod

    path = Path(workspace)
    if (path / "outlay.yaml").exists():
        space = Workspace.open(path)
    else:
        space = Workspace.init(path, name="bench", currency="USD")
        space.add_source("bench", kind="aws-cur", location=bill, options={}, cadence="manual")
    loads = space.sync(["bench"], period=BillingPeriod.parse(period) if period else None)
    for outcome in (outcome for load in loads for outcome in load.outcomes):
        print(outcome.billing_period, outcome.status, outcome.message)
        if outcome.status not in ("loaded", "unchanged"):
            raise SystemExit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
