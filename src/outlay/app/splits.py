"""Splits as use cases: what each takes, gives and keeps, and what a change would do to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.allocation.splits import SHARE_SCALE
from outlay.allocation.weights import described
from outlay.app.allocating import with_changes
from outlay.app.served import served
from outlay.money import money_text, total
from outlay.query import CostQuery, Result, run
from outlay.query.explainshared import number_text
from outlay.query.flows import Flows, PoolPeriod, flows

if TYPE_CHECKING:
    from outlay.allocation.model import SplitSpec
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource

KIND = "Split"
Money = Mapping[str, Decimal]
"""Amounts by currency."""


@dataclass(frozen=True)
class SplitState:
    """A split with its money over the asked days, by currency.

    `taken` are the charges in its pool, `given` what of them went away and `kept` what stayed;
    `targets` is where it came to rest (through other splits too) and `sources` whose charges they
    were, by value. `feeds` and `fed_by` are the splits behind and before it. `version` is None for
    a split that is not saved.
    """

    name: str
    spec: SplitSpec
    version: int | None
    takes: str
    weighs: str
    taken: Money
    given: Money
    kept: Money
    targets: Mapping[str, Money]
    sources: Mapping[str, Money]
    feeds: tuple[str, ...]
    fed_by: tuple[str, ...]
    pools: tuple[PoolPeriod, ...]
    reasons: tuple[str, ...] = ()

    def to_json(self, *, periods: bool = True) -> dict[str, Any]:
        """Plain JSON values; `periods` adds every period with weights and shares."""
        found: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "spec": self.spec.model_dump(mode="json", exclude_defaults=True),
            "takes": self.takes,
            "weighs": self.weighs,
            "taken": _money_json(self.taken),
            "given": _money_json(self.given),
            "kept": _money_json(self.kept),
            "targets": {name: _money_json(money) for name, money in self.targets.items()},
            "sources": {name: _money_json(money) for name, money in self.sources.items()},
            "feeds": list(self.feeds),
            "fed_by": list(self.fed_by),
            "reasons": list(self.reasons),
        }
        if periods:
            found["periods"] = [pool_json(pool) for pool in self.pools]
        return found


@dataclass(frozen=True)
class ValueAmounts:
    """A value's cost in one currency, before and after a change of splits (None: not there)."""

    value: str
    currency: str
    before: Mapping[str, Decimal] | None
    after: Mapping[str, Decimal] | None
    """``direct``, ``shared`` and ``total``."""

    @property
    def change(self) -> Decimal:
        """What the value's total changes by."""
        was = self.before["total"] if self.before else Decimal(0)
        becomes = self.after["total"] if self.after else Decimal(0)
        return total((becomes, was.copy_negate()))


