"""What a change of resources does to money: labels that move, and amounts after splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.checks import RULES
from outlay.app.rules import METRIC, ruleset_of, with_metrics
from outlay.money import money_text, total
from outlay.query import CostQuery, run
from outlay.query.allocating import TagEffect
from outlay.query.allocating.effects import changed_tags, effects

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.planning.budget_effects import BudgetEffect
    from outlay.app.workspace import Workspace
    from outlay.resources import Write

_BUDGET = "Budget"
MEASURE = "EffectiveCost"
"""What effects are told in."""


@dataclass(frozen=True)
class SplitChange:
    """A value's cost with what it is given and what is taken by splits, in one currency, before
    and after; None: it was not there, or is not any more."""

    value: str
    currency: str
    before: Decimal | None
    after: Decimal | None

    @property
    def change(self) -> Decimal:
        """After less before, exactly."""
        # A unary minus would round to 28 digits.
        sides = (self.after, self.before.copy_negate() if self.before is not None else None)
        return total(side for side in sides if side is not None)


@dataclass(frozen=True)
class SplitEffect:
    """What the change does to a tag's amounts after splits; the values that change alone, the
    largest first."""

    tag: str
    splits: tuple[str, ...]
    values: tuple[SplitChange, ...]


@dataclass(frozen=True)
class Effects:
    """The effect on each virtual tag whose labels or splits change, over all history, in
    EffectiveCost by currency, and on each budget that changes, in its present period."""

    tags: tuple[TagEffect, ...]
    splits: tuple[SplitEffect, ...]
    budgets: tuple[BudgetEffect, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money is text with all its decimals."""
        return {
            "measure": MEASURE,
            "tags": [tag.to_json() for tag in self.tags],
            "splits": [
                {
                    "tag": one.tag,
                    "splits": list(one.splits),
                    "values": [
                        {
                            "value": change.value,
                            "currency": change.currency,
                            "before": _text(change.before),
                            "after": _text(change.after),
                            "change": money_text(change.change),
                        }
                        for change in one.values
                    ],
                }
                for one in self.splits
            ],
            "budgets": [one.to_json() for one in self.budgets],
        }


def effects_of(workspace: Workspace, writes: Sequence[Write]) -> Effects | None:
    """The effect of a batch on money; None when nothing of it can have one."""
    if any(write.kind == _BUDGET for write in writes):
        from outlay.app.planning.budget_effects import budget_effects

        told = budget_effects(workspace, writes)
    else:
        told = ()
    if not any(write.kind in RULES for write in writes):
        return Effects((), (), told) if told else None
    before = workspace.rules()
    after = rules_with(before, writes)
    tags = changed_tags(before, after)
    return Effects(
        effects(workspace.lake, before, after, tags),
        tuple(
            effect
            for tag in sorted(_split_tags(before, after, tags))
            if (effect := _split_effect(workspace, before, after, tag)) is not None
        ),
        told,
    )


def rules_with(before: Ruleset, writes: Sequence[Write]) -> Ruleset:
    """The rules as they would be with a batch of writes, whose specs are typed."""
    specs: dict[str, dict[str, Any]] = {
        "VirtualTag": dict(before.tags),
        "Dictionary": dict(before.dictionaries),
        "Split": dict(before.splits),
    }
    for write in writes:
        if write.kind in specs:
            if write.spec is None:
                specs[write.kind].pop(write.name, None)
            else:
                specs[write.kind][write.name] = write.spec
    metrics = {write.name: write.spec for write in writes if write.kind == METRIC}
    return ruleset_of(specs, metrics=with_metrics(before.metrics, metrics))


def _split_tags(before: Ruleset, after: Ruleset, labelled: Sequence[str]) -> set[str]:
    """The tags whose amounts after splits may differ."""
    changed = {
        split.tag
        for one, other in ((before, after), (after, before))
        for name, split in one.splits.items()
        if other.splits.get(name) != split
    }
    split = {split.tag for rules in (before, after) for split in rules.splits.values()}
    return changed | (split & set(labelled))


def _split_effect(
    workspace: Workspace, before: Ruleset, after: Ruleset, tag: str
) -> SplitEffect | None:
    sides = [_amounts(workspace, rules, tag) for rules in (before, after)]
    found = [
        SplitChange(*key, sides[0].get(key), sides[1].get(key))
        for key in sorted({*sides[0], *sides[1]})
    ]
    changed = [change for change in found if change.before != change.after]
    changed.sort(key=_size, reverse=True)
    names = sorted({*before.splits_of(tag), *after.splits_of(tag)})
    return SplitEffect(tag, tuple(names), tuple(changed)) if changed else None


def _size(change: SplitChange) -> Decimal:
    sides = (change.before, change.after)
    return max((side.copy_abs() for side in sides if side is not None), default=Decimal(0))


def _amounts(workspace: Workspace, rules: Ruleset, tag: str) -> dict[tuple[str, str], Decimal]:
    """Cost after splits by value and currency; empty where there is no such tag."""
    if tag not in rules.tags:
        return {}
    result = run(workspace.lake, CostQuery(measures=(MEASURE,), by=(tag,)), rules=rules).complete()
    return {
        (str(row[tag]), str(row.get("BillingCurrency") or result.currency)): amount
        for row in result.rows()
        if isinstance(amount := row[MEASURE], Decimal)
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else money_text(amount)
