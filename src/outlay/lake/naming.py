"""Charges get their names from the vocabulary: between a source's mapping and the file.

The vocabulary is asked once per distinct combination of a delivery's texts, and its answers are
joined. Where a large slice's combinations were worked out before (`outlay.lake.factor`), they are
named there, and rows cost nothing. Columns of money are not touched; a quantity of an AI line is
counted in tokens where its unit says how many of them it is.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from outlay.focus.ai import TOKENS, ai_dimensions
from outlay.focus.sql import quoted
from outlay.focus.vocabulary import Vocabulary
from outlay.money import MONEY_SQL

_numbers = itertools.count()

WHO = ("ServiceProviderName", "HostProviderName", "ServiceName", "x_ServiceCode")
"""What every question to the vocabulary begins with. The code is the vendor's own one."""

CODES = ("x_ServiceCode", "x_ServiceId", "x_ConsumedService")
"""Own columns in which sources keep the vendor's code of a service, the first that is there."""

_METERS = ("x_MeterName", "x_SkuDescription", "SkuMeter", "x_UsageType")
_AI_SERVICES = (
    "bedrock|sagemaker|vertex|openai|foundry|cognitive services|ai services|ai models|gemini|"
    "generative language|aiplatform|agent platform"
)

_NOTHING = "NULL::VARCHAR"

FACTOR = "outlay_factor"
"""How many tokens one unit of an AI line's quantity is: a helper column, never written."""

Answer = Callable[[Vocabulary, tuple[str | None, ...]], tuple[str | None, ...]]


@dataclass(frozen=True)
class Group:
    """One kind of question: the columns that decide beside WHO, and the columns it gives."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    answer: Answer


def _service(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, name, code, category, subcategory = row
    found = words.service(provider, host, name, code, category, subcategory)
    return (
        found.name,
        found.category,
        found.subcategory,
        _kept(name, found.name),
        _kept(category, found.category),
        _kept(subcategory, found.subcategory),
    )


def _region(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, _, _, region, name = row
    found = words.region(provider, host, region, name)
    own = _kept(name, found.name)
    return found.id, found.name, own, found.country, found.continent


def _resource(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, service, _, own, kind = row
    found = words.resource_type(provider, host, service, own, kind)
    return found.type, _kept(own, found.type)


def _ai(words: Vocabulary, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    provider, host, service, code, meter, description, unit = row
    told = None
    for who in dict.fromkeys(filter(None, (host, provider))):
        names = dict.fromkeys(filter(None, (service, code)))
        for name in names if meter or description else ():
            told = told or ai_dimensions(who, name, meter or "", description or "", unit or "")
    if told is None:
        return (None,) * 6
    generative = bool(told.model or told.token_type)
    return (
        "AI and Machine Learning" if generative else None,
        "Generative AI" if generative else None,
        told.model,
        told.token_type,
        told.tier,
        str(told.factor) if told.factor and told.token_type else None,
    )


def _kept(own: str | None, name: str | None) -> str | None:
    """The vendor's own word, where it is another than the one written."""
    return own if own != name else None


SERVICE = Group(
    "service",
    ("ServiceCategory", "ServiceSubcategory"),
    (
        "ServiceName",
        "ServiceCategory",
        "ServiceSubcategory",
        "x_ServiceName",
        "x_ServiceCategory",
        "x_ServiceSubcategory",
    ),
    _service,
)
REGION = Group(
    "region",
    ("RegionId", "RegionName"),
    ("RegionId", "RegionName", "x_RegionName", "x_RegionCountry", "x_RegionContinent"),
    _region,
)
RESOURCE = Group(
    "resource",
    ("ResourceType", "ResourceId"),
    ("ResourceType", "x_ResourceType"),
    _resource,
)
AI = Group(
    "ai",
    ("SkuMeter", "ChargeDescription", "PricingUnit"),
    ("ServiceCategory", "ServiceSubcategory", "x_Model", "x_TokenType", "x_ServiceTier", FACTOR),
    _ai,
)
GROUPS = (SERVICE, REGION, RESOURCE, AI)

