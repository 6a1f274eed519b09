"""Overlapping recommendations that are accepted at once promise what the bill falls by."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.realised import baselines
from outlay.app.realised.keeping import store as frozen
from outlay.app.savings import acting
from outlay.app.savings.acting import accept, bulk, dismiss, reopen, store
from outlay.app.savings.counting import Looked, promises, unseen
from outlay.app.savings.errors import SavingError
from outlay.app.savings.listing import recommendations
from outlay.app.savings.looking import look
from outlay.app.savings.store import LookRecord
from outlay.savings.model import Finding, State
from outlay.savings.netting import Atom
from outlay.savings.realised.exact import added
from outlay.savings.recommendation import Recommendation, key_of
from tests.realised.company import FINDINGS, finding
from tests.realised.company import of as charges
from tests.savings_app.conftest import NOW, Tools, of

BOTH = Decimal("122.57")
"""What i-2 saves by running 101.14 of its 144 a month less (hours), and then by being half as large
(21.43): it is what the bill falls by, whichever is accepted first."""


@pytest.fixture
def two(acme: Workspace, tools: Tools) -> Workspace:
    """The company with two ways to save on i-2, which overlap: 101.14 and 72 at their own word."""
    tools.own = [FINDINGS["i-2 hours"], FINDINGS["i-2 size"]]
    look(acme, NOW)
    return acme


def promised(workspace: Workspace) -> dict[str, str]:
    groups = {one.id: one.group for one in store(workspace).listed()}
    return {groups[one.recommendation]: str(one.promised) for one in frozen(workspace).baselines()}


def numbers(workspace: Workspace) -> list[int]:
    return [of(workspace, "i-2", "hours").id, of(workspace, "i-2", "size").id]


@pytest.mark.parametrize(
    ("first", "second", "amounts"),
    [("hours", "size", ("101.14", "21.43")), ("size", "hours", ("72", "50.57"))],
)
def test_one_after_the_other(
    two: Workspace, first: str, second: str, amounts: tuple[str, str]
) -> None:
    for n, group in enumerate((first, second)):
        accept(two, of(two, "i-2", group).id, now=NOW + timedelta(hours=n))
    found = promised(two)
    assert (found[first], found[second]) == amounts
    assert added(map(Decimal, found.values())) == BOTH


def test_in_one_bulk_action(two: Workspace) -> None:
    assert bulk(two, numbers(two), "accept", now=NOW).refused == {}
    assert promised(two) == {"hours": "101.14", "size": "21.43"}
    # The totals say the same: what is accepted still counts, once.
    (sums,) = recommendations(two, now=NOW).totals
    assert sums.net == BOTH


def test_twenty_of_one_charge_promise_no_more_than_it_costs(acme: Workspace, tools: Tools) -> None:
    # Groups that are applied one after the other; each would save half of 300 at its own word.
    tools.own = [
        finding("Configure", "150", charges("vol-1"), resource="vol-1", group=f"way-{n}",
                cost="300")
        for n in range(20)
    ]  # fmt: skip
    look(acme, NOW)
    bulk(acme, [one.id for one in store(acme).listed()], "accept", now=NOW)
    amounts = [one.promised for one in frozen(acme).baselines()]
    assert amounts[:3] == [Decimal(150), Decimal("75.00"), Decimal("37.50")]
    assert added(amounts) <= 300
    (sums,) = recommendations(acme, now=NOW).totals
    assert added(amounts) == sums.net


def test_two_who_accept_at_once(two: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have frozen what is paid before either has given its promise."""
    made: Callable[..., Any] = baselines._made
    together = threading.Barrier(2, timeout=60)

    def waiting(*given: Any) -> Any:
        found = made(*given)
        together.wait()
        return found

    monkeypatch.setattr(baselines, "_made", waiting)
    first, second = numbers(two)
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(accept, two, number, now=NOW + timedelta(seconds=n))
            for n, number in enumerate((first, second))
        ]
        assert {job.result().state for job in jobs} == {"accepted"}
    found = promised(two)
    assert found in ({"hours": "101.14", "size": "21.43"}, {"hours": "50.57", "size": "72"})
    assert added(map(Decimal, found.values())) == BOTH


_ACCEPT = """
import sys
from pathlib import Path
from datetime import datetime
from outlay.app import Workspace
from outlay.app.savings.acting import accept
workspace = Workspace.open(Path(sys.argv[1]))
accept(workspace, int(sys.argv[2]), now=datetime.fromisoformat(sys.argv[3]))
workspace.close()
"""


