"""Two accounts with a resource of one name are two recommendations, each with its own life."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.realised import listing as realised
from outlay.app.realised.baselines import recompute
from outlay.app.realised.following import follow
from outlay.app.realised.keeping import store as frozen
from outlay.app.savings.acting import accept, assign, implement, store
from outlay.app.savings.listing import recommendation, recommendations
from outlay.app.savings.looking import look
from outlay.savings.identity import is_unique, shared_names
from outlay.savings.merging import merged
from outlay.savings.model import Finding
from outlay.savings.recommendation import Recommendation, key_of
from tests.realised.company import AUGUST, NOVEMBER, OCTOBER, charge, days, finding
from tests.savings_app.conftest import Tools
from tests.web.company import Line, load

LOOKED, DONE = datetime(2026, 9, 29, 9), datetime(2026, 9, 30, 18)
SHOP, DATA = "222222222222", "333333333333"


def stored(day: date, account: str, quantity: str) -> Line:
    """A bucket called logs: so many GB-months a day at 0.10."""
    return charge(day, "logs", "TimedStorage", quantity, "0.10", unit="GB-Mo") | {
        "SubAccountId": account, "SubAccountName": account
    }  # fmt: skip


def rows(end: date, *, data: bool = True, shop: str = "100") -> list[Line]:
    """10.00 a day in Shop until October, then as told; 4.00 a day in Data."""
    found = [stored(day, SHOP, "100" if day < OCTOBER else shop) for day in days(AUGUST, end)]
    return found + [stored(day, DATA, "40") for day in days(AUGUST, end) if data]


def logs(account: str, saving: str, group: str = "storage", **more: object) -> Finding:
    """That an account's bucket could be colder."""
    where = f"ResourceId = 'logs' AND SubAccountId = '{account}'"
    return finding("ChangeStorageClass", saving, where, resource="logs", group=group,
                   account=account, **more)  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def buckets(tmp_path: Path) -> Workspace:
    """A company of two accounts, each with a bucket called logs."""
    workspace = Workspace.init(tmp_path / "workspace", name="Acme GmbH")
    load(workspace, tmp_path / "bills", "acme", rows(OCTOBER))
    return workspace


def by_account(workspace: Workspace) -> dict[str, Recommendation]:
    return {one.account: one for one in store(workspace).listed()}


def test_each_account_has_its_own(buckets: Workspace, tools: Tools) -> None:
    tools.own = [logs(SHOP, "150", cost="300"), logs(DATA, "60", cost="120")]
    look(buckets, LOOKED)
    found = by_account(buckets)
    assert {name: str(one.finding.monthly_saving) for name, one in found.items()} == {
        SHOP: "150", DATA: "60",
    }  # fmt: skip
    assert found[SHOP].key != found[DATA].key
    # They are no alternatives: both count, and neither stands beside the other.
    (sums,) = recommendations(buckets, now=LOOKED).totals
    assert str(sums.net) == "210"
    assert recommendation(buckets, found[SHOP].id, LOOKED).others == ()
    look(buckets, LOOKED)
    assert {name: one.id for name, one in by_account(buckets).items()} == {
        name: one.id for name, one in found.items()
    }


def test_what_was_kept_before_a_second_account_had_the_name_goes_on(
    tmp_path: Path, tools: Tools
) -> None:
    workspace = Workspace.init(tmp_path / "workspace", name="Acme GmbH")
    load(workspace, tmp_path / "bills", "acme", rows(OCTOBER, data=False))
    tools.own = [logs(SHOP, "150", cost="300")]
    look(workspace, LOOKED)
    (first,) = store(workspace).listed()
    assert (first.apart, first.key) == (False, key_of(tools.own[0]))
    assign(workspace, first.id, "ana", now=LOOKED)
    load(workspace, tmp_path / "bills", "acme", rows(OCTOBER))
    tools.own = [logs(SHOP, "150", cost="300"), logs(DATA, "60", cost="120")]
    look(workspace, DONE)
    found = by_account(workspace)
    assert (found[SHOP].id, found[SHOP].state, found[SHOP].assignee) == (
        first.id,
        "assigned",
        "ana",
    )
    assert [step.action for step in store(workspace).steps(first.id)] == ["identify", "assign"]
    assert found[DATA].id != first.id
    # The name stays shared when one of them is gone: the other is not taken for it.
    tools.own = [logs(DATA, "60", cost="120")]
    look(workspace, datetime(2026, 9, 30, 19))
    assert {one.id: one.state for one in store(workspace).listed()} == {
        first.id: "expired", found[DATA].id: "identified",
    }  # fmt: skip


