"""A question about usage, as page, command line and API ask it.

It is smaller than a question about cost: quantities of different metrics never add up, so that
every answer is by metric and unit, and estimates are summed by currency and never converted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from outlay.expression import Condition, condition_text, parse
from outlay.expression.dimensions import Dimension, parse_dimension, split_names
from outlay.expression.errors import QueryError, near_names
from outlay.focus.usage import LAKE_USAGE_TYPES, USAGE_TYPES
from outlay.focus.utilization import PREFIX
from outlay.query import ranges
from outlay.query.model import GRAINS, CostQuery

OWN_COLUMNS = ("Metric", "Unit", "PriceSource", "EstimatedCurrency")
"""Text columns of the usage table that charges do not have."""

_NO_TEXT = ("UsagePeriodStart", "UsagePeriodEnd", "Quantity", "EstimatedCost", "Tags")
_LAKE = ("x_SourceFile", "x_SourceLine")
COLUMNS = tuple(
    name for name in (*USAGE_TYPES, *LAKE_USAGE_TYPES) if name not in _NO_TEXT and name not in _LAKE
)
"""What usage may be grouped and filtered by, besides tags and further ``x_`` columns."""

URL_KEYS = ("metric", "by", "grain", "range", "from", "to", "where", "limit", "as_of")


@dataclass(frozen=True)
class UsageQuery:
    """A question about usage; make it with `of`, which checks it.

    Sums of Quantity per metric and unit and of EstimatedCost per currency, for each combination
    of `by` and each `grain` of time, over usage that began within `range` and where `where`
    holds. No `metrics` means all. `limit` keeps the largest groups of each metric and sums the
    others exactly.
    """

    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    grain: str = "none"
    range: str = ranges.ALL
    where: str = ""
    limit: int | None = None
    as_of: str | None = None

    @classmethod
    def of(cls, parts: Mapping[str, Any], *, others: Collection[str] = ()) -> "UsageQuery":
        """Read the parts as URL parameters, options or JSON give them; raises QueryError.

        Keys are `URL_KEYS`; lists may be comma-separated text. Empty values mean the default;
        a key that is neither of these nor of `others` is refused.
        """
        unknown = next((key for key in parts if key not in (*URL_KEYS, *others)), None)
        if unknown is not None:
            raise QueryError(
                f"{unknown!r} is not a part of a question about usage",
                field=unknown,
                near=near_names(unknown, URL_KEYS),
                allowed=(*URL_KEYS, *others),
            )
        given = {key: value for key, value in parts.items() if value not in (None, "", ())}
        where = str(given.get("where", "")).strip()
        metrics = tuple(_names(given.get("metric", ())))
        _refuse_measured(metrics)
        return cls(
            metrics=metrics,
            by=tuple(str(usage_dimension(name)) for name in _names(given.get("by", ()))),
            grain=_grain(given.get("grain", "none")),
            range=_range(given),
            where=condition_text(parse_where(where)) if where else "",
            limit=_limit(given.get("limit")),
            as_of=CostQuery(as_of=str(given["as_of"])).as_of if "as_of" in given else None,
        )

    def but(self, **changes: Any) -> "UsageQuery":
        """The same question with some fields changed; the caller gives valid ones."""
        return replace(self, **changes)

    def to_params(self) -> dict[str, str]:
        """The question as URL parameters, defaults left out, in a stable order."""
        params = {
            "metric": ",".join(self.metrics),
            "by": ",".join(self.by),
            "grain": "" if self.grain == "none" else self.grain,
            "where": self.where,
            "limit": str(self.limit or ""),
            "as_of": self.as_of or "",
        }
        if self.range != ranges.ALL:
            if ranges.is_relative(self.range):
                params["range"] = self.range
            else:
                days = ranges.bounds(self.range)
                params |= {"from": str(days.start or ""), "to": str(days.end or "")}
        return {key: value for key, value in params.items() if value}

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What is grouped by."""
        return tuple(usage_dimension(name) for name in self.by)

    @property
    def condition(self) -> Condition | None:
        """What usage must fulfil."""
        return parse_where(self.where) if self.where else None

    def as_of_moment(self) -> datetime | int | None:
        """`as_of` as the lake takes it."""
        return CostQuery(as_of=self.as_of).as_of_moment() if self.as_of else None


def parse_where(text: str) -> Condition:
    """Read a condition over usage; raises QueryError."""
    return parse(text, also=OWN_COLUMNS)


def usage_dimension(text: str) -> Dimension:
    """Read the name of a usage column or tag; raises QueryError."""
    name = text.strip()
    if name in COLUMNS:
        return Dimension("column", name)
    try:
        found = parse_dimension(name)
    except QueryError:
        found = None
    if found is not None and (found.kind == "tag" or name.startswith("x_")):
        return found
    near = near_names(name, COLUMNS)
    raise QueryError(
        f"{name!r} is not a column of usage",
        field="by",
        text=name,
        near=near,
        allowed=() if near else (*COLUMNS, "tags.KEY", "x_…"),
    )


def _refuse_measured(metrics: tuple[str, ...]) -> None:
    """Refuse metrics of utilisation: a share of a processor is in no sum."""
    for name in metrics:
        if name.startswith(PREFIX):
            own = name.removeprefix(PREFIX)
            raise QueryError(
                f"{name!r} says how busy something was and is in no sum of usage",
                field="metric",
                text=name,
                hint=f"Ask for it by itself: outlay utilization --metric {own}, or the page "
                f"/utilization?metric={own}.",
            )


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return split_names(value)
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    raise QueryError(f"{value!r} is not a list of names", field="by", text=str(value))


def _grain(value: object) -> str:
    if value not in GRAINS:
        raise QueryError(
            f"{value!r} is not a grain",
            field="grain",
            text=str(value),
            near=near_names(str(value), GRAINS),
            allowed=GRAINS,
        )
    return str(value)


def _range(given: Mapping[str, Any]) -> str:
    start, end = given.get("from"), given.get("to")
    if start is None and end is None:
        return ranges.range_text(str(given.get("range", ranges.ALL)))
    if given.get("range") not in (None, ranges.ALL):
        raise QueryError(
            "a range and from/to exclude each other",
            field="range",
            text=str(given["range"]),
            hint="Give either a relative range, or from and to.",
        )
    return ranges.between(
        ranges.parse_day(str(start or ""), "from"), ranges.parse_day(str(end or ""), "to")
    )


def _limit(value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise QueryError(
            f"{text!r} is not a number of groups", field="limit", text=text, allowed=("1, 2, …",)
        )
    return int(text)
