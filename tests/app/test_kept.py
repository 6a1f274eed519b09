"""What is kept is given again only to the same scope, while nothing that it stands on changed."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.unchanged import kept
from outlay.query import CostQuery
from tests.web.company import line, load

NOW = datetime(2026, 11, 24, 9)
TAG = {"rules": [{"when": "tags.team = 'shop'", "value": "shop"}]}
SHOP = Principal("ana", Level.VIEWER, scope="tags.team = 'shop'")
DATA = Principal("ben", Level.VIEWER, scope="tags.team = 'data'")
BILL = [
    line("10.00", "2026-11-01", team="shop"),
    line("5.00", "2026-11-02", team="data"),
]


class Asked:
    """A question to a workspace, and how often it was worked out."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.made = workspace, 0

    def cost(self, now: datetime = NOW, arguments: str = "") -> Decimal:
        return kept(self.workspace, "cost", arguments, self._make, now=now)

    def _make(self) -> Decimal:
        self.made += 1
        (row,) = self.workspace.query(CostQuery()).totals
        return Decimal(str(row["EffectiveCost"]))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    monkeypatch.setattr(Workspace, "today", lambda _: NOW.date())
    workspace = Workspace.init(tmp_path / "workspace")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    load(workspace, tmp_path / "bills", "acme", BILL)
    yield Asked(workspace)
    workspace.close()


def test_of_an_unchanged_ledger_it_is_worked_out_once(asked: Asked) -> None:
    assert [asked.cost(), asked.cost(NOW + timedelta(hours=3))] == [Decimal(15), Decimal(15)]
    assert asked.made == 1
    asked.cost(arguments="other")
    assert asked.made == 2


def test_nobody_gets_what_another_scope_is_told(asked: Asked) -> None:
    whole = asked.cost()
    with acting(SHOP):
        assert asked.cost() == Decimal(10)
    with acting(DATA):
        assert [asked.cost(), asked.cost()] == [Decimal(5), Decimal(5)]
    with acting(Principal("eve", Level.VIEWER, scope=SHOP.scope)):
        assert asked.cost() == Decimal(10)
    assert (whole, asked.cost()) == (Decimal(15), Decimal(15))
    assert asked.made == 3  # once for everything, once for each of two scopes


def test_after_a_delivery_it_is_the_new_amount(asked: Asked, tmp_path: Path) -> None:
    assert asked.cost() == Decimal(15)
    more = [*BILL, line("2.50", "2026-11-03", team="shop")]
    load(asked.workspace, tmp_path / "bills", "acme", more)
    assert asked.cost() == Decimal("17.50")


def _rule(workspace: Workspace) -> None:
    changed = {"rules": [{"when": "tags.team = 'data'", "value": "data"}]}
    workspace.resources.put("VirtualTag", "team", changed, author="test")


def _metric(workspace: Workspace) -> None:
    workspace.metrics.define("orders", {"unit": "order"})


def _stated(workspace: Workspace) -> None:
    text = "invoices:\n  AWS: {PaymentTerms: Net 30}\n"
    (workspace.path / "stated.yaml").write_text(text, encoding="utf-8")


def _rates(workspace: Workspace) -> None:
    (workspace.path / "rates").mkdir()
    (workspace.path / "rates" / "eurofxref-hist.zip").write_bytes(b"newer")


def _setting(workspace: Workspace) -> None:
    workspace.settings = workspace.settings.model_copy(update={"holidays": "DE"})


@pytest.mark.parametrize("change", [_rule, _metric, _stated, _rates, _setting])
def test_what_changed_is_worked_out_again(
    asked: Asked, change: Callable[[Workspace], None]
) -> None:
    asked.cost()
    change(asked.workspace)
    asked.cost()
    asked.cost()
    assert asked.made == 2


def test_another_day_is_another_answer(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.cost()
    asked.cost(NOW + timedelta(days=1))
    assert asked.made == 2
    monkeypatch.setattr(Workspace, "today", lambda _: NOW.date() + timedelta(days=1))
    asked.cost(NOW + timedelta(days=1))
    assert asked.made == 3


def test_what_fails_is_tried_again(asked: Asked) -> None:
    def fail() -> Decimal:
        raise OSError("the disk is full")

    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            kept(asked.workspace, "cost", "", fail, now=NOW)
    assert asked.cost() == Decimal(15)


def test_those_asked_last_are_kept_and_no_more(asked: Asked) -> None:
    for number in range(65):
        asked.cost(arguments=f"{number}")
    assert asked.made == 65
    asked.cost(arguments="64")
    assert asked.made == 65
    asked.cost(arguments="0")
    assert asked.made == 66


def test_whoever_asks_meanwhile_waits_and_does_not_work_it_out_too(asked: Asked) -> None:
    begun, go = threading.Event(), threading.Event()
    made: list[int] = []
    found: list[int] = []

    def make() -> int:
        made.append(1)
        begun.set()
        assert go.wait(10)
        return 7

    def ask() -> None:
        found.append(kept(asked.workspace, "slow", (), make, now=NOW))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert (found, made) == ([7, 7, 7], [1])
