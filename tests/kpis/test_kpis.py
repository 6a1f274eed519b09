"""KPIs: each reckoned by hand, and the same by every face."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from outlay.api.openapi.operations_kpis import KPIS
from outlay.app import Workspace
from outlay.app.home import homes
from outlay.app.home.cards import saving
from outlay.app.kpis import kpis
from outlay.app.realised import listing
from outlay.app.realised.keeping import RealisedStore
from outlay.app.savings.acting import store
from outlay.cli import main
from outlay.client.typing import typed
from outlay.expression.errors import QueryError
from outlay.mcp.registry import Context, Options
from outlay.mcp.server import call
from outlay.resources.tables import saving_baselines
from outlay.savings.kpis import Acted, days_to, decided, realisation, share
from outlay.savings.model import Finding
from outlay.savings.realised.model import Baseline, Effects, Entry, Measured
from outlay.savings.recommendation import Recommendation, key_of
from tests.budgets.company import company
from tests.budgets.conftest import MOMENT
from tests.realised.lines import baseline, line
from tests.web.conftest import serving
from tests.web.page import parse

D = Decimal
FOUND = datetime(2026, 10, 1, 6)


def recommendation(resource: str, owner: str, action: str, saving: str, **more: Any):
    finding = Finding(
        tool="outlay", detector="test", provider="AWS", action=action, title=f"Mend {resource}",
        currency="USD", monthly_saving=D(saving), basis="by hand", account="1",
        resource=resource, where=f"ResourceId = '{resource}'",
        group="existence" if action == "Delete" else "size", monthly_cost=D(300),
    )  # fmt: skip
    fields = {"id": 0, "key": key_of(finding), "state": "identified", "reason": "",
              "provider": "AWS", "account": "1", "region": "", "service": "", "resource": resource,
              "resource_name": "", "scope": "", "where": finding.where, "group": finding.group,
              "action": action, "nature": "saving", "currency": "USD", "findings": (finding,),
              "owner_tag": "team", "owner": owner, "first_seen": FOUND, "last_seen": FOUND,
              "updated_at": FOUND}  # fmt: skip
    return Recommendation(**(fields | more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kpis")
    workspace = company(folder)
    with store(workspace).changing() as books:
        one = books.add(recommendation("i-1", "shop", "Delete", "60", due_on=date(2026, 10, 10)))
        books.add(recommendation("dw", "data", "Rightsize", "30"))
        done = books.add(
            recommendation(
                "i-9", "shop", "Rightsize", "15", state="implemented",
                accepted_at=FOUND + timedelta(days=2),
                implemented_at=FOUND + timedelta(days=4, hours=12),
            )
        )  # fmt: skip
        books.step(one.id, FOUND, "ana", "dismiss")
        books.step(one.id, FOUND + timedelta(days=1), "ana", "reopen")
        books.step(done.id, FOUND + timedelta(days=2), "ana", "accept")
        books.step(done.id, FOUND + timedelta(days=4, hours=12), "ana", "implement")
    workspace.close()
    return folder / "workspace"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 21 October 2026."""
    monkeypatch.setattr("outlay.app.kpis.kpis.utc_now", lambda: MOMENT)


def test_kpis_are_reckoned_by_hand(own: Workspace) -> None:
    found = kpis.kpis(own)
    assert (found.since, found.until) == (date(2026, 9, 21), date(2026, 10, 21))
    # 30 days of 15.00, and the fee of 90.00 of 1 October.
    assert found.kpi("potential").parts[1].value == D("540.00")
    # 60 and 30 are open.
    assert found.kpi("potential").value == D("0.166667")
    assert found.kpi("waste").value == D("0.111111")  # 60 of 540
    assert found.kpi("realised").value == D("0.000000")
    assert found.kpi("time-to-act").value == D("4.5")
    # One was accepted, and one dismissed: that it was opened again is another matter.
    assert found.kpi("acceptance").value == D("0.500000")
    assert found.kpi("overdue").value == D(1)
    for name in ("savings-rate", "coverage", "utilisation"):
        one = found.kpi(name)
        assert one.value is None or one.value >= 0
        assert one.value is not None or one.reason
    owners = {one.owner: one for one in found.owners}
    shop = owners["shop"]
    assert (shop.cost, shop.potential, shop.waste) == (D("390.00"), D(60), D(60))
    assert (shop.potential_share, shop.overdue, shop.days) == (D("0.153846"), 1, D("4.5"))
    assert (owners["data"].cost, owners["data"].potential_share) == (D("150.00"), D("0.200000"))
    assert [one.owner for one in found.owners] == ["shop", "data"]
    with pytest.raises(QueryError, match="nothing was charged in 'EUR'"):
        kpis.kpis(own, "EUR")


