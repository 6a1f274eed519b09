"""Looks: what is merged, netted on the bill, owned, found again, gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.savings import acting as steps
from outlay.app.savings.acting import store
from outlay.app.savings.listing import Sought, recommendation, recommendations
from outlay.app.savings.looking import look
from outlay.app.savings.telling import effects
from outlay.savings.model import Insufficient
from tests.realised.company import FINDINGS, finding
from tests.realised.company import of as charges
from tests.savings_app.conftest import NOW, Tools, again, of

LATER = NOW + timedelta(days=1)


def net(workspace: Workspace) -> dict[str, str]:
    """Net by resource and group."""
    rows = recommendations(workspace, now=NOW).rows
    return {
        f"{row.recommendation.resource or 'plan'}/{row.recommendation.group}": str(row.net)
        for row in rows
    }


def test_everything_is_found_once_and_netted_on_the_bill(looked: Workspace) -> None:
    listed = recommendations(looked, now=NOW)
    (sums,) = listed.totals
    # Every finding: 300 + 72 + 25.50 + 72 + 101.14 + 144 + 36 + 72 + 39.
    assert str(sums.all) == "861.64"
    # i-2 runs 24 hours a day: hours first take 101.14 of its 144, and the smaller size half of
    # the 42.86 that are left: 21.43, not 72.
    assert net(looked)["i-2/hours"] == "101.14"
    assert net(looked)["i-2/size"] == "21.43"
    assert str(sums.best) == "861.64"
    assert str(sums.net) == str(Decimal("861.64") - 72 + Decimal("21.43"))
    assert sums.count == 9


def test_a_purchase_is_netted_against_what_is_stopped(acme: Workspace, tools: Tools) -> None:
    # i-4 and i-5 cost 72 a month each; a plan would cover both. Stopping i-4 leaves half of it.
    tools.own = [
        FINDINGS["plan"],
        finding("Stop", "72", charges("i-4"), resource="i-4", group="existence", cost="72"),
    ]
    look(acme, NOW)
    assert net(acme) == {"i-4/existence": "72", "plan/purchase": "19.50"}
    shown = recommendation(acme, of(acme, "EC2 of Shop").id, NOW)
    assert [line.text for line in effects(shown)] == [
        f"−19.50 USD: {of(acme, 'i-4').id}, Stop i-4, takes a part of the same charges first."
    ]


def test_what_several_tools_say_of_one_resource_is_one(acme: Workspace, tools: Tools) -> None:
    arn = "arn:aws:ec2:eu-central-1:222222222222:instance/i-1"
    hub = finding(
        "Rightsize", "80", f"ResourceId IN ('i-1', '{arn}')", resource=arn, group="size",
        tool="aws-cost-hub", native_id="r-1", account="222222222222",
    )  # fmt: skip
    tools.own, tools.native = [FINDINGS["i-1"]], [hub, hub]
    look(acme, NOW)
    one = of(acme, "i-1")
    # Ours counts, since it reckons on the bill; the hub's stands beside it, once.
    assert [(each.tool, str(each.monthly_saving)) for each in one.findings] == [
        ("outlay", "72"),
        ("aws-cost-hub", "80"),
    ]
    (sums,) = recommendations(acme, now=NOW).totals
    assert (str(sums.all), str(sums.best), str(sums.net)) == ("152", "72", "72")


def test_a_tool_that_reckons_at_list_promises_no_more_than_the_bill(
    acme: Workspace, tools: Tools
) -> None:
    # i-6 is covered by a reservation: 30 × 1.44 = 43.20 on the bill, 72 at list.
    stop = finding("Stop", "72", charges("i-6"), resource="i-6", group="existence",
                   tool="aws-trusted-advisor", native_id="t-1")  # fmt: skip
    tools.own, tools.native = [], [stop]
    look(acme, NOW)
    assert net(acme) == {"i-6/existence": "43.20"}
    assert str(of(acme, "i-6").cost.normalize()) == "43.2"  # type: ignore[union-attr]


def test_the_owner_is_the_value_that_most_of_the_charges_cost_is_of(looked: Workspace) -> None:
    one = of(looked, "i-3")
    assert (one.owner_tag, one.owner) == ("team", "data")
    assert one.owner_why == (
        "team = data has 288.00 of the 288.00 USD that its charges cost in the last 30 whole "
        "days, 100 %."
    )
    both = of(looked, "EC2 of Shop")
    assert both.owner == "shop"


def test_nothing_is_done_where_nothing_changed(looked: Workspace) -> None:
    assert look(looked, NOW, force=False).unchanged
    assert not look(looked, LATER, force=False).unchanged  # another day
    assert not look(looked, LATER, force=True).unchanged


def test_what_is_found_again_is_not_new(looked: Workspace, tools: Tools) -> None:
    before = of(looked, "i-1")
    tools.own = [replace(FINDINGS["i-1"], monthly_saving=Decimal(70))]
    found = again(looked, LATER)
    after = of(looked, "i-1")
    assert found.new == ()
    assert after.id == before.id
    assert after.first_seen == NOW
    assert after.last_seen == LATER
    assert str(after.finding.monthly_saving) == "70"


def test_what_no_tool_finds_any_more_expires_and_comes_back(
    looked: Workspace, tools: Tools
) -> None:
    tools.own = [one for name, one in FINDINGS.items() if name != "vol-1"]
    found = again(looked, LATER)
    assert [one.resource for one in found.gone] == ["vol-1"]
    gone = of(looked, "vol-1")
    assert (gone.state, gone.reason) == ("expired", "No tool finds it any more, since 2026-10-02.")
    tools.own = list(FINDINGS.values())
    found = again(looked, LATER + timedelta(days=1))
    assert [(one.resource, one.state) for one in found.back] == [("vol-1", "identified")]
    steps = [step.action for step in store(looked).steps(gone.id)]
    assert steps == ["identify", "expire", "return"]


@pytest.mark.parametrize("why", ["failed", "insufficient"])
def test_what_could_not_be_looked_for_is_not_gone(
    looked: Workspace, tools: Tools, why: str
) -> None:
    tools.own = []
    if why == "failed":
        tools.failed = {one.detector: "no such column" for one in FINDINGS.values()}
    else:
        tools.insufficient = [
            Insufficient(one.detector, one.resource, "no processor metric")
            for one in FINDINGS.values()
        ]
    found = again(looked, LATER)
    assert found.gone == ()
    assert of(looked, "vol-1").state == "identified"
    if why == "failed":
        assert found.record.outcome == "part"
        assert "test.existence: no such column" in found.record.message


def test_native_tools_that_cannot_be_read_are_told_and_hide_nothing(
    acme: Workspace, tools: Tools
) -> None:
    hub = finding("Delete", "200", charges("vol-2"), resource="vol-2", group="existence",
                  tool="aws-cost-hub", native_id="r-2")  # fmt: skip
    tools.own, tools.native = [FINDINGS["vol-1"]], [hub]
    look(acme, NOW)
    tools.native_fails = "the export is half written"
    found = again(acme, LATER)
    assert dict(found.failed) == {"native tools": "the export is half written"}
    assert [one.state for one in store(acme).listed()] == ["identified", "identified"]


def test_a_detector_that_is_off_takes_its_recommendations_with_it(
    looked: Workspace, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app.savings import looking
    from outlay.app.savings.model import DetectorRule, SavingsPolicySpec

    spec = SavingsPolicySpec().model_copy(
        update={"detectors": {"test.storage": DetectorRule(enabled=False)}}
    )
    monkeypatch.setattr(looking, "policy", lambda _: spec)
    tools.own = [one for one in FINDINGS.values() if one.detector != "test.storage"]
    again(looked, LATER)
    one = of(looked, "vol-2")
    assert one.state == "expired"
    assert one.reason == "It is not looked for any more: test.storage is off."


def test_what_the_policy_leaves_out_is_not_told(
    acme: Workspace, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app.savings import looking
    from outlay.app.savings.model import DetectorRule, SavingsPolicySpec

    spec = SavingsPolicySpec().model_copy(
        update={"detectors": {"test.existence": DetectorRule(where="team = 'shop'")}}
    )
    monkeypatch.setattr(looking, "policy", lambda _: spec)
    found = look(acme, NOW)
    # vol-1, i-6 and i-8 are of the team shop, and found by test.existence.
    assert found.record.detail["left_out"] == 3
    assert {one.resource for one in found.new} == {"i-1", "vol-2", "i-2", "i-3", ""}


def test_a_resource_of_other_charges_has_no_cost(acme: Workspace, tools: Tools) -> None:
    tools.own = [finding("Delete", "5", charges("i-99"), resource="i-99", group="existence")]
    look(acme, NOW)
    one = of(acme, "i-99")
    assert one.cost is None
    assert one.owner == ""
    assert one.owner_why == "None of its charges is on the bill: nothing tells its owner."


def test_a_look_is_for_those_who_see_everything(acme: Workspace, tools: Tools) -> None:
    who = Principal("sam", Level.ADMIN, scope="team = 'shop'")
    with acting(who), pytest.raises(AccessDeniedError):
        look(acme, NOW)


def test_currencies_have_totals_of_their_own(acme: Workspace, tools: Tools) -> None:
    tools.own = [FINDINGS["vol-1"], replace(FINDINGS["i-8"], currency="EUR")]
    look(acme, NOW)
    assert [(one.currency, str(one.net)) for one in recommendations(acme).totals] == [
        ("EUR", "72"),
        ("USD", "300"),
    ]


def test_what_is_no_recurring_saving_counts_in_no_total(acme: Workspace, tools: Tools) -> None:
    tools.own = [FINDINGS["vol-1"], replace(FINDINGS["i-8"], nature="one-off")]
    look(acme, NOW)
    listed = recommendations(acme, Sought())
    assert [(one.currency, str(one.net)) for one in listed.totals] == [("USD", "300")]
    (apart,) = listed.apart
    assert (apart.nature, str(apart.amount)) == ("one-off", "72")


def test_a_look_may_be_taken_of_the_past(acme: Workspace, tools: Tools) -> None:
    look(acme, datetime(2026, 9, 1, 9))
    record = store(acme).looks(1)[0]
    assert record.detail["days"] == ["2026-08-02", "2026-09-01"]
    assert of(acme, "i-8").due_on == date(2026, 9, 15)


@pytest.mark.parametrize("why", ["done", "failed"])
def test_what_is_not_found_any_more_still_takes_its_part(
    acme: Workspace, tools: Tools, why: str
) -> None:
    # As above; the next look does not find i-4, which is on the bill of the month all the same.
    stop = finding("Stop", "72", charges("i-4"), resource="i-4", group="existence", cost="72")
    tools.own = [FINDINGS["plan"], stop]
    look(acme, NOW)
    if why == "done":
        number = of(acme, "i-4").id
        steps.accept(acme, number, now=NOW)
        steps.implement(acme, number, now=NOW)
    else:
        tools.failed = {stop.detector: "no such column"}
    tools.own = [FINDINGS["plan"]]
    look(acme, LATER)
    assert net(acme)["plan/purchase"] == "19.50"


def test_what_is_found_anew_is_netted_by_its_own_key(acme: Workspace, tools: Tools) -> None:
    stop = finding("Stop", "72", charges("i-4"), resource="i-4", group="existence", cost="72",
                   current="c5.large")  # fmt: skip
    tools.own = [stop]
    look(acme, NOW)
    number = of(acme, "i-4").id
    for step in (steps.accept, steps.implement, steps.verify, steps.sustain):
        step(acme, number, now=NOW)
    tools.own = [FINDINGS["plan"], replace(stop, current="c6.large")]
    (_, new) = sorted(look(acme, LATER).new, key=lambda one: one.resource)
    assert (new.resource, new.cycle) == ("i-4", 2)
    assert net(acme) == {"i-4/existence": "72", "plan/purchase": "19.50"}


@pytest.mark.parametrize("tag", ["kind", "nowhere"])
def test_the_policy_may_leave_out_by_any_tag_and_a_look_outlives_one_that_is_gone(
    acme: Workspace, tools: Tools, monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    from outlay.app.savings import looking
    from outlay.app.savings.model import DetectorRule, SavingsPolicySpec

    kinds = {"rules": [{"when": "ResourceId = 'vol-1'", "value": "volume"}]}
    acme.resources.put("VirtualTag", "kind", kinds, author="test")
    spec = SavingsPolicySpec().model_copy(
        update={"detectors": {"test.existence": DetectorRule(where=f"{tag} = 'volume'")}}
    )
    look(acme, NOW)
    monkeypatch.setattr(looking, "policy", lambda _: spec)
    found = again(acme, LATER)
    if tag == "kind":
        assert [one.resource for one in found.gone] == ["vol-1"]
    else:
        assert found.gone == ()
        assert "cannot be asked" in found.failed["test.existence"]


def test_what_a_detector_that_fails_said_still_counts(acme: Workspace, tools: Tools) -> None:
    hub = replace(FINDINGS["i-1"], tool="aws-cost-hub", native_id="r-1",
                  monthly_saving=Decimal(80))  # fmt: skip
    tools.own, tools.native = [FINDINGS["i-1"]], [hub]
    look(acme, NOW)
    tools.own, tools.failed = [], {FINDINGS["i-1"].detector: "no such column"}
    again(acme, LATER)
    assert [str(each.monthly_saving) for each in of(acme, "i-1").findings] == ["72", "80"]
    tools.failed = {}
    again(acme, LATER)
    assert [str(each.monthly_saving) for each in of(acme, "i-1").findings] == ["80"]
