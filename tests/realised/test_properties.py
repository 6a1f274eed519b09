"""What always holds: the effects add up, nothing counts twice, the bill's fall is what is told."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.savings.realised.exact import ZERO, added, allotted, less
from outlay.savings.realised.measuring import Use, measure
from outlay.savings.realised.model import Line
from tests.realised.lines import FIRST, baseline, days, line, member

WEEKS = days(FIRST, 28)
DAY = date(2026, 10, 5)
METERS = ("m5.xlarge", "m5.large", "gp3")

amounts = st.decimals(min_value=0, max_value=10**6, places=6, allow_nan=False)
prices = st.decimals(min_value=0, max_value=1000, places=9, allow_nan=False)
promises = st.decimals(min_value=0, max_value=10**5, places=2, allow_nan=False)


@st.composite
def lines_of(draw: st.DrawFn, day: date) -> list[Line]:
    """The lines of a day: some meters of two resources, some without a quantity."""
    found = []
    for resource in ("i-1", "i-2"):
        for meter in draw(st.lists(st.sampled_from(METERS), unique=True)):
            counted = draw(st.booleans())
            quantity = str(draw(amounts)) if counted else None
            found.append(line(day, quantity, str(draw(prices)), resource=resource, meter=meter))
    return found


@settings(max_examples=60, deadline=None)
@given(
    before=st.lists(lines_of(FIRST), min_size=1, max_size=4),
    now=lines_of(DAY),
    weekly=st.booleans(),
)
def test_effects_add_up_to_the_difference(
    before: list[list[Line]], now: list[Line], weekly: bool
) -> None:
    counted = WEEKS if weekly else WEEKS[: len(before)]
    moved = [
        Line(**{**vars(one), "day": counted[number]})
        for number, part in enumerate(before)
        for one in part
    ]
    of = baseline(moved, counted)
    found = measure(DAY, [member(of, *now)])[1]
    assert found.realised == less(found.counterfactual, found.actual)
    assert found.counterfactual == of.cost_on(DAY)
    assert found.actual == added(one.cost for one in now)
    assert found.realised == added(
        (found.effects.usage, found.effects.rate, found.effects.replacement,
         found.effects.unpriced)
    )  # fmt: skip
    for row in found.keys:
        assert row.effects.realised == less(row.counterfactual, row.actual)


@settings(max_examples=60, deadline=None)
@given(
    before=lines_of(FIRST),
    now=lines_of(DAY),
    given_promises=st.lists(promises, min_size=2, max_size=4),
)
def test_recommendations_on_the_same_charges_realise_the_bills_fall_once(
    before: list[Line], now: list[Line], given_promises: list[Decimal]
) -> None:
    members = [
        member(baseline(before, WEEKS[:1], str(promise), number=number), *now)
        for number, promise in enumerate(given_promises, start=1)
    ]
    found = measure(DAY, members)
    paid = added(one.cost for one in now)
    assert added(one.realised for one in found.values()) == less(
        members[0].baseline.cost_on(DAY), paid
    )
    assert added(one.actual for one in found.values()) == paid
    assert all(one.realised == less(one.counterfactual, one.actual) for one in found.values())


@settings(max_examples=60, deadline=None)
@given(
    first=lines_of(FIRST),
    second=lines_of(FIRST + timedelta(days=40)),
    now=lines_of(FIRST + timedelta(days=60)),
)
def test_one_after_the_other_they_realise_the_bills_fall_once(
    first: list[Line], second: list[Line], now: list[Line]
) -> None:
    """The second is frozen while the first is measured, on resources that the first has."""
    known = {one.key.resource for one in first}
    second = [one for one in second if one.key.resource in known]
    now = [one for one in now if one.key.resource in known]
    if not first or not second:
        return
    day = FIRST + timedelta(days=60)
    one = baseline(first, [FIRST], number=1)
    then = baseline(
        second, [FIRST + timedelta(days=40)], number=2, frozen_at=datetime(2026, 10, 12)
    )
    found = measure(
        day,
        [
            member(one, *now, since=FIRST + timedelta(days=5)),
            member(then, *now, since=FIRST + timedelta(days=50)),
        ],
    )
    assert added(each.realised for each in found.values()) == less(
        one.cost_on(day), added(each.cost for each in now)
    )


@settings(max_examples=60, deadline=None)
@given(used=amounts, unused=amounts, contracted=amounts, now=amounts)
def test_a_commitment_never_gives_more_than_was_freed(
    used: Decimal, unused: Decimal, contracted: Decimal, now: Decimal
) -> None:
    lines = [line(day, "24", "0.06", contracted="0.10", commitment="ri-1", status="Used")
             for day in WEEKS]  # fmt: skip
    of = baseline(lines, WEEKS, around={"ri-1": (ZERO, ZERO)})
    own = line(DAY, str(now), "0.06", contracted="0.10", commitment="ri-1", status="Used")
    use = Use("ri-1", added((used, own.cost)), added((contracted, own.contracted)), unused)
    found = measure(DAY, [member(of, own)], {"ri-1": use})[1]
    freed = max(less(Decimal("1.44"), own.cost), ZERO)
    assert ZERO <= -found.effects.unused <= freed
    assert -found.effects.unused <= unused


@settings(max_examples=100, deadline=None)
@given(amount=st.decimals(min_value=-(10**6), max_value=10**6, places=18, allow_nan=False),
       weights=st.dictionaries(st.integers(1, 9), promises, min_size=1))  # fmt: skip
def test_parts_add_up(amount: Decimal, weights: dict[int, Decimal]) -> None:
    assert added(allotted(amount, weights).values()) == amount
