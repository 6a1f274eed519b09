"""How much of the money a virtual tag allocates, and what would catch the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from outlay.access import whole_only
from outlay.allocation.rules import Ruleset
from outlay.allocation.sql import column_of
from outlay.expression import text_literal
from outlay.expression.dimensions import Dimension
from outlay.focus.sql import literal, quoted
from outlay.query.allocating.labelled import LABELLED, Asking, Labelled, Side, labelled
from outlay.query.allocating.shapes import (
    Caught,
    Coverage,
    Covered,
    Gap,
    add_money,
    largest,
)
from outlay.query.allocating.spending import TAGS
from outlay.query.allocating.sums import caught_by
from outlay.query.run import PinnableLake

GAPS = 10
"""How many gaps of each kind are told."""


def _column(name: str) -> Dimension:
    return Dimension("column", name)


ACCOUNT, ACCOUNT_NAME = _column("SubAccountId"), _column("SubAccountName")
SERVICE, RESOURCE_NAME = _column("ServiceName"), _column("ResourceName")
RESOURCE_TYPE, CATEGORY = _column("ResourceType"), _column("ChargeCategory")
LOOKED_AT = (ACCOUNT, ACCOUNT_NAME, SERVICE, RESOURCE_NAME, RESOURCE_TYPE, CATEGORY)
"""What gaps and suggestions look at, besides tags."""

PREFIX = r"^([A-Za-z][A-Za-z0-9]+[-_./:])[^-_./:]"
"""The beginning of a resource's name up to its first separator: its naming pattern."""


def sql_of(dimension: Dimension) -> str:
    """The column of a dimension in the combinations."""
    return quoted(column_of(dimension))


def coverage(
    lake: PinnableLake, rules: Ruleset, tag: str, asking: Asking, *, gaps: int = GAPS
) -> Coverage:
    """How much the tag allocates of the first measure of the question within which is looked, in
    all, by month and by value; and at most `gaps` of each kind of what would catch the rest.

    Raises QueryError for a tag that there is not, and like a question.
    """
    whole_only("coverage of a virtual tag")
    spec = rules.tag(tag, "tag")
    side = Side("now", rules, (tag,))
    with labelled(lake, [side], asking, also=LOOKED_AT, with_tags=True) as at:
        value = side.column(tag)
        by_value = caught_by(at.connection, f"SELECT gid, {value} FROM {LABELLED}", (value,))
        values = {key[0]: caught for key, caught in by_value.items()}
        return Coverage(
            tag,
            spec.default,
            at.scope,
            covered_of(values, spec.default),
            _months(at, value, spec.default),
            tuple(largest(sorted(values.items()), lambda pair: pair[1].money)),
            tuple(_gaps(at, value, spec.default, gaps)),
        )


def covered_of(values: dict[str, Caught], default: str) -> Covered:
    """What values other than the default have, of all."""
    whole = add_money(*(caught.money for caught in values.values()))
    given = add_money(*(caught.money for value, caught in values.items() if value != default))
    return Covered({c: given.get(c, Decimal(0)) for c in whole}, whole)


def _months(at: Labelled, value: str, default: str) -> tuple[tuple[date, Covered], ...]:
    given = f"SELECT gid, {value} = {literal(default)} AS missing FROM {LABELLED}"
    found: dict[date, dict[str, Caught]] = {}
    for (missing, month), caught in caught_by(at.connection, given, ("missing", "month")).items():
        found.setdefault(month, {})["missing" if missing else "given"] = caught
    return tuple((month, covered_of(found[month], "missing")) for month in sorted(found))


# --- gaps -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """A kind of gap: the SQL of its value over combinations, and of what it is called."""

    name: str
    dimension: str
    value: str
    title: str

    def condition(self, value: str) -> str:
        """The condition that would catch a gap of the kind."""
        match self.name:
            case "tag":
                return f"{Dimension('tag', value)} IS NOT NULL"
            case "resource-name":
                return f"starts_with({self.dimension}, {text_literal(value)})"
        return f"{self.dimension} = {text_literal(value)}"


_KINDS = (
    _Kind("account", "SubAccountId", sql_of(ACCOUNT), sql_of(ACCOUNT_NAME)),
    _Kind("service", "ServiceName", sql_of(SERVICE), "NULL"),
    _Kind("tag", "tags", f"unnest(map_keys({quoted(TAGS)}))", "NULL"),
    _Kind(
        "resource-name",
        "ResourceName",
        f"nullif(regexp_extract({sql_of(RESOURCE_NAME)}, {literal(PREFIX)}, 1), '')",
        "NULL",
    ),
    _Kind("resource-type", "ResourceType", sql_of(RESOURCE_TYPE), "NULL"),
    _Kind("charge-category", "ChargeCategory", sql_of(CATEGORY), "NULL"),
)


def _gaps(at: Labelled, value: str, default: str, most: int) -> Iterable[Gap]:
    missing = (
        f"(SELECT * FROM {LABELLED} JOIN groups USING (gid) WHERE {value} = {literal(default)})"
    )
    found: list[Gap] = []
    for kind in _KINDS:
        relation = f"SELECT gid, {kind.value} AS Looked FROM {missing}"
        relation = f"SELECT * FROM ({relation}) WHERE Looked IS NOT NULL"
        if kind.name == "charge-category":
            relation += " AND Looked <> 'Usage'"
        caught = caught_by(at.connection, relation, ("Looked",))
        chosen = largest(sorted(caught.items()), lambda pair: pair[1].money)[:most]
        titles = _titles(at, missing, kind) if kind.title != "NULL" else {}
        found += [
            Gap(
                kind.name,
                kind.dimension if kind.name != "tag" else str(Dimension("tag", key[0])),
                key[0],
                titles.get(key[0], ""),
                kind.condition(key[0]),
                one,
            )
            for key, one in chosen
        ]
    return largest(found, lambda gap: gap.caught.money)


def _titles(at: Labelled, missing: str, kind: _Kind) -> dict[str, str]:
    rows = at.connection.execute(
        f"SELECT {kind.value}, max({kind.title}) FROM {missing} GROUP BY 1"
    ).fetchall()
    return {value: title for value, title in rows if value and title}
