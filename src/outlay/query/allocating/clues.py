"""What the data gives away about a tag: which other tags, accounts and names go with its values.

Each clue is a rule that is not there yet, with the figures that speak for it. How much it would
allocate is worked out by evaluating it (`outlay.query.allocating.suggest`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from outlay.allocation.model import Taken, VirtualTagSpec
from outlay.expression import text_literal
from outlay.expression.dimensions import Dimension, parse_dimension
from outlay.focus.sql import literal, quoted
from outlay.money.quotients import quotient
from outlay.query.allocating.coverage import ACCOUNT, ACCOUNT_NAME, PREFIX, RESOURCE_NAME, sql_of
from outlay.query.allocating.labelled import LABELLED, Labelled
from outlay.query.allocating.spending import TAGS
from outlay.query.allocating.sums import caught_by

CONFIDENT = Decimal("0.9")
"""The least share of what is allocated that must have one value, for a clue to be told."""

SUPPORT = 10
"""The least number of allocated charges that a clue stands on."""

LISTED = 50
"""The most values that one suggested rule lists."""

SAME_WORDS = (
    {"team", "owner", "squad", "owningteam", "teamname", "ownerteam"},
    {"environment", "env", "stage"},
    {"costcenter", "costcentre", "cc"},
    {"product", "productname", "productline"},
    {"application", "app", "appname", "applicationname"},
    {"project", "projectname", "projectid"},
    {"service", "servicename"},
    {"department", "dept"},
    {"customer", "tenant", "client"},
)
"""Words that people use for one thing, in lower case without punctuation."""


@dataclass(frozen=True)
class Clue:
    """A rule that the data speaks for: `support` charges with a value, of which `confidence`
    have the rule's."""

    kind: str
    title: str
    rule: Mapping[str, Any]
    reason: str
    support: int = 0
    confidence: Decimal | None = None
    replaces: int = field(default=0)
    """The number of the rule that it stands in the place of (0: it is a new one)."""


def clues(at: Labelled, tag: str, spec: VirtualTagSpec, value: str) -> list[Clue]:
    """Every clue of a tag; `value` is the column of its values in the labelled combinations, which
    have their accounts, names and tags beside them."""
    found = list(_keys(at, tag, spec, value))
    found += _accounts(at, spec, value)
    found += _names(at, spec, value)
    return found


# --- other tags -----------------------------------------------------------------------------


@dataclass
class _Key:
    """A tag key: its values with the charges of each by the tag's value (None: unallocated)."""

    name: str
    values: dict[str, dict[str | None, int]] = field(default_factory=dict)

    @property
    def dimension(self) -> str:
        return str(Dimension("tag", self.name))

    def same(self) -> tuple[int, int]:
        """Of the allocated charges with the key: those whose value is the tag's, and all."""
        given = [
            (value, known, lines)
            for value, by in self.values.items()
            for known, lines in by.items()
            if known is not None
        ]
        same = sum(lines for value, known, lines in given if plain(value) == plain(known))
        return same, sum(lines for *_, lines in given)


def plain(text: str) -> str:
    """A text without regard to case and outer spaces."""
    return text.strip().lower()


def _keys(at: Labelled, tag: str, spec: VirtualTagSpec, value: str) -> Iterator[Clue]:
    known = _values(at, spec, value)
    for key in _tag_keys(at, spec, value):
        if not any(None in by for by in key.values.values()):
            continue
        same, given = key.same()
        told = _alike(key.name, tag, spec) and _meets(key, known, same, given)
        if told or (given >= SUPPORT and Decimal(same) >= CONFIDENT * given):
            yield _taken(key, tag, spec, known, same, given)
        else:
            yield from _co_occurring(key, tag)


def _meets(key: _Key, known: set[str], same: int, given: int) -> bool:
    """Whether a key that is called alike also says alike: more often than not, where that can be
    told."""
    lines, as_known = _missing(key, known)
    return not known or 2 * as_known >= lines or (given >= SUPPORT and 2 * same >= given)


def _missing(key: _Key, known: set[str]) -> tuple[int, int]:
    """The charges without a value that have the key, and those of them where it is a known
    value."""
    folded = {plain(value) for value in known}
    missing = {text: by[None] for text, by in key.values.items() if None in by}
    as_known = sum(count for text, count in missing.items() if plain(text) in folded)
    return sum(missing.values()), as_known


