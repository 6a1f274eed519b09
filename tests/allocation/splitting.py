"""Rules and splits for tests, said in one line each."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.allocation.model import SplitSpec, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.allocation.weights import MetricReader

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


def charge(team: str | None, cost: str, day: str = "2026-01-05", **more: Any) -> dict[str, Any]:
    """A charge of a team."""
    return {
        "Tags": {"team": team} if team else {},
        "EffectiveCost": cost,
        "ChargePeriodStart": day,
        **more,
    }
