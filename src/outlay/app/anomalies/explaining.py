"""What drove an event: the smallest set of values, usage against price, whose it is, in a sentence.

Everything here is exact and adds up: the expected cost of an event is shared out over the
combinations of its charges in the measure of what each cost in the four weeks before, to the
smallest unit of the currency, so that the parts' impacts are the event's impact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.anomalies.explain import smallest_set
from outlay.anomalies.model import Row
from outlay.app.anomalies.away import BEFORE_DAYS, question
from outlay.app.anomalies.events import Event, Explained, Part
from outlay.app.anomalies.model import AnomalyMonitorSpec
from outlay.app.anomalies.monitors import is_tag, owner_tag
from outlay.app.anomalies.splitting import split
from outlay.app.anomalies.telling import driver, sentence
from outlay.expression.errors import QueryError
from outlay.money import DateRange, total
from outlay.money.cents import apportion, places, to_unit
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace

DIMENSIONS = ("ServiceName", "SubAccountId", "RegionId", "SkuId", "ResourceId")
"""What an event is explained by, besides virtual tags; of sets of one size the first are told."""

_CALLED = {
    "SubAccountId": "SubAccountName",
    "ResourceId": "ResourceName",
    "SkuId": "SkuMeter",
    "RegionId": "RegionName",
}
"""The column with what people call an id."""

_MOST_ROWS = 3000
_MOST_TAGS = 6


def explained(
    workspace: Workspace,
    event: Event,
    spec: AnomalyMonitorSpec,
    base: CostQuery,
    *,
    whole: bool = True,
) -> Event:
    """The event with what drove it, its split (with `whole`), its owner and its sentence.

    Raises QueryError and LakeError as any question does.
    """
    rules = workspace.rules()
    parts, names = _smallest(workspace, event, base, rules)
    event = replace(event, explained=parts, names=names)
    if whole:
        event = replace(event, split=split(workspace, event, base))
    tag, value = _owner(workspace, event, spec, base, rules)
    event = replace(event, owner=value, owner_tag=tag)
    return replace(event, sentence=sentence(event), driver=driver(event))


# --- the smallest set -------------------------------------------------------------------------


def _smallest(
    workspace: Workspace, event: Event, base: CostQuery, rules: Ruleset
) -> tuple[Explained | None, dict[str, dict[str, str]]]:
    """The smallest set, and what people call the ids in it and in the event's series."""
    fixed = event.lead.dimensions
    tags = [name for name in sorted(rules.tags) if name not in fixed][:_MOST_TAGS]
    names = [name for name in (*DIMENSIONS, *tags) if name not in fixed]
    rows, called = _rows(workspace, event, base, names)
    if not rows:
        return None, called
    found = smallest_set(rows)
    explained = Explained(
        parts=tuple(Part(_values(one.values), one.actual, one.expected) for one in found.elements),
        rest=found.rest,
        share=found.share,
        where=_values(found.where),
    )
    return explained, _only_used(called, event, explained)


def _only_used(
    called: Mapping[str, Mapping[str, str]], event: Event, found: Explained
) -> dict[str, dict[str, str]]:
    """The names of the ids that are shown."""
    used: set[tuple[str, str | None]] = set(found.where.items())
    for part in found.parts:
        used.update(part.values.items())
    for member in event.members:
        used.update(zip(member.dimensions, member.values, strict=True))
    return {
        dimension: kept
        for dimension, names in called.items()
        if (kept := {v: name for v, name in names.items() if (dimension, v) in used})
    }


def _values(values: Mapping[str, str]) -> dict[str, str | None]:
    return {name: value or None for name, value in values.items()}