def _tag_keys(at: Labelled, spec: VirtualTagSpec, value: str) -> list[_Key]:
    given = f"nullif({value}, {literal(spec.default)})"
    rows = at.connection.execute(
        f"SELECT e.key, e.value, given, CAST(sum(lines) AS BIGINT) FROM (SELECT gid, {given} AS "
        f"given, unnest(map_entries({quoted(TAGS)})) AS e FROM {LABELLED} JOIN groups USING (gid)) "
        "JOIN spent USING (gid) WHERE e.value <> '' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    keys: dict[str, _Key] = {}
    for name, text, known, lines in rows:
        key = keys.setdefault(name, _Key(name))
        key.values.setdefault(text, {})[known] = lines
    return list(keys.values())


def _values(at: Labelled, spec: VirtualTagSpec, value: str) -> set[str]:
    rows = at.connection.execute(f"SELECT DISTINCT {value} FROM {LABELLED}").fetchall()
    return {row[0] for row in rows} - {spec.default}


def _alike(key: str, tag: str, spec: VirtualTagSpec) -> bool:
    """Whether a key is called like the tag, or like a key that its rules take values from."""
    taken = [parse_dimension(r.value.from_) for r in spec.rules if isinstance(r.value, Taken)]
    words = {_word(tag), *(_word(d.name) for d in taken if d.kind == "tag")}
    for same in SAME_WORDS:
        if words & same:
            words |= same
    return _word(key) in words


def _word(name: str) -> str:
    """The last part of a key, in lower case, letters and digits alone: ``k8s-label/team`` and
    ``Team`` are ``team``."""
    return re.sub(r"[^a-z0-9]", "", re.split(r"[:/]", name)[-1].lower())


def _taken(
    key: _Key, tag: str, spec: VirtualTagSpec, known: set[str], same: int, given: int
) -> Clue:
    lines, as_known = _missing(key, known)
    reason = (
        f"{lines:,} charges without a value have the key {key.name!r}; in {as_known:,} of them "
        f"({percent(as_known, lines)}) it is a value that {tag} knows."
    )
    if given:
        reason += f" Of {given:,} charges that have both, {same:,} ({percent(same, given)}) agree."
    support, agree = (given, same) if given else (lines, as_known)
    steps = _steps(spec, known, [text for text, by in key.values.items() if None in by])
    value: dict[str, Any] = {"from": key.dimension}
    if steps:
        value["transform"] = steps
    return Clue(
        "similar-key",
        f"Take {key.dimension} where {tag} has no value",
        {"value": value},
        reason,
        support,
        quotient(agree, support),
    )


def _steps(spec: VirtualTagSpec, known: set[str], missing: Iterable[str]) -> list[str]:
    """What to do to a taken text, as the other rules do, or so that it meets known values."""
    own = [s for r in spec.rules if isinstance(r.value, Taken) for s in r.value.transform]
    for case in ("lower", "upper"):
        if case in own:
            return ["trim", case]
    untrimmed = [text for text in missing if text not in known and plain(text) in known]
    return ["trim", "lower"] if untrimmed else []


def _co_occurring(key: _Key, tag: str) -> Iterator[Clue]:
    """Values of a key that go with one value of the tag, one rule for each of those."""
    found: dict[str, list[tuple[int, str, int, int]]] = {}
    for text, by in key.values.items():
        given = {known: lines for known, lines in by.items() if known is not None}
        lines = sum(given.values())
        if None not in by or lines < SUPPORT:
            continue
        best = max(sorted(given), key=lambda known: given[known])
        if Decimal(given[best]) >= CONFIDENT * lines:
            found.setdefault(best, []).append((by[None], text, given[best], lines))
    for value, entries in sorted(found.items()):
        chosen = sorted(entries, key=lambda entry: (-entry[0], entry[1]))[:LISTED]
        texts = sorted(entry[1] for entry in chosen)
        agree, lines = sum(entry[2] for entry in chosen), sum(entry[3] for entry in chosen)
        when = _is_one_of(key.dimension, texts)
        yield Clue(
            "co-occurring",
            f"{value} where {_shown(key.dimension, texts)}",
            {"when": when, "value": value},
            f"Of {lines:,} charges with {_shown(key.dimension, texts)} that have a value of "
            f"{tag}, {agree:,} ({percent(agree, lines)}) have {value!r}.",
            lines,
            quotient(agree, lines),
        )


# --- accounts and names ---------------------------------------------------------------------


def _accounts(at: Labelled, spec: VirtualTagSpec, value: str) -> Iterator[Clue]:
    relation = (
        f"SELECT gid, {sql_of(ACCOUNT)} AS Account, {value} AS Given FROM {LABELLED} "
        f"JOIN groups USING (gid) WHERE {sql_of(ACCOUNT)} IS NOT NULL"
    )
    names = dict(
        at.connection.execute(
            f"SELECT {sql_of(ACCOUNT)}, max({sql_of(ACCOUNT_NAME)}) FROM groups GROUP BY 1"
        ).fetchall()
    )
    accounts: dict[str, dict[str, Mapping[str, Decimal]]] = {}
    lines: dict[str, int] = {}
    for (account, given), caught in caught_by(
        at.connection, relation, ("Account", "Given")
    ).items():
        accounts.setdefault(account, {})[given] = caught.money
        if given != spec.default:
            lines[account] = lines.get(account, 0) + caught.lines
    for account, by_value in sorted(accounts.items()):
        missing = by_value.pop(spec.default, None)
        best, part = _almost_all(by_value)
        if missing is None or best is None or lines.get(account, 0) < SUPPORT:
            continue
        called = f" ({names[account]})" if names.get(account) else ""
        yield Clue(
            "account",
            f"{best} for the account {account}{called}",
            {"when": f"SubAccountId = {text_literal(account)}", "value": best},
            f"Of the money of account {account}{called} that has a value, "
            f"{percent(part)} has {best!r}.",
            lines[account],
            part,
        )


def _almost_all(
    by_value: Mapping[str, Mapping[str, Decimal]],
) -> tuple[str | None, Decimal]:
    """The value that has almost all of the money in every currency, and its least share."""
    if not by_value:
        return None, Decimal(0)
    currencies = sorted({c for money in by_value.values() for c in money})
    shares: dict[str, Decimal] = {}
    for value, money in by_value.items():
        parts = [
            quotient(money.get(c, Decimal(0)), sum(m.get(c, Decimal(0)) for m in by_value.values()))
            for c in currencies
        ]
        shares[value] = min((part if part is not None else Decimal(0)) for part in parts)
    best = max(sorted(shares), key=lambda value: shares[value])
    # Credits can make a part more than the whole: that is no almost-all.
    return (best, shares[best]) if CONFIDENT <= shares[best] <= 1 else (None, Decimal(0))


def _names(at: Labelled, spec: VirtualTagSpec, value: str) -> Iterator[Clue]:
    prefix = f"nullif(regexp_extract({sql_of(RESOURCE_NAME)}, {literal(PREFIX)}, 1), '')"
    relation = (
        f"SELECT * FROM (SELECT gid, {prefix} AS Prefix, {value} AS Given FROM {LABELLED} "
        "JOIN groups USING (gid)) WHERE Prefix IS NOT NULL"
    )
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for (start, given), caught in caught_by(at.connection, relation, ("Prefix", "Given")).items():
        found.setdefault(start, {})[given] = (caught.lines, caught.resources)
    for start, by_value in sorted(found.items()):
        missing = by_value.pop(spec.default, None)
        lines = sum(count for count, _ in by_value.values())
        if missing is None or lines < SUPPORT:
            continue
        best = max(sorted(by_value), key=lambda given: by_value[given][0])
        count, resources = by_value[best]
        if Decimal(count) < CONFIDENT * lines:
            continue
        yield Clue(
            "resource-name",
            f"{best} for resources named {start}…",
            {"when": f"starts_with(ResourceName, {text_literal(start)})", "value": best},
            f"Of {lines:,} charges of resources whose names begin with {start!r} that have a "
            f"value, {count:,} ({percent(count, lines)}, {resources:,} resources) have {best!r}.",
            lines,
            quotient(count, lines),
        )


# --- words ----------------------------------------------------------------------------------


def _is_one_of(dimension: str, texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return f"{dimension} = {text_literal(texts[0])}"
    return f"{dimension} IN ({', '.join(map(text_literal, texts))})"


def _shown(dimension: str, texts: Sequence[str]) -> str:
    if len(texts) <= 3:
        return _is_one_of(dimension, texts)
    return f"{dimension} one of {len(texts)} values"


def percent(part: Decimal | int, whole: int = 1) -> str:
    """A share in per cent with one decimal, rounded once."""
    found = quotient(part * 100, whole, 1)
    return "0.0 %" if found is None else f"{found} %"
