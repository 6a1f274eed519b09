"""A company of two teams, one of which must never be seen by the other, and the people who ask.

All that belongs to `zebra` has the word in its name, and amounts whose digits occur nowhere else
(see `tests.access.leaks`). `checkout` is the team that asks. Both pay for `platform`, by a split.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from outlay.access import Level, Principal, acting
from outlay.access.tokens import Tokens
from outlay.alerts.signal import Owner, Signal
from outlay.app import Workspace, disputes, statements
from outlay.app.access.login import Login
from outlay.app.alerts.raising import raise_signal
from outlay.app.invoices import save as save_invoice
from outlay.money import BillingPeriod
from tests.realised.company import finding, recommend
from tests.statements.desk import ACCOUNTS, charge
from tests.web.company import Line, load

AUGUST, SEPTEMBER = BillingPeriod(2026, 8), BillingPeriod(2026, 9)
SCOPE = "team = 'checkout'"
TAG = {
    "rules": [
        {"when": "SubAccountName = 'Zebra Labs'", "value": "zebra"},
        {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}},
    ],
    "values": {"zebra": {"owner": "zoe@zebra.example"}, "checkout": {"owner": "carl@shop.example"}},
}
SPLIT = {"tag": "team", "take": "platform", "method": "proportional", "period": "month"}
MINE, SHARED, ZEBRAS = "acme", "acme-platform", "zebra-bill"


def _mine(cost: str, day: str, **more: Any) -> Line:
    return charge(cost, day, "checkout", resource=more.pop("resource", "i-cart"), **more)


def _zebras(cost: str, day: str, **more: Any) -> Line:
    columns = {
        "SubAccountId": "zebra-999999999999",
        "SubAccountName": "Zebra Labs",
        "RegionId": "zebra-north-1",
        "x_ServiceCode": "ZebraCode",
        "InvoiceId": "INV-ZEBRA",
        "Tags": '{"team":"zebra","zebrakey":"zebra-value"}',
        "x_ZebraColumn": "zebra-own",
    }
    return {
        **charge(cost, day, "zebra", service="Zebra Analyzer", resource="i-zebra-1"),
        **columns,
        **more,
    }


BILLS: Mapping[str, list[Line]] = {
    MINE: [
        _mine("100.25", "2026-08-03", InvoiceId="INV-MINE"),
        _mine("110.5", "2026-09-03", InvoiceId="INV-MINE"),
        _mine("20.75", "2026-09-04", service="Amazon Simple Storage Service", resource="cart"),
        _mine("3.5", "2026-09-30", category="Tax", resource=""),
    ],
    SHARED: [
        charge("1000", "2026-08-05", "platform", service="Container platform", resource="i-pool"),
        charge("1200", "2026-09-05", "platform", service="Container platform", resource="i-pool"),
    ],
    ZEBRAS: [
        _zebras("7719530.41", "2026-08-04"),
        _zebras("8846170.62", "2026-09-06"),
        _zebras("6638290.33", "2026-09-07", ResourceId="i-zebra-2"),
    ],
}
ZEBRA_AMOUNTS = ("7719530.41", "8846170.62", "6638290.33")


@dataclass(frozen=True)
class TwoTeams:
    """The workspace, the number of zebra's dispute and that of checkout's."""

    workspace: Workspace
    folder: Path
    theirs: int
    mine: int


def two_teams(folder: Path) -> TwoTeams:
    """The workspace: bills, a tag and a split, closed statements, disputes, an invoice, a metric, a
    unit cost, a view."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    put = workspace.resources.put
    put("VirtualTag", "team", TAG, author="test")
    put("Split", "share-platform", SPLIT, author="test")
    put("Dictionary", "zebra-words", {"entries": {"zebra": "zebra"}}, author="test")
    for source, lines in BILLS.items():
        load(workspace, folder / "bills", source, lines)
    _finance(workspace)
    theirs = _dispute(workspace, AUGUST, "zebra", "direct/Zebra Analyzer")
    mine = _dispute(workspace, AUGUST, "checkout", "direct/Amazon Elastic Compute Cloud")
    _metrics(workspace)
    query = {"by": ["team"], "grain": "month"}
    put("View", "by-team", {"title": "By team", "query": query}, author="test")
    _shown(workspace)
    return TwoTeams(workspace, folder, theirs, mine)


def _finance(workspace: Workspace) -> None:
    accounts = {**ACCOUNTS, "values": {"zebra": {"cost_center": "CC-ZEBRA"}}}
    workspace.resources.put(
        "StatementPlan", "team", {"mode": "chargeback", "journal": accounts}, author="test"
    )
    statements.close(workspace, "team", AUGUST, author="ann", note="zebra was late")
    save_invoice(
        workspace,
        {
            "invoice_id": "INV-ZEBRA", "issuer": "Zebra Labs", "billing_period": "2026-09",
            "currency": "USD", "amount": "15484460.95",
        },
        author="ann",
    )  # fmt: skip


