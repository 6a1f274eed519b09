"""A company with two machines and a database on its bill, of which one of each is measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.query.usage_lake import charge
from tests.sources.kubernetes.usage import csv_text

NOW = datetime(2026, 10, 8, 12)
"""When it is looked at: the bill has the 5th and 6th."""

ARN = "arn:aws:rds:eu-west-1:222222222222:db:orders-1"
_HEADER = "ResourceId,Metric,Statistic,PeriodStart,PeriodEnd,Value,ServiceProviderName"


def table(*lines: str) -> str:
    """A table of measurements; a line is resource, metric, statistic, first day, value."""
    rows = []
    for one in lines:
        resource, metric, statistic, day, value = one.split(",")
        after = f"{day[:8]}{int(day[8:]) + 1:02d}"
        rows.append(f"{resource},{metric},{statistic},{day},{after},{value},AWS")
    return "\n".join([_HEADER, *rows]) + "\n"


MEASURED = table(
    "i-1,cpu,average,2026-10-05,20", "i-1,cpu,average,2026-10-06,40",
    "i-1,cpu,p95,2026-10-05,70", "i-1,cpu,maximum,2026-10-05,95.5",
    "i-1,network_in,sum,2026-10-05,1000", "i-1,network_in,sum,2026-10-06,3000",
    "orders-1,memory_available,minimum,2026-10-06,1024",
    "i-gone,cpu,average,2026-10-05,1",
)  # fmt: skip


def make(folder: Path, *, measured: str = MEASURED) -> Workspace:
    """The company's workspace."""
    made = Workspace.init(folder / "workspace", name="Acme", currency="USD")
    bill = [
        charge("30", "2026-10-05T00", "2026-10-06T00", "i-1"),
        charge("10", "2026-10-05T00", "2026-10-06T00", "i-2"),
        charge("60", "2026-10-06T00", "2026-10-07T00", ARN),
    ]
    (folder / "bill.csv").write_text(csv_text(bill))
    load(made, folder / "bill.csv", "aws")
    if measured:
        (folder / "measured.csv").write_text(measured)
        load(made, folder / "measured.csv", "cloudwatch")
    return made


def load(workspace: Workspace, path: Path, source: str) -> None:
    """Load a file; it must be taken."""
    (done,) = workspace.load([str(path)], source=source)
    assert done.outcome == "loaded", done


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = make(tmp_path_factory.mktemp("measured"))
    yield made
    made.close()
