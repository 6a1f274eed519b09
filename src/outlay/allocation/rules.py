"""The rules of one moment: every virtual tag, dictionary and split, and what they stand on.

A `Ruleset` never changes. What a tag's labels depend on is told by its `digest`: two rulesets
that agree in it give the same labels to the same contexts, whatever else differs.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from outlay.allocation.conditions import check_days, conditions_days, rule_condition
from outlay.allocation.model import (
    SPLIT_MEASURES,
    Condition,
    DictionarySpec,
    Lookup,
    SplitSpec,
    Taken,
    VirtualTagSpec,
)
from outlay.allocation.splits import SplitGraph
from outlay.allocation.weights import MetricReader
from outlay.expression import referenced
from outlay.expression.dimensions import RESERVED, VIRTUAL, Dimension, parse_dimension
from outlay.expression.errors import QueryError, near_names
from outlay.expression.tree import listed_in
from outlay.lake.schema import MANDATORY_CONTEXT

LABELS_VERSION = 2
"""Raised when the same rules would give other labels than before; part of every digest."""

ELIGIBLE = tuple(sorted({*MANDATORY_CONTEXT, "ChargeDay"} - {"Tags"}))
"""The FOCUS columns that a rule may look at, besides tags, labels, ``x_`` columns of a source and
other virtual tags: descriptive ones, and the day. Never an amount, a quantity or a price."""

_SLICE = ("x_SourceName", "x_BillingPeriod")


@dataclass(frozen=True)
class Ruleset:
    """All rules by name. `versions` are the versions of the resources they come from, `at` the
    UTC moment (naive) that they are of; None is now. `metrics` reads what splits by metric weigh
    (None: no metric is kept). `present` are the rules of now beside those of another moment
    (None: not known)."""

    tags: Mapping[str, VirtualTagSpec] = field(default_factory=dict)
    dictionaries: Mapping[str, DictionarySpec] = field(default_factory=dict)
    splits: Mapping[str, SplitSpec] = field(default_factory=dict)
    versions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    at: datetime | None = None
    metrics: MetricReader | None = field(default=None, compare=False, repr=False)
    present: "Ruleset | None" = field(default=None, compare=False, repr=False)

    def check(self) -> "Ruleset":
        """The ruleset itself; raises QueryError for a name that cannot be one, a column that a
        rule may not look at, something that is not there, or a cycle (with its path)."""
        for name, tag in self.tags.items():
            if name in RESERVED or parse_dimension(name, "name").kind != VIRTUAL:
                raise QueryError(
                    f"{name!r} cannot name a virtual tag: it is a word of the expression language",
                    field="name",
                )
            self._check_tag(name, tag)
        _ = self.order
        for name, split in self.splits.items():
            self._check_split(name, split)
        for split_tag in sorted({split.tag for split in self.splits.values()}):
            self.graph(split_tag).check(tag_constants(self.tags[split_tag]))
        return self

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The tags, each behind all that it builds on; raises QueryError for a cycle."""
        done: dict[str, None] = {}
        for name in sorted(self.tags):
            self._visit(name, done, ())
        return tuple(done)

    def _visit(self, name: str, done: dict[str, None], path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            cycle = " → ".join((*path[path.index(name) :], name))
            raise QueryError(
                f"virtual tags build on each other in a circle: {cycle}",
                field="rules",
                hint="Take one of them out of the other's conditions and values.",
            )
        for other in self.builds_on(name):
            self._visit(other, done, (*path, name))
        done[name] = None

    def builds_on(self, name: str) -> tuple[str, ...]:
        """The virtual tags that a tag's rules look at, sorted."""
        if name not in self._built:
            dimensions = tag_dimensions(self.tags[name])
            self._built[name] = tuple(sorted(d.name for d in dimensions if d.kind == VIRTUAL))
        return self._built[name]

    @cached_property
    def _built(self) -> dict[str, tuple[str, ...]]:
        return {}

    def closure(self, names: Iterable[str]) -> tuple[str, ...]:
        """The tags and all that they build on, in order."""
        wanted: set[str] = set()
        remaining = list(names)
        while remaining:
            name = remaining.pop()
            if name not in wanted:
                wanted.add(name)
                remaining += self.builds_on(name)
        return tuple(name for name in self.order if name in wanted)

    def tag(self, name: str, field: str = "by") -> VirtualTagSpec:
        """The tag; raises QueryError naming those there are."""
        if name in self.tags:
            return self.tags[name]
        raise QueryError(
            f"there is no virtual tag {name!r}",
            field=field,
            text=name,
            near=near_names(name, self.tags),
            allowed=tuple(sorted(self.tags)),
            hint="" if self.tags else "No virtual tag is defined yet.",
        )

    def splits_of(self, tag: str) -> dict[str, SplitSpec]:
        """The splits of a tag, by name."""
        return {name: s for name, s in sorted(self.splits.items()) if s.tag == tag}

    def graph(self, tag: str) -> SplitGraph:
        """The splits of a tag, with what they take and feed."""
        return SplitGraph(tag, self.splits)

    def with_pools(self, tag: str) -> "Ruleset":
        """The same rules and the hidden tag of the tag's pools (`SplitGraph.pools_tag`)."""
        if tag not in self._pooled:
            graph = self.graph(tag)
            hidden = {graph.pools_tag: graph.pools_spec()}
            self._pooled[tag] = replace(self, tags={**self.tags, **hidden})
        return self._pooled[tag]

    @cached_property
    def _pooled(self) -> dict[str, "Ruleset"]:
        return {}

    def splits_digest(self, tag: str) -> str:
        """A digest of all that decides the shares of a tag, but charges, metrics and usage."""
        told = {"title", "description", "owner"}
        specs = {
            name: s.model_dump(mode="json", exclude=told) for name, s in self.splits_of(tag).items()
        }
        return _digest([self.digest(tag), specs])

    # --- what labels depend on ------------------------------------------------------------

    def digest(self, tag: str) -> str:
        """A digest of all that decides the labels of a tag.

        Asked again, it may be another, where rules look at metrics: those get new values.
        """
        listed = sorted({one for name in self.closure([tag]) for one in self.listed(name)})
        if not listed:
            return self._digests[tag]
        return _digest([self._digests[tag], *(self.label_digest(*one) for one in listed)])

    def listed(self, tag: str) -> frozenset[tuple[str, str]]:
        """The labels of metrics that the rules of a tag look at: (metric, label)."""
        if tag not in self._listed:
            self._listed[tag] = tag_metrics(self.tags[tag])
        return self._listed[tag]

    @cached_property
    def _listed(self) -> dict[str, frozenset[tuple[str, str]]]:
        return {}

    def label_values(self, metric: str, label: str) -> frozenset[str]:
        """The values of a metric's label; raises QueryError for one that there is not."""
        if self.metrics is None:
            raise QueryError(
                f"no metrics are kept here, so that nothing can be looked up in "
                f"metrics.{metric}.{label}",
                field="when",
            )
        return self.metrics.label_values(metric, label)

    def label_digest(self, metric: str, label: str) -> str:
        """A digest of the values of a metric's label."""
        return _digest([metric, label, sorted(self.label_values(metric, label))])

    @cached_property
    def _digests(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self.order:
            spec = self.tags[name]
            parts: list[Any] = [LABELS_VERSION, _rules_json(spec)]
            parts += [found[other] for other in self.builds_on(name)]
            parts += [self._dictionary_digests[d] for d in sorted(tag_dictionaries(spec))]
            parts += [_values_json(self.tags[d]) for d in sorted(_parents_of(spec))]
            found[name] = _digest(parts)
        return found

    def dictionary_digest(self, name: str) -> str:
        """A digest of the entries of a dictionary."""
        return self._dictionary_digests[name]

    def values_digest(self, tag: str) -> str:
        """A digest of the parents that the values of a tag have."""
        return _digest(_values_json(self.tags[tag]))

    @cached_property
    def _dictionary_digests(self) -> dict[str, str]:
        return {
            name: _digest(spec.model_dump(mode="json", exclude={"title", "description"}))
            for name, spec in self.dictionaries.items()
        }

    def boundaries(self, tag: str) -> tuple[date, ...]:
        """The days from which the rules of a tag (or of one that it builds on) may say something
        else than on the day before, in order."""
        if tag not in self._turns:
            self._turns[tag] = self._find_boundaries(tag)
        return self._turns[tag]

    @cached_property
    def _turns(self) -> dict[str, tuple[date, ...]]:
        return {}

    def _find_boundaries(self, tag: str) -> tuple[date, ...]:
        found: set[date] = set()
        for name in self.closure([tag]):
            spec = self.tags[name]
            for rule in spec.rules:
                found |= {day for day in (rule.from_, rule.until) if day}
                found |= conditions_days(rule_condition(rule))
            for dictionary in tag_dictionaries(spec):
                for entry in self.dictionaries[dictionary].entries:
                    found |= {day for day in (entry.from_, entry.until) if day}
            for parent in _parents_of(spec):
                for value in self.tags[parent].values.values():
                    found |= {day for day in (value.from_, value.until) if day}
        return tuple(sorted(found))

    # --- checks ---------------------------------------------------------------------------

    def _check_tag(self, name: str, tag: VirtualTagSpec) -> None:
        for number, rule in enumerate(tag.rules, 1):
            place = f"{name}.rules.{number}"
            condition = rule_condition(rule)
            check_days(condition, place, rule.when)
            looked = set(referenced(condition)) if condition else set()
            if isinstance(rule.value, Taken):
                looked.add(parse_dimension(rule.value.from_))
                for step in rule.value.transform:
                    if isinstance(step, Lookup) and step.lookup not in self.dictionaries:
                        raise QueryError(
                            f"there is no dictionary {step.lookup!r}",
                            field=place,
                            near=near_names(step.lookup, self.dictionaries),
                            allowed=sorted(self.dictionaries),
                        )
            for dimension in sorted(looked):
                self._check_eligible(dimension, place)
            for one in listed_in(condition) if self.metrics is not None else ():
                try:
                    self.label_values(one.metric, one.label)
                except QueryError as error:
                    error.field = place
                    raise

    def _check_eligible(self, dimension: Dimension, place: str) -> None:
        if dimension.kind == VIRTUAL:
            self.tag(dimension.name, place)
        if dimension.kind != "column" or dimension.name.startswith("x_"):
            return
        if dimension.name not in ELIGIBLE:
            raise QueryError(
                f"a rule cannot look at {dimension}: it differs from line to line, or is an amount",
                field=place,
                text=dimension.name,
                near=near_names(dimension.name, ELIGIBLE),
                allowed=(*ELIGIBLE, "tags.KEY", "labels.KEY", "x_…", *sorted(self.tags)),
            )

    def _check_split(self, name: str, split: SplitSpec) -> None:
        self.tag(split.tag, "tag")
        if split.measure not in SPLIT_MEASURES:
            raise QueryError(
                f"{split.measure!r} is no cost that the split {name} can weigh",
                field="measure",
                text=split.measure,
                near=near_names(split.measure, SPLIT_MEASURES),
                allowed=SPLIT_MEASURES,
            )
        conditions = [c.where for c in (split.take, split.targets) if isinstance(c, Condition)]
        from outlay.expression import parse

        for text in filter(None, [*conditions, split.where]):
            for dimension in sorted(referenced(parse(text))):
                self._check_eligible(dimension, f"split {name}")


def tag_constants(spec: VirtualTagSpec) -> tuple[str, ...]:
    """The values that a tag names: its default, its rules' constants, its described values."""
    constants = {rule.value for rule in spec.rules if isinstance(rule.value, str)}
    return tuple(sorted({spec.default, *constants, *spec.values}))


def tag_dimensions(spec: VirtualTagSpec) -> frozenset[Dimension]:
    """Every dimension that the rules of a tag look at."""
    found: set[Dimension] = set()
    for rule in spec.rules:
        condition = rule_condition(rule)
        if condition is not None:
            found |= referenced(condition)
        if isinstance(rule.value, Taken):
            found.add(parse_dimension(rule.value.from_))
    return frozenset(found)


def tag_metrics(spec: VirtualTagSpec) -> frozenset[tuple[str, str]]:
    """The labels of metrics that the rules of a tag look at: (metric, label)."""
    conditions = map(rule_condition, spec.rules)
    return frozenset((one.metric, one.label) for c in conditions for one in listed_in(c))


def tag_dictionaries(spec: VirtualTagSpec) -> frozenset[str]:
    """The dictionaries that the rules of a tag look things up in."""
    return frozenset(
        step.lookup
        for rule in spec.rules
        if isinstance(rule.value, Taken)
        for step in rule.value.transform
        if isinstance(step, Lookup)
    )


def _parents_of(spec: VirtualTagSpec) -> frozenset[str]:
    """The tags whose values' parents the rules of a tag take."""
    return frozenset(
        rule.value.from_
        for rule in spec.rules
        if isinstance(rule.value, Taken) and "parent" in rule.value.transform
    )


def _rules_json(spec: VirtualTagSpec) -> Any:
    document = spec.model_dump(mode="json", include={"default", "rules"})
    for rule in document["rules"]:
        rule.pop("name", None)
    return document


def _values_json(spec: VirtualTagSpec) -> Any:
    return {
        name: [value.parent, str(value.from_), str(value.until)]
        for name, value in spec.values.items()
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def eras(
    days: Iterable[date], first: date, last: date
) -> tuple[tuple[date | None, date | None], ...]:
    """The parts of a slice with charges from `first` to `last` (both included) in which nothing
    changes: (start or None for the slice's own, end exclusive or None). `days` are boundaries."""
    cuts = sorted({day for day in days if first < day <= last})
    starts: list[date | None] = [None, *cuts]
    ends: list[date | None] = [*cuts, None]
    return tuple(zip(starts, ends, strict=True))


def day_before(day: date) -> date:
    """The day before a day."""
    return day - timedelta(days=1)


Rules = Callable[[datetime | None], Ruleset]
"""Gives the rules as they were at a UTC moment (naive), or as they are now (None)."""