def _dispute(workspace: Workspace, period: BillingPeriod, value: str, line: str) -> int:
    made = disputes.dispute(
        workspace, "team", period, value, line=line, amount=None,
        reason=f"{value} says no", proposed="", author="bob",
    )  # fmt: skip
    return made.id


def _metrics(workspace: Workspace) -> None:
    put = workspace.resources.put
    put("Metric", "orders", {"unit": "order", "labels": ["team"]}, author="test")
    days = [date(2026, 9, 1) + timedelta(days=n) for n in range(30)]
    values = [
        {"date": str(day), "value": value, "labels": {"team": team}}
        for day in days
        for team, value in (("checkout", "10"), ("zebra", "7719531"))
    ]
    workspace.metrics.push("orders", values)
    unit = {
        "metric": "orders", "grain": "month",
        "by": {"dimension": "team", "label": "team"},
    }  # fmt: skip
    put("UnitCost", "per-order", unit, author="test")


def _shown(workspace: Workspace) -> None:
    put = workspace.resources.put
    year = {"currency": "USD", "period": "year"}
    put("Budget", "zebra-all", {**year, "amount": "7719530"}, author="test")
    for team, amount in (("checkout", "300"), ("zebra", "8846170")):
        put("Budget", f"{team}-year", {**year, "scope": f"team = '{team}'", "amount": amount,
            "parent": "zebra-all", "note": f"the money of {team}"}, author="test")  # fmt: skip
    panels = [
        {"id": "all", "title": "All", "kind": "figure", "query": {}},
        {"id": "teams", "title": "Teams", "kind": "table", "query": {"by": ["team"]}},
        {
            "id": "services",
            "title": "Services",
            "kind": "area",
            "query": {"by": ["ServiceName"], "grain": "day"},
        },
        {
            "id": "accounts",
            "title": "Accounts",
            "kind": "table",
            "query": {"by": ["SubAccountName", "ResourceId"]},
        },
    ]
    put("Dashboard", "board", {"title": "Board", "range": "all", "panels": panels}, author="test")
    put("Annotation", "launch", {"from": "2026-09-03", "text": "Launch"}, author="test")
    channel = {"type": "mail", "server": "smtp.acme.example", "sender": "outlay@acme.example",
               "to": ["carl@acme.example"]}  # fmt: skip
    put("Channel", "mail", channel, author="test")
    for name, content in (
        ("weekly", {"view": "by-team"}),
        ("weekly-board", {"dashboard": "board"}),
        ("weekly-statement", {"statements": {"plan": "team"}}),
    ):
        report = {"title": name, "content": content, "formats": ["html", "xlsx", "csv"],
                  "schedule": "weekly on monday at 07:00", "channels": ["mail"]}  # fmt: skip
        put("Report", name, report, author="test")
    for number, team in enumerate(("checkout", "zebra"), 1):
        told = Signal(
            kind="anomaly", subject=f"{number}", occurrence="detected",
            title=f"The {team} costs more than expected", driver=f"{team}-driver",
            owner=Owner(team, "team"), where=f"team = '{team}'",
        )  # fmt: skip
        raise_signal(workspace, told)
    for team, resource, saving in (
        ("checkout", "i-cart", "5.25"),
        ("zebra", "i-zebra-1", "7719532"),
    ):
        found = finding(
            "Delete", saving, f"ResourceId = '{resource}'", resource=resource, group="existence",
            reasons=(f"{team}-reason",),
        )  # fmt: skip
        recommend(workspace, found, owner=team)


# --- who asks -------------------------------------------------------------------------------


@contextmanager
def as_checkout(level: Level = Level.VIEWER, scope: str = SCOPE) -> Iterator[Principal]:
    """Everything within is asked by a person of the scope."""
    person = Principal("carl", level, role="checkout", scope=scope, via="session")
    with acting(person):
        yield person


class People:
    """The served workspace, asked with API tokens of any level and scope."""

    def __init__(self, workspace: Workspace) -> None:
        # Whoever wants the company alone need not import the pages.
        from outlay.api import create_router
        from outlay.web.app import create_app

        self.workspace = workspace
        self.app = create_app(workspace, api=create_router(workspace), login=Login(workspace))
        self._clients: dict[tuple[Level, str], TestClient] = {}

    def client(self, level: Level = Level.VIEWER, scope: str = "") -> TestClient:
        """A client with a token of its own; NOBODY has none."""
        key = (level, scope)
        if key not in self._clients:
            headers = {}
            if level is not Level.NOBODY:
                tokens = Tokens(self.workspace.resources)
                name = f"{level.word} {scope}".strip()
                secret, _ = tokens.create(name, owner=None, level=level, scope=scope)
                headers = {"Authorization": f"Bearer {secret}"}
            self._clients[key] = TestClient(
                self.app, base_url="http://localhost", headers=headers,
                raise_server_exceptions=False, follow_redirects=False,
            )  # fmt: skip
        return self._clients[key]