def test_two_processes_that_accept_at_once(two: Workspace) -> None:
    path: Path = two.path
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _ACCEPT, str(path), str(number),
             (NOW + timedelta(seconds=n)).isoformat()]
        )
        for n, number in enumerate(numbers(two))
    ]  # fmt: skip
    assert [one.wait(timeout=120) for one in started] == [0, 0]
    found = promised(two)
    assert len(found) == 2
    assert added(map(Decimal, found.values())) == BOTH


def test_what_is_taken_back_holds_nothing_any_more(two: Workspace) -> None:
    hours, size = numbers(two)
    accept(two, hours, now=NOW)
    reopen(two, hours, now=NOW + timedelta(hours=1))
    dismiss(two, hours, "It runs at night, too.", now=NOW + timedelta(hours=2))
    accept(two, size, now=NOW + timedelta(hours=3))
    assert promised(two)["size"] == "72"


def test_a_look_that_failed_tells_nothing_of_what_overlaps(acme: Workspace, tools: Tools) -> None:
    # A plan for i-4 and i-5 (39.00 a month), and i-4 is to be stopped: half of it is left.
    tools.own = [
        FINDINGS["plan"],
        finding("Stop", "72", charges("i-4"), resource="i-4", group="existence", cost="72"),
    ]
    look(acme, NOW)
    store(acme).record(LookRecord(0, NOW, "", 0, 0, 0, "failed", "the disk is full"))
    accept(acme, of(acme, "i-4").id, now=NOW)
    accept(acme, of(acme, "EC2 of Shop").id, now=NOW + timedelta(hours=1))
    assert sorted(promised(acme).items()) == [("existence", "72"), ("purchase", "19.50")]


def test_what_cannot_be_frozen_is_put_back_unless_somebody_moved_it(
    two: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours, size = numbers(two)

    def fails(_: Workspace, one: Any, now: datetime) -> None:
        acting.assign(two, size, "ana", now=now)
        acting.reopen(two, hours, now=now)
        raise RuntimeError("no snapshot")

    monkeypatch.setattr(baselines, "freeze", fails)
    with pytest.raises(SavingError, match="could not be frozen: no snapshot"):
        bulk(two, [hours, size], "accept", now=NOW)
    kept = {one.id: (one.state, one.assignee) for one in store(two).listed()}
    assert kept == {hours: ("identified", ""), size: ("identified", "ana")}
    assert [step.action for step in store(two).steps(size)] == [
        "identify", "accept", "assign", "reopen",
    ]  # fmt: skip


def test_what_is_verified_takes_its_part_while_the_month_shows_days_before_it() -> None:
    """A machine of 144 a month runs 100 a month less since 1 October, which 7 days have proven; it
    could be half as large, too."""
    hours, size = FINDINGS["i-2 hours"], FINDINGS["i-2 size"]
    done = kept(1, replace(hours, monthly_saving=Decimal(100)), "verified", datetime(2026, 10, 1))

    def nets(until: date, left: str) -> str:
        # What the month up to `until` cost, of which the tool says that half would be saved.
        cost = Decimal(left)
        told = replace(size, monthly_saving=cost / 2, monthly_cost=cost)
        bill = Looked((Atom(frozenset({key_of(hours), key_of(size)}), cost),), until)
        return str(promises([done, kept(2, told, "identified")], bill)[key_of(size)].net)

    # Nine of thirty days are after it: 144 − 30 are left, and 70 of these go on to fall.
    assert unseen(done, date(2026, 10, 11)) == Fraction(21, 30)
    assert nets(date(2026, 10, 11), "114") == "22.00"
    assert nets(date(2026, 10, 25), "67.33333333") == "22.00"
    # A whole month of days after it: nothing is left to be taken.
    assert unseen(done, date(2026, 11, 1)) == 0
    assert nets(date(2026, 11, 1), "44") == "22"
    # Until the bill proves it, all of it is; of what is open, nothing is done.
    assert unseen(replace(done, state="implemented"), date(2026, 11, 1)) == 1
    assert unseen(replace(done, state="regressed"), date(2026, 10, 11)) == 0
    assert unseen(replace(done, state="sustained"), date(2026, 10, 11)) == 0


def kept(
    number: int, found: Finding, state: State, implemented: datetime | None = None
) -> Recommendation:
    """A recommendation in a state."""
    return Recommendation(
        id=number, key=key_of(found), state=state, reason="", provider="AWS", account="",
        region="", service="", resource=found.resource, resource_name="", scope="",
        where=found.where, group=found.group, action=found.action, nature="saving",
        currency="USD", findings=(found,), implemented_at=implemented,
    )  # fmt: skip