def _rows(
    workspace: Workspace, event: Event, base: CostQuery, names: Sequence[str]
) -> tuple[list[Row], dict[str, dict[str, str]]]:
    """Each combination of values with what came and its share of what was expected; and what
    people call the ids."""
    called = tuple(n for n in _CALLED if n in names or n in event.lead.dimensions)
    came, words = _by_values(workspace, question(event, base, event.range), names, called)
    was, _ = _by_values(workspace, question(event, base, before(event)), names)
    keys = sorted({*came, *was})
    if not keys:
        return [], words
    expected = shared_out(event, {key: was.get(key, Decimal(0)) for key in keys})
    rows = [
        Row(dict(zip(names, key, strict=True)), came.get(key, Decimal(0)), expected[key])
        for key in keys
    ]
    return rows, words


def before(event: Event) -> DateRange:
    """The four weeks before an event."""
    start = event.range.start
    return DateRange(start - timedelta(days=BEFORE_DAYS), start)


def shared_out(
    event: Event, was: Mapping[tuple[str, ...], Decimal]
) -> dict[tuple[str, ...], Decimal]:
    """What was expected of an event, shared out in the measure of what was before; the sum is the
    event's, to the last digit. Without anything before, all of it is of what is new alike."""
    digits = places(event.currency)
    whole = total(was.values())
    expected = event.expected
    if not whole:
        return {key: expected if at == 0 else Decimal(0) for at, key in enumerate(sorted(was))}
    parts = {
        repr(key): to_unit(amount * expected / whole, digits + 4) for key, amount in was.items()
    }
    found = apportion(parts, to_unit(expected, digits), digits)
    return {key: found[repr(key)] for key in was}


def _by_values(
    workspace: Workspace, query: CostQuery, names: Sequence[str], called: Sequence[str] = ()
) -> tuple[dict[tuple[str, ...], Decimal], dict[str, dict[str, str]]]:
    """The amounts by values, '' for a missing one; what is beyond the limit as one without any.
    `called` are dimensions of ids whose names are wanted."""
    more = [name for name in (*called, *(_CALLED[one] for one in called)) if name not in names]
    asked = query.but(by=(*names, *more), limit=_MOST_ROWS, sort=f"-{query.measures[0]}")
    result = workspace.query(asked)
    found: dict[tuple[str, ...], Decimal] = {}
    words: dict[str, dict[str, str]] = {}
    for row in (*result.rows(), *result.other):
        key = tuple("" if row.get(name) is None else str(row[name]) for name in names)
        amount = row[query.measures[0]]
        assert isinstance(amount, Decimal)
        found[key] = total((found.get(key, Decimal(0)), amount))
        for dimension in called:
            value, name = row.get(dimension), row.get(_CALLED[dimension])
            if value is not None and name is not None and value != name:
                words.setdefault(dimension, {})[str(value)] = str(name)
    return found, words


# --- whose it is ------------------------------------------------------------------------------


def _owner(
    workspace: Workspace,
    event: Event,
    spec: AnomalyMonitorSpec,
    base: CostQuery,
    rules: Ruleset,
) -> tuple[str, str]:
    """The virtual tag and its value whose matter an event is: the value that has at least half of
    the impact; ('', '') where no one value has."""
    tag = owner_tag(rules, spec)
    if not tag:
        return "", ""
    for member in event.members:
        if member.grouping == tag and member.values[0] is not None:
            return tag, member.values[0] if _is_owned(rules, tag, member.values[0]) else ""
    try:
        rows, _ = _rows(workspace, event, base, [tag])
    except QueryError:  # the tag is no more
        return "", ""
    way = 1 if event.impact > 0 else -1
    best = max(
        rows,
        key=lambda row: total((row.actual, row.expected.copy_negate())) * way,
        default=None,
    )
    if best is None or not is_tag(tag):
        return "", ""
    part = total((best.actual, best.expected.copy_negate()))
    value = best.dims[tag]
    if 2 * part.copy_abs() < event.impact.copy_abs() or not _is_owned(rules, tag, value):
        return tag, ""
    return tag, value


def _is_owned(rules: Ruleset, tag: str, value: str) -> bool:
    """Whether a value is somebody's: the tag's default is nobody's."""
    return bool(value) and (tag not in rules.tags or value != rules.tags[tag].default)
