"""What is to come: forecasts of any question, and how they did."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from outlay.app.forecasting.accuracy import accuracy as ask_accuracy
from outlay.app.forecasting.asked import checked
from outlay.app.forecasting.forecasting import forecast as ask
from outlay.app.forecasting.told import accuracy_json, to_json
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import Link, Names, Truncation, truncation
from outlay.query import CostQuery

_TOLD = 10


class _Asked(Input):
    where: str = Field(
        default="",
        description="A condition over dimensions; list_dimensions and list_values give the names",
        examples=["ServiceName = 'Amazon EC2'"],
    )
    measures: Names = Field(default_factory=list, description="One measure; default EffectiveCost")
    by: Names = Field(
        default_factory=list, description="Dimensions to group by", examples=[["ServiceName"]]
    )
    currency: str = Field(default="", description="Convert to this currency; default: each alone")
    limit: int = Field(default=15, ge=1, le=100, description="Series a currency")


class ForecastInput(_Asked):
    """What is forecast, and how far."""

    days: int | None = Field(
        default=None, ge=1, le=800, description="So many days ahead; default 90"
    )
    until: date | None = Field(
        default=None, description="Instead of days: the day AFTER the last, YYYY-MM-DD"
    )


class ForecastOutput(Output):
    """Months of each series and of the total, one total a currency; parts add up to it."""

    query: dict[str, Any]
    measure: str
    history: dict[str, str] | None = Field(description="The complete days that it stands on")
    range: dict[str, str] = Field(description="The days that are forecast: to is exclusive")
    reason: str = Field(description="Why there is no forecast; empty where there is one")
    totals: list[dict[str, Any]] = Field(
        description="Per currency: months with actual so far, forecast of the rest, outlook (their "
        "sum), lower_80 to upper_95; method and past_error"
    )
    series: list[dict[str, Any]]
    changes: list[dict[str, Any]] = Field(
        description="Planned changes that were counted, or why not"
    )
    notes: list[str]
    snapshot: str | None
    truncation: Truncation
    links: list[Link]


class AccuracyInput(_Asked):
    """What is looked back at."""

    days: int = Field(default=30, ge=1, le=180, description="So many days back")


class AccuracyOutput(Output):
    """What was forecast, and what came."""

    query: dict[str, Any]
    how: str = Field(
        description="known: by the ledger as it was known then; cut: by today's, without what came"
    )
    why: str
    as_of: str | None
    range: dict[str, str]
    days: int
    reason: str
    totals: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    truncation: Truncation
    links: list[Link]


def _query(asked: _Asked) -> CostQuery:
    parts = {name: getattr(asked, name) for name in ("where", "measures", "by", "currency")}
    given = {name: value for name, value in parts.items() if value not in ("", [])}
    return checked(CostQuery.model_validate(given))


@tool("forecast", "What spend will be", "GET /forecast", ForecastOutput, input=ForecastInput)
def forecast(context: Context, asked: ForecastInput) -> Answer:
    """What spend will come to by month, in total and by group, with bands of 80 and 95 %, the
    method and its past error. The tool for "what will this month cost" and "what is next year". A
    month that has begun is its actual days plus the forecast of the others."""
    query = _query(asked)
    answer = ask(context.workspace, query, days=asked.days, until=asked.until)
    data: Json = to_json(answer, limit=asked.limit)
    shown, more = len(data["series"]), data.pop("more")
    for one in (*data["series"], *data["totals"]):
        one.pop("charges")
    data["truncation"] = truncation(shown, shown + more, "Raise limit, or narrow with where.")
    data.pop("alone")
    link = context.links.question("Forecast", query, "/forecast")
    data["links"] = [link]
    lines = [f"{answer.measure}, forecast from {answer.start} to {answer.end} (exclusive)."]
    if answer.reason:
        lines.append(f"There is no forecast: {answer.reason}.")
    for whole in data["totals"]:
        lines.append(
            f"Total in {whole['currency']}, {whole['method']}, {whole['past_error']['words']}:"
        )
        lines += [
            f"- {month['period']}: {month['outlook']} (80 %: {month.get('lower_80')} to "
            f"{month.get('upper_80')}); actual so far {month['actual']}"
            for month in whole["months"]
        ]
    lines += [
        f"- {one['title']} ({one['currency']}): "
        + ", ".join(f"{month['period']} {month['outlook']}" for month in one["months"])
        for one in data["series"][:_TOLD]
    ]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


@tool("forecast_accuracy", "How good the forecast was", "GET /forecast/accuracy", AccuracyOutput,
      input=AccuracyInput)  # fmt: skip
def forecast_accuracy(context: Context, asked: AccuracyInput) -> Answer:
    """What was forecast some days ago against what came since, by group and in total: how far one
    may trust the forecast."""
    query = _query(asked)
    found = ask_accuracy(context.workspace, query, days=asked.days)
    data: Json = accuracy_json(found)
    rows = data["rows"]
    data["rows"] = rows[: asked.limit]
    data["truncation"] = truncation(len(data["rows"]), len(rows), "Raise limit.")
    link = context.links.question("Forecast", query, "/forecast")
    data["links"] = [link]
    lines = [f"Forecast of {found.days} days from {found.start} ({found.how}):"]
    lines += [
        f"- {one['title']} ({one['currency']}): expected {one['expected']}, came {one['actual']}, "
        f"off {one['off']}"
        for one in (*data["totals"], *data["rows"][:_TOLD])
    ]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))
