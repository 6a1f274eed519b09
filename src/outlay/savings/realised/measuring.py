"""What a day shows of the recommendations that were implemented: exactly, and each dollar once.

The formulas, with a table worked by hand, are in docs/realised-savings.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.model import MONTH_DAYS, PURCHASES
from outlay.savings.realised.exact import (
    RATE_DIGITS,
    ZERO,
    added,
    allotted,
    divided,
    less,
    times,
)
from outlay.savings.realised.model import (
    Baseline,
    Effects,
    FrozenCommitment,
    FrozenKey,
    KeyDay,
    Line,
    Measured,
    PriceKey,
)


@dataclass(frozen=True)
class Use:
    """A commitment on a day: what of it was used (effective cost, and what that usage would have
    cost without it) and what was unused. `discount` is what private discounts in lines of their
    own would take off that usage without it; `contracted` is after it."""

    id: str
    used: Decimal
    contracted: Decimal
    unused: Decimal
    discount: Decimal = ZERO

    def without(self, baseline: Baseline) -> Decimal:
        """What the used part would have cost without it, as a baseline reckons costs."""
        if baseline.discounted:
            return self.contracted
        return added((self.contracted, self.discount))


@dataclass(frozen=True)
class Member:
    """A recommendation on a day: its baseline, from which day on it is measured, and its lines.

    `bought` are the commitments that it bought, of a purchase; `came` the prices that were seen in
    place of its charges under another resource, on any day since.
    """

    baseline: Baseline
    since: date
    lines: tuple[Line, ...] = ()
    bought: tuple[str, ...] = ()
    came: tuple[PriceKey, ...] = ()

    @property
    def number(self) -> int:
        """The recommendation's number."""
        return self.baseline.recommendation

    @property
    def purchase(self) -> bool:
        """Whether it buys a commitment."""
        return self.baseline.action in PURCHASES


def measure(
    day: date, members: Sequence[Member], uses: Mapping[str, Use] | None = None
) -> dict[int, Measured]:
    """What a day shows of each recommendation that is measured on it, by its number.

    `members` are all that may have charges in common; `uses` the commitments that covered any of
    them or were bought, on that day. A recommendation occurs once.
    """
    known = uses or {}
    there = [one for one in members if one.since <= day]
    found: dict[int, Measured] = {}
    plain = [one for one in there if not one.purchase and one.baseline.nature == "saving"]
    for number, keys in _shared(day, plain).items():
        member = next(one for one in plain if one.number == number)
        found[number] = _day(day, member, keys)
    for number, more in _displaced(day, plain, known).items():
        done = found[number]
        found[number] = replace(done, effects=done.effects.plus(more))
    found |= _purchases(day, [one for one in there if one.purchase], known)
    for one in there:
        if one.number not in found:
            found[one.number] = _day(day, one, {k.key: k for k in _keys(day, one)})
    partners = _partners(plain)
    for one in there:
        found[one.number] = replace(
            found[one.number],
            one_off=_one_off(one),
            avoided=_avoided(one, found[one.number]),
            gone=not any(li.role == "own" and (li.cost or li.quantity) for li in one.lines),
            partners=partners.get(one.number, ()),
        )
    return found


def _day(day: date, member: Member, keys: Mapping[PriceKey, KeyDay]) -> Measured:
    rows = tuple(keys[key] for key in sorted(keys))
    effects = Effects()
    for row in rows:
        effects = effects.plus(row.effects)
    return Measured(
        day=day,
        baseline=member.baseline.id,
        counterfactual=added(row.counterfactual for row in rows),
        actual=added(row.actual for row in rows),
        list_before=added(row.list_before for row in rows),
        list_actual=added(row.list_actual for row in rows),
        effects=effects,
        keys=rows,
    )


# --- one recommendation -----------------------------------------------------------------------


def _keys(day: date, member: Member) -> list[KeyDay]:
    """The keys of a recommendation on a day, by its own baseline."""
    baseline = member.baseline
    frozen = {one.key: one for one in baseline.keys}
    lines: dict[PriceKey, list[Line]] = {}
    for one in _counted(member):
        lines.setdefault(one.key, []).append(one)
    return [
        _key(day, key, frozen.get(key), lines.get(key, ()), bool(baseline.commitments))
        for key in sorted({*frozen, *lines})
    ]


