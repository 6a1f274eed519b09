"""What many recommendations save together: no dollar of the bill is promised twice.

Three totals, each of the same recommendations:

- **all**: every finding at its own word; what tools' own pages add up.
- **best**: of alternatives the one that saves most. On one resource, findings of one group
  (``size``, ``storage``, …) are alternatives, and ``existence`` (delete it, stop it) is the
  alternative to all the others together. Purchases of commitments that would cover the same usage
  are alternatives.
- **net**: what the bill would fall by. What is chosen is applied one after the other, each to what
  the ones before left of the charges that it changes; purchases come last, and save on what is
  left of the usage that they would cover. What is done already, and waits to be seen on the bill,
  takes its part before all others.

The charges are given as *atoms*: parts of the bill that the same claims touch, with their cost. A
claim takes the share ``saving ÷ cost`` of each of its atoms. Where the bill does not tell, one atom
stands for a resource (`assumed`).

Amounts are exact; a net amount that is a part of a saving is rounded down to cents once, so that
what is promised is never more than what is left: net ≤ best ≤ all, for every row and their sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from math import floor

from outlay.money import total
from outlay.money.decimals import MONEY_CONTEXT
from outlay.money.quotients import rounded

EXISTENCE = "existence"
PURCHASE = "purchase"

ORDER = (EXISTENCE, "hours", "size", "storage", "configuration", "traffic", "support")
"""In which order groups are applied; others follow by name, purchases come last."""

_CENTS = 2
_WIDE = Context(prec=120)


@dataclass(frozen=True)
class Claim:
    """What a recommendation says for itself. `subject` is the resource (or fleet) that its
    alternatives share, `cost` what the charges that it changes cost a month (None: not known):
    nothing saves more than it changes. `pinned`: people decided for it, so that its alternatives
    do not count; `pledged` is one that is done and waits to be seen on the bill: it saves nothing
    more, and excludes its alternatives. `family` says what is bought or covered, such as ``AWS
    compute``, and `account` for whom: what `assumed` goes by where no atom tells. `others` is what
    further tools say of the same: counted where every finding is. Amounts are of `currency`, a
    month."""

    key: str
    subject: str
    group: str
    currency: str
    saving: Decimal
    saving_list: Decimal | None = None
    cost: Decimal | None = None
    pinned: bool = False
    pledged: bool = False
    family: str = ""
    account: str = ""
    others: Decimal = Decimal(0)

    @property
    def is_purchase(self) -> bool:
        """Whether it buys a commitment."""
        return self.group == PURCHASE

    @property
    def capped(self) -> Decimal:
        """The saving, at most what the charges cost."""
        if self.cost is None:
            return self.saving
        return max(min(self.saving, self.cost), Decimal(0))


@dataclass(frozen=True)
class Atom:
    """A part of the bill: the claims that touch it, and its cost a month (never negative)."""

    claims: frozenset[str]
    cost: Decimal


@dataclass(frozen=True)
class Effect:
    """Why a claim nets to less than its own word: `why` is ``alternative`` (another is done in its
    place), ``decided`` (people chose another), ``overlap`` (another took a part of the charges),
    ``covered`` (another purchase covers the usage), ``cost`` (the charges do not cost that much)
    or ``pledged``. `by` is the other claim's key ('' for none), `amount` what it takes."""

    why: str
    amount: Decimal
    by: str = ""


@dataclass(frozen=True)
class Promise:
    """What one claim counts for in each total; the same at list prices (where a tool gives none,
    its saving after discounts stands for it, since list is never less). `all` is the saving with
    what further tools say of the same."""

    key: str
    currency: str
    all: Decimal
    saving: Decimal
    best: Decimal
    net: Decimal
    saving_list: Decimal
    best_list: Decimal
    net_list: Decimal
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Totals:
    """The three totals in one currency, after discounts and at list."""

    currency: str
    count: int
    all: Decimal
    best: Decimal
    net: Decimal
    all_list: Decimal
    best_list: Decimal
    net_list: Decimal


