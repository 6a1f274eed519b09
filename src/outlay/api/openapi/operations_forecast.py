"""The operations of forecasts."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

_CSV = ("text/csv",)

FORECASTS: dict[str, Operation] = {
    "GET /forecast": Operation("forecast", "Forecast", _CSV),
    "GET /forecast/accuracy": Operation("forecast_accuracy", "ForecastAccuracy", _CSV),
}
