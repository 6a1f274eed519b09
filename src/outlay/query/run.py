"""Asking: from a question to its result."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import duckdb

from outlay.access import acting, current, whole_ledger
from outlay.allocation.labels import Labels
from outlay.allocation.rules import Ruleset
from outlay.expression import parse, referenced
from outlay.expression.columns import DESCRIPTIVE
from outlay.expression.dimensions import VIRTUAL, Dimension, parse_dimension
from outlay.expression.errors import QueryError, near_names
from outlay.expression.simplify import by_day
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import LakeReader, SliceFacts, check_known, slice_facts
from outlay.lake.types import Pin
from outlay.money import DateRange
from outlay.money.rates import Rate, Rates, ecb_rates
from outlay.query import ranges
from outlay.query.answer import Answer, RateKey
from outlay.query.compiler import branch_sql
from outlay.query.expansion import Expansion, expand
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery
from outlay.query.notes import notes
from outlay.query.periods import comparison_span
from outlay.query.planner import Asked, Span, asked_sums, overlaps, plan
from outlay.query.ranges import Days
from outlay.query.result import Result
from outlay.query.scoping import scoped, without_names
from outlay.query.splitting import TagShares, tag_shares
from outlay.query.stated import NONE, stated_rates
from outlay.query.tabulate import tabulate


class PinnableLake(LakeReader, Protocol):
    """The lake as `run` needs it."""

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The lake at a moment."""
        ...


T = TypeVar("T")


@dataclass(frozen=True)
class Prepared:
    """A question with everything that it stands on: pin, slices, days."""

    query: CostQuery
    pin: Pin
    facts: list[SliceFacts]
    asked: Asked
    days: Days
    range: DateRange | None
    previous_range: DateRange | None
    spans: tuple[Span, ...]
    labels: Labels
    expansion: Expansion | None = field(default=None)
    """How the splits of a tag in the question share its answer out; None: they have no part."""

    @property
    def branches(self) -> Asked:
        """What the branches are asked."""
        return self.expansion.asked if self.expansion else self.asked


Reader = Callable[[Answer | None, Prepared, Mapping[RateKey, Rate], Mapping[str, int]], T]
"""How an answer becomes what is asked for."""


