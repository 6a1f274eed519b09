"""Which charges of the bill each finding would change: what owners, overlaps and costs stand on.

The last whole month of days (`MONTH_DAYS`) of usage charges is put together by their descriptive
columns into *cells*; each finding's condition selects some. What the same findings select together
is one atom of `outlay.savings.netting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from sqlglot import exp

from outlay.app.detectors.facts import LakeFacts
from outlay.expression import compile_condition, parse
from outlay.expression.compile import Resolve
from outlay.expression.dimensions import Dimension
from outlay.expression.errors import QueryError
from outlay.focus.sql import literal, quoted
from outlay.money import total
from outlay.query.discounts import CONTRACTED, EFFECTIVE, LINES
from outlay.savings.model import MONTH_DAYS, PURCHASES, Finding
from outlay.savings.netting import Atom
from outlay.savings.recommendation import Discount

_MEASURES = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ConsumedQuantity",
             "PricingQuantity", "LineCount", EFFECTIVE, CONTRACTED)  # fmt: skip

_OPEN_USAGE = '"CommitmentDiscountId" IS NULL AND "PricingCategory" IS DISTINCT FROM \'Dynamic\''
"""Charges that a commitment could still cover: none does yet, and they are no spot prices."""


@dataclass(frozen=True)
class Footprint:
    """What a finding's charges cost a month on the bill (effective, of usage; None: the bill does
    not tell), by whom: the cost by value of the owner's tag, and how many resources they are of.
    `discount` is what private discounts took off that cost (None: nothing)."""

    cost: Decimal | None = None
    owners: tuple[tuple[str, Decimal], ...] = ()
    resources: int = 0
    discount: Discount | None = None

    @property
    def owner(self) -> tuple[str, Decimal] | None:
        """The dominant owner with what is theirs: the largest cost, of equals the first by name."""
        return min(self.owners, key=lambda pair: (-pair[1], pair[0]), default=None)


@dataclass(frozen=True)
class Bill:
    """The footprints by key, the atoms of all of them, and the days that were looked at (the end
    exclusive). `unasked` says by key why a condition could not be asked."""

    footprints: Mapping[str, Footprint]
    atoms: tuple[Atom, ...]
    days: tuple[date, date]
    unasked: Mapping[str, str] = field(default_factory=dict)


def resources_of(known: LakeFacts) -> list[tuple[str, str, str]]:
    """(provider, account, ResourceId) of the charges."""
    rows = known.rows(
        "SELECT DISTINCT coalesce(ServiceProviderName, '') AS p, coalesce(SubAccountId, '') AS a, "
        "ResourceId AS r FROM daily WHERE ResourceId IS NOT NULL"
    )
    return [(str(row["p"]), str(row["a"]), str(row["r"])) for row in rows]


def used_resources(known: LakeFacts) -> list[tuple[str, str, str]]:
    """(provider, account, ResourceId) of usage: what accounts have, not what is bought for them."""
    rows = known.rows(
        "SELECT DISTINCT coalesce(ServiceProviderName, '') AS p, coalesce(SubAccountId, '') AS a, "
        "ResourceId AS r FROM daily WHERE ResourceId IS NOT NULL AND ChargeCategory = 'Usage' "
        "AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused' ORDER BY ALL"
    )
    return [(str(row["p"]), str(row["a"]), str(row["r"])) for row in rows]


def lay(known: LakeFacts) -> tuple[frozenset[str], tuple[date, date]]:
    """Make the table ``cells`` of the look's connection; gives its columns and its days.

    A provider's month ends with its last whole day, and not after the last day that it charged
    for: a bill that is late must not look as if everything had become cheaper."""
    first, end = known.window(MONTH_DAYS)
    columns = [str(row["column_name"]) for row in known.rows("DESCRIBE daily")]
    kept = [name for name in columns if name not in (*_MEASURES, "ChargeDay")]
    listed = ", ".join(map(quoted, kept))
    known.rows("CREATE OR REPLACE TEMP TABLE spans (provider VARCHAR, first DATE, last DATE)")
    for row in known.rows(
        "SELECT coalesce(ServiceProviderName, '') AS p, max(ChargeDay) AS d FROM daily "
        f"WHERE ChargeDay < DATE '{known.today}' AND ChargeCategory = 'Usage' GROUP BY 1"
    ):
        until = min(known.window(MONTH_DAYS, row["p"])[1], row["d"] + timedelta(days=1))
        since = until - timedelta(days=MONTH_DAYS)
        known.rows(f"INSERT INTO spans VALUES ({literal(row['p'])}, '{since}', '{until}')")
    known.rows(
        f"CREATE OR REPLACE TEMP TABLE cells AS SELECT row_number() OVER () AS cell, {listed}, "
        f"sum(EffectiveCost) AS cost, sum({EFFECTIVE}) AS off FROM daily JOIN spans "
        "ON spans.provider = coalesce(ServiceProviderName, '') "
        "AND ChargeDay >= spans.first AND ChargeDay < spans.last "
        f"WHERE ChargeCategory = 'Usage' GROUP BY {listed}"
    )
    known.rows("CREATE OR REPLACE TEMP TABLE hits (finding VARCHAR, cell BIGINT)")
    return frozenset(kept), (first, end)


def footprints(
    known: LakeFacts,
    findings: Mapping[str, Finding],
    owner_tag: str,
    columns: frozenset[str],
    days: tuple[date, date],
) -> Bill:
    """What each finding (by its key) would change, after `lay`, which gives columns and days;
    `owner_tag` is the virtual tag of owners, one of the columns of the look ('' for none)."""
    unasked: dict[str, str] = {}
    for key, one in findings.items():
        if not one.where.strip():
            continue
        try:
            condition = sql_of(one.where, columns)
        except QueryError as error:
            unasked[key] = str(error)
            continue
        more = f" AND {_OPEN_USAGE}" if one.action in PURCHASES else ""
        known.rows(
            f"INSERT INTO hits SELECT {literal(key)}, cell FROM cells "
            f"WHERE ({condition}) AND BillingCurrency = {literal(one.currency)}{more}"
        )
    owner = quoted(owner_tag) if owner_tag in columns else "NULL"
    return Bill(_costs(known, owner), tuple(_atoms(known)), days, unasked)


def meets(known: LakeFacts, one: Finding, where: str, columns: Iterable[str]) -> bool:
    """Whether a charge that a finding would change meets a condition; after `lay`, whose columns
    they are. QueryError for a condition that cannot be asked."""
    if not one.where.strip():
        return False
    both = f"({sql_of(one.where, columns)}) AND ({sql_of(where, columns)})"
    return bool(known.rows(f"SELECT 1 FROM cells WHERE {both} LIMIT 1"))


def sql_of(where: str, columns: Iterable[str]) -> str:
    """A condition in SQL over rows that have these columns; what they have not is null."""
    known = frozenset(columns)
    return compile_condition(parse(where), _resolver(known)).sql(dialect="duckdb")


def _resolver(columns: frozenset[str]) -> Resolve:
    def resolve(dimension: Dimension) -> exp.Expr:
        if dimension.kind == "tag":
            arguments = [exp.column("Tags", quoted=True), exp.Literal.string(dimension.name)]
            return exp.Anonymous(this="map_extract_value", expressions=arguments)
        if dimension.name in columns:
            return exp.column(dimension.name, quoted=True)
        if dimension.kind == "column" and dimension.name != "ChargeDay":
            return exp.cast(exp.Null(), "VARCHAR")
        raise QueryError(
            f"{dimension} is nothing that a month's charges are told apart by",
            field="where",
            text=str(dimension),
        )

    return resolve


def _costs(known: LakeFacts, owner: str) -> dict[str, Footprint]:
    groups: dict[str, list[tuple[str, Decimal]]] = {}
    for row in known.rows(
        f"SELECT finding, coalesce({owner}, '') AS owner, sum(cost) AS cost "
        "FROM hits JOIN cells USING (cell) GROUP BY ALL ORDER BY ALL"
    ):
        groups.setdefault(str(row["finding"]), []).append((str(row["owner"]), row["cost"]))
    resources = {
        str(row["finding"]): int(row["n"])
        for row in known.rows(
            "SELECT finding, count(DISTINCT ResourceId) AS n FROM hits JOIN cells USING (cell) "
            "GROUP BY finding"
        )
    }
    discounts = _discounts(known)
    return {
        key: Footprint(
            total(cost for _, cost in parts),
            tuple(pair for pair in parts if pair[0]),
            resources.get(key, 0),
            discounts.get(key),
        )
        for key, parts in groups.items()
    }


def _discounts(known: LakeFacts) -> dict[str, Discount]:
    """By finding, what discounts in lines of their own took off its charges, and which lines."""
    sums = known.rows(
        "SELECT finding, sum(cost) AS cost, sum(off) AS off FROM hits JOIN cells USING (cell) "
        "GROUP BY finding HAVING sum(off) > 0 AND sum(cost) + sum(off) > 0"
    )
    if not sums:
        return {}
    lines: dict[str, list[str]] = {}
    for row in known.rows(
        "WITH given AS (SELECT DISTINCT provider, payer, currency, kind FROM "
        f"{LINES}) SELECT DISTINCT finding, kind, payer FROM hits JOIN cells USING (cell) "
        "JOIN given ON provider = coalesce(ServiceProviderName, '') "
        "AND payer = coalesce(BillingAccountId, '') AND currency = BillingCurrency "
        "WHERE off > 0 ORDER BY ALL"
    ):
        of = f" of billing account {row['payer']}" if row["payer"] else ""
        lines.setdefault(str(row["finding"]), []).append(f"{row['kind']}{of}")
    return {
        str(row["finding"]): Discount(
            total((row["cost"], row["off"])), row["off"], tuple(lines.get(str(row["finding"]), ()))
        )
        for row in sums
    }


def _atoms(known: LakeFacts) -> Iterable[Atom]:
    rows = known.rows(
        "WITH touched AS (SELECT cell, list(finding ORDER BY finding) AS findings FROM hits "
        "GROUP BY cell) SELECT findings, sum(greatest(cost, 0)) AS cost FROM touched "
        "JOIN cells USING (cell) GROUP BY findings ORDER BY findings"
    )
    for row in rows:
        names: Sequence[str] = row["findings"]
        if row["cost"] > 0:
            yield Atom(frozenset(map(str, names)), row["cost"])