_FIXED = {
    "ServiceCategory": ("AI and Machine Learning",),
    "ServiceSubcategory": ("Generative AI",),
    "ConsumedUnit": (TOKENS,),
}
"""Values that rows may get beside those of their combination, which an enumeration must hold."""


@dataclass(frozen=True)
class Table:
    """The answers to one group's questions: columns k0… (what was asked) and o0… (answers)."""

    group: Group
    name: str


class Naming:
    """The names of one slice's charges; `given` are the columns that its mapping gives.

    `columns` are the own columns that have a value, `tokens` says whether quantities are counted
    in tokens; both are whole once all rows were looked at.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, words: Vocabulary, given: Iterable[str]
    ) -> None:
        self.connection, self.words = connection, words
        self.given = frozenset(given)
        self.columns: set[str] = set()
        self.tokens = False
        self.factor_inside = False
        """Whether the named combinations say how many tokens a unit is (in FACTOR)."""
        self._resolved: set[str] = set()
        self._parts: dict[bool, list[Table]] = {True: [], False: []}
        self._values: dict[str, set[str]] = {name: set(v) for name, v in _FIXED.items()}

    def study(self, select: str, *, main: bool) -> None:
        """Ask for the names of a SELECT's rows: of the main rows, or of the extra ones.

        Groups by which the slice's combinations were named already are left out for main rows.
        """
        for group in GROUPS:
            if main and group.name in self._resolved:
                continue
            table = self._answered(group, f"({select})", quoted)
            if table is not None:
                self._parts[main].append(table)

    # ── the combinations of a large slice ────────────────────────────────────────────────────

    def name_texts(self, table: str, places: Mapping[str, str]) -> dict[str, str]:
        """Name the combinations in a table, whose column `places[c]` holds output column c.

        Gives the places of all columns, those that were added included. A group that depends on a
        column that is not there is left to `study`.
        """
        tables = []
        for group in GROUPS:
            if not self._needs(group) <= set(places) and not self._is_idle(group, table, places):
                continue
            self._resolved.add(group.name)
            answered = self._answered(group, table, lambda name: places.get(name, "NULL"))
            if answered is not None:
                tables.append(answered)
        return self._rewrite(table, tables, places)

    def forget_texts(self) -> None:
        """The named combinations are not used after all: all rows are to be studied."""
        self._resolved.clear()
        self.factor_inside = False

    def values_beside(self, column: str) -> set[str] | None:
        """Values that rows may have beside those of their combinations; None: any may come."""
        open_groups = [g for g in GROUPS if g.name not in self._resolved]
        if column not in _FIXED and any(column in group.outputs for group in open_groups):
            return None
        return self._values.get(column, set())

    def _needs(self, group: Group) -> set[str]:
        """The mapping's columns on which the answers depend, and those they may not overwrite."""
        asked = {*WHO, *group.inputs, *CODES, *(_METERS if group is AI else ())}
        return (asked | set(group.outputs)) & self.given

    def _is_idle(self, group: Group, table: str, places: Mapping[str, str]) -> bool:
        """Whether there is nothing to ask, though a column is missing: no AI service at all."""
        who = {*WHO, *CODES} & self.given
        if group is not AI or not who <= set(places):
            return False
        condition = self._is_ai(lambda name: places.get(name, "NULL"))
        row = self.connection.execute(f"SELECT count_if({condition}) FROM {table}").fetchone()
        return row == (0,)

    def _rewrite(
        self, table: str, answered: Sequence[Table], places: Mapping[str, str]
    ) -> dict[str, str]:
        """Put answers into a table of texts; gives the places of all its columns."""
        names = dict.fromkeys(name for found in answered for name in found.group.outputs)
        empty = {name for name in names if name.startswith("x_") and name not in self.columns}
        new = [n for n in names if n not in empty and (n != FACTOR or self.tokens)]
        found = dict(places) | {name: f"n{at}" for at, name in enumerate(new) if name not in places}
        values = {name: f"c.{places[name]}" if name in places else "NULL" for name in found}
        joins = self._join(answered, values, lambda name: f"c.{places[name]}")
        listing = ", ".join(f"{sql} AS {found[name]}" for name, sql in values.items())
        self.connection.execute(
            f"CREATE TEMP TABLE outlay_renamed AS SELECT c.outlay_key, {listing} "
            f"FROM {table} AS c {joins}"
        )
        self.connection.execute(f"DROP TABLE {table}; ALTER TABLE outlay_renamed RENAME TO {table}")
        self.factor_inside = FACTOR in found
        return found

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    def rows(self, select: str, types: Mapping[str, str], *, main: bool) -> str:
        """The SELECT with its names; `types` are the columns to give, with their types."""
        tables = self._parts[main]
        inside = main and self.factor_inside
        if not tables and not inside:
            return select
        values = {name: f"c.{quoted(name)}" for name in types}
        if self.tokens:
            values[FACTOR] = f"c.{FACTOR}" if inside else "NULL"
        joins = self._join(tables, values, lambda name: f"c.{quoted(name)}")
        factor = values.pop(FACTOR, "NULL")
        if factor != "NULL":
            values |= _in_tokens(factor)
        selected = ", ".join(
            f"CAST({sql} AS {types[name]}) AS {quoted(name)}" for name, sql in values.items()
        )
        return f"SELECT {selected} FROM ({select}) AS c {joins}"

    def _join(
        self, tables: Sequence[Table], values: dict[str, str], place: Callable[[str], str]
    ) -> str:
        """Joins of answers to rows `c`; puts the SQL of named columns into `values`."""
        joins = []
        for table in tables:
            alias = f"w_{table.group.name}"
            asked = self._questions(table.group, place)
            on = [
                f"{alias}.k{at} IS NOT DISTINCT FROM {sql}"
                for at, sql in enumerate(asked)
                if sql != _NOTHING
            ]
            joins.append(f"LEFT JOIN {table.name} AS {alias} ON {' AND '.join(on) or 'true'}")
            for at, column in enumerate(table.group.outputs):
                if column in values:
                    values[column] = _value(table.group, column, f"{alias}.o{at}", values[column])
        return " ".join(joins)

    # ── questions and answers ────────────────────────────────────────────────────────────────

    def _questions(self, group: Group, place: Callable[[str], str]) -> list[str]:
        """SQL of what is asked; `place` gives the SQL of an output column."""

        def at(name: str) -> str:
            return f"CAST({place(name)} AS VARCHAR)" if name in self.given else _NOTHING

        found = [at(name) for name in WHO[:3]]
        found.append(self._first(CODES, at))
        for name in group.inputs:
            if name == "ResourceId":
                found.append(
                    f"CASE WHEN {at('ResourceType')} IS NULL THEN {kind_sql(at(name))} END"
                )
            elif group is AI:
                value = self._first(_METERS, at) if name == "SkuMeter" else at(name)
                found.append(f"CASE WHEN {self._is_ai(at)} THEN {value} END")
            else:
                found.append(at(name))
        return found

    def _first(self, names: Sequence[str], at: Callable[[str], str]) -> str:
        there = [at(name) for name in names if name in self.given]
        return f"coalesce({', '.join(there)})" if there else _NOTHING

    def _is_ai(self, at: Callable[[str], str]) -> str:
        names = [at(name) for name in ("ServiceName", *CODES) if name in self.given]
        if not names:
            return "false"
        return f"regexp_matches(lower(concat_ws(' ', {', '.join(names)})), '{_AI_SERVICES}')"

    def _answered(self, group: Group, relation: str, place: Callable[[str], str]) -> Table | None:
        """Ask all distinct questions of a relation; None where no answer says anything."""
        asked = self._questions(group, place)
        listing = ", ".join(f"{sql} AS k{at}" for at, sql in enumerate(asked))
        questions = self.connection.execute(f"SELECT DISTINCT {listing} FROM {relation}").fetchall()
        answers = [group.answer(self.words, tuple(row)) for row in questions]
        columns = list(zip(*answers, strict=True)) if answers else []
        if not any(value is not None for column in columns for value in column):
            return None
        for name, column in zip(group.outputs, columns, strict=True):
            said = {value for value in column if value is not None}
            self._values.setdefault(name, set()).update(said)
            if said and name == FACTOR:
                self.tokens = True
            elif said and name.startswith("x_"):
                self.columns.add(name)
        return self._made(group, questions, columns)

    def _made(
        self, group: Group, questions: Sequence[tuple[Any, ...]], answers: Sequence[Sequence[Any]]
    ) -> Table:
        name = f"outlay_words_{next(_numbers)}"
        asked = list(zip(*questions, strict=True))
        data = {f"k{at}": pa.array(column, pa.string()) for at, column in enumerate(asked)}
        data |= {f"o{at}": pa.array(column, pa.string()) for at, column in enumerate(answers)}
        self.connection.register("outlay_answers", pa.table(data))
        self.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM outlay_answers")
        self.connection.unregister("outlay_answers")
        return Table(group, name)


