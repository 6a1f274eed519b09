"""The simulated company: what is realised is what its bill fell by, and what was promised."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.access import acting as acting_as
from outlay.access.principal import Level, Principal
from outlay.alerts.store import AlertStore
from outlay.app import Workspace
from outlay.app.realised import listing
from outlay.app.realised.baselines import freeze, recompute
from outlay.app.realised.following import NOT_FOUND, follow
from outlay.app.realised.keeping import store
from outlay.app.realised.listing import Sought
from outlay.app.savings import acting
from outlay.app.savings.errors import SavingError, SavingNotFoundError
from outlay.app.savings.store import SavingStore
from outlay.expression.errors import QueryError
from outlay.savings.realised.exact import added
from outlay.savings.recommendation import Recommendation
from tests.realised.company import (
    ACCEPTED,
    AUGUST,
    DONE,
    FINDINGS,
    LATER,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    bill,
    charge,
    company,
    cost,
    days,
    finding,
    october,
    of,
    recommend,
)
from tests.realised.conftest import NUMBERS

FALL = 31 * cost(bill(SEPTEMBER, date(2026, 9, 2))) - cost(bill(OCTOBER, NOVEMBER))
"""What October cost less than 31 days of September: 838.25."""


def state(workspace: Workspace, name: str) -> str:
    return SavingStore(workspace.resources.engine).one(NUMBERS[name]).state


def realised(workspace: Workspace, name: str) -> Decimal:
    return listing.realised_of(workspace, NUMBERS[name]).sums.realised


def test_realised_is_the_bills_fall_exactly(kept: Workspace) -> None:
    (total,) = listing.ledger(kept).totals
    assert Decimal("838.25") == FALL
    assert total.realised == FALL


def test_promised_after_netting_is_realised_within_a_per_cent(kept: Workspace) -> None:
    (total,) = listing.ledger(kept).totals
    # Each at its own word: 861.64 a month, of which 822.07 and more can be seen.
    own_word = sum((found.monthly_saving for found in FINDINGS.values()), Decimal(0))
    assert own_word == Decimal("861.64")
    assert abs(total.realised - total.promised) / total.realised < Decimal("0.01")
    assert own_word * 31 / 30 / total.realised > Decimal("1.05")


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("vol-1", "310.00"),  # 31 × 10.00
        ("i-1", "74.40"),  # 31 × (4.80 − 2.40)
        ("vol-2", "26.35"),  # 31 × (5.00 − 4.00 − 0.15)
        ("i-3", "148.80"),  # 31 × (9.60 − 4.80), the instance under another id taken off
        ("i-6", "37.20"),  # 31 × (1.44 − 0.72 unused + 0.48 that i-7 pays less)
        ("i-8", "74.40"),  # 31 × 2.40
        ("plan", "40.30"),  # 31 × (4.80 − 3.36 − 0.14)
    ],
)
def test_each_by_hand(kept: Workspace, name: str, amount: str) -> None:
    assert realised(kept, name) == Decimal(amount)


def test_two_on_one_instance_share_what_they_did_together(kept: Workspace) -> None:
    # 31 × 4.80 − 22 working days × 1.00.
    both = added((realised(kept, "i-2 size"), realised(kept, "i-2 hours")))
    assert both == Decimal("126.80")


def test_the_bill_proves_each(kept: Workspace) -> None:
    assert {state(kept, name) for name in FINDINGS} == {"sustained"}
    steps = SavingStore(kept.resources.engine).steps(NUMBERS["vol-1"])
    assert [step.action for step in steps[-2:]] == ["verify", "sustain"]
    assert steps[-2].note.startswith("The resource is gone from the bill: on the 7 whole days")
    assert steps[-1].author == "outlay"


def test_looking_again_changes_nothing(own: Workspace) -> None:
    entries = store(own).entries()
    again = follow(own, datetime(2026, 11, 3, 9))
    assert not (again.entries or again.verified or again.sustained or again.regressed)
    assert store(own).entries() == entries


def test_sums_by_every_grouping_are_the_total(kept: Workspace) -> None:
    for by in ("month", "owner", "provider", "action", "recommendation"):
        found = listing.ledger(kept, by=by)
        assert added(row.sums.realised for row in found.rows) == FALL
        for row in found.rows:
            s = row.sums
            assert added((s.promised, -s.missed, s.beyond)) == s.realised
            assert s.effects.realised == s.realised
    owners = {row.value: row.sums.realised for row in listing.ledger(kept, by="owner").rows}
    # data: vol-2, i-2 twice, i-3.
    assert owners == {"data": Decimal("301.95"), "shop": Decimal("536.30")}


def test_every_figure_can_be_made_again_from_what_is_shown(kept: Workspace) -> None:
    for number in NUMBERS.values():
        found = listing.realised_of(kept, number)
        for entry in found.entries:
            assert entry.realised == added(day.realised for day in entry.days)
            assert entry.counterfactual == added(day.counterfactual for day in entry.days)
            if found.baseline is None or number == NUMBERS["plan"]:
                continue
            rates = {key.key: key.rate for key in found.baseline.keys}
            for row in entry.keys:
                if row.rate_before is None:
                    assert row.effects.replacement == -row.actual
                    continue
                assert row.rate_before == rates[row.key]
                assert row.effects.usage == (row.quantity_before - row.quantity) * row.rate_before
                assert row.effects.rate == row.quantity * row.rate_before - row.actual


def test_baselines_can_be_made_again_from_their_snapshots(kept: Workspace) -> None:
    for number in NUMBERS.values():
        (again,) = listing.proof(kept, number)
        assert again.same, again.reason


def test_a_baseline_of_other_charges_is_told(kept: Workspace) -> None:
    (one,) = store(kept).baselines(NUMBERS["vol-1"])
    found = recompute(kept, replace(one, digest="0" * 64))
    assert not found.same
    assert "gives other charges" in found.reason


def test_a_baseline_is_of_four_weeks_and_stands(own: Workspace) -> None:
    (one,) = store(own).baselines(NUMBERS["i-1"])
    assert (one.first_day, one.end_day, one.days) == (date(2026, 9, 1), date(2026, 9, 29), 28)
    (key,) = one.keys
    assert (key.quantities, key.rate) == ((Decimal(24),), Decimal("0.20"))
    saved = SavingStore(own.resources.engine).one(NUMBERS["i-1"])
    assert freeze(own, saved, ACCEPTED).id == one.id  # the same moment: it stands


def test_a_condition_that_selects_nothing_is_told(before: Workspace) -> None:
    one = recommend(before, finding("Delete", "5", of("none"), resource="none", group="existence"))
    frozen = freeze(before, one, ACCEPTED)
    assert frozen.keys == ()
    assert "cannot be seen there" in frozen.notes[0]


def test_a_part_of_october_is_measured_by_its_whole_days(before: Workspace, tmp_path: Path) -> None:
    october(before, tmp_path / "company", bill(OCTOBER, date(2026, 10, 8)))
    done = follow(before, datetime(2026, 10, 8, 9))
    found = listing.realised_of(before, NUMBERS["vol-1"])
    assert [len(entry.days) for entry in found.entries] == [7]
    assert NUMBERS["vol-1"] in done.verified
    assert state(before, "vol-1") == "verified"
    # A look as of an earlier day changes nothing of what was known later.
    assert not follow(before, datetime(2026, 10, 7, 9)).entries


def test_one_that_is_moved_meanwhile_holds_up_no_other(
    before: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = acting.verify

    def moved(workspace: Workspace, number: int, *given: Any) -> Recommendation:
        if number == NUMBERS["vol-1"]:
            acting.reopen(workspace, number)
        return verify(workspace, number, *given)

    monkeypatch.setattr(acting, "verify", moved)
    october(before, tmp_path / "company", bill(OCTOBER, date(2026, 10, 8)))
    done = follow(before, datetime(2026, 10, 8, 9))
    assert NUMBERS["vol-1"] not in done.verified
    assert NUMBERS["i-8"] in done.verified
    assert state(before, "vol-1") == "identified"


def test_a_month_that_was_never_loaded_is_left_out(before: Workspace) -> None:
    follow(before, LATER)
    assert not store(before).entries()
    assert listing.realised_of(before, NUMBERS["vol-1"]).week is None


def restated(workspace: Workspace, folder: Path) -> None:
    """October again: i-1 cost 2 h more on three days, 0.60."""
    more = [charge(day, "i-1", "BoxUsage:m5.large", "2", "0.10")
            for day in days(date(2026, 10, 20), date(2026, 10, 23))]  # fmt: skip
    october(workspace, folder, [*bill(OCTOBER, NOVEMBER), *more])


def test_a_restated_month_is_measured_again_and_the_difference_told(
    own: Workspace, tmp_path: Path
) -> None:
    restated(own, tmp_path / "company")
    done = follow(own, datetime(2026, 11, 20, 9))
    assert [one.recommendation for one in done.entries] == [NUMBERS["i-1"]]
    found = listing.ledger(own)
    (change,) = found.changes
    assert (change.before, change.after, change.difference) == (
        Decimal("74.40"), Decimal("73.80"), Decimal("-0.60")
    )  # fmt: skip
    assert found.months[0].restated == Decimal("-0.60")
    assert found.totals[0].realised == FALL - Decimal("0.60")
    # As it was known before: the entries of then.
    then = listing.ledger(own, Sought(known="2026-11-10"))
    assert (then.totals[0].realised, then.changes) == (FALL, ())
    assert len(listing.realised_of(own, NUMBERS["i-1"]).history) == 2


def test_what_comes_back_regresses_is_told_and_opens_again(own: Workspace, tmp_path: Path) -> None:
    back = [charge(day, "vol-1", "VolumeUsage.gp2", "100", "0.10", unit="GB-Mo")
            for day in days(date(2026, 10, 20), NOVEMBER)]  # fmt: skip
    october(own, tmp_path / "company", [*bill(OCTOBER, NOVEMBER), *back])
    done = follow(own, datetime(2026, 11, 20, 9))
    assert done.regressed == (NUMBERS["vol-1"],)
    assert state(own, "vol-1") == "regressed"
    # 19 of 31 days.
    assert realised(own, "vol-1") == Decimal("190.00")
    one = SavingStore(own.resources.engine).one(NUMBERS["vol-1"])
    assert one.reason == "The resource is charged again since 20 October 2026."
    (alert,) = [a for a in AlertStore(own.resources.engine).listed() if a.signal.kind == "saving"]
    assert alert.signal.link == f"/savings/{one.id}"
    assert alert.signal.owner is not None
    assert alert.signal.owner.value == "shop"
    assert not follow(own, datetime(2026, 11, 21, 9)).regressed
    # Said to be done once more, it has its time again: days before say nothing of it.
    acting.implement(own, one.id, now=datetime(2026, 11, 21, 10))
    assert not follow(own, datetime(2026, 11, 21, 11)).regressed
    acting.regress(own, one.id, one.reason, now=datetime(2026, 11, 21, 12))
    # Accepted anew, a new baseline is frozen, and the first stays.
    acting.accept(own, one.id, now=datetime(2026, 11, 22, 9))
    old, new = store(own).baselines(one.id)
    follow(own, datetime(2026, 11, 22, 10))
    assert AlertStore(own.resources.engine).listed()[0].state == "settled"
    assert (old.frozen_at, new.frozen_at) == (ACCEPTED, datetime(2026, 11, 22, 9))


def test_one_that_nobody_told_of_is_seen_on_the_bill(tmp_path: Path) -> None:
    workspace = company(tmp_path)
    ids = [recommend(workspace, FINDINGS[name]).id for name in ("vol-1", "i-1", "i-8")]
    size = finding("Rightsize", "150", of("vol-1"), resource="vol-1", group="size")
    other = recommend(workspace, size)
    october(workspace, tmp_path)
    done = follow(workspace, LATER)
    assert done.seen == tuple(ids)
    saved = SavingStore(workspace.resources.engine)
    assert [saved.one(number).state for number in ids] == ["sustained"] * 3
    assert saved.one(other.id).state == "identified"  # it was deleted, not made smaller
    (frozen,) = store(workspace).baselines(ids[0])
    assert (frozen.since, frozen.end_day) == (OCTOBER, OCTOBER)
    found = listing.realised_of(workspace, ids[0])
    assert (found.since, found.sums.realised) == (OCTOBER, Decimal("310.00"))
    notes = [step.note for step in saved.steps(ids[0])]
    assert "Seen on the bill: its charges fell on 1 October 2026." in notes


def test_what_expired_since_it_was_done_is_seen_on_the_bill_too(tmp_path: Path) -> None:
    workspace = company(tmp_path)
    gone, later = (recommend(workspace, FINDINGS[name]).id for name in ("vol-1", "i-8"))
    # The look of 2 October does not find the volume any more; i-8 was given up before it went.
    acting.expire(workspace, gone, f"{NOT_FOUND}, since 2026-10-02.", datetime(2026, 10, 2, 8))
    acting.expire(workspace, later, f"{NOT_FOUND}, since 2026-09-25.", datetime(2026, 9, 25, 8))
    october(workspace, tmp_path)
    assert follow(workspace, datetime(2026, 10, 12, 8)).seen == (gone,)
    saved = SavingStore(workspace.resources.engine)
    assert saved.one(gone).state == "verified"
    assert saved.one(later).state == "expired"
    # It is measured on: 31 × 10.00.
    follow(workspace, LATER)
    assert listing.realised_of(workspace, gone).sums.realised == Decimal("310.00")


def test_a_fall_is_of_one_recommendation_alone(tmp_path: Path) -> None:
    workspace = company(tmp_path)
    one = recommend(workspace, FINDINGS["i-1"]).id
    newer = finding("Upgrade", "60", of("i-1"), resource="i-1", group="size")
    other = recommend(workspace, newer).id
    october(workspace, tmp_path)
    assert follow(workspace, LATER).seen == (one,)
    assert not follow(workspace, datetime(2026, 11, 3, 9)).seen
    assert SavingStore(workspace.resources.engine).one(other).state == "identified"
    assert listing.realised_of(workspace, one).sums.realised == Decimal("74.40")


def test_what_a_look_finds_no_more_expires_in_these_words(tmp_path: Path) -> None:
    from outlay.app.savings.looking import look

    workspace = company(tmp_path)
    one = recommend(workspace, FINDINGS["vol-1"])
    look(workspace, datetime(2026, 9, 30, 8))
    found = SavingStore(workspace.resources.engine).one(one.id)
    assert found.state == "expired"
    assert found.reason.startswith(NOT_FOUND)


def test_a_successor_is_taken_off_for_all_days(own: Workspace) -> None:
    number = NUMBERS["vol-1"]
    listing.succeed(own, number, of("bucket"), "moved to the bucket", now=LATER)
    done = follow(own, datetime(2026, 11, 3, 9))
    assert [one.recommendation for one in done.entries] == [number]
    # 31 × (10.00 − 7.00).
    assert realised(own, "vol-1") == Decimal("93.00")
    listing.succeed(own, number, "", now=datetime(2026, 11, 3, 10))
    follow(own, datetime(2026, 11, 4, 9))
    assert realised(own, "vol-1") == Decimal("310.00")


def test_a_successor_is_refused_where_it_is_what_went(own: Workspace) -> None:
    with pytest.raises(SavingError, match="what came in their place"):
        listing.succeed(own, NUMBERS["vol-1"], "ResourceId='vol-1'")
    with pytest.raises(QueryError):
        listing.succeed(own, NUMBERS["vol-1"], "no condition at all")


def test_a_successor_lies_in_the_part_of_who_names_it(own: Workspace) -> None:
    part = Principal("ana", Level.EDITOR, scope="team = 'data'")
    number = NUMBERS["vol-2"]
    with acting_as(part):
        with pytest.raises(SavingError, match="your part of the ledger"):
            listing.succeed(own, number, of("bucket"))
        with pytest.raises(SavingError, match="your part of the ledger"):
            listing.succeed(own, number, "ChargeCategory = 'Usage'")
        listing.succeed(own, number, of("i-3b"), now=LATER)
    assert listing.realised_of(own, number).successor == of("i-3b")


def test_a_tag_that_is_no_more_makes_nothing_look_gone(tmp_path: Path) -> None:
    workspace = company(tmp_path)
    one = recommend(workspace, finding("Delete", "210", f"team = 'shop' AND {of('bucket')}",
                                       resource="bucket", group="existence"))  # fmt: skip
    acting.accept(workspace, one.id, now=ACCEPTED)
    acting.implement(workspace, one.id, now=DONE)
    workspace.resources.delete("VirtualTag", "team", author="test")
    october(workspace, tmp_path)
    done = follow(workspace, LATER)
    assert (done.entries, done.verified) == ((), ())
    assert SavingStore(workspace.resources.engine).one(one.id).state == "implemented"


def test_who_sees_a_part_sees_what_lies_in_it(kept: Workspace) -> None:
    part = Principal("ana", Level.VIEWER, scope="team = 'data'")
    with acting_as(part):
        found = listing.ledger(kept)
        assert {one.recommendation for one in found.entries} == {
            NUMBERS[name] for name in ("vol-2", "i-2 size", "i-2 hours", "i-3")
        }
        assert found.totals[0].realised == Decimal("301.95")
        with pytest.raises(SavingNotFoundError):
            listing.realised_of(kept, NUMBERS["vol-1"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"since": "October"}, "no month"),
        ({"until": "2026-13"}, "no month"),
        ({"known": "yesterday"}, "no day"),
    ],
)
def test_wrong_filters_are_refused_in_words(given: dict[str, str], words: str) -> None:
    with pytest.raises(QueryError, match=words):
        Sought(**given)


def test_a_grouping_that_there_is_not_names_those_there_are(kept: Workspace) -> None:
    with pytest.raises(QueryError, match="month, owner, provider, action"):
        listing.ledger(kept, by="team")


def test_the_pace_is_that_of_the_last_thirty_days(kept: Workspace) -> None:
    (pace,) = listing.ledger(kept).pace
    # All but i-2 are the same each day; i-2 of 30 days: 144.00 − 21 × 1.00... by its days.
    assert pace.recommendations == len(FINDINGS)
    last = Decimal(0)
    for number in NUMBERS.values():
        last += sum((d.realised for d in listing.realised_of(kept, number).days[-30:]), Decimal(0))
    assert abs(pace.month - last) <= Decimal("0.01")


def test_what_has_counted_for_its_year_has_no_pace_any_more(
    kept: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    realised = listing.ledger(kept).totals
    # As if each had counted to the end of its year: what was measured last was long ago.
    monkeypatch.setattr("outlay.app.realised.spans.COUNTED_DAYS", 20)
    found = listing.ledger(kept)
    assert found.pace == ()
    assert found.totals == realised


def test_what_was_implemented_and_reopened_is_measured_no_more(own: Workspace) -> None:
    one = recommend(own, finding("Delete", "50", of("bucket"), resource="bucket",
                                 group="existence"), seen=DONE)  # fmt: skip
    acting.accept(own, one.id, now=datetime(2026, 10, 5, 9))
    acting.implement(own, one.id, now=datetime(2026, 10, 6, 9))
    acting.reopen(own, one.id, now=datetime(2026, 10, 16, 9))
    follow(own, datetime(2026, 11, 3, 9))
    (entry,) = listing.realised_of(own, one.id).entries
    assert [entry.days[0].day, entry.days[-1].day] == [date(2026, 10, 7), date(2026, 10, 15)]
    assert AUGUST < OCTOBER
