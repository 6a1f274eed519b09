"""Forecasts of series: numbers in, numbers out; knows calendars and nothing of bills.

Names are loaded when they are first used, so that importing the room does not import NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outlay.forecast.answers import Forecasts as Forecasts
    from outlay.forecast.answers import PastError as PastError
    from outlay.forecast.answers import Total as Total
    from outlay.forecast.calendar import Calendar as Calendar
    from outlay.forecast.calendar import CalendarError as CalendarError
    from outlay.forecast.cents import exact as exact
    from outlay.forecast.charges import ChargeForecast as ChargeForecast
    from outlay.forecast.charges import ChargeStream as ChargeStream
    from outlay.forecast.charges import monthly_charges as monthly_charges
    from outlay.forecast.engine import forecast_many as forecast_many
    from outlay.forecast.events import KnownEvent as KnownEvent

_WHERE = {
    "Calendar": "calendar",
    "CalendarError": "calendar",
    "ChargeForecast": "charges",
    "ChargeStream": "charges",
    "Forecasts": "answers",
    "KnownEvent": "events",
    "PastError": "answers",
    "Total": "answers",
    "exact": "cents",
    "forecast_many": "engine",
    "monthly_charges": "charges",
}

__all__ = [
    "Calendar",
    "CalendarError",
    "ChargeForecast",
    "ChargeStream",
    "Forecasts",
    "KnownEvent",
    "PastError",
    "Total",
    "exact",
    "forecast_many",
    "monthly_charges",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