def kind_sql(resource: str) -> str:
    """SQL of what a resource's id tells of its kind; `?` where it tells nothing.

    `arn:aws:ec2:…:instance/i-1` → `ec2:instance`, `/subscriptions/…/providers/Microsoft.Sql/
    servers/s/databases/d` → `microsoft.sql/servers/databases`, `//compute.googleapis.com/…/disks/d`
    → `compute/disks`, `ocid1.vnic.…` → `vnic`.
    """
    arn = "'^arn:[^:]*:([^:]*):[^:]*:[^:]*:(?:([^:/]+)[:/].*)?.*$', '\\1:\\2'"
    azure = "'^.*/providers/([^/]+)/([^/]+)(?:/[^/]+(?:/([^/]+))?)?.*$', '\\1/\\2/\\3'"
    google = "'^//([^./]+)[^/]*/(?:.*/)?([^/]+)/[^/]+$', '\\1/\\2'"
    return (
        f"CASE WHEN {resource} LIKE 'arn:%' THEN rtrim(regexp_replace({resource}, {arn}), ':') "
        f"WHEN {resource} ILIKE '%/providers/%' "
        f"THEN rtrim(regexp_replace(lower({resource}), {azure}), '/') "
        f"WHEN {resource} LIKE '//%' THEN regexp_replace({resource}, {google}) "
        f"WHEN {resource} LIKE 'ocid1.%' THEN split_part({resource}, '.', 2) "
        f"WHEN {resource} LIKE 'projects/%' "
        f"THEN regexp_extract({resource}, '([^/]+)/[^/]+$', 1) "
        f"WHEN {resource} <> '' THEN '?' END"
    )


