"""`outlay statements`: list, show, close, export, journal, dispute and answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.money import total
from tests.cli.conftest import Run
from tests.statements.desk import S3, SEPTEMBER_BILL, SPLIT, Desk, charge


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk.make(tmp_path)
    made.put("Split", "share-platform", SPLIT)
    made.bill(SEPTEMBER_BILL)
    monkeypatch.setenv("OUTLAY_WORKSPACE", str(made.workspace.path))
    yield made
    made.workspace.close()


def test_a_month_and_a_statement_are_shown(run: Run, desk: Desk) -> None:
    listed = run("statements", "list")
    assert listed.code == 0 and "team" in listed.out and "showback" in listed.out
    shown = run("statements", "show", "team", "2026-09")
    assert shown.code == 0
    assert "The bill of 2026-09 is 192.00 USD." in shown.out
    (sums,) = [line.split() for line in shown.out.splitlines() if line.split()[:1] == ["Sum"]]
    assert sums[-1] == "192.00"
    one = run("statements", "show", "team", "2026-09", "shop")
    assert "Platform, evenly" in one.out and "80.33" in one.out.splitlines()[-2]
    month = run("statements", "show", "team", "2026-09", "--json").json
    assert (month["total"], month["bill_exact"]) == ("192.00", "192.002")


def test_closing_is_confirmed_and_final(run: Run, desk: Desk) -> None:
    unsure = run("statements", "close", "team", "2026-09")
    assert unsure.code == 2 and "confirm it with --yes" in unsure.err
    done = run("statements", "close", "team", "2026-09", "--yes", "--note", "fine")
    assert done.code == 0, done.err
    assert "Closed 2026-09 of team: 5 statements, 192.00 USD" in done.out
    again = run("statements", "close", "team", "2026-09", "--yes", "--json")
    assert again.code == 1
    assert again.error["type"] == "StatementError"
    assert "closed already; it never changes" in again.error["message"]


def test_files_are_written(run: Run, desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for form in ("csv", "json", "html", "xlsx"):
        done = run(
            "statements", "export", "team", "2026-09", "shop", "--format", form, "--out", out
        )
        assert done.code == 0, done.err
        assert (out / f"statement-team-shop-2026-09.{form}").stat().st_size > 100
    piped = run("statements", "export", "team", "2026-09")
    assert piped.out.splitlines()[0].startswith("plan,tag,value,")
    nowhere = run("statements", "export", "team", "2026-09", "--out", tmp_path / "no" / "a.csv")
    assert nowhere.code == 2 and "cannot be written" in nowhere.err
    unknown = run("statements", "export", "team", "2026-09", "--format", "doc")
    assert unknown.code == 2 and "Allowed: json, csv, xlsx, html, pdf" in unknown.err


def test_the_journal_of_a_chargeback(run: Run, desk: Desk) -> None:
    refused = run("statements", "journal", "team", "2026-09")
    assert refused.code == 1 and "is a showback" in refused.err
    desk.chargeback()
    found = run("statements", "journal", "team", "2026-09")
    assert found.code == 0
    assert found.out.splitlines()[0].startswith("entry,posting_date,account,cost_center,debit")
    assert "charge,2026-10-01,1590,,,192.00,USD" in found.out


def test_a_dispute_is_raised_answered_and_settled(run: Run, desk: Desk) -> None:
    run("statements", "close", "team", "2026-09", "--yes")
    raised = run("statements", "dispute", "team", "2026-09", "shop", "--line", f"direct/{S3}",
                 "--amount", "5", "--reason", "not ours", "--to", "data")  # fmt: skip
    assert raised.code == 0, raised.err
    assert "Dispute 1: 5.00 USD of shop." in raised.out
    neither = run("statements", "answer", "1")
    assert neither.code == 2 and "say --accept or --refuse" in neither.err
    assert "move from shop to data" in run("statements", "answer", "1", "--accept").out
    desk.bill([*SEPTEMBER_BILL, charge("10", "2026-10-02", "search")])
    run("statements", "close", "team", "2026-10", "--yes")
    listed = run("statements", "disputes", "team")
    assert "settled accepted" in listed.out and "5.00 USD" in listed.out
    october = run("statements", "show", "team", "2026-10", "--json").json
    assert october["adjustments"] == "0.00" and october["total"] == "10.00"


def test_the_statements_of_a_month_sum_to_the_bill_by_the_query_too(run: Run, desk: Desk) -> None:
    from decimal import Decimal

    month = run("statements", "show", "team", "2026-09", "--json").json
    asked = run("query", "--where", "x_BillingPeriod = '2026-09-01'", "--json").json
    assert month["bill_exact"] == asked["total"]["EffectiveCost"]
    assert total(Decimal(one["total"]) for one in month["statements"]) == Decimal(month["bill"])