def net(claims: Iterable[Claim], atoms: Iterable[Atom] = ()) -> dict[str, Promise]:
    """What each claim counts for, by key; the order of what is given does not matter.

    `atoms` are of all currencies together: claims of different currencies share none. Claims that
    no atom names are given one of their own by `assumed`. ValueError when two have one key.
    """
    given = sorted(claims, key=lambda one: one.key)
    if len({one.key for one in given}) != len(given):
        raise ValueError("two claims have one key")
    found: dict[str, Promise] = {}
    parts = [atom for atom in atoms if atom.cost > 0]
    parts.sort(key=lambda atom: (sorted(atom.claims), atom.cost))
    for currency in sorted({one.currency for one in given}):
        own = [one for one in given if one.currency == currency]
        found |= _Netting(own, _atoms(own, parts)).promises()
    return found


def totals(promises: Iterable[Promise]) -> tuple[Totals, ...]:
    """The sums over rows, by currency: exactly those of the rows that are given."""
    groups: dict[str, list[Promise]] = {}
    for one in promises:
        groups.setdefault(one.currency, []).append(one)
    return tuple(
        Totals(
            code,
            len(rows),
            total(one.all for one in rows),
            total(one.best for one in rows),
            total(one.net for one in rows),
            total(MONEY_CONTEXT.add(one.saving_list, one.all - one.saving) for one in rows),
            total(one.best_list for one in rows),
            total(one.net_list for one in rows),
        )
        for code, rows in sorted(groups.items())
    )