@dataclass(frozen=True)
class SplitPreview:
    """What saving a split would do: itself as it would be (None: removed), every value's cost
    before and after, the largest change first, and what a reader must know."""

    name: str
    tag: str
    state: SplitState | None
    values: tuple[ValueAmounts, ...]
    warnings: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: money as text in full."""
        return {
            "name": self.name,
            "tag": self.tag,
            "split": self.state.to_json() if self.state else None,
            "values": [
                {
                    "value": one.value,
                    "currency": one.currency,
                    "before": _money_json(one.before) if one.before else None,
                    "after": _money_json(one.after) if one.after else None,
                    "change": money_text(one.change),
                }
                for one in self.values
            ],
            "warnings": list(self.warnings),
        }


@served("GET /splits")
def overview(workspace: Workspace, within: CostQuery | None = None) -> list[SplitState]:
    """Every split, tag by tag in the order in which money flows; see `SplitState`.

    Money is the first measure of `within`, over its range and `where`.
    """
    rules = workspace.rules_of(within)
    tags = sorted({split.tag for split in rules.splits.values()})
    found = [_flows(workspace, tag, rules, within) for tag in tags]
    return [state for one in found for state in _states(one, rules)]


@served("GET /splits/{name}")
def show(workspace: Workspace, name: str, within: CostQuery | None = None) -> SplitState:
    """One split; ResourceError lists the names there are."""
    rules = workspace.rules_of(within)
    if name not in rules.splits:
        workspace.resources.get(KIND, name)
    found = _flows(workspace, rules.splits[name].tag, rules, within)
    return next(state for state in _states(found, rules) if state.name == name)


@served("POST /splits/{name}/preview")
def preview(
    workspace: Workspace,
    name: str,
    spec: SplitSpec | Mapping[str, Any] | None,
    within: CostQuery | None = None,
) -> SplitPreview:
    """What saving a spec under a split's name (None: removing it) would do, over all history or
    the range of `within`.

    Raises ResourceError for a spec that cannot be read or a name that is not there, and QueryError
    for splits that are refused (a cycle, an unknown tag) and like a question.
    """
    before = workspace.rules()
    if spec is None and name not in before.splits:
        workspace.resources.get(KIND, name)
    after = with_changes(workspace, before, {(KIND, name): spec}).check()
    tag = (after if spec is not None else before).splits[name].tag
    state = None
    if spec is not None:
        found = _states(_flows(workspace, tag, after, within), after)
        state = next(one for one in found if one.name == name)
    was = _by_value(workspace, tag, before, within)
    becomes = _by_value(workspace, tag, after, within)
    (old, _), (new, result) = was, becomes
    values = [
        ValueAmounts(value, currency, old.get((value, currency)), new.get((value, currency)))
        for value, currency in dict.fromkeys((*new, *old))
    ]
    values.sort(key=lambda one: (one.change.copy_abs().copy_negate(), one.currency, one.value))
    return SplitPreview(name, tag, state, tuple(values), result.warnings)


@served("PUT /splits/{name}")
def save(
    workspace: Workspace,
    name: str,
    spec: Mapping[str, Any],
    *,
    author: str,
    expected_version: int | None = None,
    note: str = "",
) -> Resource:
    """Save a split as a new version. Raises ResourceError for a spec that cannot be read, a name
    that cannot be one or a version that is another now, QueryError for splits that are refused."""
    return workspace.resources.put(
        KIND, name, spec, author=author, expected_version=expected_version, note=note
    )


# --- working out ----------------------------------------------------------------------------


def _flows(workspace: Workspace, tag: str, rules: Ruleset, within: CostQuery | None) -> Flows:
    return flows(workspace.lake, tag, within, rules=rules)


def _states(found: Flows, rules: Ruleset) -> list[SplitState]:
    order = found.feeds or dict.fromkeys(rules.splits_of(found.tag), ())
    return [_state(name, found, rules) for name in order]


def _state(name: str, found: Flows, rules: Ruleset) -> SplitState:
    spec = rules.splits[name]
    pools = found.of(name)
    targets: dict[str, dict[str, Decimal]] = {}
    sources: dict[str, dict[str, Decimal]] = {}
    for pool in pools:
        for value, amount in pool.given.items():
            _add(targets.setdefault(value, {}), pool.currency, amount)
        for value, amount in pool.charges.items():
            _add(sources.setdefault(value, {}), pool.currency, amount)
    kept: dict[str, list[str]] = {}
    for part in found.kept_parts(name):
        text = part.period.isoformat() if spec.period == "day" else f"{part.period:%Y-%m}"
        kept.setdefault(part.reason, []).append(text)
    reasons = [f"{', '.join(periods)}: {reason}" for reason, periods in kept.items()]
    reasons += sorted({f"{note}" for pool in pools for note in pool.part.notes})
    if not pools:
        first = [other for other in rules.splits_of(found.tag) if other < name]
        before = f", or {' or '.join(first)} takes them first (by name)" if first else ""
        reasons.append(f"it takes nothing in this time: there are no such charges{before}")
    return SplitState(
        name=name,
        spec=spec,
        version=rules.versions.get((KIND, name)),
        takes=spec.take if isinstance(spec.take, str) else spec.take.where,
        weighs=described(spec),
        taken=_sums(pools),
        given=_sums(pool for pool in pools if pool.shares),
        kept=_sums(pool for pool in pools if not pool.shares),
        targets=dict(sorted(targets.items(), key=lambda item: _size(item[1]))),
        sources=sources,
        feeds=tuple(found.feeds.get(name, ())),
        fed_by=tuple(sorted(other for other, fed in found.feeds.items() if name in fed)),
        pools=pools,
        reasons=tuple(reasons),
    )


def _by_value(
    workspace: Workspace, tag: str, rules: Ruleset, within: CostQuery | None
) -> tuple[dict[tuple[str, str], dict[str, Decimal]], Result]:
    base = within or CostQuery()
    query = CostQuery(measures=base.measures[:1], by=(tag,), range=base.range, where=base.where)
    result = run(workspace.lake, query, rules=rules)
    found = {}
    for row in result.rows():
        whole = _decimal(row[base.measures[0]])
        shared = _decimal(row.get(f"{base.measures[0]}_shared"))
        currency = str(row.get("BillingCurrency") or result.currency or "")
        found[str(row[tag]), currency] = {
            "direct": total((whole, shared.copy_negate())),
            "shared": shared,
            "total": whole,
        }
    return found, result


def pool_json(pool: PoolPeriod) -> dict[str, Any]:
    """A split's pool in a period as plain JSON values."""
    return {
        "day": pool.day.isoformat() if pool.day else None,
        "billing_period": pool.billing_period.isoformat() if pool.billing_period else None,
        "currency": pool.currency,
        "taken": money_text(pool.taken),
        "charges": {value: money_text(amount) for value, amount in pool.charges.items()},
        "period": pool.part.period.isoformat(),
        "weights": {name: number_text(weight) for name, weight in pool.part.weights.items()},
        "shares": {
            name: format(Decimal(units).scaleb(-SHARE_SCALE), "f")
            for name, units in pool.shares.items()
        },
        "given": {name: money_text(amount) for name, amount in pool.given.items()},
        "reason": pool.reason,
        "notes": list(pool.part.notes),
    }


def _sums(pools: Iterable[PoolPeriod]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for pool in pools:
        _add(sums, pool.currency, pool.taken)
    return dict(sorted(sums.items()))


def _add(sums: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums[currency] = total((sums.get(currency, Decimal(0)), amount))


def _size(money: Money) -> Decimal:
    return max((a.copy_abs() for a in money.values()), default=Decimal(0)).copy_negate()


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def _money_json(money: Money) -> dict[str, str]:
    return {name: money_text(amount) for name, amount in money.items()}
