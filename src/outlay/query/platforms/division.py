"""What the bill does not tell and usage does: charges divided by the tokens of who used them.

A gateway knows the customer of each call, a vendor's usage report the user; the bill knows
neither. A charge of a day, model and kind of token is divided by the tokens of that day, model
and kind. What the vendor counted beyond what the gateway saw stays unattributed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from outlay.allocation.rules import Ruleset, eras, tag_dimensions
from outlay.allocation.sql import Evaluation, column_of
from outlay.expression import parse, referenced
from outlay.expression.dimensions import VIRTUAL, Dimension, parse_dimension
from outlay.focus.sql import literal, quoted
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import file_columns
from outlay.lake.types import Pin
from outlay.money import total
from outlay.query import ranges
from outlay.query.model import CostQuery
from outlay.query.platforms.model import PlatformQuery, platform
from outlay.query.platforms.sharing import shared_out
from outlay.query.run import run
from outlay.query.usage import SupersededBy
from outlay.query.usage.run import UsageLake, dimension_sql, files

_DAY = "CAST(UsagePeriodStart AS DATE)"
_OWN_MATCH = ("SubAccountId", "x_ApiKey", "x_User")
_TOKENS = ("x_Model", "x_TokenType")
_UNSEEN = ""
"""Stands for tokens that are nobody's; no value of a dimension is an empty text."""

Values = tuple[str | None, ...]


@dataclass(frozen=True)
class Layer:
    """One source of usage over some bills: the tokens of each consumer by day and match values.

    `bills` are the sources whose charges it divides, `within` the combinations of the columns
    `narrows` that count (None: all).
    """

    usage: str
    bills: frozenset[str]
    match: tuple[str, ...]
    weights: Mapping[tuple[date, Values], Mapping[str, Decimal]]
    narrows: tuple[str, ...] = ()
    within: frozenset[Values] | None = None

    def weights_of(self, row: Mapping[str, object], day: date) -> Mapping[str, Decimal]:
        """The tokens of each consumer of a charge; empty where the layer knows none."""
        if row.get("x_SourceName") not in self.bills:
            return {}
        if self.within is not None and _values(row, self.narrows) not in self.within:
            return {}
        return self.weights.get((day, _values(row, self.match)), {})


@dataclass(frozen=True)
class Divider:
    """All that divides the charges of a question, the first that knows somebody counts.

    `columns` are what charges must be asked by, `choices` the dimensions that usage alone has.
    """

    layers: tuple[Layer, ...] = ()
    columns: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    active: bool = field(default=False)

    @classmethod
    def none(cls) -> Divider:
        """Nothing divides."""
        return cls()

    def parts(
        self, row: Mapping[str, object], day: date | None, amount: Decimal
    ) -> dict[str, Decimal]:
        """The parts of a charge that usage gives to somebody; the rest is nobody's."""
        if day is None or not amount:
            return {}
        for layer in self.layers:
            weights = layer.weights_of(row, day)
            if any(name != _UNSEEN for name in weights):
                found = shared_out(amount, weights)
                found.pop(_UNSEEN, None)
                return found
        return {}


def divider(
    lake: UsageLake,
    pin: Pin,
    query: PlatformQuery,
    ties: Mapping[str, SupersededBy],
    bills: Iterable[str],
    rules: Ruleset,
    now: datetime,
) -> Divider:
    """What divides the charges of the bills: gateways that are tied to them, then their own usage.

    Without a dimension in the question, only what usage could be asked by is told.
    """
    there = lake.usage_paths(pin)
    paths: dict[str, list[Path]] = {}
    for one in pin.slices:
        if one.delivery.id in there:
            paths.setdefault(one.source, []).append(there[one.delivery.id])
    mine = frozenset(bills)
    of_models = [name for name in sorted(paths) if _counts_models(lake, paths[name])]
    tied = [name for name in of_models if name in ties and mine & set(ties[name].bills)]
    own = [name for name in of_models if name in mine]
    loose = [name for name in of_models if name not in ties and name not in mine]
    made = _Maker(lake, pin, query, rules, now, paths)
    notes = tuple(
        f"{name} counts calls of models and is tied to no bill: outlay tie {name} BILL "
        "--match x_Model gives the bill to whom it saw"
        for name in loose
    )
    choices = tuple(made.choices([*tied, *own]))
    if not query.by or not (tied or own):
        return Divider(choices=choices, notes=notes)
    layers = [made.tied(name, ties[name], mine) for name in tied] + [made.own(n) for n in own]
    found = tuple(layer for layer in layers if layer.weights)
    columns = {name for layer in found for name in (*layer.match, *layer.narrows)}
    wanted = ("x_SourceName", *_TOKENS, *sorted(columns - set(_TOKENS)))
    return Divider(found, wanted if found else (), choices, notes, bool(found))


