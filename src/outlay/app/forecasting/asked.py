"""What may stand in a question that is forecast, for the faces."""

from __future__ import annotations

from datetime import date

from outlay.query import CostQuery, QueryError

GRAINS = ("none", "month", "day")


def checked(query: CostQuery) -> CostQuery:
    """The question, or QueryError for a part that a forecast has no use for: it must not seem to
    be heard."""
    if query.range != "all":
        raise QueryError(
            "a forecast takes no range: its history is every complete day",
            field="range",
            text=query.range,
            hint="Say how far to look ahead: days, or until (exclusive).",
        )
    if query.compare is not None:
        raise QueryError(
            "a forecast compares with nothing",
            field="compare",
            text=query.compare,
            hint="What was said before against what came is the forecast's accuracy.",
        )
    if query.grain not in GRAINS:
        raise QueryError(
            f"a forecast is told by month or by day, not by {query.grain}",
            field="grain",
            text=query.grain,
            allowed=GRAINS,
        )
    if len(query.measures) > 1:
        raise QueryError(
            "a forecast is of one measure", field="measure", text=",".join(query.measures)
        )
    return query


def horizon(days: str, until: str) -> tuple[int | None, date | None]:
    """The horizon as people write it; QueryError for what is no number and no day."""
    from outlay.query.ranges import parse_day

    number = None
    if days.strip():
        if not days.strip().isdecimal() or len(days.strip()) > 6:
            raise QueryError(
                f"{days!r} is no number of days", field="days", text=days, allowed=("1 to 800",)
            )
        number = int(days)
    return number, parse_day(until.strip(), "until") if until.strip() else None
