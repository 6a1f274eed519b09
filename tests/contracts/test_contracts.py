"""Contracts on a ledger: use cases, alerts, and every face of them."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.api.openapi.operations_contracts import CONTRACTS
from outlay.app import Workspace
from outlay.app.alerts.raising import store
from outlay.app.contracts import contracts, pricing
from outlay.app.contracts.watch import watch
from outlay.app.contracts.words import sentence
from outlay.app.home.cards.saving import _contract_line
from outlay.app.planning.budget_forecast import Rest
from outlay.cli import main
from outlay.client.typing import typed
from outlay.expression.errors import QueryError
from outlay.mcp.registry import Context, Options
from outlay.mcp.server import call
from outlay.resources import ResourceNotFoundError
from outlay.savings.contracts.model import CONTRACT
from tests.budgets.company import company
from tests.budgets.conftest import MOMENT
from tests.web.conftest import serving
from tests.web.page import Node, parse

D = Decimal
SHOP = {
    "title": "Shop commitment", "vendor": "AWS", "scope": "team = 'shop'", "currency": "USD",
    "measure": "BilledCost", "owner": "procurement",
    "terms": [{"from": "2026-06-01", "until": "2026-11-01", "amount": "2000"}],
    "renewal": {"notice_days": 5, "remind_days": [30, 7]},
    "prices": [{"name": "A tenth off", "when": "ServiceName = 'Amazon Redshift'", "discount": "10",
                "charged": "BilledCost"},
               {"name": "Nothing of it", "when": "ServiceName = 'none'", "discount": "5"}],
}  # fmt: skip


@pytest.fixture(scope="session")
def contract_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    workspace = company(folder)
    workspace.resources.put(CONTRACT.name, "shop", SHOP, author="test")
    data = SHOP | {"title": "Data", "scope": "team = 'data'", "prices": SHOP["prices"][:1],
                   "terms": [{"from": "2026-06-01", "until": "2027-06-01", "amount": "1000"}],
                   "shortfall": "lost"}  # fmt: skip
    workspace.resources.put(CONTRACT.name, "data", data, author="test")
    workspace.close()
    return folder / "workspace"


@pytest.fixture
def own(contract_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(contract_made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 21 October 2026."""
    for module in ("contracts", "pricing"):
        monkeypatch.setattr(f"outlay.app.contracts.{module}.utc_now", lambda: MOMENT)


def test_a_contract_is_counted_on_the_bill_by_hand(own: Workspace) -> None:
    one = contracts.show(own, "shop")
    (term,) = one.terms
    # 142 days of 10.00 and five fees of 90.00; 11 days of 10.00 are still to come.
    assert (term.used, term.complete) == (D("1870.00"), D("1870.00"))
    assert term.outlook == D("1980.00")
    assert (term.state, term.shortfall) == ("falls short", D("20.00"))
    assert (one.ending.days_left, one.ending.notice_days_left) == (11, 6)
    assert one.wants == ("shortfall", "notice")
    # 142 days of 5.00 are 710; 223 more are 1115: 1825 of 1000, used up on the 200th day.
    data = contracts.show(own, "data").present
    assert data is not None
    assert (data.used, data.outlook, data.state) == (D("710.00"), D("1825.00"), "exceeds")
    assert str(data.used_up_on) == "2026-12-17"


