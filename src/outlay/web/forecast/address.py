"""The address of a forecast: a question and how far it looks ahead, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from outlay.app.forecasting.asked import checked, horizon
from outlay.query import CostQuery, QueryError
from outlay.query.codec import from_params, to_params
from outlay.query.ranges import step
from outlay.web.explore.address import address, changed

FORECAST = "/forecast"
AHEAD = {
    "0": "This month",
    "1": "Next month",
    "3": "3 months",
    "6": "6 months",
    "12": "12 months",
}
"""Whole months after the present one."""
DEFAULT = "3"
BACK = {"7": "7 days", "30": "30 days", "90": "90 days"}


@dataclass(frozen=True)
class Asked:
    """A question and its horizon: `ahead` (a key of `AHEAD`), or `days`, or `until`."""

    query: CostQuery
    ahead: str = DEFAULT
    days: int | None = None
    until: date | None = None

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Asked:
        """From an address; QueryError for what cannot be read."""
        query = checked(from_params(params))
        days, until = horizon(params.get("days", ""), params.get("until", ""))
        ahead = params.get("ahead", "") or DEFAULT
        if ahead not in AHEAD:
            raise QueryError(
                f"{ahead!r} is no number of months that can be chosen", field="ahead", text=ahead,
                allowed=AHEAD, hint="Any other end is said by until or days.",
            )  # fmt: skip
        return cls(query, ahead, days, until)

    def horizon(self, first: date) -> tuple[int | None, date | None]:
        """Days or end, as `forecast` takes them; `first` is the first day to forecast."""
        if self.days is not None or self.until is not None:
            return self.days, self.until
        return None, step(first.replace(day=1), "month", int(self.ahead) + 1)

    def params(self) -> dict[str, str]:
        """The parameters; defaults are left out."""
        found = to_params(self.query)
        if self.days is not None:
            found["days"] = str(self.days)
        if self.until is not None:
            found["until"] = str(self.until)
        if self.days is None and self.until is None and self.ahead != DEFAULT:
            found["ahead"] = self.ahead
        return found

    def url(self, path: str = FORECAST, **changes: object) -> str:
        """The address of the same with some parts changed: `ahead`, or parts of the question."""
        ahead = changes.pop("ahead", None)
        found = replace(self, query=changed(self.query, **changes)) if changes else self
        if ahead is not None:
            found = replace(found, ahead=str(ahead), days=None, until=None)
        return address(path, found.params())


def forecast_url(query: CostQuery, **more: str) -> str:
    """The page that forecasts a question: range, comparison and order are none of its business."""
    asked = changed(
        query, range="all", grain="none", compare=None, limit=None, sort="",
        measures=query.measures[:1],
    )  # fmt: skip
    return address(FORECAST, {**to_params(asked), **{k: v for k, v in more.items() if v}})


def last_day(end: date) -> date:
    """The last day of a range whose end is exclusive."""
    return end - timedelta(days=1)
