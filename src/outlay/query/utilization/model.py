"""A question about utilisation, as page, command line and API ask it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from outlay.expression.dimensions import split_names
from outlay.expression.errors import QueryError, near_names
from outlay.focus.utilization import METRICS
from outlay.query import ranges
from outlay.query.model import CostQuery

BY = ("ResourceId", "ResourceName", "ResourceType", "ServiceProviderName", "SubAccountId",
      "RegionId", "x_SourceName")  # fmt: skip
"""What measurements are grouped by."""

GRAINS = ("none", "day", "week", "month")
URL_KEYS = ("resource", "metric", "by", "grain", "range", "from", "to", "limit", "as_of")
DEFAULT_RANGE = "last-30-days"
_MOST = 10_000


@dataclass(frozen=True)
class UtilizationQuery:
    """A question; make it with `of`, which checks it.

    Each combination of `by`, metric and `grain` of time is one row, over measurements that began
    within `range`. No `resources` or `metrics` means all; a resource is named as the bill or as
    the tool has it. `limit` keeps so many rows.
    """

    resources: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ("ResourceId",)
    grain: str = "none"
    range: str = DEFAULT_RANGE
    limit: int | None = None
    as_of: str | None = None

    @classmethod
    def of(cls, parts: Mapping[str, Any], *, others: Collection[str] = ()) -> UtilizationQuery:
        """Read the parts as URL parameters, options or JSON give them; raises QueryError."""
        unknown = next((key for key in parts if key not in (*URL_KEYS, *others)), None)
        if unknown is not None:
            raise QueryError(
                f"{unknown!r} is not a part of a question about utilisation",
                field=unknown, near=near_names(unknown, URL_KEYS), allowed=(*URL_KEYS, *others),
            )  # fmt: skip
        given = {key: value for key, value in parts.items() if value not in (None, "", ())}
        metrics = _names(given.get("metric", ()))
        by = _names(given.get("by", ())) or ("ResourceId",)
        grain = str(given.get("grain", "none"))
        for one in metrics:
            _check(one, METRICS, "metric", "a metric of utilisation")
        for one in by:
            _check(one, BY, "by", "a column that utilisation is grouped by")
        _check(grain, GRAINS, "grain", "a grain")
        return cls(
            resources=_names(given.get("resource", ())),
            metrics=metrics,
            by=by,
            grain=grain,
            range=_range(given),
            limit=_limit(given.get("limit")),
            as_of=CostQuery(as_of=str(given["as_of"])).as_of if "as_of" in given else None,
        )

    def but(self, **changes: Any) -> UtilizationQuery:
        """The same question with some fields changed; the caller gives valid ones."""
        return replace(self, **changes)

    def to_params(self) -> dict[str, str]:
        """The question as URL parameters, defaults left out, in a stable order."""
        params = {
            "resource": ",".join(self.resources),
            "metric": ",".join(self.metrics),
            "by": "" if self.by == ("ResourceId",) else ",".join(self.by),
            "grain": "" if self.grain == "none" else self.grain,
            "limit": str(self.limit or ""),
            "as_of": self.as_of or "",
        }
        if self.range != DEFAULT_RANGE:
            if ranges.is_relative(self.range) or self.range == ranges.ALL:
                params["range"] = self.range
            else:
                days = ranges.bounds(self.range)
                params |= {"from": str(days.start or ""), "to": str(days.end or "")}
        return {key: value for key, value in params.items() if value}

    def as_of_moment(self) -> datetime | int | None:
        """`as_of` as the lake takes it."""
        return CostQuery(as_of=self.as_of).as_of_moment() if self.as_of else None


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(dict.fromkeys(split_names(value)))
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(str(one) for one in value))
    raise QueryError(f"{value!r} is not a list of names", field="by", text=str(value))


def _check(name: str, allowed: Collection[str], field: str, what: str) -> None:
    if name not in allowed:
        near = near_names(name, list(allowed))
        raise QueryError(
            f"{name!r} is not {what}", field=field, text=name, near=near,
            allowed=() if near else tuple(allowed),
        )  # fmt: skip


def _range(given: Mapping[str, Any]) -> str:
    start, end = given.get("from"), given.get("to")
    if start is None and end is None:
        return ranges.range_text(str(given.get("range", DEFAULT_RANGE)))
    if given.get("range") is not None:
        raise QueryError(
            "a range and from/to exclude each other", field="range", text=str(given["range"]),
            hint="Give either a relative range, or from and to.",
        )  # fmt: skip
    return ranges.between(
        ranges.parse_day(str(start or ""), "from"), ranges.parse_day(str(end or ""), "to")
    )


def _limit(value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    # Other signs are digits too (²), and the engine reads no number of thousands of them.
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= _MOST:
        raise QueryError(
            f"{text!r} is not a number of rows", field="limit", text=text,
            allowed=(f"1 to {_MOST}",),
        )  # fmt: skip
    return int(text)
