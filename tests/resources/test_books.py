"""Closed statements and disputes live on either database, and the doctor knows them."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from outlay.app import disputes, statements
from outlay.resources.database import writing
from tests.statements.desk import OCTOBER, S3, SEPTEMBER, SEPTEMBER_BILL, Desk, charge


def test_a_month_is_closed_disputed_and_settled_on_either_database(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLAY_DATABASE_URL", database_url)
    desk = Desk.make(tmp_path)
    desk.bill(SEPTEMBER_BILL)
    closed = desk.close(SEPTEMBER)
    made = desk.dispute(SEPTEMBER, "shop", f"direct/{S3}", "5.00", "data")
    desk.answer(made.id, accept=True)
    desk.bill([*SEPTEMBER_BILL, charge("10", "2026-10-02", "search")])
    assert desk.close(OCTOBER).total == Decimal("10.00")
    assert desk.month(SEPTEMBER) == closed
    (settled,) = disputes.disputes(desk.workspace, "team")
    assert (settled.state, settled.amount) == ("settled", Decimal("5.00"))
    assert [e.action for e in disputes.events(desk.workspace, "team", OCTOBER)] == [
        "closed",
        "settled",
    ]
    (line,) = [line for line in desk.workspace.doctor() if line.topic == "statements"]
    assert (line.ok, line.found) == (True, "2 closed of team; every digest is as closed")
    with writing(desk.workspace.resources.engine) as connection:
        connection.execute(text("UPDATE statements SET document = '{}' WHERE value = 'data'"))
    (line,) = [line for line in desk.workspace.doctor() if line.topic == "statements"]
    assert not line.ok and "is not what was closed" in line.found
    assert statements.books(desk.workspace).plans() == ["team"]
    desk.workspace.close()
