"""An explanation as an indented list: group, delivery, file, line."""

from __future__ import annotations

import shlex
from fractions import Fraction
from typing import TYPE_CHECKING

from outlay.cli.output import Output, money, plural
from outlay.query.explainshared import number_text

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
    if group.shared or group.given or group.kept:
        _parts(out, group)
    for part in group.slices:
        record = part.slice.delivery
        version = f", run {record.version}" if record.version else ""
        out.say(
            f"  {part.slice.source} {part.slice.billing_period}: {money(part.amount)} in "
            f"{plural(part.lines, 'line')}; delivery {record.id} ({record.cause}{version})"
        )
        for file in part.files:
            _file(out, file, as_of)


def _parts(out: Output, group: ExplainedGroup) -> None:
    """What splits gave and took, each with its weights, before the direct charges."""
    out.say(f"  direct {money(group.direct)}, shared {money(group.shared_amount)}")
    for got in group.shared:
        when = got.day or got.billing_period
        pool = "its pool" if got.pool is None else f"a pool of {money(got.pool)}"
        out.say(
            f"  shared by {got.split} to {got.target} in {when}: {money(got.amount)} "
            f"= {got.share:f} of {pool}"
        )
        for way in got.ways:
            for step in way.steps:
                version = f" (version {step.version})" if step.version else ""
                whole = sum(weight for weight in step.weights.values() if weight > 0)
                weight = ""
                if step.weight is not None:
                    weight = f"{number_text(step.weight)} of {number_text(Fraction(whole))} "
                out.say(
                    f"    {step.split}{version}, {step.method}, by {step.period_kind} from "
                    f"{step.period}: {step.target} weighs {weight}({step.weighs})"
                )
                for note in step.notes:
                    out.say(f"      {note}")
            if way.stayed:
                out.say(f"    {way.stayed}")
        if got.charges is not None:
            words = shlex.join(["outlay", "explain", *got.charges.to_cli()])
            out.say(f"    its charges: {words}")
    for gave in group.given:
        targets = ", ".join(f"{name} {share:f}" for name, share in gave.shares.items())
        when = gave.day or gave.billing_period
        out.say(f"  given by {gave.split} in {when}: {money(gave.amount)} (to {targets})")
    for stayed in group.kept:
        when = stayed.day or stayed.billing_period
        out.say(
            f"  kept: {money(stayed.amount)} that {stayed.split} takes in {when}, "
            f"since {stayed.reason}"
        )
    out.say("  direct charges:" if group.slices else "  no direct charges")


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
