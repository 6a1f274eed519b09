"""Month close: what each check finds, what keeps a month open, and what is kept when it closes."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace, bridge, closing, invoices, statements
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod
from outlay.resources.errors import ResourceError
from outlay.statements.close import Check, CloseStatus, Finding
from outlay.statements.errors import StatementError
from tests.allocation.kubernetes.shop import shop
from tests.cli.conftest import Run, run  # noqa: F401
from tests.statements.invoiced import AWS, line, load
from tests.web import company
from tests.web.conftest import serving
from tests.web.page import Node, parse

AUGUST, SEPTEMBER = BillingPeriod(2025, 8), BillingPeriod(2025, 9)
PLAN_ID = "arn:aws:savingsplans::111111111111:savingsplan/abc-growth"


def rows(month: str, usage: str = "100", *, number: str = "I-9") -> list[dict[str, str]]:
    """A month: usage that is paid for as it is used, and a plan's 10 that were prepaid."""
    used = line("0", f"{month}-04", number=number, effective="10", CommitmentDiscountId=PLAN_ID,
                CommitmentDiscountStatus="Used", CommitmentDiscountCategory="Spend")  # fmt: skip
    return [line(usage, f"{month}-03", number=number), used]


def upfront(month: str, number: str) -> dict[str, str]:
    """120 paid for the plan of a year."""
    return {
        **line("120", f"{month}-01", number=number, category="Purchase"),
        "EffectiveCost": "0", "ChargeFrequency": "One-Time", "CommitmentDiscountId": PLAN_ID,
        "CommitmentDiscountCategory": "Spend",
    }  # fmt: skip


@pytest.fixture(scope="module")
def _two_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """August and September 2025 of one source; September's invoice agrees; `team` by tag."""
    place = tmp_path_factory.mktemp("close")
    workspace = Workspace.init(place / "ws", name="Acme")
    bill = [upfront("2025-08", "I-8"), *rows("2025-08", number="I-8"), *rows("2025-09")]
    load(workspace, place / "bills", bill, "aws")
    team = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
    workspace.resources.put("VirtualTag", "team", team, author="test")
    enter(workspace, "100.00", "I-9", "2025-09")
    enter(workspace, "220.00", "I-8", "2025-08")
    workspace.close()
    return place / "ws"


