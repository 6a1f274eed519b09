"""An explanation as an indented list: group, delivery, file, line."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from outlay.cli.output import Output, money, plural

if TYPE_CHECKING:
    from outlay.query import Explanation
    from outlay.query.explain import ExplainedFile, ExplainedGroup


def show_explanation(out: Output, found: Explanation) -> None:
    """Print what an amount is made of; every level sums to the one above it."""
    if not found.groups:
        empty = found.snapshot is None
        out.say(
            "No data yet: outlay load PATH loads a bill."
            if empty
            else "No charge matches. Widen --range or --where."
        )
        return
    for group in found.groups:
        _group(out, group, found.measure, found.query.as_of)
    for currency, amount in found.other.items():
        out.say(f"{plural(found.other_groups, 'more group')}: {money(amount)} {currency}")
    for currency, amount in found.totals.items():
        out.say(f"Total {found.measure}: {money(amount)} {currency}")


def _group(out: Output, group: ExplainedGroup, measure: str, as_of: str | None) -> None:
    named = ", ".join(f"{k} = {'(none)' if v is None else v}" for k, v in group.values.items())
    amount = f"{money(group.amount)} {group.currency}"
    out.say(f"{named or 'Everything'}: {measure} {amount} in {plural(group.lines, 'line')}")
    for part in group.slices:
        record = part.slice.delivery
        version = f", run {record.version}" if record.version else ""
        out.say(
            f"  {part.slice.source} {part.slice.billing_period}: {money(part.amount)} in "
            f"{plural(part.lines, 'line')}; delivery {record.id} ({record.cause}{version})"
        )
        for file in part.files:
            _file(out, file, as_of)


def _file(out: Output, file: ExplainedFile, as_of: str | None) -> None:
    out.say(f"    {file.path}: {money(file.amount)} in {plural(file.lines, 'line')}")
    for line in file.top:
        origin = line.origin
        words = [origin.source, origin.billing_period, str(origin.file_index), str(origin.line)]
        words += [f"--as-of={as_of}"] if as_of else []
        out.say(
            f"      line {origin.line}, {line.moment:%Y-%m-%d %H:%M}: {money(line.amount)}"
            f"  (outlay record {shlex.join(words)})"
        )
    others = file.lines - len(file.top)
    if others:
        out.say(f"      {plural(others, 'other line')}: {money(file.rest)}")
