"""Rules and splits for tests, said in one line each."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.allocation.model import SplitSpec, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.allocation.weights import MetricReader
from outlay.focus.sql import literal
from outlay.focus.usage import LAKE_USAGE_TYPES, USAGE_TYPES
from outlay.lake.types import Pin
from outlay.money import total
from outlay.query import CostQuery, Result, run
from tests.query.fixtures import SmallLake

TEAM = VirtualTagSpec.model_validate(
    {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
)
"""The virtual tag that is the tag `team` of a charge."""


def ruleset(
    splits: Mapping[str, Mapping[str, Any]],
    tags: Mapping[str, VirtualTagSpec] | None = None,
    metrics: MetricReader | None = None,
) -> Ruleset:
    """Rules with the tag `team` and the splits (of `team` unless they say otherwise)."""
    found = {
        name: SplitSpec.model_validate({"tag": "team"} | spec) for name, spec in splits.items()
    }
    return Ruleset(tags={"team": TEAM, **(tags or {})}, splits=found, metrics=metrics).check()


class Series:
    """A fake of kept metrics: name → first day of a period → value of the label → amount."""

    def __init__(self, series: Mapping[str, Mapping[date, Mapping[str, str]]]) -> None:
        self.series = series
        self.asked: list[tuple[str, str, str, date, date]] = []

    def version(self, metric: str) -> str:
        return str(hash(str(self.series.get(metric))))

    def weights(
        self, metric: str, label: str, grain: str, start: date, end: date
    ) -> Mapping[date, Mapping[str, Decimal]]:
        self.asked.append((metric, label, grain, start, end))
        return {
            day: {value: Decimal(amount) for value, amount in found.items()}
            for day, found in self.series.get(metric, {}).items()
            if start <= day < end
        }

    def label_values(self, metric: str, label: str) -> frozenset[str]:
        return frozenset(v for found in self.series.get(metric, {}).values() for v in found)


def charge(team: str | None, cost: str, day: str = "2026-01-05", **more: Any) -> dict[str, Any]:
    """A charge of a team."""
    return {
        "Tags": {"team": team} if team else {},
        "EffectiveCost": cost,
        "ChargePeriodStart": day,
        **more,
    }


class UsageLake(SmallLake):
    """A small lake with usage beside its charges."""

    def add_usage(
        self, metric: str, rows: Iterable[tuple[str, str, Mapping[str, str]]], unit: str = "Hours"
    ) -> None:
        """Write usage of a metric: day, quantity and further columns of each row."""
        types = USAGE_TYPES | LAKE_USAGE_TYPES
        listed = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        with self.connect() as connection:
            connection.execute(f"CREATE TEMP TABLE written ({listed})")
            for day, quantity, more in rows:
                tags = {key[5:]: text for key, text in more.items() if key.startswith("tags.")}
                keys, texts = (", ".join(map(literal, part)) for part in (tags, tags.values()))
                own = {name: text for name, text in more.items() if not name.startswith("tags.")}
                names = "".join(f', "{name}"' for name in own)
                values = "".join(f", {literal(text)}" for text in own.values())
                connection.execute(
                    "INSERT INTO written (UsagePeriodStart, UsagePeriodEnd, Metric, Unit, "
                    f"Quantity, Tags{names}) SELECT TIMESTAMP '{day}', TIMESTAMP '{day}', "
                    f"{literal(metric)}, {literal(unit)}, CAST('{quantity}' AS DECIMAL(38,12)), "
                    f"map([{keys}]::VARCHAR[], [{texts}]::VARCHAR[]){values}"
                )
            path = self.folder / f"usage-{len(self._usage)}.parquet"
            connection.execute(f"COPY written TO {literal(str(path))} (FORMAT PARQUET)")
        self._usage[f"U{len(self._usage)}"] = path

    @property
    def _usage(self) -> dict[str, Path]:
        found: dict[str, Path] = self.__dict__.setdefault("usage_files", {})
        return found

    def usage_paths(self, pin: Pin) -> dict[str, Path]:
        """Every usage file."""
        return dict(self._usage)


def ask(lake: SmallLake, rules: Ruleset, *, rates: Any = None, **query: Any) -> Result:
    result = run(lake, CostQuery(**query), rules=rules, rates=rates)
    check_sums(result)
    return result


def check_sums(result: Result) -> None:
    """Rows + other = totals, and total = direct + shared row by row, in every column."""
    rows = [*result.rows(), *result.other]
    money = [c for c in result.columns if c.type == "money"]
    for whole in result.totals:
        of = [
            row for row in rows
            if row.get("BillingCurrency", "") == whole.get("BillingCurrency", "")
            or "BillingCurrency" in result.query.by
        ]  # fmt: skip
        for column in money if "BillingCurrency" not in result.query.by else []:
            assert total(row[column.name] for row in of) == whole[column.name]  # type: ignore[misc]
    for row in [*rows, *result.totals]:
        for name in result.query.measures:
            if f"{name}_direct" in row:
                parts = (row[f"{name}_direct"], row[f"{name}_shared"])
                assert total(parts) == row[name]  # type: ignore[arg-type]


def by_team(result: Result, column: str = "EffectiveCost") -> dict[Any, Any]:
    return {row["team"]: row[column] for row in result.rows()}


PRODUCT = VirtualTagSpec.model_validate(
    {"rules": [{"when": "ServiceName = 'Support'", "value": "support"}], "default": "app"}
)


def two_tags() -> Ruleset:
    """platform's cost goes to a and b by 1 : 3, the product support to x and y by 1 : 9."""
    return ruleset(
        {
            "team-split": {
                "take": "platform", "method": "fixed", "shares": {"a": 25, "b": 75}
            },
            "product-split": {
                "tag": "product", "take": "support", "method": "fixed",
                "shares": {"x": 10, "y": 90}, "period": "day",
            },
        },
        tags={"product": PRODUCT},
    )  # fmt: skip


def shared_platform(lake: SmallLake) -> None:
    """platform 100, a 60, b 30, nobody 10; in February platform 5 and nobody else anything."""
    lake.add(
        "2026-01",
        [charge("platform", "100"), charge("a", "60"), charge("b", "30"), charge(None, "10")],
    )
    lake.add("2026-02", [charge("platform", "5", "2026-02-03")])