@pytest.fixture
def workspace(_two_months: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The same, as a copy."""
    shutil.copytree(_two_months, tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


def enter(workspace: Workspace, amount: str, number: str, period: str) -> None:
    fields = {
        "issuer": AWS, "invoice_id": number, "billing_period": period, "currency": "USD",
        "amount": amount,
    }  # fmt: skip
    invoices.save(workspace, fields, author="test")


def states(status: CloseStatus) -> dict[str, str]:
    return {check.name: check.state for check in status.checks}


def check(status: CloseStatus, name: str) -> Check:
    return next(one for one in status.checks if one.name == name)


def found(status: CloseStatus, name: str) -> list[tuple[str, str]]:
    return [(one.state, one.text) for one in check(status, name).findings]


def test_a_month_that_is_ready_closes_every_statement(workspace: Workspace) -> None:
    before = closing.status(workspace, SEPTEMBER)
    assert states(before) == dict.fromkeys(
        ("deliveries", "rejected", "invoices", "unallocated", "bridge", "disputes", "statements"),
        "ok",
    )
    assert (before.plan, before.total, before.closed) == ("team", Decimal("110.00"), False)
    done = closing.run(workspace, SEPTEMBER, author="Ana", note="checked")
    assert (done.closed, done.closed_by, done.note) == (True, "Ana", "checked")
    assert statements.month(workspace, "team", SEPTEMBER).closed_at is not None
    with pytest.raises(StatementError, match="is closed already"):
        closing.run(workspace, SEPTEMBER, author="Ana")


def test_an_invoice_that_differs_blocks_unless_a_note_says_why(workspace: Workspace) -> None:
    enter(workspace, "107.00", "I-9", "2025-09")
    enter(workspace, "5.00", "X-1", "2025-09")
    status = closing.status(workspace, SEPTEMBER)
    assert [one.state for one in check(status, "invoices").findings] == ["blocking", "blocking"]
    amounts = [one.amounts for one in check(status, "invoices").findings]
    assert {"USD": Decimal("7.00")} in amounts
    with pytest.raises(StatementError, match="I-9 of .* differs from its charges"):
        closing.run(workspace, SEPTEMBER, author="Ana", note="  ")
    assert statements.month(workspace, "team", SEPTEMBER).closed_at is None
    done = closing.run(workspace, SEPTEMBER, author="Ana", note="AWS credits it in October")
    assert done.note == "AWS credits it in October (closed over: invoices)"


def test_charges_without_an_invoice_ask_for_attention(workspace: Workspace) -> None:
    invoices.remove(workspace, invoices.show(workspace, "I-9").invoice.name, author="test")
    (one,) = check(closing.status(workspace, SEPTEMBER), "invoices").findings
    assert (one.state, one.amounts) == ("attention", {"USD": Decimal(100)})
    assert one.link == "/invoices?period=2025-09&state=no+invoice"


def test_a_source_that_has_not_delivered_blocks(workspace: Workspace, tmp_path: Path) -> None:
    load(workspace, tmp_path / "bills", rows("2025-08", "7", number="I-8"), "second")
    status = closing.status(workspace, SEPTEMBER)
    assert found(status, "deliveries") == [("blocking", "second has not delivered 2025-09.")]
    # A source that begins later is not expected.
    load(workspace, tmp_path / "bills", rows("2025-11", "7", number="I-7"), "third")
    assert len(found(closing.status(workspace, SEPTEMBER), "deliveries")) == 1


def test_a_bill_of_a_month_that_is_not_over_blocks(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    today = workspace.today()
    month = BillingPeriod.of(today)
    load(workspace, tmp_path / "bills", rows(str(month)), "aws")
    workspace.resources.put("VirtualTag", "team", {"rules": []}, author="test")
    status = closing.status(workspace, month)
    (late,) = found(status, "deliveries")
    assert late[0] == "blocking"
    assert "before the month was over" in late[1]
    assert states(status)["statements"] == "blocking"
    assert status.impossible
    with pytest.raises(StatementError, match="cannot be closed"):
        closing.run(workspace, month, author="Ana", note="no matter what")


def test_rejected_rows_are_told_with_their_money(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    bad = {**line("5", "2025-09-05", number="I-9"), "EffectiveCost": "five"}
    names = list(bad)
    folder = tmp_path / "bills"
    folder.mkdir()
    lines = [",".join(names)]
    for row in (*rows("2025-09"), bad):
        lines.append(",".join('"' + row.get(n, "").replace('"', '""') + '"' for n in names))
    (folder / "aws.csv").write_text("\n".join(lines) + "\n")
    workspace.load([str(folder / "aws.csv")], source="aws", max_rejected=Decimal(1))
    workspace.resources.put("VirtualTag", "team", {"rules": []}, author="test")
    (one,) = check(closing.status(workspace, SEPTEMBER), "rejected").findings
    assert (one.state, one.amounts) == ("attention", {"USD": Decimal(5)})
    assert one.text == "1 row of aws was rejected."


def test_unallocated_money_of_the_chosen_tag(workspace: Workspace) -> None:
    nobody = {"rules": [{"when": "tags.team = 'nobody'", "value": "x"}], "default": "It's free"}
    workspace.resources.put("VirtualTag", "owner", nobody, author="test")
    (one,) = check(closing.status(workspace, SEPTEMBER, "owner"), "unallocated").findings
    assert (one.state, one.amounts) == ("attention", {"USD": Decimal(110)})
    assert closing.status(workspace, SEPTEMBER, "team").blocking == ()
    with pytest.raises(QueryError, match="there are no statements by 'nope'"):
        closing.status(workspace, SEPTEMBER, "nope")


def test_a_balance_that_nobody_knows_asks_for_attention(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path / "bills", [*rows("2025-08"), *rows("2025-09")], "aws")
    workspace.resources.put("VirtualTag", "team", {"rules": []}, author="test")
    (one,) = check(closing.status(workspace, SEPTEMBER), "bridge").findings
    assert (one.state, one.amounts) == ("attention", {"USD": Decimal(20)})
    assert "2025-08 for abc-growth is not known" in one.text
    bridge.state_balance(
        workspace,
        {
            "source": "aws", "currency": "USD", "billing_period": "2025-08", "amount": "55.50",
            "commitment": PLAN_ID,
        },
        author="test",
    )  # fmt: skip
    assert states(closing.status(workspace, SEPTEMBER))["bridge"] == "ok"
    (month,) = bridge.prepaid_bridge(workspace).of(SEPTEMBER)
    assert (month.opening, month.closing) == (Decimal("45.50"), Decimal("35.50"))
    with pytest.raises(ResourceError):
        bridge.state_balance(
            workspace,
            {"source": "nope", "currency": "USD", "billing_period": "2025-08", "amount": "1"},
            author="test",
        )


def test_open_disputes_ask_for_attention(workspace: Workspace) -> None:
    from outlay.app import disputes

    month = statements.month(workspace, "team", SEPTEMBER)
    (one,) = month.statements
    target = one.lines[0]
    disputes.dispute(
        workspace, "team", SEPTEMBER, one.value, line=target.id, amount=None,
        reason="not ours", author="Bo",
    )  # fmt: skip
    (finding,) = check(closing.status(workspace, SEPTEMBER), "disputes").findings
    assert (finding.state, finding.amounts) == ("attention", {"USD": target.amount})
    assert "not ours" in finding.text


def test_the_worst_finding_is_the_checks_state() -> None:
    ok = Check("invoices", "")
    some = Check("invoices", "", (Finding("attention", "a"), Finding("blocking", "b.")))
    assert (ok.state, some.state) == ("ok", "blocking")
    status = CloseStatus("team", SEPTEMBER, (ok, some), "USD", None)
    assert status.note_for("why") == "why (closed over: invoices)"
    with pytest.raises(StatementError, match="2025-09 is not ready: b. Put it right"):
        status.note_for("")
    closed = CloseStatus("team", SEPTEMBER, (), "USD", None, datetime(2025, 10, 3))
    with pytest.raises(StatementError, match="is closed already"):
        closed.note_for("x")


# --- faces --------------------------------------------------------------------------------------


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_the_page_of_a_month_adds_up_and_closes(client: TestClient) -> None:
    shown = page(client, "/close/2025-09")
    (equation,) = shown.one("table", id="equation").rows()
    assert equation == ["USD", "110.00", "-10.00", "100.00", "0.00", "100.00", "100.00"]
    (balance,) = shown.one("table", id="balances").rows()
    assert balance == ["aws", "USD", "110.00", "-10.00", "100.00"]
    done = client.post("/close/2025-09", data={"plan": "team"}, follow_redirects=False)
    assert done.status_code == 303
    assert "closed" in page(client, done.headers["location"]).one("p", cls="lede").text
    overview = page(client, "/close").one("table", id="months").rows()
    assert [row[0] for row in overview] == ["2025-09", "2025-08"]
    assert overview[0][-1] == "closed"


def test_the_page_refuses_without_a_note(client: TestClient, workspace: Workspace) -> None:
    enter(workspace, "107.00", "I-9", "2025-09")
    shown = page(client, "/close/2025-09")
    assert "required" in shown.one("input", id="c-note").attrs
    refused = client.post("/close/2025-09", data={"plan": "team", "note": ""})
    assert refused.status_code == 409
    error = parse(refused.text).one("div", id="close-error").text
    assert "The month was not closed." in error
    assert "differs from its charges" in error


def test_a_month_that_cannot_be_closed_has_a_dead_button(client: TestClient) -> None:
    shown = page(client, "/close/2031-01")
    button = next(one for one in shown.all("button") if "Close 2031-01" in one.text)
    assert "disabled" in button.attrs
    assert "There is no bill of 2031-01." in shown.one("table", cls="plain").text


def test_empty_and_failing_pages(client: TestClient, tmp_path: Path) -> None:
    empty = serving(Workspace.init(tmp_path / "empty"))
    assert "No month to close yet" in page(empty, "/close").text
    assert "No virtual tag yet" in page(empty, "/close/2025-09").text
    assert "No bills yet" in page(empty, "/close/bridge").text
    assert "is not a billing period" in page(client, "/close/autumn", 400).text
    assert "there are no statements by 'nope'" in page(client, "/close/2025-09?plan=nope", 400).text


def test_the_bridge_page_and_its_form(client: TestClient) -> None:
    rows = page(client, "/close/bridge?source=aws").one("table", id="bridge").rows()
    # Newest first, each month with its commitment: opening, upfront, used, closing.
    assert rows[0][:2] == ["2025-09", "aws"]
    assert rows[0][3:7] == ["110.00", "–", "-10.00", "100.00"]
    assert rows[2][3:7] == ["0.00", "120.00", "-10.00", "110.00"]
    assert rows[1][1] == "abc-growth"
    data = {"source": "aws", "billing_period": "2025-08", "currency": "USD", "amount": "ten",
            "commitment": PLAN_ID}  # fmt: skip
    wrong = client.post("/close/bridge", data=data)
    assert wrong.status_code == 400
    assert "'ten' is not an amount" in parse(wrong.text).one("div", id="balance-error").text
    done = client.post("/close/bridge", data={**data, "amount": "10"}, follow_redirects=False)
    assert done.status_code == 303
    shown = page(client, done.headers["location"])
    assert len(shown.one("table", id="stated").rows()) == 1
    assert shown.one("table", id="bridge").rows()[2][3] == "10.00"
    (form,) = [one for one in shown.all("form") if one.attrs["action"].endswith("/remove")]
    client.post(form.attrs["action"])
    assert page(client, "/close/bridge?source=aws").one("table", id="bridge").rows()[2][3] == "0.00"


def test_over_http(client: TestClient, workspace: Workspace) -> None:
    listed = client.get("/api/v1/close").json()
    assert [month["month"] for month in listed["months"]] == ["2025-09", "2025-08"]
    enter(workspace, "107.00", "I-9", "2025-09")
    status = client.get("/api/v1/close/2025-09?plan=team").json()
    assert (status["ready"], status["state"], status["total"]) == (False, "open", "110.00")
    refused = client.post("/api/v1/close/2025-09?plan=team", json={})
    assert refused.status_code == 409
    assert "is not ready" in refused.json()["detail"]
    assert client.post("/api/v1/close/2025-09", json={"force": True}).status_code == 400
    done = client.post("/api/v1/close/2025-09?plan=team", json={"note": "later", "author": "Ana"})
    assert done.json()["state"] == "closed"
    months = client.get("/api/v1/close/bridge?period=2025-09").json()["months"]
    assert [(m["opening"], m["used_up"], m["closing"], m["difference"]) for m in months] == [
        ("110.00", "10.00", "100.00", "0.00"),
    ]  # fmt: skip
    spec = {"source": "aws", "currency": "USD", "billing_period": "2025-08", "amount": "3"}
    made = client.post("/api/v1/close/balances", json=spec)
    assert made.status_code == 201
    name = made.json()["name"]
    assert [one["name"] for one in client.get("/api/v1/close/balances").json()] == [name]
    assert client.delete(f"/api/v1/close/balances/{name}").status_code == 204


def test_on_the_command_line(workspace: Workspace, run: Run) -> None:  # noqa: F811
    at = ("-w", workspace.path)
    ready = run("close", "status", "2025-09", *at)
    assert ready.code == 0, ready.err
    assert "Ready: outlay close run 2025-09 --plan team" in ready.out
    enter(workspace, "107.00", "I-9", "2025-09")
    assert run("close", "status", "2025-09", *at).code == 3
    refused = run("close", "run", "2025-09", *at)
    assert refused.code == 1
    assert "is not ready" in refused.err
    assert run("close", "run", "2025-09", "--note", "agreed by phone", *at).code == 0
    assert "agreed by phone (closed over: invoices)" in run("close", "status", "2025-09", *at).out
    shown = run("close", "bridge", "--period", "2025-08", *at)
    assert "120.00" in shown.out
    kept = run(
        "close", "balance", "aws", "--period", "2025-08", "--currency", "USD", "--amount", "4",
        "--json", *at,
    )  # fmt: skip
    assert kept.json["amount"] == "4.00"
    assert run("close", "bridge", "--source", "nope", *at).code == 1


# --- beside Kubernetes --------------------------------------------------------------------------


def test_a_cluster_that_was_shared_out_is_proven_and_changes_no_invoice(tmp_path: Path) -> None:
    workspace = shop(tmp_path)
    october = BillingPeriod(2026, 10)
    # Eight charges, 49.00, whatever rows per pod stand in their place elsewhere.
    (row,) = invoices.reconciliation(workspace, october).rows
    assert (row.lines, row.charged) == (8, Decimal("49.00"))
    workspace.resources.put("VirtualTag", "team", {"rules": []}, author="test")
    clusters = check(closing.status(workspace, october), "kubernetes")
    assert clusters.text == "1 cluster, shared out to the last digit"
    assert (clusters.state, clusters.findings) == ("ok", ())
    workspace.close()


def test_a_delivery_that_is_held_back_blocks(workspace: Workspace, tmp_path: Path) -> None:
    bad = [*rows("2025-09"), {**line("5", "2025-09-05", number="I-9"), "EffectiveCost": "five"}]
    names = list(dict.fromkeys(name for row in bad for name in row))
    bill = tmp_path / "aws.csv"
    bill.write_text(
        company.csv_text([{n: row.get(n, "") for n in names} for row in bad]), encoding="utf-8"
    )
    (done,) = workspace.load([str(bill)], source="aws")
    assert done.outcome == "held"
    (one,) = check(closing.status(workspace, SEPTEMBER), "deliveries").findings
    assert (one.state, one.text) == (
        "blocking", "A delivery of aws is held back: its charges are not in.",
    )  # fmt: skip
    assert one.link.startswith("/sources/aws/held/")
