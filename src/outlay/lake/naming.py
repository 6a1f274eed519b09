"""Charges get their names from the vocabulary: between a source's mapping and the file.

The vocabulary is asked once per distinct combination of a delivery's texts, and its answers are
joined by a hash of what was asked. Where a large slice's combinations were worked out before
(`outlay.lake.factor`), they are named there, and rows cost nothing. Columns of money are not
touched; a quantity of an AI line is counted in tokens where its unit says how many of them it is.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from outlay.focus.ai import TOKENS
from outlay.focus.sql import quoted
from outlay.focus.vocabulary import Vocabulary
from outlay.lake.questions import (
    AI,
    AI_SERVICES,
    CODES,
    FACTOR,
    GROUPS,
    METERS,
    WHO,
    Group,
    kind_sql,
)
from outlay.lake.types import LakeError
from outlay.money import MONEY_SQL

_numbers = itertools.count()

_WHO_KEY = "outlay_who"
_IS_AI = "outlay_ai"
HELPERS = {_WHO_KEY: "UBIGINT", _IS_AI: "BOOLEAN", FACTOR: "VARCHAR"}
"""Columns of named combinations that help to name the rows and are never written."""

_FIXED = {
    "ServiceCategory": ("AI and Machine Learning",),
    "ServiceSubcategory": ("Generative AI",),
    "ConsumedUnit": (TOKENS,),
}
"""Values that rows may get beside those of their combination, which an enumeration must hold."""

_NOTHING = "NULL::VARCHAR"
_SALTS = 4

Place = Callable[[str], str]
"""SQL of an output column of the mapping, wherever it is read from."""


@dataclass(frozen=True)
class Table:
    """The answers to one group's questions: `key` is a hash of what was asked, o0… the answers."""

    group: Group
    name: str
    salt: int


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
        self._helpers: frozenset[str] = frozenset()
        self._resolved: set[str] = set()
        self._parts: dict[bool, list[Table]] = {True: [], False: []}
        self._values: dict[str, set[str]] = {name: set(v) for name, v in _FIXED.items()}

    def study(self, select: str, *, main: bool, small: bool) -> None:
        """Ask for the names of a SELECT's rows: of the main rows, or of the extra ones.

        Groups by which the slice's combinations were named already are left out for main rows.
        `small`: what is asked may be written out, so that the SELECT is worked out once.
        """
        groups = [g for g in GROUPS if not (main and g.name in self._resolved)]
        relation = f"({select})"
        if small and len(groups) > 1:
            needed = sorted(set().union(*(self._asked_columns(group) for group in groups)))
            relation = f"outlay_asked_{next(_numbers)}"
            listing = ", ".join(["true AS outlay_any", *map(quoted, needed)])
            self.connection.execute(
                f"CREATE TEMP TABLE {relation} AS SELECT {listing} FROM ({select})"
            )
        for group in groups:
            table = self._answered(group, relation, quoted, self._helpers if main else frozenset())
            if table is not None:
                self._parts[main].append(table)
        if relation.startswith("outlay"):
            self.connection.execute(f"DROP TABLE {relation}")

    # ── the combinations of a large slice ────────────────────────────────────────────────────

    def name_texts(self, table: str, places: Mapping[str, str]) -> dict[str, str]:
        """Name the combinations in a table, whose column `places[c]` holds output column c.

        Gives the places of all columns, HELPERS among them. A group that depends on a column that
        is not there is left to `study`.
        """
        tables = []
        for group in GROUPS:
            if not self._needs(group) <= set(places) and not self._is_idle(group, table, places):
                continue
            self._resolved.add(group.name)
            answered = self._answered(
                group, table, lambda name: places.get(name, "NULL"), frozenset()
            )
            if answered is not None:
                tables.append(answered)
        return self._rewrite(table, tables, places)

    def forget_texts(self) -> None:
        """The named combinations are not used after all: all rows are to be studied."""
        self._resolved.clear()
        self._helpers = frozenset()

    def values_beside(self, column: str) -> set[str] | None:
        """Values that rows may have beside those of their combinations; None: any may come."""
        open_groups = [g for g in GROUPS if g.name not in self._resolved]
        if column not in _FIXED and any(column in group.outputs for group in open_groups):
            return None
        return self._values.get(column, set())

    def _asked_columns(self, group: Group) -> set[str]:
        return {*WHO, *CODES, *group.inputs, *(METERS if group is AI else ())} & self.given

    def _needs(self, group: Group) -> set[str]:
        """The mapping's columns on which the answers depend, and those they may not overwrite."""
        return self._asked_columns(group) | (set(group.outputs) & self.given)

    def _is_idle(self, group: Group, table: str, places: Mapping[str, str]) -> bool:
        """Whether there is nothing to ask, though a column is missing: no AI service at all."""
        if group is not AI or not {*WHO, *CODES} & self.given <= set(places):
            return False
        condition = self._is_ai(lambda name: places.get(name, "NULL"), frozenset())
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

        def place(name: str) -> str:
            return f"c.{places[name]}"

        joins = self._join(answered, values, place, frozenset(), {})
        if len(self._resolved) < len(GROUPS) and {*WHO, *CODES} & self.given <= set(places):
            values[_WHO_KEY] = self._who_key(place, frozenset())
            values[_IS_AI] = self._is_ai(place, frozenset())
            found |= {_WHO_KEY: _WHO_KEY, _IS_AI: _IS_AI}
        listing = ", ".join(f"{sql} AS {found[name]}" for name, sql in values.items())
        self.connection.execute(
            f"CREATE TEMP TABLE outlay_renamed AS SELECT c.outlay_key, {listing} "
            f"FROM {table} AS c {joins}"
        )
        self.connection.execute(f"DROP TABLE {table}; ALTER TABLE outlay_renamed RENAME TO {table}")
        self._helpers = frozenset(HELPERS) & frozenset(found)
        return found

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    def rows(self, select: str, types: Mapping[str, str], *, main: bool) -> str:
        """The SELECT with its names; `types` are the columns to give, with their types."""
        tables, helpers = self._parts[main], self._helpers if main else frozenset()
        if not tables and FACTOR not in helpers:
            return f"SELECT {', '.join(map(quoted, types))} FROM ({select})" if helpers else select
        values = {name: f"c.{quoted(name)}" for name in types}
        if self.tokens:
            values[FACTOR] = f"c.{FACTOR}" if FACTOR in helpers else "NULL"
        joins = self._join(tables, values, lambda name: f"c.{quoted(name)}", helpers, types)
        factor = values.pop(FACTOR, "NULL")
        if factor != "NULL":
            values |= _in_tokens(factor)
        selected = ", ".join(
            f"CAST({sql} AS {types[name]}) AS {quoted(name)}" for name, sql in values.items()
        )
        return f"SELECT {selected} FROM ({select}) AS c {joins}"

    def _join(
        self,
        tables: Sequence[Table],
        values: dict[str, str],
        place: Place,
        helpers: frozenset[str],
        types: Mapping[str, str],
    ) -> str:
        """Joins of answers to rows `c`; puts the SQL of named columns, in their types, into
        `values`."""
        joins = []
        for table in tables:
            alias = f"w_{table.group.name}"
            key = self._key(table.group, place, helpers, table.salt)
            joins.append(f"LEFT JOIN {table.name} AS {alias} ON {alias}.key = {key}")
            for at, column in enumerate(table.group.outputs):
                if column in values:
                    said = f"CAST({alias}.o{at} AS {types.get(column, 'VARCHAR')})"
                    values[column] = _value(table.group, column, said, values[column])
        return " ".join(joins)

    # ── questions and answers ────────────────────────────────────────────────────────────────

    def _at(self, name: str, place: Place) -> str:
        return place(name) if name in self.given else _NOTHING

    def _who(self, place: Place) -> list[str]:
        return [*(self._at(n, place) for n in WHO[:3]), self._first(CODES, place)]

    def _who_key(self, place: Place, helpers: frozenset[str]) -> str:
        if _WHO_KEY in helpers:
            return place(_WHO_KEY)
        return f"hash({', '.join(self._who(place))})"

    def _inputs(self, group: Group, place: Place) -> list[str]:
        """SQL of what is asked beside who it is."""
        found = []
        for name in group.inputs:
            value = self._at(name, place)
            if name == "ResourceId":
                own = self._at("ResourceType", place)
                value = f"CASE WHEN {own} IS NULL THEN {kind_sql(f'CAST({value} AS VARCHAR)')} END"
            elif name == "SkuMeter":
                value = self._first(METERS, place)
            found.append(value)
        return found

    def _key(self, group: Group, place: Place, helpers: frozenset[str], salt: int) -> str:
        """SQL of the hash of what is asked; NULL where nothing is."""
        asked = [self._who_key(place, helpers), *self._inputs(group, place)]
        key = f"hash({', '.join(asked)}{f', {salt}' if salt else ''})"
        if group is AI:
            return f"CASE WHEN {self._is_ai(place, helpers)} THEN {key} END"
        return key

    def _first(self, names: Sequence[str], place: Place) -> str:
        there = [place(name) for name in names if name in self.given]
        if len(there) < 2:
            return there[0] if there else _NOTHING
        return f"coalesce({', '.join(f'CAST({sql} AS VARCHAR)' for sql in there)})"

    def _is_ai(self, place: Place, helpers: frozenset[str]) -> str:
        if _IS_AI in helpers:
            return place(_IS_AI)
        names = [place(name) for name in ("ServiceName", *CODES) if name in self.given]
        if not names:
            return "false"
        return f"regexp_matches(lower(concat_ws(' ', {', '.join(names)})), '{AI_SERVICES}')"

    def _answered(
        self, group: Group, relation: str, place: Place, helpers: frozenset[str]
    ) -> Table | None:
        """Ask all distinct questions of a relation; None where no answer says anything."""
        for salt in range(_SALTS):
            questions = self._questions(group, relation, place, helpers, salt)
            if questions is not None:
                break
        else:
            raise LakeError(
                f"the keys of the names of {group.name} collide under {_SALTS} salts; this is a "
                "defect: please report it with the source's kind"
            )
        answers = [group.answer(self.words, row[1:]) for row in questions]
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
        data = {"key": pa.array([row[0] for row in questions], pa.uint64())}
        data |= {f"o{at}": pa.array(column, pa.string()) for at, column in enumerate(columns)}
        table = f"outlay_words_{next(_numbers)}"
        self.connection.register("outlay_answers", pa.table(data))
        self.connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM outlay_answers")
        self.connection.unregister("outlay_answers")
        return Table(group, table, salt)

    def _questions(
        self, group: Group, relation: str, place: Place, helpers: frozenset[str], salt: int
    ) -> list[tuple[int, *tuple[str | None, ...]]] | None:
        """The key and texts of each distinct question; None where two have one key."""
        asked = [*self._who(place), *self._inputs(group, place)]
        texts = ", ".join(f"any_value({sql})" for sql in asked)
        witness = f"hash('witness', {', '.join(reversed(asked))})"
        rows = self.connection.execute(
            f"SELECT {self._key(group, place, helpers, salt)} AS outlay_question, {texts}, "
            f"min({witness}) <> max({witness}) FROM {relation} "
            f"WHERE {self._is_ai(place, helpers) if group is AI else 'true'} "
            "GROUP BY outlay_question"
        ).fetchall()
        if any(row[-1] for row in rows):
            return None
        return [row[:-1] for row in rows]


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
        f"c.ChargeCategory = 'Usage' AND {quantity} = c.PricingQuantity "
        f"AND {product} IS NOT NULL AND c.ConsumedUnit IS DISTINCT FROM '{TOKENS}' "
        "AND c.CommitmentDiscountStatus IS DISTINCT FROM 'Unused'"
    )
    # The outer CASE spares all other rows the products.
    return {
        column: f"CASE WHEN {factor} IS NULL THEN c.{column} WHEN {when} THEN {said} "
        f"ELSE c.{column} END"
        for column, said in (("ConsumedQuantity", product), ("ConsumedUnit", f"'{TOKENS}'"))
    }