def _counted(member: Member) -> list[Line]:
    """The lines that count: usage that the action changed, and what came in its place. What is
    unused of a commitment is told by the commitment."""
    beside = set(member.baseline.beside)
    return [
        one
        for one in member.lines
        if one.recurring
        and one.status != "Unused"
        and not (one.role == "resource" and one.key in beside)
    ]


def _key(
    day: date, key: PriceKey, before: FrozenKey | None, lines: Sequence[Line], covered: bool
) -> KeyDay:
    # Usage that no commitment covered then is taken at its price without one: what a commitment
    # saves on it is the commitment's, and would be told twice.
    committed = bool(before.covered) if before is not None else covered
    actual = added(one.cost if committed or not one.commitment else one.contracted for one in lines)
    quantities = [one.quantity for one in lines]
    quantity = added(one for one in quantities if one is not None)
    listed = added(one.list_cost for one in lines)
    if before is None:
        return KeyDay(
            key, ZERO, None, ZERO, quantity, actual, ZERO, listed,
            Effects(replacement=actual.copy_negate()),
        )  # fmt: skip
    counterfactual = before.cost_on(day)
    priced = before.rate is not None and not any(
        one is None or one < 0 or (not one and lines[n].cost) for n, one in enumerate(quantities)
    )
    if not priced or before.rate is None:
        effects = Effects(unpriced=less(counterfactual, actual))
    else:
        at_old = times(quantity, before.rate)
        effects = Effects(usage=less(counterfactual, at_old), rate=less(at_old, actual))
    return KeyDay(
        key, before.quantity_on(day), before.rate, counterfactual, quantity, actual,
        before.list_on(day), listed, effects,
    )  # fmt: skip


def _one_off(member: Member) -> Decimal:
    """What came back once less what was paid once: refunds, credits, fees of a purchase."""
    once = (one.cost for one in member.lines if not one.recurring and one.role != "resource")
    return added(once).copy_negate()


def _avoided(member: Member, measured: Measured) -> Decimal:
    """What the bill did not rise by, of what was expected to come: it can be believed and not
    seen, and is therefore never part of what was realised."""
    if member.baseline.nature != "avoided":
        return ZERO
    promised = divided(member.baseline.promised, MONTH_DAYS, RATE_DIGITS)
    left = less(added((measured.counterfactual, promised)), measured.actual)
    return min(max(left, ZERO), promised)


# --- recommendations on the same charges --------------------------------------------------------


def _shared(day: date, members: Sequence[Member]) -> dict[int, dict[PriceKey, KeyDay]]:
    """The keys of each recommendation, so that no key's difference counts twice.

    Baselines that were frozen before any of them was implemented share it by their promises. One
    that was frozen when another was already being measured comes after it: its baseline stands for
    what the earlier one has to show.
    """
    own = {one.number: {row.key: row for row in _keys(day, one)} for one in members}
    for one in members:
        for key in _followed(one, members) - set(own[one.number]):
            # What a later baseline has of it is what the earlier one left, also where it is gone.
            own[one.number][key] = _nothing(key)
    holders: dict[PriceKey, list[Member]] = {}
    for one in members:
        for key in own[one.number]:
            holders.setdefault(key, []).append(one)
    for key, several in holders.items():
        if len(several) > 1:
            _part(day, key, generations(several), own)
    return own


def _nothing(key: PriceKey) -> KeyDay:
    return KeyDay(key, ZERO, None, ZERO, ZERO, ZERO, ZERO, ZERO, Effects())


def _followed(member: Member, members: Sequence[Member]) -> set[PriceKey]:
    """The prices in later baselines that came in place of a recommendation's charges."""
    resources, beside = set(member.baseline.resources), set(member.baseline.beside)
    return {
        key.key
        for other in members
        if other.number != member.number and other.baseline.frozen_at.date() > member.since
        for key in other.baseline.keys
        if (key.key.resource in resources and key.key not in beside) or key.key in member.came
    }


