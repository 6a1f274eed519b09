"""The effect of a change on money, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outlay.cli.output import NOTHING, Col, Output, money, plural

if TYPE_CHECKING:
    from outlay.app.effects import Effects, SplitEffect
    from outlay.app.planning.budget_effects import BudgetEffect
    from outlay.query.allocating import Covered, TagEffect

_MOST_ROWS = 12


def show_effects(out: Output, effects: Effects) -> None:
    """Print what moves from where to where, coverage, and amounts after splits."""
    for tag in effects.tags:
        _show_tag(out, tag)
    for split in effects.splits:
        _show_split(out, split)
    if effects.budgets:
        _show_budgets(out, effects.budgets)
    elif not effects.tags and not effects.splits:
        out.say("No charge gets another value.")


def _show_budgets(out: Output, budgets: Sequence[BudgetEffect]) -> None:
    out.say("Budgets in their present period:")
    rows = [
        (
            one.name,
            one.period or NOTHING,
            money(one.before),
            money(one.after),
            money(one.actual),
            one.currency,
            one.state,
        )
        for one in budgets
    ]
    out.table(
        [
            Col("Budget"),
            Col("Period"),
            Col("Amount before", True),
            Col("After", True),
            Col("Actual", True),
            Col(""),
            Col("Then"),
        ],
        rows,
    )


def _show_tag(out: Output, effect: TagEffect) -> None:
    if effect.coverage_before is None and effect.coverage_after is None:
        return
    covered = f"{_covered(effect.coverage_before)} → {_covered(effect.coverage_after)}"
    out.say(f"{effect.tag}: coverage {covered}")
    if not effect.changes:
        out.say("  no charge gets another value")
        return
    rows = [
        (move.before or NOTHING, move.after or NOTHING, money(amount), currency)
        for move in effect.moves
        for currency, amount in sorted(move.caught.money.items())
    ]
    out.table([Col("From"), Col("To"), Col("Moves", True), Col("")], rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        out.say(f"… and {plural(len(rows) - _MOST_ROWS, 'move')} more; --json has all of them")


def _covered(covered: Covered | None) -> str:
    if covered is None:
        return "none"
    parts = [
        (f"{share * 100:.2f} %" if share is not None else NOTHING)
        + (f" of {currency}" if len(covered.share) > 1 else "")
        for currency, share in sorted(covered.share.items())
    ]
    return ", ".join(parts) or NOTHING


def _show_split(out: Output, effect: SplitEffect) -> None:
    out.say(f"{effect.tag} after splits ({', '.join(effect.splits)}):")
    rows = [
        (
            change.value,
            money(change.before),
            money(change.after),
            money(change.change),
            change.currency,
        )
        for change in effect.values[:_MOST_ROWS]
    ]
    out.table(
        [Col("Value"), Col("Before", True), Col("After", True), Col("Change", True), Col("")], rows
    )
    if len(effect.values) > _MOST_ROWS:
        out.say(f"… and {plural(len(effect.values) - _MOST_ROWS, 'value')} more; --json has all")
