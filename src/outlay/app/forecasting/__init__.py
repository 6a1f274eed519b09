"""Use cases of forecasts."""