def _part(
    day: date,
    key: PriceKey,
    ordered: Sequence[Sequence[Member]],
    own: dict[int, dict[PriceKey, KeyDay]],
) -> None:
    """Part one key between generations of recommendations that all have it."""
    for place, generation in enumerate(ordered):
        later = [one for following in ordered[place + 1 :] for one in following]
        frozen = [one for one in generation if _frozen(one, key)]
        after = next((found for one in later if (found := _frozen(one, key))), None)
        if later and after is None and not frozen:
            # It came in after the later one was frozen, and is what came in its place.
            for one in generation:
                del own[one.number][key]
            continue
        if after is not None:
            for one in generation:
                own[one.number][key] = _until(own[one.number][key], after, day)
        lead = (frozen or list(generation))[0]
        weights = {one.number: one.baseline.promised for one in generation}
        for number, row in _parted(own[lead.number][key], weights).items():
            own[number][key] = row
        if later and after is None:
            # It was here before the later one was frozen, and is back: that is the earlier one's.
            for one in later:
                own[one.number].pop(key, None)
            return


def _parted(row: KeyDay, weights: Mapping[int, Decimal]) -> dict[int, KeyDay]:
    """A key's row parted by weights, so that the parts add up to it in every figure."""
    if len(weights) == 1:
        return dict.fromkeys(weights, row)
    at_old = less(row.counterfactual, row.effects.usage)
    figures = (row.quantity_before, row.counterfactual, at_old, row.quantity, row.actual,
               row.list_before, row.list_actual, Decimal(1))  # fmt: skip
    parts = [allotted(figure, weights) for figure in figures]
    found: dict[int, KeyDay] = {}
    for number in weights:
        had, cost, old, quantity, actual, listed, list_now, share = (one[number] for one in parts)
        if row.effects.replacement:
            effects = Effects(replacement=actual.copy_negate())
        elif row.rate_before is None or row.effects.unpriced:
            effects = Effects(unpriced=less(cost, actual))
        else:
            effects = Effects(usage=less(cost, old), rate=less(old, actual))
        found[number] = KeyDay(
            row.key, had, row.rate_before, cost, quantity, actual, listed, list_now, effects, share
        )
    return found


def _frozen(member: Member, key: PriceKey) -> FrozenKey | None:
    return next((one for one in member.baseline.keys if one.key == key), None)


def _until(row: KeyDay, after: FrozenKey, day: date) -> KeyDay:
    """A key's row with a later baseline in the place of what was paid."""
    paid, quantity = after.cost_on(day), after.quantity_on(day)
    if row.rate_before is not None and after.rate is not None:
        at_old = times(quantity, row.rate_before)
        effects = Effects(usage=less(row.counterfactual, at_old), rate=less(at_old, paid))
    elif row.counterfactual:
        effects = Effects(unpriced=less(row.counterfactual, paid))
    else:
        effects = Effects(replacement=paid.copy_negate())
    return replace(
        row, quantity=quantity, actual=paid, list_actual=after.list_on(day), effects=effects
    )


def generations(members: Sequence[Member]) -> list[list[Member]]:
    """Recommendations on the same charges, those together whose baselines were frozen before any of
    them was measured."""
    ordered = sorted(members, key=lambda one: (one.baseline.frozen_at, one.number))
    found: list[list[Member]] = []
    begun: date | None = None
    for one in ordered:
        if begun is None or one.baseline.frozen_at.date() > begun:
            found.append([one])
            begun = one.since
        else:
            found[-1].append(one)
            begun = min(begun, one.since)
    return found


def _partners(members: Sequence[Member]) -> dict[int, tuple[int, ...]]:
    """With which others each has a frozen key in common."""
    keys = {one.number: {key.key for key in one.baseline.keys} for one in members}
    return {
        number: tuple(sorted(n for n, theirs in keys.items() if n != number and theirs & own))
        for number, own in keys.items()
    }


# --- commitments --------------------------------------------------------------------------------


def _displaced(day: date, members: Sequence[Member], uses: Mapping[str, Use]) -> dict[int, Effects]:
    """What became of the part of commitments that was freed: unused, or on others' usage."""
    found: dict[int, Effects] = {}
    for name in sorted({held.id for one in members for held in one.baseline.commitments}):
        holders = [one for one in members if _held(one, name) is not None]
        if name not in uses:
            continue
        freed: dict[int, Decimal] = {}
        for cluster in _clusters(holders):
            freed |= _freed(day, cluster, name)
        first = min(holders, key=lambda one: one.baseline.frozen_at)
        lead = _held(first, name)
        assert lead is not None
        use = replace(uses[name], contracted=uses[name].without(first.baseline))
        unused, coverage = _where_it_went(
            use, _inside(holders, name), added(freed.values()), (lead.unused, lead.others)
        )
        lost, gained = allotted(unused.copy_negate(), freed), allotted(coverage, freed)
        for number in freed:
            more = Effects(unused=lost[number], coverage=gained[number])
            found[number] = found.get(number, Effects()).plus(more)
    return found


