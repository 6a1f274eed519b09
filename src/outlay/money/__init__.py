"""Exact money: decimals, billing periods and date ranges. Imports no other room."""

from outlay.money.decimals import (
    MONEY_CONTEXT,
    MONEY_PRECISION,
    MONEY_SCALE,
    MONEY_SQL,
    MoneyError,
    money_text,
    parse_money,
    total,
)
from outlay.money.periods import BillingPeriod, DateRange, PeriodError

__all__ = [
    "MONEY_CONTEXT",
    "MONEY_PRECISION",
    "MONEY_SCALE",
    "MONEY_SQL",
    "BillingPeriod",
    "DateRange",
    "MoneyError",
    "PeriodError",
    "money_text",
    "parse_money",
    "total",
]