def test_alternatives_of_one_account_stay_alternatives(buckets: Workspace, tools: Tools) -> None:
    gone = finding("Delete", "300", f"ResourceId = 'logs' AND SubAccountId = '{SHOP}'",
                   resource="logs", group="existence", account=SHOP, cost="300")  # fmt: skip
    tools.own = [logs(SHOP, "150", cost="300"), gone, logs(DATA, "60", cost="120")]
    look(buckets, LOOKED)
    (sums,) = recommendations(buckets, now=LOOKED).totals
    assert (str(sums.all), str(sums.net)) == ("510", "360.00")


def test_each_is_proven_on_its_own_charges(
    buckets: Workspace, tools: Tools, tmp_path: Path
) -> None:
    tools.own = [logs(SHOP, "150", cost="300"), logs(DATA, "60", cost="120")]
    look(buckets, LOOKED)
    for one in by_account(buckets).values():
        accept(buckets, one.id, now=LOOKED)
        implement(buckets, one.id, now=DONE)
    assert [one.account for one in frozen(buckets).baselines()] == [SHOP, DATA]
    assert all(recompute(buckets, one).same for one in frozen(buckets).baselines())
    # Shop's bucket shrinks to a half, Data's stays: of one name, unit and price.
    load(buckets, tmp_path / "bills", "acme", rows(NOVEMBER, shop="50"))
    follow(buckets, datetime(2026, 11, 2, 9))
    sums = {
        name: realised.realised_of(buckets, one.id).sums.realised
        for name, one in by_account(buckets).items()
    }
    assert sums == {SHOP: 31 * Decimal(5), DATA: Decimal(0)}


def test_a_fall_that_the_bill_shows_is_of_its_account(
    buckets: Workspace, tools: Tools, tmp_path: Path
) -> None:
    tools.own = [logs(SHOP, "150", cost="300"), logs(DATA, "60", cost="120")]
    look(buckets, LOOKED)
    load(buckets, tmp_path / "bills", "acme", rows(NOVEMBER, shop="50"))
    follow(buckets, datetime(2026, 11, 2, 9))
    assert {name: one.state for name, one in by_account(buckets).items()} == {
        SHOP: "sustained", DATA: "identified",
    }  # fmt: skip


def test_which_names_several_accounts_have() -> None:
    billed = [("AWS", SHOP, "logs"), ("AWS", DATA, "Logs"), ("AWS", SHOP, "i-0abc"),
              ("AWS", DATA, "i-0abc"), ("AWS", SHOP, "own")]  # fmt: skip
    # Of what the bill has, the bill decides; else one tool that names two accounts.
    told = [
        ("hub", "AWS", DATA, "own"), ("hub", "AWS", "an alias", "own"),
        ("vpa", "Kubernetes", "east", "default"), ("vpa", "Kubernetes", "west", "default"),
        ("vpa", "Kubernetes", "east", "web"), ("kruize", "Kubernetes", "cluster-2", "web"),
    ]  # fmt: skip
    assert shared_names(told, billed) == {("aws", "logs"), ("kubernetes", "default")}
    unique = ("arn:aws:s3:::logs", "/subscriptions/1/x", "//compute.googleapis.com/x", "vol-0a1")
    assert [is_unique(name) for name in unique] == [True] * 4
    assert not is_unique("logs")


def test_without_a_shared_name_keys_are_as_they_were() -> None:
    one, other = logs(SHOP, "150"), logs(DATA, "60")
    assert list(merged([one, other])) == [key_of(one)] == [key_of(other)]
    assert len(merged([one, other], {("aws", "logs")})) == 2