def run(
    lake: PinnableLake,
    query: CostQuery,
    *,
    rates: Rates | None = None,
    stated: bool | None = None,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> Result:
    """Answer a question.

    `rates` convert amounts (default: the European Central Bank's); `stated` says whether a bill's
    own rate goes before them (default: unless `rates` are given). `now` is the UTC moment that
    relative ranges count from, `pin` the snapshot when the caller holds one already (otherwise
    the question's `as_of` decides). `rules` are the virtual tags and splits (default: none).
    Raises QueryError for what cannot be answered and LakeError
    for a moment before the first snapshot.
    """
    prepared = with_splits(lake, prepare(lake, query, now=now, pin=pin, rules=rules))
    result = read_answer(lake, prepared, tabulate, rates=rates, stated=stated)
    asker = current()

    def rerun(other: CostQuery) -> Result:
        # Whoever reads on later reads as the one who asked.
        with acting(asker):
            return run(
                lake, other, rates=rates, stated=stated, now=now, pin=prepared.pin, rules=rules
            )

    return result.completed(warnings=notes(prepared, result), rerun=rerun)


def read_answer(
    lake: PinnableLake,
    prepared: Prepared,
    read: Reader[T],
    *,
    rates: Rates | None = None,
    stated: bool | None = None,
) -> T:
    """Plan, compile and run a prepared question, and `read` its answer while the engine holds it.

    `rates` and `stated` as for `run`; `read` is given the answer (None: no slice is in range),
    what was prepared, the rates used, and how many files of which table were read.
    """
    own = rates is None if stated is None else stated
    found = question_rates(prepared, rates, stated=own)
    _check_digits(prepared, converted=found is not None)
    try:
        return _answer(lake, prepared, found, read, halves=False, stated=own)
    except (duckdb.OutOfRangeException, duckdb.ConversionException):
        # The engine never rounds to fit: what is too large for one product is asked in halves. Just
        # below the limit it is the ninth decimal, rounded up, that does not fit.
        if found is None:
            raise
        return _answer(lake, prepared, found, read, halves=True, stated=own)


def _answer(
    lake: PinnableLake,
    prepared: Prepared,
    rates: dict[RateKey, Rate] | None,
    read: Reader[T],
    *,
    halves: bool,
    stated: bool,
) -> T:
    """Plan, compile and run; raises duckdb.OutOfRangeException where a sum does not fit."""
    query, asked = prepared.query, prepared.branches
    target = None if rates is None else query.currency
    branches = [
        branch
        for span in prepared.spans
        for branch in plan(
            lake,
            prepared.facts,
            asked,
            span,
            target,
            halves=halves,
            stated=stated,
            labels=prepared.labels,
        )
    ]
    tables: dict[str, int] = {}
    for branch in branches:
        files = len(branch.files[0][1])
        tables[branch.shape.table] = tables.get(branch.shape.table, 0) + files
    with question_connection(lake) as connection:
        answer = Answer(
            connection,
            query,
            asked.sums,
            converted=rates is not None,
            halves=halves,
            expansion=prepared.expansion,
        )
        if branches:
            values = {key: rate.value for key, rate in (rates or {}).items()}
            answer.create([branch_sql(branch) for branch in branches], values)
        return read(answer if branches else None, prepared, rates or {}, tables)


def prepare(
    lake: PinnableLake,
    query: CostQuery,
    *,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> Prepared:
    """Resolve snapshot, names and days of a question, within the scope of who asks.

    Raises QueryError and LakeError, and AccessDeniedError for a scope that cannot be told. This is
    the one place in which the scope is joined to a question (see `outlay.query.scoping`).
    """
    pin = pin or lake.pin(query.as_of_moment())
    facts = slice_facts(lake, pin, rules.at if rules else None)
    asked = ask(query)
    labels = Labels(lake, rules or Ruleset())
    _check_names(facts, labels.rules, asked.by, "by", ",".join(query.by))
    if asked.condition:
        names = sorted(referenced(asked.condition))
        _check_names(facts, labels.rules, names, "where", query.where)
    asked = scoped(asked, facts, labels.rules)
    days = ranges.resolve(query.range, (now or datetime.now(UTC)).date())
    asked_range = _whole_range(days, facts)
    previous, spans = None, [Span(days)]
    if query.compare and asked_range:
        previous, span = comparison_span(query, asked_range)
        spans.append(span)
    return Prepared(query, pin, facts, asked, days, asked_range, previous, tuple(spans), labels)


def _check_names(
    facts: list[SliceFacts], rules: Ruleset, names: Sequence[Dimension], field: str, text: str
) -> None:
    """Raise QueryError for a name that no charge and no rule has."""
    try:
        check_known(facts, names, field, text)
    except QueryError as error:
        raise without_names(error) from None
    check_tags(rules, names, field, text)


def split_tags(query: CostQuery, asked: Asked, rules: Ruleset) -> tuple[str, ...]:
    """The virtual tags of a question whose splits take part in its answer."""
    if query.splits == "direct":
        return ()
    looked = {*asked.by, *(referenced(asked.condition) if asked.condition else ())}
    return tuple(sorted(d.name for d in looked if d.kind == VIRTUAL and rules.splits_of(d.name)))


def with_splits(lake: PinnableLake, prepared: Prepared) -> Prepared:
    """The same, shared out by the splits of the tags that the question looks at, if they have
    any."""
    rules = prepared.labels.rules
    tags = split_tags(prepared.query, prepared.asked, rules)
    if not tags or not prepared.asked.money:
        # Quantities and lines are not shared out: they stay with the charge's own value.
        return prepared
    expansion = expand(prepared.asked, {tag: shares_of(lake, prepared, tag) for tag in tags})
    pooled = rules
    for tag in tags:
        pooled = pooled.with_pools(tag)
    return replace(prepared, labels=Labels(lake, pooled), expansion=expansion)


def _check_digits(prepared: Prepared, *, converted: bool) -> None:
    """Raise QueryError for a product of more factors than can be kept exact."""
    stages = prepared.expansion.stages if prepared.expansion else ()
    if len(stages) <= (1 if converted else 2):
        return
    tags = " and ".join(stage.tag for stage in stages)
    what = "converting what they share" if converted else "sharing by more than two tags"
    raise QueryError(
        f"{tags} have splits: {what} would need more digits than can be kept",
        field="splits",
        text=prepared.query.splits,
        hint="Ask by one of them"
        + (", in the charges' own currencies" if converted else "")
        + ", or directly (splits=direct), by what the rules alone say.",
    )


def shares_of(lake: PinnableLake, prepared: Prepared, tag: str) -> TagShares:
    """The shares of a tag's splits over the pin of a question: reckoned over the whole ledger,
    whoever asks, so that everybody's part is the same in every answer."""
    rules = prepared.labels.rules

    def ask_directly(query: CostQuery) -> Result:
        return run(lake, query, pin=prepared.pin, rules=rules)

    with whole_ledger():
        return tag_shares(lake, prepared.pin, prepared.facts, rules, tag, ask_directly)


def check_tags(rules: Ruleset, names: Iterable[Dimension], field: str, text: str) -> None:
    """Raise QueryError for a virtual tag that there is not, pointing at it."""
    for dimension in names:
        if dimension.kind != VIRTUAL or dimension.name in rules.tags:
            continue
        position = text.find(dimension.name)
        raise QueryError(
            f"there is no virtual tag {dimension.name!r}",
            field=field,
            text=text,
            position=position if position >= 0 else None,
            length=len(dimension.name),
            near=near_names(dimension.name, (*rules.tags, *DESCRIPTIVE)),
            allowed=sorted(rules.tags),
            hint="" if rules.tags else "No virtual tag is defined yet.",
        )


def ask(query: CostQuery) -> Asked:
    """Read the names of a question."""
    return Asked(
        by=tuple(parse_dimension(name) for name in query.by),
        condition=by_day(parse(query.where)) if query.where else None,
        sums=asked_sums(query.measures),
        grain=query.grain,
        money=any(MEASURES[name].kind == "money" for name in query.measures),
    )


def _whole_range(days: Days, facts: Sequence[SliceFacts]) -> DateRange | None:
    """The asked days, open ends closed by what the lake holds; None if that is nothing."""
    firsts = [f.first_day for f in facts if f.first_day]
    lasts = [f.last_day for f in facts if f.last_day]
    start = days.start or (min(firsts) if firsts else None)
    end = days.end or (max(lasts) + timedelta(days=1) if lasts else None)
    return DateRange(start, end) if start and end and start < end else None


def question_rates(
    prepared: Prepared, rates: Rates | None, *, stated: bool
) -> dict[RateKey, Rate] | None:
    """Rates by currency, charge day and stated text; None where all money is in the asked
    currency. A stated text that is no rate has the rate of its day."""
    target = prepared.query.currency
    asked = [
        facts
        for facts in prepared.facts
        if any(overlaps(facts, span.days) for span in prepared.spans)
    ]
    foreign = any(currency != target for facts in asked for currency in facts.currencies)
    if target is None or not prepared.asked.money or not foreign:
        return None
    source = rates or ecb_rates()
    found: dict[RateKey, Rate] = {}
    for facts in asked:
        if facts.first_day is None or facts.last_day is None:
            continue
        own = stated_rates(facts, target) if stated else {}
        keys = own or dict.fromkeys((c, NONE) for c in facts.currencies if c != target)
        for offset in range((facts.last_day - facts.first_day).days + 1):
            day = facts.first_day + timedelta(days=offset)
            for (currency, text), told in keys.items():
                rate = told or source.rate(currency, target, day)
                if rate is not None and (currency, day, text) not in found:
                    found[currency, day, text] = rate
    return found