def test_a_home_tells_no_gap_of_what_is_not_known(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = _contract_line(contracts.show(own, "shop")).figure
    assert known is not None and (known.label, known.value) == ("Short", D("20.00"))
    monkeypatch.setattr(
        "outlay.app.planning.budget_forecast.rest_of", lambda *_: (None, "too little history")
    )
    one = contracts.show(own, "shop")
    assert one.present is not None and one.present.outlook is None
    assert _contract_line(one).figure is None


def test_what_a_split_shares_is_no_charge_of_a_vendor(own: Workspace) -> None:
    own.resources.put(
        "Split", "share", {"tag": "team", "take": "data", "method": "proportional"}, author="test"
    )
    # As it is charged: what data is charged counts for it, and none of it for shop.
    data, shop = contracts.show(own, "data").present, contracts.show(own, "shop").terms[0]
    assert data is not None
    assert (data.used, data.outlook) == (D("710.00"), D("1825.00"))
    assert (shop.used, shop.outlook) == (D("1870.00"), D("1980.00"))
    (check,) = pricing.prices(own, "data").checks
    # 90 days of 5.00, and no part of them for shop.
    assert check.charged.amount == D("450.00")
    assert pricing.prices(own, "shop").checks == ()


def test_a_term_that_turned_is_expected_to_its_last_day(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bill is whole up to 18 October; the term of today began on the 20th.
    asked: list[date] = []

    def rest(_: object, __: object, since: date, until: date, now: object) -> tuple[Rest, str]:
        asked.append(since)
        days = (D("10.00"),) * (until - since).days
        amount = D(10) * len(days)
        return Rest(since, days, amount, amount, amount, D("0.8"), "", ""), ""

    monkeypatch.setattr("outlay.app.planning.budget_forecast.rest_of", rest)
    monkeypatch.setattr(
        "outlay.app.forecasting.series.complete_until", lambda *_: date(2026, 10, 18)
    )
    terms = [{"from": "2026-10-01", "until": "2026-10-20", "amount": "190"},
             {"from": "2026-10-20", "until": "2026-11-20", "amount": "310"}]  # fmt: skip
    own.resources.put(CONTRACT.name, "turned", SHOP | {"terms": terms}, author="test")
    first, second = contracts.show(own, "turned").terms
    assert asked == [date(2026, 10, 18)]
    # 17 days of 10.00 and the fee of 90.00, and two days that are expected.
    assert (first.complete, first.outlook) == (D("260.00"), D("280.00"))
    assert second.outlook == D("310.00")


def test_the_end_is_told_before_its_last_days_are_whole(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = [{"from": "2026-10-01", "until": "2026-10-21", "amount": "190"}]
    own.resources.put(CONTRACT.name, "over", SHOP | {"terms": terms}, author="test")
    monkeypatch.setattr(
        "outlay.app.forecasting.series.complete_until", lambda *_: date(2026, 10, 19)
    )
    one = contracts.show(own, "over")
    assert one.state == "ended"
    assert sentence(one) == (
        "It ended on 21 Oct 2026: what its last term came to is not known yet, since its last "
        "days are not whole."
    )


def test_prices_are_checked_on_the_bill(own: Workspace) -> None:
    found = pricing.prices(own, "data", "last-month")
    (one,) = found.checks
    # Thirty days of 5.00 at list price; a tenth off is 135.00.
    assert (one.verdict, one.charged.amount, one.expected) == ("too high", D("150.00"), D(135))
    assert found.overcharged == (("USD", D("15.00")),)
    assert pricing.prices(own, "shop", "last-month").without == ("A tenth off", "Nothing of it")
    with pytest.raises(QueryError, match="no day of it is within the contract"):
        pricing.prices(own, "shop", "2025-09-01..2025-10-01")
    with pytest.raises(ResourceNotFoundError, match="There are: data, shop"):
        pricing.prices(own, "gone")


def test_charges_that_no_rate_converts_are_told(own: Workspace) -> None:
    spec = SHOP | {"currency": "KES", "prices": []}
    own.resources.put(CONTRACT.name, "gold", spec, author="test")
    one = contracts.show(own, "gold")
    assert one.state == "failed"
    assert "no rate converts them to KES" in one.problem
    assert watch(own, MOMENT).notes[0].startswith("gold: ")


def test_each_matter_is_told_once_and_ends(own: Workspace) -> None:
    assert watch(own, MOMENT).raised == 4  # shop: short, notice; data: used up, price
    assert watch(own, MOMENT).raised == 0
    told = {one.signal.subject: one.signal for one in store(own).listed()}
    assert set(told) == {"shop/burn", "shop/notice", "data/burn", "data/prices"}
    assert told["shop/burn"].amount == D("20.00")
    assert told["shop/burn"].owner is not None
    assert told["shop/notice"].severity == "critical"
    cheaper = SHOP | {"terms": [SHOP["terms"][0] | {"amount": "1900"}]}
    own.resources.put(CONTRACT.name, "shop", cheaper, author="test")
    assert watch(own, MOMENT).raised == 0
    left = {one.signal.subject for one in store(own).listed() if one.state == "open"}
    assert left == {"shop/notice", "data/burn", "data/prices"}


def run(workspace: Workspace, *words: str) -> int:
    return main(["-w", str(workspace.path), *words])


def test_the_api_has_their_shape(own: Workspace) -> None:
    api = serving(own)
    listed = api.get("/api/v1/contracts").json()
    typed(CONTRACTS["GET /contracts"].shape, listed)
    assert [one["name"] for one in listed] == ["shop", "data"]
    one = api.get("/api/v1/contracts/shop").json()
    typed(CONTRACTS["GET /contracts/{name}"].shape, one)
    assert one["terms"][0]["shortfall"] == "20.00"
    prices = api.get("/api/v1/contracts/data/prices?range=last-month").json()
    typed(CONTRACTS["GET /contracts/{name}/prices"].shape, prices)
    assert prices["overcharged"] == {"USD": "15.00"}
    assert api.get("/api/v1/contracts/gone").status_code == 404
    assert api.get("/api/v1/contracts/shop/prices?range=never").status_code == 400


def test_commands_say_the_same(own: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(own, "contracts", "list") == 0
    told = capsys.readouterr().out
    assert "falls short" in told
    assert "1,980.00" in told
    assert run(own, "contracts", "show", "shop") == 0
    assert "20.00 USD short, which is invoiced as a true-up" in capsys.readouterr().out
    assert run(own, "contracts", "prices", "data", "--range", "last-month", "--wrong") == 0
    assert "15.00 USD charged beyond what was agreed" in capsys.readouterr().out
    assert run(own, "--json", "contracts", "list") == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "falls short"
    assert run(own, "contracts", "show", "gone") == 1


def test_assistants_are_told(own: Workspace) -> None:
    context = Context(own, Options())  # type: ignore[arg-type]
    content, data = call(context, "contracts", {"name": "data"})  # type: ignore[misc]
    assert "Charged beyond what was agreed: " in content[0].text
    assert data["contracts"][0]["state"] == "exceeds"
    assert call(context, "contracts", {})[1]["prices"] is None  # type: ignore[misc]


def page(client: TestClient, path: str, status: int = 200) -> Node:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def test_the_pages_show_make_change_and_remove(own: Workspace) -> None:
    client = serving(own)
    assert "falls short" in page(client, "/contracts").text.lower()
    shown = page(client, "/contracts/shop").text
    assert "20.00" in shown
    assert "Notice is due on 27 Oct 2026, in 6 days" in shown
    assert "15.00" in page(client, "/contracts/data?range=last-month").text
    page(client, "/contracts/shop?range=never", 400)
    page(client, "/contracts/gone", 404)
    form = {"title": "Oracle Universal Credits", "vendor": "Oracle", "currency": "USD",
            "terms": "2026-01-01 2027-01-01 12,000", "measure": "BilledCost",
            "prices": "All | 5% | | BilledCost\nX | 3 per h", "version": "0"}  # fmt: skip
    made = client.post("/contracts", data=form, follow_redirects=False)
    assert made.headers["location"] == "/contracts/oracle-universal-credits"
    spec = own.resources.get(CONTRACT.name, "oracle-universal-credits").spec
    assert [p.discount or p.price for p in spec.prices] == [D(5), D(3)]
    assert spec.prices[0].charged == "BilledCost"
    again = client.get("/contracts/oracle-universal-credits/edit").text
    assert "All | 5% |  | BilledCost" in again
    for wrong, words in (
        ({"terms": "soon"}, "terms, line 1"),
        ({"terms": "2026-01-01 2027-01-01 12000,50"}, "is no number as it is written here"),
        ({"prices": "x"}, "prices, line 1"),
        ({"version": "7"}, ""),
    ):
        refused = client.post("/contracts/oracle-universal-credits", data=form | wrong)
        assert refused.status_code == 400
        assert words in refused.text
    # What only code says of it stays when the form is saved.
    price = {"name": "All", "discount": "5", "from": "2026-02-01", "tolerance": "2"}
    own.resources.put(
        CONTRACT.name, "oracle-universal-credits",
        spec.model_dump(mode="json", by_alias=True) | {"prices": [price], "rates": "bank"},
        author="test",
    )  # fmt: skip
    saved = form | {"version": "2", "note": "by hand"}
    client.post("/contracts/oracle-universal-credits", data=saved, follow_redirects=False)
    after = own.resources.get(CONTRACT.name, "oracle-universal-credits").spec
    assert (after.note, after.rates, len(after.prices)) == ("by hand", "bank", 2)
    assert (after.prices[0].from_, after.prices[0].tolerance) == (date(2026, 2, 1), D(2))
    client.post("/contracts/oracle-universal-credits/delete")
    assert "oracle-universal-credits" not in own.resources.names(CONTRACT.name)
