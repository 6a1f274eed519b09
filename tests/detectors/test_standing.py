"""How detectors stand, what the last look came to, and why one says what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from outlay.access import AccessError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.detectors import asking, configuring, listing, running
from outlay.app.detectors.running import Ran
from outlay.app.detectors.telling import came, came_json, came_of, told
from outlay.app.savings import looking
from outlay.app.savings.policy import kept_policy
from outlay.app.served.wire import decode, encode
from outlay.expression.errors import QueryError
from outlay.resources import ResourceError
from outlay.savings.detectors.contract import Detector
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Finding, Insufficient
from tests.detectors.conftest import NOW

JOBS, ALWAYS = "databricks-all-purpose-jobs", "databricks-always-on"


def test_the_last_look_is_told_by_detector(company: Workspace) -> None:
    found = listing.catalogue(company)
    assert (found.outcome, found.looked_at) == ("done", NOW)
    by_id = {one.id: one for one in found.detectors}
    assert list(by_id) == list(detectors())
    jobs, always = by_id[JOBS].came, by_id[ALWAYS].came
    assert jobs is not None and always is not None
    assert (jobs.findings, always.findings) == (1, 1)
    ran = asking.asked(company, [JOBS])
    assert jobs.saving == {"USD": ran.findings[0].monthly_saving}
    quiet = by_id["snowflake-warehouse-idle"].came
    assert quiet is not None and quiet.findings == 0 and not quiet.missing


def test_what_could_not_be_judged_is_summed_by_reason_with_its_cost() -> None:
    def lacking(
        resource: str, missing: str, cost: str | None, currency: str = "USD"
    ) -> Insufficient:
        amount = None if cost is None else Decimal(cost)
        return Insufficient("d-1", resource, missing, "AWS", "1", currency, amount)

    ran = Ran(
        (),
        (
            lacking("a", "cpu", "1.10"), lacking("b", "cpu", "3"), lacking("c", "cpu", None),
            lacking("d", "cpu", "5", "EUR"), lacking("e", "memory", "7"),
        ),
        {}, "s", ("d-1", "d-2"),
    )  # fmt: skip
    found = came(ran)
    assert set(found) == {"d-1", "d-2"} and not found["d-2"].missing
    cpu, memory = found["d-1"].missing
    assert (cpu.reason, cpu.resources, cpu.unpriced) == ("cpu", 4, 1)
    assert cpu.cost == {"EUR": Decimal("5"), "USD": Decimal("4.10")}
    assert [one.resource for one in cpu.some] == ["d", "b", "a", "c"]
    assert memory.cost == {"USD": Decimal("7")}
    kept = json.loads(json.dumps(came_json(found["d-1"])))
    assert came_of(kept) == found["d-1"]
    assert told(ran)["d-1"]["missing"][0]["cost"] == {"EUR": "5.00", "USD": "4.10"}


def test_one_that_fails_is_told_and_hides_no_other(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("no such column")

    known = detectors()
    changed: dict[str, Detector] = {**known, JOBS: replace(known[JOBS], find=broken)}  # type: ignore[arg-type]
    for module in ("outlay.app.savings.policy", "outlay.app.detectors.running"):
        monkeypatch.setattr(f"{module}.detectors", lambda: changed)
    looking.look(own, NOW)
    found = {one.id: one for one in listing.catalogue(own).detectors}
    assert found[JOBS].failed == "no such column"
    always = found[ALWAYS].came
    assert always is not None and always.findings == 1


def test_settings_are_kept_in_the_policy_and_say_what_they_change(own: Workspace) -> None:
    wanted = configuring.Wanted(values={"hours_a_week": Decimal(40)}, minimum="25")
    configuring.change(own, ALWAYS, wanted, 0)
    one = listing.standing(own, ALWAYS)
    assert one.values["hours_a_week"] == 40 and one.changed == ("hours_a_week",)
    assert (one.minimum_saving, one.own_minimum) == (Decimal(25), Decimal(25))
    ours, tried = (
        asking.asked(own, [ALWAYS], values).findings[0].monthly_saving
        for values in (None, {"hours_a_week": "40"})
    )
    assert ours == tried  # a run goes by the policy
    configuring.change(own, ALWAYS, configuring.Wanted(enabled=False), 1)
    assert not listing.standing(own, ALWAYS).enabled
    looking.look(own, NOW)
    assert listing.standing(own, ALWAYS).came is None
    # A rule that says nothing is left out.
    configuring.change(own, ALWAYS, configuring.Wanted(), 2)
    assert kept_policy(own).spec.detectors == {}


def test_what_is_left_out_by_a_condition_is_not_found(own: Workspace) -> None:
    configuring.change(own, ALWAYS, configuring.Wanted(where="ResourceId = '0611-scratch'"))
    looking.look(own, NOW)
    gone = [one.state for one in configuring.recommended(own, ALWAYS)]
    assert gone == ["expired"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (configuring.Wanted(values={"hours_a_week": Decimal(169)}), "lies between 0 and 168"),
        (configuring.Wanted(values={"hours": Decimal(1)}), "has no parameter 'hours'"),
        (configuring.Wanted(minimum="much"), "minimum_saving"),
        (configuring.Wanted(minimum="-1"), "minimum_saving"),
        (configuring.Wanted(where="ResourceId ="), "where"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    own: Workspace, wanted: configuring.Wanted, says: str
) -> None:
    with pytest.raises((QueryError, ResourceError), match=says):
        configuring.change(own, ALWAYS, wanted)
    assert kept_policy(own).version == 0


def test_two_who_change_it_at_once_are_told(own: Workspace) -> None:
    configuring.change(own, ALWAYS, configuring.Wanted(minimum="2"), 0)
    with pytest.raises(ResourceError):
        configuring.change(own, JOBS, configuring.Wanted(minimum="2"), 0)


class TestExplained:
    def test_what_is_found(self, company: Workspace) -> None:
        why = asking.explained(company, JOBS, "PRICE-SYNC")
        assert why.verdict == "found" and isinstance(why.finding, Finding)

    def test_what_saves_too_little(self, own: Workspace) -> None:
        configuring.change(own, JOBS, configuring.Wanted(minimum="100000"))
        why = asking.explained(own, JOBS, "7090")
        assert why.verdict == "small" and "100000.00" in why.because[1]

    def test_what_stands_in_the_way(self, own: Workspace) -> None:
        configuring.change(own, JOBS, configuring.Wanted(values={"least_days": Decimal(30)}))
        assert asking.explained(own, JOBS, "7090").verdict == "found"  # it runs every night
        configuring.change(own, ALWAYS, configuring.Wanted())
        shared = asking.explained(own, ALWAYS, "0907-shared")
        assert shared.verdict == "not found"
        assert any("USD for it on" in why for why in shared.because)
        assert any("nearly every hour" in why for why in shared.because)

    def test_a_setting_at_its_bound(self, company: Workspace) -> None:
        known = detectors()[JOBS]
        assert known.parameters[0].name == "least_days"
        seldom = asking.explained(company, JOBS, "nothing-of-the-kind")
        assert seldom.verdict == "not on the bill"

    def test_nothing_is_refused(self, company: Workspace) -> None:
        with pytest.raises(QueryError, match="a resource must be named"):
            asking.explained(company, JOBS, " ")
        with pytest.raises(listing.DetectorNotFoundError, match="Did you mean databricks-always"):
            asking.explained(company, "databricks-alway-on", "x")


def test_what_is_tried_is_not_kept(own: Workspace) -> None:
    found = asking.asked(own, [ALWAYS], {"hours_a_week": "0"})
    assert found.findings[0].monthly_saving == found.findings[0].monthly_cost
    assert kept_policy(own).version == 0
    with pytest.raises(QueryError, match="parameters are of one detector"):
        asking.asked(own, [], {"hours_a_week": "0"})
    for value in ("much", "NaN", "1e999999999", "200"):
        with pytest.raises(QueryError):
            asking.asked(own, [ALWAYS], {"hours_a_week": value})


def test_a_part_of_the_ledger_is_not_enough(company: Workspace) -> None:
    part = Principal("ana", Level.EDITOR, scope="SubAccountId = '1'")
    with acting(part):
        for call in (
            lambda: listing.catalogue(company),
            lambda: asking.asked(company, [JOBS]),
            lambda: configuring.change(company, JOBS, configuring.Wanted()),
            lambda: configuring.recommended(company, JOBS),
        ):
            with pytest.raises(AccessError):
                call()


def test_another_machine_gets_the_same_objects(company: Workspace) -> None:
    for value in (
        listing.catalogue(company),
        asking.asked(company, [JOBS]),
        asking.explained(company, JOBS, "7090"),
    ):
        assert decode(json.loads(json.dumps(encode(value)))) == value


def test_days_of_a_look_are_those_before_its_moment(company: Workspace) -> None:
    ran = running.run(company, NOW.replace(day=1), only=[detectors()[JOBS]])
    assert all(one.end_day is not None and one.end_day <= date(2026, 11, 1) for one in ran.findings)
