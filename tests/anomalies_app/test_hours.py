"""A monitor that looks at hours, over a bill that has them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.anomalies import monitors
from outlay.money import total
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import events, load, look
from tests.cli.bills import Row, write_bill

FIRST, END = date(2026, 7, 1), date(2026, 9, 1)
BAD = datetime(2026, 8, 26, 9)
EXTRA = Decimal("75.5")


def hour(at: datetime, service: str, cost: Decimal, resource: str = "") -> Row:
    """One line of an hour."""
    after = at + timedelta(hours=1)
    return bill.line(at.date(), service, cost, resource) | {
        "ChargePeriodStart": f"{at.isoformat()}Z",
        "ChargePeriodEnd": f"{after.isoformat()}Z",
    }


@pytest.mark.slow
def test_hours_of_a_morning_are_an_event_of_these_hours(tmp_path: Path) -> None:
    rows = []
    for day in bill.days(FIRST, END):
        for number in range(24):
            at = datetime(day.year, day.month, day.day, number)
            for service in ("Compute", "Storage"):
                share = Decimal(2 if 8 <= number < 18 else 1) / 34
                noise = 1 + Decimal((number * 7 + day.toordinal() * 3) % 11 - 5) / 200
                cost = (bill.usual(day, service) * share * noise).quantize(Decimal("0.000001"))
                rows.append(hour(at, service, cost))
    rows += [hour(BAD + timedelta(hours=n), "Compute", EXTRA, "runaway-1") for n in range(4)]
    workspace = Workspace.init(tmp_path / "ws", name="Acme", currency="USD")
    load(workspace, write_bill(tmp_path / "bill.csv", rows))
    monitors.save(workspace, "default", {"groupings": ["ServiceName"], "grain": "hour"})
    look(workspace)
    (event,) = events(workspace)
    assert (event.start, event.end) == (BAD, BAD + timedelta(hours=4)) and event.grain == "hour"
    assert event.value == "Compute" and len(event.days) == 4
    mine = [
        Decimal(row["EffectiveCost"])
        for row in rows
        if row["ServiceName"] == "Compute"
        and f"{event.start.isoformat()}Z" <= row["ChargePeriodStart"] < f"{event.end.isoformat()}Z"
    ]
    assert event.actual == total(mine)
    assert event.explained is not None
    (part,) = event.explained.parts
    assert part.values == {"ResourceId": "runaway-1"} and part.actual == 4 * EXTRA
    assert total((part.impact, event.explained.rest)) == event.impact
    assert look(workspace, force=True).new == [] and len(events(workspace)) == 1
    workspace.close()
