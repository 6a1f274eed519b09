"""Forecasts of series: numbers in, numbers out; knows calendars and nothing of bills."""
