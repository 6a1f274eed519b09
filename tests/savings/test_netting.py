"""Netting: alternatives, overlaps, purchases; what adds up, and what never promises twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import total
from outlay.savings.netting import Atom, Claim, Effect, Promise, net, totals


def claim(key: str, group: str, saving: str, cost: str | None = None, **more: Any) -> Claim:
    """A claim on the resource that its key begins with (``vm/size``)."""
    given_cost = None if cost is None else Decimal(cost)
    more.setdefault("subject", key.partition("/")[0])
    more.setdefault("currency", "USD")
    return Claim(key, group=group, saving=Decimal(saving), cost=given_cost, **more)


def nets(found: dict[str, Promise]) -> dict[str, str]:
    return {key: str(one.net) for key, one in found.items()}


def test_of_alternatives_in_one_group_the_best_counts() -> None:
    found = net([claim("vm/a", "size", "39.71", "70.08"), claim("vm/b", "size", "14.02", "70.08")])
    assert nets(found) == {"vm/a": "39.71", "vm/b": "0.00"}
    assert found["vm/b"].effects == (Effect("alternative", Decimal("14.02"), "vm/a"),)
    (sums,) = totals(found.values())
    assert (str(sums.all), str(sums.best), str(sums.net)) == ("53.73", "39.71", "39.71")


def test_what_ends_a_resource_excludes_all_else_where_it_saves_more() -> None:
    found = net(
        [
            claim("vm/stop", "existence", "70.08", "70.08"),
            claim("vm/size", "size", "39.71", "70.08"),
            claim("vm/hours", "hours", "30.00", "70.08"),
        ]
    )
    assert nets(found) == {"vm/stop": "70.08", "vm/size": "0.00", "vm/hours": "0.00"}


def test_changes_of_different_groups_apply_to_what_the_ones_before_left() -> None:
    # hours first: 100 − 50 = 50 left, of which size takes 40 %: 20. Together 70, not 90.
    found = net([claim("vm/size", "size", "40", "100"), claim("vm/hours", "hours", "50", "100")])
    assert nets(found) == {"vm/hours": "50", "vm/size": "20.00"}
    assert found["vm/size"].effects == (Effect("overlap", Decimal("20.00"), "vm/hours"),)
    (sums,) = totals(found.values())
    assert (str(sums.all), str(sums.best), str(sums.net)) == ("90", "90", "70.00")


def test_changes_of_other_charges_of_the_resource_do_not_overlap() -> None:
    atoms = [Atom(frozenset({"db/size"}), Decimal(100)), Atom(frozenset({"db/disk"}), Decimal(30))]
    found = net(
        [claim("db/size", "size", "40", "100"), claim("db/disk", "storage", "6", "30")], atoms
    )
    assert nets(found) == {"db/size": "40", "db/disk": "6"}


def test_a_purchase_saves_on_what_is_left_of_the_usage_that_it_covers() -> None:
    # It would cover 210, of which 70 is stopped: 140 are left, and two thirds of 63: 42.
    atoms = [
        Atom(frozenset({"vm/stop", "buy"}), Decimal(70)),
        Atom(frozenset({"buy"}), Decimal(140)),
    ]
    found = net(
        [claim("vm/stop", "existence", "70", "70"), claim("buy", "purchase", "63", "210")], atoms
    )
    assert nets(found) == {"vm/stop": "70", "buy": "42.00"}
    assert found["buy"].best == 63
    assert found["buy"].effects == (Effect("overlap", Decimal("21.00"), "vm/stop"),)


def test_purchases_for_the_same_usage_are_alternatives() -> None:
    atoms = [
        Atom(frozenset({"ri", "sp"}), Decimal(100)),
        Atom(frozenset({"sp"}), Decimal(100)),  # usage that only the savings plan covers
    ]
    found = net([claim("ri", "purchase", "40", "100"), claim("sp", "purchase", "30", "200")], atoms)
    # The reservation saves more; the plan saves on the half that it leaves.
    assert nets(found) == {"ri": "40", "sp": "15.00"}
    assert found["sp"].effects == (Effect("covered", Decimal("15.00"), "ri"),)


def test_nothing_saves_more_than_its_charges_cost() -> None:
    # A tool that reckons at list says 70, the bill after a commitment is 25.
    found = net([claim("vm/stop", "existence", "70", "25", saving_list=Decimal(80))])
    assert (str(found["vm/stop"].best), str(found["vm/stop"].net)) == ("70", "25.00")
    assert found["vm/stop"].effects == (Effect("cost", Decimal(45)),)
    assert str(found["vm/stop"].net_list) == "28.57"  # 80 × 25 ÷ 70, rounded down


def test_what_people_decided_for_counts_and_its_alternatives_do_not() -> None:
    found = net(
        [
            claim("vm/stop", "existence", "70", "70"),
            claim("vm/size", "size", "40", "70", pinned=True),
            claim("vm/gen", "size", "50", "70"),
            claim("vm/hours", "hours", "35", "70"),
        ]
    )
    assert nets(found) == {
        "vm/stop": "0.00",
        "vm/size": "20.00",
        "vm/gen": "0.00",
        "vm/hours": "35",
    }
    assert found["vm/gen"].effects == (Effect("decided", Decimal(50), "vm/size"),)


def test_what_is_done_saves_nothing_more_and_excludes_its_alternatives() -> None:
    found = net([claim("vm/stop", "existence", "70", pledged=True), claim("vm/size", "size", "40")])
    assert nets(found) == {"vm/stop": "0.00", "vm/size": "0.00"}


def test_what_is_done_takes_its_part_before_all_others() -> None:
    # vm is stopped half of the time already, and still on the bill with 72; a plan covers it and
    # another 72.
    found = net(
        [
            claim("vm/size", "size", "36", "72", pledged=True),
            claim("vm/hours", "hours", "36", "72"),
            claim("plan/buy", "purchase", "40"),
        ],
        [Atom(frozenset({"vm/size", "vm/hours", "plan/buy"}), Decimal(72)),
         Atom(frozenset({"plan/buy"}), Decimal(72))],
    )  # fmt: skip
    # 36 are left of vm; hours save half of them: 18. The plan has 18 + 72 of 144 left: 40 × 90/144.
    assert nets(found) == {"vm/size": "0.00", "vm/hours": "18.00", "plan/buy": "25.00"}
    assert found["vm/hours"].effects == (Effect("overlap", Decimal("18.00"), "vm/size"),)


def test_currencies_are_never_added() -> None:
    found = net([claim("a/x", "size", "1"), claim("b/x", "size", "2", currency="EUR")])
    assert [(one.currency, str(one.net)) for one in totals(found.values())] == [
        ("EUR", "2"),
        ("USD", "1"),
    ]


def test_the_hub_file_adds_up_to_what_its_notes_say() -> None:
    compute, two = {"family": "AWS compute"}, "222222222222"
    found = net(
        [
            claim("i-0aa2/rec-0001", "size", "39.71", "70.08", **compute),
            claim("i-0aa2/rec-0002", "size", "14.02", "70.08", **compute),
            claim("i-0aa2/rec-0003", "existence", "70.08", "70.08", **compute),
            claim("vol-0bb1/rec-0004", "storage", "10", "50"),
            claim("orders/rec-0005", "size", "70.3", "162", account=two),
            claim("rec-0006", "purchase", "55.2", "210", **compute),
            claim("rec-0007", "purchase", "61", "210", **compute),
            claim("nat-0cc1/rec-0008", "existence", "32.85", "32.85"),
        ]
    )
    (sums,) = totals(found.values())
    # Stopping i-0aa2 takes 70.08 of the 210 that the reservation would cover: 61 × 139.92 ÷ 210.
    assert (str(sums.all), str(sums.best)) == ("353.16", "244.23")
    assert str(found["rec-0007"].net) == "40.64"
    assert str(sums.net) == "223.87"


GROUPS = ("existence", "size", "hours", "storage", "configuration")
AMOUNTS = st.integers(1, 10**7).map(lambda units: Decimal(units).scaleb(-3))


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[Claim], list[Atom]]:
    """Claims on a few resources, purchases over them, and the bill's atoms of both; no claim says
    to save more than the bill says that its charges cost."""
    atoms: dict[frozenset[str], Decimal] = {}
    shapes: list[dict[str, Any]] = []
    buyers = [f"buy{n}" for n in range(draw(st.integers(0, 3)))]
    for name in range(draw(st.integers(0, 4))):
        own = []
        for n in range(draw(st.integers(0, 4))):
            key = f"r{name}/{n}"
            own.append(key)
            shapes.append({"key": key, "group": draw(st.sampled_from(GROUPS))})
        for _ in range(draw(st.integers(0, 3))):
            chosen = (
                frozenset(draw(st.sets(st.sampled_from(own + buyers)))) if own + buyers else None
            )
            if chosen:
                atoms[chosen] = draw(AMOUNTS)
    shapes += [{"key": key, "group": "purchase"} for key in buyers]
    parts = [Atom(names, cost) for names, cost in atoms.items()]
    claims = []
    for shape in shapes:
        cost = total(atom.cost for atom in parts if shape["key"] in atom.claims) or None
        claims.append(
            claim(
                saving=str(draw(AMOUNTS)),
                cost=None if cost is None else str(cost),
                pinned=draw(st.booleans()) and draw(st.booleans()),
                saving_list=draw(st.none() | AMOUNTS),
                currency="USD",
                **shape,
            )
        )
    return claims, parts


@settings(max_examples=120, deadline=None)
@given(ledgers(), st.randoms(use_true_random=False))
def test_net_is_never_more_than_best_nor_best_than_all(given_: Any, random: Any) -> None:
    claims, atoms = given_
    found = net(claims, atoms)
    assert set(found) == {one.key for one in claims}
    for one in found.values():
        assert 0 <= one.net <= one.best <= one.saving
        assert 0 <= one.net_list <= one.best_list <= one.saving_list
    for sums in totals(found.values()):
        assert sums.net <= sums.best <= sums.all
        # The rows' shares are the total, exactly: nothing is made up or lost between them.
        assert sums.net == total(one.net for one in found.values())
    mixed, parts = [*claims], [*atoms]
    random.shuffle(mixed)
    random.shuffle(parts)
    assert net(mixed, parts) == found


@settings(max_examples=120, deadline=None)
@given(ledgers())
def test_net_is_never_more_than_the_charges_cost(given_: Any) -> None:
    claims, atoms = given_
    told = {key for atom in atoms for key in atom.claims}
    found = net(claims, atoms)
    on_bill = [one for one in found.values() if one.key in told]
    assert total(one.net for one in on_bill) <= total(atom.cost for atom in atoms)
    by_key = {one.key: one for one in claims}
    assert all(one.net <= (by_key[one.key].cost or one.saving) for one in found.values())


@settings(max_examples=60, deadline=None)
@given(ledgers())
def test_effects_tell_all_that_is_missing_from_an_alternative(given_: Any) -> None:
    claims, atoms = given_
    for one in net(claims, atoms).values():
        if one.saving >= 1 and not one.best:
            assert one.effects, one