def _value(group: Group, column: str, said: str, own: str) -> str:
    """SQL of a column: the answer, or what the row has where only AI lines are asked or the
    source gives an own column of that name."""
    if group is AI or (column.startswith("x_") and own != "NULL"):
        first, second = (own, said) if column.startswith("x_") else (said, own)
        return f"coalesce({first}, {second})"
    return said


def _in_tokens(factor: str) -> dict[str, str]:
    """Quantity and unit of lines that are counted in tokens, where the product is exact."""
    quantity = "TRY_CAST(c.PricingQuantity AS DECIMAL(28,15))"
    product = f"TRY_CAST({quantity} * CAST({factor} AS DECIMAL(10,0)) AS {MONEY_SQL})"
    when = (
        f"{factor} IS NOT NULL AND c.ChargeCategory = 'Usage' AND {quantity} = c.PricingQuantity "
        f"AND {product} IS NOT NULL AND c.ConsumedUnit IS DISTINCT FROM '{TOKENS}' "
        "AND c.CommitmentDiscountStatus IS DISTINCT FROM 'Unused'"
    )
    return {
        "ConsumedQuantity": f"CASE WHEN {when} THEN {product} ELSE c.ConsumedQuantity END",
        "ConsumedUnit": f"CASE WHEN {when} THEN '{TOKENS}' ELSE c.ConsumedUnit END",
    }