def _held(member: Member, name: str) -> FrozenCommitment | None:
    return next((one for one in member.baseline.commitments if one.id == name), None)


def _freed(day: date, cluster: Sequence[Member], name: str) -> dict[int, Decimal]:
    """What recommendations on the same charges freed of a commitment, each its part."""
    found: dict[int, Decimal] = {}
    ordered = generations(cluster)
    for place, generation in enumerate(ordered):
        before = _held(generation[0], name)
        assert before is not None
        if place + 1 < len(ordered):
            after = _held(ordered[place + 1][0], name)
            now = after.covered_on(day) if after is not None else ZERO
        else:
            now = _inside(generation, name)[0]
        freed = max(less(before.covered_on(day), now), ZERO)
        found |= allotted(freed, {one.number: one.baseline.promised for one in generation})
    return found


def _inside(members: Sequence[Member], name: str) -> tuple[Decimal, Decimal]:
    """What a commitment covers of these recommendations' own charges, and what that would cost
    without it; each line once."""
    once = {
        (li.key, li.source): li for one in members for li in _counted(one) if li.commitment == name
    }.values()
    return added(li.cost for li in once), added(li.contracted for li in once)


def _where_it_went(
    use: Use, own: tuple[Decimal, Decimal], freed: Decimal, before: tuple[Decimal, Decimal]
) -> tuple[Decimal, Decimal]:
    """What of `freed` is unused, and what others pay less by the rest of it."""
    unused = min(freed, max(less(use.unused, before[0]), ZERO))
    others = max(less(use.used, own[0]), ZERO)
    moved = min(less(freed, unused), max(less(others, before[1]), ZERO))
    if not moved or not others:
        return unused, ZERO
    without = less(use.contracted, own[1])
    # What a dollar of this commitment spares on others' usage, over all that it covers there.
    spared = Fraction(less(without, others)) / Fraction(others)
    return unused, rounded(Fraction(moved) * spared, RATE_DIGITS)


def _clusters(members: Sequence[Member]) -> list[list[Member]]:
    """Those that have frozen keys in common, directly or through others."""
    found: list[tuple[set[PriceKey], list[Member]]] = []
    for one in members:
        keys = {key.key for key in one.baseline.keys}
        joined = [each for each in found if each[0] & keys]
        for each in joined:
            found.remove(each)
            keys |= each[0]
        found.append((keys, [m for each in joined for m in each[1]] + [one]))
    return [several for _, several in found]


def _purchases(
    day: date, members: Sequence[Member], uses: Mapping[str, Use]
) -> dict[int, Measured]:
    """What commitments that were bought save: the usage that they cover at its price without them,
    against what they cost with what of them is unused."""
    claims: dict[str, list[Member]] = {}
    for one in members:
        for name in one.bought:
            claims.setdefault(name, []).append(one)
    found: dict[int, Measured] = {}
    for one in members:
        without: list[Decimal] = []
        paid: list[Decimal] = []
        effects = Effects()
        for name in one.bought:
            use = uses.get(name)
            if use is None:
                continue
            weights = {other.number: other.baseline.promised for other in claims[name]}
            contracted, used, unused = (
                allotted(amount, weights)[one.number]
                for amount in (use.without(one.baseline), use.used, use.unused)
            )
            without.append(contracted)
            paid += [used, unused]
            more = Effects(rate=less(contracted, used), unused=unused.copy_negate())
            effects = effects.plus(more)
        counterfactual, actual = added(without), added(paid)
        found[one.number] = Measured(
            day, one.baseline.id, counterfactual, actual, counterfactual, actual, effects
        )
    return found


def promised(baseline: Baseline, days: int) -> Decimal:
    """The promise for so many days, rounded once to cents: a month of it is `MONTH_DAYS` days."""
    return divided(times(baseline.promised, Decimal(days)), MONTH_DAYS, 2)