def _counts_models(lake: UsageLake, paths: Sequence[Path]) -> bool:
    """Whether some usage is tokens of a model."""
    there = [path for path in paths if "x_Model" in file_columns(path)]
    if not there:
        return False
    with question_connection(lake) as connection:
        found = connection.execute(
            f"SELECT 1 FROM {files(there)} WHERE x_Model IS NOT NULL AND Unit = 'Tokens' LIMIT 1"
        ).fetchone()
    return found is not None


class _Maker:
    """Reads usage into layers."""

    def __init__(
        self,
        lake: UsageLake,
        pin: Pin,
        query: PlatformQuery,
        rules: Ruleset,
        now: datetime,
        paths: Mapping[str, list[Path]],
    ) -> None:
        self.lake, self.pin, self.query, self.rules, self.now = lake, pin, query, rules, now
        self.paths = paths
        self.days = ranges.resolve(query.range, now.date())

    def choices(self, sources: Sequence[str]) -> list[str]:
        """Dimensions that the usage has and that tell a consumer."""
        columns = self._columns(sources)
        named = ("x_ApiKey", "x_User", "x_EndUser", "x_Team", "ServiceName")
        found = [name for name in named if name in columns]
        with question_connection(self.lake) as connection:
            keys = [
                key
                for path in (p for name in sources for p in self.paths[name])
                if "Tags" in file_columns(path)
                for (key,) in connection.execute(
                    f"SELECT DISTINCT unnest(map_keys(Tags)) FROM {files([path])}"
                ).fetchall()
            ]
        return [*found, *(str(Dimension("tag", key)) for key in sorted(set(keys)))]

    def tied(self, name: str, tie: SupersededBy, mine: frozenset[str]) -> Layer:
        """A gateway's log over the bills that it is tied to."""
        bills = frozenset(tie.bills) & mine
        match = tuple(dict.fromkeys([*tie.match, *_TOKENS]))
        narrows, within = self._within(tie.where, bills)
        seen = self._tokens([name], match, self.query.by)
        counted = self._counted(bills, match, narrows, within)
        weights = {key: _with_unseen(found, counted.get(key)) for key, found in seen.items()}
        return Layer(name, bills, match, weights, narrows, within)

    def own(self, name: str) -> Layer:
        """A vendor's own usage report beside its costs."""
        match = tuple(self._filled(name)) + _TOKENS
        weights = self._tokens([name], match, self.query.by)
        return Layer(name, frozenset([name]), match, weights)

    def _filled(self, source: str) -> list[str]:
        """The columns that tell charges of a source apart, of those that usage has as well."""
        facts = [s for s in self.pin.slices if s.source == source and s.charges_path.exists()]
        columns = frozenset().union(*(file_columns(s.charges_path) for s in facts))
        names = [name for name in _OWN_MATCH if name in columns and name != self.query.by]
        if not names or not facts:
            return []
        listed = ", ".join(literal(str(s.charges_path)) for s in facts)
        counts = ", ".join(f"count({quoted(name)})" for name in names)
        with question_connection(self.lake) as connection:
            (found,) = connection.execute(
                f"SELECT {counts} FROM read_parquet([{listed}], union_by_name = true, "
                "hive_partitioning = false)"
            ).fetchall()
        return [name for name, count in zip(names, found, strict=True) if count]

    def _within(
        self, where: str, bills: frozenset[str]
    ) -> tuple[tuple[str, ...], frozenset[Values] | None]:
        """The combinations of what a tie's condition looks at for which it holds."""
        if not where:
            return (), None
        names = tuple(str(d) for d in sorted(referenced(parse(where))))
        condition = f"({platform(self.query.platform).where}) AND ({where})"
        question = CostQuery(measures=("LineCount",), by=names, where=condition)
        result = run(self.lake, question, pin=self.pin, rules=self.rules, now=self.now)
        return names, frozenset(_values(row, names) for row in result.rows())

    def _counted(
        self,
        bills: frozenset[str],
        match: tuple[str, ...],
        narrows: tuple[str, ...],
        within: frozenset[Values] | None,
    ) -> dict[tuple[date, Values], Decimal]:
        """The tokens that the vendors themselves count, where their usage tells; else nothing."""
        sources = [name for name in sorted(bills) if name in self.paths]
        asked = [*match, *narrows]
        if not sources or not self._has(sources, asked):
            return {}
        found: dict[tuple[date, Values], Decimal] = {}
        wide = tuple(dict.fromkeys(asked))
        for (day, values), weights in self._tokens(sources, wide, "").items():
            row = dict(zip(wide, values, strict=True))
            if within is None or _values(row, narrows) in within:
                key = (day, _values(row, match))
                found[key] = total((found.get(key, Decimal(0)), *weights.values()))
        return found

    def _has(self, sources: Sequence[str], names: Iterable[str]) -> bool:
        columns = self._columns(sources)
        return all(
            d.kind == "tag" or (d.kind == "column" and d.name in columns)
            for d in map(parse_dimension, names)
        )

    def _columns(self, sources: Sequence[str]) -> frozenset[str]:
        paths = [path for name in sources for path in self.paths[name]]
        return frozenset().union(*(file_columns(path) for path in paths))

    def _tokens(
        self, sources: Sequence[str], match: tuple[str, ...], by: str
    ) -> dict[tuple[date, Values], dict[str, Decimal]]:
        """Tokens by day and match values, of each value of `by` ("": all as nobody's)."""
        paths = [path for name in sources for path in self.paths[name]]
        columns = self._columns(sources)
        if by and not self._can_tell(by, columns):
            return {}
        keys = {f"m{at}": _sql(parse_dimension(name), columns) for at, name in enumerate(match)}
        conditions = ["Unit = 'Tokens'"]
        if self.days.start:
            conditions.append(f"UsagePeriodStart >= TIMESTAMP '{self.days.start}'")
        if self.days.end:
            conditions.append(f"UsagePeriodStart < TIMESTAMP '{self.days.end}'")
        where = " AND ".join(conditions)
        with question_connection(self.lake) as connection:
            branches = self._branches(connection, files(paths), where, by, keys, columns)
            rows = [
                row
                for branch in branches
                for row in connection.execute(
                    f"SELECT day, {', '.join(keys)}, consumer, sum(Quantity) FROM ({branch}) "
                    "GROUP BY ALL"
                ).fetchall()
            ]
        default = self.rules.tags[by].default if by in self.rules.tags else None
        found: dict[tuple[date, Values], dict[str, Decimal]] = {}
        for day, *values, consumer, quantity in rows:
            name = _UNSEEN if consumer in (None, "", default) else str(consumer)
            key = (day, tuple(None if v is None else str(v) for v in values))
            known = found.setdefault(key, {})
            known[name] = total((known.get(name, Decimal(0)), quantity))
        return {key: weights for key, weights in found.items() if not by or set(weights) != {""}}

    def _can_tell(self, by: str, columns: frozenset[str]) -> bool:
        dimension = parse_dimension(by)
        if dimension.kind == VIRTUAL:
            return by in self.rules.tags
        return dimension.kind == "tag" or dimension.name in columns

    def _branches(
        self,
        connection: duckdb.DuckDBPyConnection,
        relation: str,
        where: str,
        by: str,
        keys: Mapping[str, str],
        columns: frozenset[str],
    ) -> list[str]:
        """SELECTs of day, match columns, consumer and Quantity; one an era of the tag's rules."""
        plain = ", ".join(f"{sql} AS {name}" for name, sql in keys.items())
        dimension = parse_dimension(by) if by else None
        if dimension is None or dimension.kind != VIRTUAL:
            consumer = "CAST(NULL AS VARCHAR)" if dimension is None else _sql(dimension, columns)
            return [
                f"SELECT {_DAY} AS day, {plain}, {consumer} AS consumer, Quantity "
                f"FROM {relation} WHERE {where}"
            ]
        (bounds,) = connection.execute(
            f"SELECT min({_DAY}), max({_DAY}) FROM {relation} WHERE {where}"
        ).fetchall()
        if bounds[0] is None:
            return []
        found = []
        for start, end in eras(self.rules.boundaries(by), *bounds):
            within = [where, *([f"{_DAY} >= DATE '{start}'"] if start else [])]
            within += [f"{_DAY} < DATE '{end}'"] if end else []
            looked = self._looked_at(by, columns)
            inner = (
                f"SELECT {_DAY} AS day, {plain}, Quantity{''.join(f', {c}' for c in looked)} "
                f"FROM {relation} WHERE {' AND '.join(within)}"
            )
            found.append(self._labelled(connection, inner, by, start or bounds[0], keys, columns))
        return found

    def _looked_at(self, by: str, columns: frozenset[str]) -> list[str]:
        """The dimensions that the rules look at, as columns of usage."""
        wanted = {
            dimension
            for name in self.rules.closure([by])
            for dimension in tag_dimensions(self.rules.tags[name])
            if dimension.kind != VIRTUAL
        }
        return [f"{_sql(d, columns)} AS {quoted(column_of(d))}" for d in sorted(wanted)]

    def _labelled(
        self,
        connection: duckdb.DuckDBPyConnection,
        relation: str,
        by: str,
        day: date,
        keys: Mapping[str, str],
        columns: frozenset[str],
    ) -> str:
        """The tag's own rules over usage rows, what it builds on first."""
        closure = self.rules.closure([by])
        looked = {
            column_of(d) for name in closure for d in tag_dimensions(self.rules.tags[name])
            if d.kind != VIRTUAL
        }  # fmt: skip
        kept = ["day", *keys, "Quantity", *map(quoted, sorted(looked))]
        for name in closure:
            spec = self.rules.tags[name]
            listed = ", ".join(kept)
            label = quoted(column_of(Dimension(VIRTUAL, name)))
            labelled = Evaluation(connection, self.rules, spec, day, listed).sql(relation)
            relation = f"SELECT {listed}, Value AS {label} FROM ({labelled})"
            kept.append(label)
        own = quoted(column_of(Dimension(VIRTUAL, by)))
        return f"SELECT day, {', '.join(keys)}, {own} AS consumer, Quantity FROM ({relation})"


def _sql(dimension: Dimension, columns: frozenset[str]) -> str:
    """A dimension as a column of usage; null where usage has none."""
    if dimension.kind == "column" and dimension.name == "ChargeDay":
        return _DAY
    known = dimension.kind == "tag" and "Tags" in columns
    if not known and not (dimension.kind == "column" and dimension.name in columns):
        return "CAST(NULL AS VARCHAR)"
    return dimension_sql(dimension)


def _values(row: Mapping[str, object], names: Sequence[str]) -> Values:
    return tuple(None if row.get(name) is None else str(row[name]) for name in names)


def _with_unseen(weights: Mapping[str, Decimal], counted: Decimal | None) -> dict[str, Decimal]:
    """The weights with what the vendor counted beyond them as nobody's."""
    found = dict(weights)
    if counted is not None:
        unseen = total((counted, total(weights.values()).copy_negate()))
        if unseen > 0:
            found[_UNSEEN] = total((found.get(_UNSEEN, Decimal(0)), unseen))
    return found