def _atoms(claims: Sequence[Claim], atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms of these claims, with those that are assumed."""
    keys = {one.key for one in claims}
    parts = [Atom(atom.claims & keys, atom.cost) for atom in atoms if atom.claims & keys]
    told = {key for atom in parts for key in atom.claims}
    return assumed([one for one in claims if one.key not in told], claims, parts)


def assumed(
    silent: Sequence[Claim], claims: Sequence[Claim], parts: Sequence[Atom] = ()
) -> list[Atom]:
    """The atoms `parts` of the bill with those that stand for `silent` claims, which it does not
    tell of: one a subject, which all of its claims change whole.

    Its cost is the highest that they name (at least the highest saving). A purchase of a family is
    taken to cover whatever is known of that family, so that what is stopped or made smaller is not
    saved on again; what it says to cover beyond is an atom, shared by the purchases of its account.
    """
    buying = [one for one in silent if one.is_purchase]
    by_key = {one.key: one for one in claims}
    subjects: dict[str, list[Claim]] = {}
    for one in silent:
        if not one.is_purchase:
            subjects.setdefault(one.subject, []).append(one)
    known = [*parts]
    for name in sorted(subjects):
        own = subjects[name]
        known.append(Atom(frozenset(one.key for one in own), _worth(own)))
    found = []
    covered: dict[str, Decimal] = {}
    for atom in known:
        families = {by_key[key].family for key in atom.claims if not by_key[key].is_purchase}
        buyers = [one.key for one in buying if one.family and one.family in families]
        found.append(Atom(atom.claims | frozenset(buyers), atom.cost))
        for family in families:
            covered[family] = covered.get(family, Decimal(0)) + atom.cost
    groups: dict[tuple[str, str], list[Claim]] = {}
    for one in buying:
        groups.setdefault((one.family or one.key, one.account), []).append(one)
    for (family, _), own in sorted(groups.items()):
        rest = _worth(own) - covered.get(family, Decimal(0))
        if rest > 0:
            found.append(Atom(frozenset(one.key for one in own), rest))
    return [atom for atom in found if atom.cost > 0]


def _worth(claims: Sequence[Claim]) -> Decimal:
    """The highest cost that claims on one thing name; at least the highest saving."""
    return max(max(one.cost or Decimal(0), one.saving) for one in claims)


@dataclass
class _Netting:
    """The reckoning in one currency."""

    claims: Sequence[Claim]
    atoms: Sequence[Atom]
    left: list[Fraction] = field(default_factory=list)
    done: list[Claim] = field(default_factory=list)
    taken: dict[int, list[tuple[str, Fraction]]] = field(default_factory=dict)
    effects: dict[str, list[Effect]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.left = [Fraction(1)] * len(self.atoms)
        self.costs = [Fraction(atom.cost) for atom in self.atoms]
        self.touched: dict[str, list[int]] = {one.key: [] for one in self.claims}
        for number, atom in enumerate(self.atoms):
            for key in atom.claims:
                self.touched[key].append(number)

    def promises(self) -> dict[str, Promise]:
        """What each claim counts for."""
        chosen = self._choices([one for one in self.claims if not one.is_purchase])
        bought = sorted((one for one in self.claims if one.is_purchase), key=_bought)
        best = {one.key: Fraction(1) for one in chosen}
        best |= self._covered(bought, [Fraction(1)] * len(self.atoms))
        for one in sorted(self.done, key=_turn):
            self._use(one)
        nets = {one.key: self._apply(one) for one in sorted(chosen, key=_turn)}
        nets |= self._covered(bought, self.left, tell=True)
        return {one.key: self._promise(one, best, nets) for one in self.claims}

    def _promise(
        self, one: Claim, best: Mapping[str, Fraction], nets: Mapping[str, Fraction]
    ) -> Promise:
        whole, left = best.get(one.key, Fraction(0)), nets.get(one.key, Fraction(0))
        if one.pledged:
            self._tell(one, Effect("pledged", one.saving))
            whole = left = Fraction(0)
        if one.key in nets and not one.pledged and one.capped < one.saving:
            self._tell(one, Effect("cost", one.saving - one.capped))
            left *= Fraction(one.capped) / Fraction(one.saving)
        price = one.saving if one.saving_list is None else max(one.saving_list, one.saving)
        return Promise(
            one.key,
            one.currency,
            MONEY_CONTEXT.add(one.saving, one.others),
            one.saving,
            _part(one.saving, whole),
            _part(one.saving, left),
            price,
            _part(price, whole),
            _part(price, left),
            tuple(self.effects.get(one.key, ())),
        )

    def _choices(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims that are applied: of alternatives, one."""
        subjects: dict[str, list[Claim]] = {}
        for one in claims:
            subjects.setdefault(one.subject, []).append(one)
        chosen: list[Claim] = []
        for name in sorted(subjects):
            own = subjects[name]
            decided = [one for one in own if one.pinned or one.pledged]
            mine = _chosen(_possible(own, decided), self._alone)
            chosen += [one for one in mine if not one.pledged]
            self.done += [one for one in mine if one.pledged]
            for one in own:
                if one not in mine and not one.pledged:
                    self._excluded(one, mine, decided)
        return chosen

    def _excluded(self, one: Claim, mine: Sequence[Claim], decided: Sequence[Claim]) -> None:
        """Tell one that is not chosen what is done in its place."""
        rivals = [other for other in mine if other.group == one.group or _excludes(one, other)]
        winner = max(rivals or mine, key=lambda other: (other.saving, other.key))
        why = "decided" if winner in decided else "alternative"
        self._tell(one, Effect(why, one.saving, winner.key))

    def _alone(self, claims: Sequence[Claim]) -> Fraction:
        """What claims of one subject save one after the other, were they alone."""
        kept = [Fraction(1)] * len(self.left)
        saved = Fraction(0)
        for one in sorted(claims, key=_turn):
            saved += self._share(one, kept) * Fraction(one.capped)
            self._take(one, kept)
        return saved

    def _cost(self, one: Claim) -> Fraction:
        return sum((self.costs[n] for n in self.touched[one.key]), Fraction(0))

    def _share(self, one: Claim, left: Sequence[Fraction]) -> Fraction:
        """What is left of the charges of a claim, as a part of them."""
        cost = self._cost(one)
        if not cost:
            return Fraction(1)
        return sum((self.costs[n] * left[n] for n in self.touched[one.key]), Fraction(0)) / cost

    def _take(self, one: Claim, left: list[Fraction]) -> Fraction:
        """Take a claim's part of its atoms; gives the part."""
        whole = Fraction(one.cost) if one.cost else self._cost(one)
        part = min(Fraction(one.capped) / whole, Fraction(1)) if whole else Fraction(0)
        for n in self.touched[one.key]:
            left[n] *= 1 - part
        return part

    def _apply(self, one: Claim) -> Fraction:
        """Apply a claim to what is left; gives the part of its saving that remains."""
        share = self._share(one, self.left)
        self._tell_overlaps(one)
        self._use(one)
        return share

    def _use(self, one: Claim) -> None:
        """Take a claim's part of what is left, and note who took it."""
        part = self._take(one, self.left)
        for n in self.touched[one.key]:
            self.taken.setdefault(n, []).append((one.key, part))

    def _covered(
        self, bought: Sequence[Claim], left: Sequence[Fraction], *, tell: bool = False
    ) -> dict[str, Fraction]:
        """What purchases save of their own word: each covers what is left of its usage, whole, and
        nothing is covered twice."""
        kept = list(left)
        found: dict[str, Fraction] = {}
        buyer: dict[int, str] = {}
        for one in bought:
            found[one.key] = self._share(one, kept)
            if tell and not one.pledged:
                self._tell_overlaps(one)
                self._tell_covered(one, buyer)
            for n in self.touched[one.key]:
                kept[n] = Fraction(0)
                buyer.setdefault(n, one.key)
        return found

    def _tell_overlaps(self, one: Claim) -> None:
        """By claim, what the ones before took of this one's saving, in their order."""
        cost = self._cost(one)
        parts: dict[str, Fraction] = {}
        for n in self.touched[one.key]:
            left = self.costs[n] / cost
            for key, part in self.taken.get(n, ()):
                parts[key] = parts.get(key, Fraction(0)) + left * part
                left *= 1 - part
        for key, part in parts.items():
            self._tell(one, Effect("overlap", _cents(Fraction(one.capped) * part), key))

    def _tell_covered(self, one: Claim, buyer: Mapping[int, str]) -> None:
        """By purchase, what those before cover of this one's usage."""
        cost = self._cost(one)
        parts: dict[str, Fraction] = {}
        for n in self.touched[one.key]:
            if n in buyer:
                gone = self.costs[n] / cost * self.left[n]
                parts[buyer[n]] = parts.get(buyer[n], Fraction(0)) + gone
        for key, part in parts.items():
            self._tell(one, Effect("covered", _cents(Fraction(one.capped) * part), key))

    def _tell(self, one: Claim, effect: Effect) -> None:
        if effect.amount:
            self.effects.setdefault(one.key, []).append(effect)


def _possible(own: Sequence[Claim], decided: Sequence[Claim]) -> list[Claim]:
    """What may still be done beside what people decided for."""
    if not decided:
        return list(own)
    groups = {one.group for one in decided}
    if EXISTENCE in groups:
        return [one for one in decided if one.group == EXISTENCE]
    rest = [one for one in own if one.group not in groups and one.group != EXISTENCE]
    return [*decided, *rest]


def _chosen(claims: Sequence[Claim], worth: Callable[[Sequence[Claim]], Fraction]) -> list[Claim]:
    """Of one subject: the best of each group, or the best that ends it, whichever saves more."""
    groups: dict[str, list[Claim]] = {}
    for one in claims:
        groups.setdefault(one.group, []).append(one)
    ends = [min(own, key=_rank) for group, own in groups.items() if group == EXISTENCE]
    changes = [min(own, key=_rank) for group, own in groups.items() if group != EXISTENCE]
    if not ends or not changes:
        return ends or changes
    return ends if worth(ends) >= worth(changes) else changes


def _rank(one: Claim) -> tuple[bool, bool, Decimal, Decimal, str]:
    """Of alternatives: what is done, what was decided, what saves most."""
    return (not one.pledged, not one.pinned, -one.capped, -one.saving, one.key)


def _bought(one: Claim) -> tuple[bool, Decimal, str]:
    """Purchases in their turn: what was decided, then what saves most."""
    return (not (one.pinned or one.pledged), -one.capped, one.key)


def _excludes(one: Claim, other: Claim) -> bool:
    return EXISTENCE in (one.group, other.group)


def _turn(one: Claim) -> tuple[int, str, Decimal, str]:
    place = ORDER.index(one.group) if one.group in ORDER else len(ORDER)
    return (place, one.group, -one.saving, one.key)


def _part(amount: Decimal, share: Fraction) -> Decimal:
    """A part of an amount, rounded down to cents; the whole of it stays as it is."""
    if share == 1:
        return amount
    return Decimal(floor(Fraction(amount) * share * 10**_CENTS)).scaleb(-_CENTS, _WIDE)


def _cents(amount: Fraction) -> Decimal:
    return rounded(amount, _CENTS)