def test_what_owners_realised_is_that_of_the_months(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of owners that cost nothing any more too, and not of months that are not told."""
    monkeypatch.setattr(kpis, "_MONTHS", 2)
    with store(own).changing() as books:
        done = books.add(recommendation("i-7", "closed", "Delete", "30", state="sustained"))
    kept = RealisedStore(own.resources.engine)
    day = date(2026, 7, 1)
    made = baseline([line(day, "24", "0.20")], [day], number=done.id)
    with own.resources.engine.begin() as connection:
        connection.execute(
            saving_baselines.insert().values(
                recommendation=done.id, frozen_at=made.frozen_at, snapshot="1", currency="USD",
                document=TypeAdapter(Baseline).dump_python(made, mode="json"),
            )
        )  # fmt: skip
    for month in (7, 8, 9):
        first = date(2026, month, 1)
        got = Effects(usage=D(month))
        seen = Measured(first, made.id, D(9), D(9 - month), D(9), D(9), got)
        kept.add([
            Entry(0, done.id, first, FOUND, "1", "USD", "saving", D(10), got, D(9), D(9 - month),
                  D(9), D(9), D(0), D(0), (seen,), (), owner="closed")
        ])  # fmt: skip
    found = kpis.kpis(own)
    assert [(one.month, one.realised) for one in found.months] == [
        ("2026-08", D(8)), ("2026-09", D(9)),
    ]  # fmt: skip
    closed = next(one for one in found.owners if one.owner == "closed")
    assert (closed.realised, closed.missed, closed.cost) == (D(17), D(3), D(0))
    for name in ("realised", "missed"):
        owners = sum((getattr(one, name) for one in found.owners), D(0))
        assert owners == sum((getattr(one, name) for one in found.months), D(0))


def test_more_lost_than_open_is_no_share_and_says_why(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = replace(listing.ledger(own), pace=(SimpleNamespace(currency="USD", month=D(-100)),))
    monkeypatch.setattr(listing, "ledger", lambda *_: lost)
    one = kpis.kpis(own).kpi("realised")  # -100 of -100 + 90
    assert (one.value, bool(one.reason)) == (None, True)


def test_an_empty_ledger_has_no_noughts(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "empty", name="Empty")
    found = kpis.kpis(workspace)
    assert {one.name: one.value for one in found.kpis if one.value is not None} == {"overdue": D(0)}
    assert all(one.reason for one in found.kpis if one.value is None)
    assert "Nothing to measure yet" in serving(workspace).get("/kpis").text
    workspace.close()


def test_every_face_says_the_same(own: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    client = serving(own)
    told = client.get("/api/v1/kpis").json()
    typed(KPIS["GET /kpis"].shape, told)
    values = {one["name"]: one["value"] for one in told["kpis"]}
    assert values["waste"] == "0.111111"
    assert client.get("/api/v1/kpis?currency=EUR").status_code == 400
    page = parse(client.get("/kpis").text)
    assert "11.1%" in page.one(id="kpi-waste").text
    assert "4.5 days" in page.one(id="kpi-time-to-act").text
    assert client.get("/kpis?currency=EUR").status_code == 400
    assert main(["-w", str(own.path), "kpis", "--owners", "--formulas"]) == 0
    shown = capsys.readouterr().out
    assert "11.1%" in shown
    assert "shop" in shown
    assert main(["-w", str(own.path), "--json", "kpis"]) == 0
    assert json.loads(capsys.readouterr().out) == told
    content, data = call(Context(own, Options()), "kpis", {})  # type: ignore[misc]
    assert "Time to act: 4.5 days" in content[0].text
    assert data["owners"][0]["owner"] == "shop"


def test_medians_and_decisions() -> None:
    def acted(days: float, **more: Any) -> Acted:
        return Acted("a", FOUND, implemented=FOUND + timedelta(days=days), **more)

    since = date(2026, 10, 1)
    assert days_to([acted(1), acted(3), acted(10)], "implemented", since) == (D("3.0"), 3)
    assert days_to([acted(1), acted(2)], "implemented", since) == (D("1.5"), 2)
    assert days_to([acted(1)], "implemented", date(2026, 10, 3)) == (None, 0)
    assert days_to([acted(1)], "accepted", since) == (None, 0)
    yes = Acted("a", FOUND, accepted=FOUND + timedelta(days=2), dismissed=FOUND)
    no = Acted("a", FOUND, accepted=FOUND, dismissed=FOUND + timedelta(days=2))
    assert decided([yes, no, Acted("a", FOUND)], since) == (1, 1)
    assert share(D(1), D(0)) is None
    assert share(None, D(1)) is None
    assert realisation(D(30), D(90)) == D("0.250000")
    assert realisation(D(0), D(0)) is None


def test_the_card_of_what_was_realised_adds_no_currencies(monkeypatch: pytest.MonkeyPatch) -> None:
    def tone(*sums: tuple[str, int, int]) -> str:
        totals = [
            SimpleNamespace(
                currency=code, promised=D(got + missed), realised=D(got), missed=D(missed)
            )
            for code, got, missed in sums
        ]
        found = SimpleNamespace(totals=totals, pace=(), months=(), waiting=0)
        monkeypatch.setattr(listing, "ledger", lambda *_: found)
        card = saving.realised(SimpleNamespace(workspace=None))  # type: ignore[arg-type]
        assert card is not None
        return card.tone

    assert tone(("USD", 10, 90)) == "attention"
    assert tone(("USD", 10, 5), ("JPY", 900, 5)) == "ok"
    # 90 dollars are not made up for by 900 yen.
    assert tone(("USD", 10, 90), ("JPY", 900, 5)) == "attention"


def test_homes_have_cards_of_saving(own: Workspace) -> None:
    def cards(persona: str) -> dict[str, str]:
        kept = homes(own)
        found = kept.home(kept.ask(persona, now=MOMENT)).cards
        return {card.name: card.sentence for card in found}  # type: ignore[union-attr]

    bought = cards("procurement")
    assert bought["savings"] == (
        "2 recommendations would cut the bill by 90.00 USD a month. One is overdue."
    )
    assert bought["contracts"] == "No contract with a vendor is kept here."
    assert "11.1 % of cost is waste that is known." in bought["kpis"]
    led = cards("executive")
    # What was done without a baseline will not be measured.
    assert led["realised"] == "Nothing that was recommended was measured on the bill yet."
    assert led["kpis"] == bought["kpis"]
