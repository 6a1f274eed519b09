"""A bill of 184 days, every amount of which follows from its day: forecasts stand on history."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from outlay.app import Workspace
from tests.web.company import Line, line

FIRST, END = date(2026, 5, 1), date(2026, 11, 1)
COMPUTE, STORAGE, SUPPORT, NEW = "Compute", "Storage", "Support", "Newcomer"
COMMITMENT = "ri-1"
FEE = "500.00"
RENDER, RENDER_DAYS = "Rendering", (1, 8, 15, 22, 29)
SAVING_A_DAY = Decimal("4.00")


def days(first: date = FIRST, end: date = END) -> Iterator[date]:
    """The days of the bill."""
    return (first + timedelta(days=index) for index in range((end - first).days))


def compute(day: date) -> str:
    """A working day costs more than one of the weekend, and no two weeks are quite the same."""
    base = Decimal(100 if day.weekday() < 5 else 60)
    return str(base + Decimal(day.toordinal() * 7919 % 400) / 100)


def bill(*, euros: bool = True) -> list[Line]:
    """Two accounts' usage, a fee on each first, tax on each last day, usage that is billed four
    or five times a month, a service of seven days, one that a commitment covers, one in euros."""
    found: list[Line] = []
    for day in days():
        text = day.isoformat()
        found.append(line(compute(day), text, service=COMPUTE))
        found.append(line("40.25", text, service=STORAGE, account="Data", team="data"))
        found.append(_covered(text))
        if day >= END - timedelta(days=7):
            found.append(line("5.00", text, service=NEW))
        if day.day == 1:
            found.append(line(FEE, text, service=SUPPORT, category="Purchase"))
        if day.day in RENDER_DAYS:
            farm = "farm-a" if day.day < 10 else "farm-b"
            found.append(line("70.00", text, service=RENDER, resource=farm))
        if (day + timedelta(days=1)).day == 1:
            found.append(line("12.50", text, service=COMPUTE, category="Tax"))
        if euros:
            hosting = line("20.10", text, service="Hosting", account="Data", currency="EUR")
            found.append(hosting | {"BillingAccountId": "999999999999"})
    frequency = {"Purchase": "Recurring", "Tax": "Usage-Based"}
    return [
        {
            "CommitmentDiscountId": "",
            "CommitmentDiscountStatus": "",
            "CommitmentDiscountType": "",
            **one,
            "ChargeFrequency": frequency.get(one["ChargeCategory"], "Usage-Based"),
        }
        for one in found
    ]


def _covered(day: str) -> Line:
    covered = line("6.00", day, service="Reserved", resource="i-9")
    return covered | {
        "ContractedCost": "10.00",
        "ListCost": "10.00",
        "CommitmentDiscountId": COMMITMENT,
        "CommitmentDiscountStatus": "Used",
        "CommitmentDiscountType": "Reserved Instance",
    }


def write(path: Path, lines: list[Line]) -> Path:
    """The bill as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(lines[0]), restval="")
        writer.writeheader()
        writer.writerows(lines)
    return path


def workspace_of(folder: Path, lines: list[Line]) -> Workspace:
    """A workspace with one bill; fails when it does not load."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    (done,) = workspace.load([str(write(folder / "acme.csv", lines))], source="acme")
    assert done.outcome == "loaded", (done.error, done.outcomes)
    return workspace
