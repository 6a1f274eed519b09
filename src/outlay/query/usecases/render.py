"""Parameters into SQL: every value is read by its kind and written as a literal of it."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from outlay.expression.errors import QueryError, near_names
from outlay.focus.lift import company_sql
from outlay.focus.sql import literal, quoted
from outlay.money import MoneyError, parse_money
from outlay.query import ranges
from outlay.query.usecases.model import Parameter, UseCase

_WHOLE = re.compile(r"\d{1,6}")
_COLUMNS = {
    "days": ("ChargeDay", "DATE"),
    "lines": ("ChargePeriodStart", "TIMESTAMP"),
    "months": ("x_BillingPeriod", "DATE"),
}
_FAR_PAST, _FAR_FUTURE = date(1970, 1, 1), date(9999, 1, 1)

# Columns that only some sources have: what stands for them where no slice has any.
_OPTIONAL = ("x_PricingCurrency", "x_PricingCurrencyEffectiveCost",
             "x_PricingCurrencyListUnitPrice", "x_PricingCurrencyContractedUnitPrice")  # fmt: skip


def given_values(case: UseCase, given: Mapping[str, str]) -> dict[str, str]:
    """The text of every parameter: what is given, else its default.

    QueryError for a parameter that the use case does not have.
    """
    for name in given:
        if case.parameter(name) is None:
            names = [one.name for one in case.parameters]
            raise QueryError(
                f"{case.name} has no parameter {name!r}",
                field=name,
                near=near_names(name, names),
                allowed=names,
            )
    return {one.name: str(given.get(one.name, one.default)).strip() for one in case.parameters}


def rendered(
    case: UseCase, values: Mapping[str, str], today: date, columns: Collection[str]
) -> str:
    """The SQL of a use case for these values; `columns` are those that charges have.

    QueryError names the parameter whose value cannot be read.
    """
    parts = {name: _optional(name, columns) for name in _OPTIONAL}
    parts["issuer_company"] = company_sql("InvoiceIssuerName")
    parts["seller_company"] = company_sql("ServiceProviderName")
    parts["host_company"] = company_sql("HostProviderName")
    for parameter in case.parameters:
        parts |= _one(parameter, values[parameter.name], today)
    # What is sought where nothing is chosen may itself have the range in it.
    text = case.sql.format_map(parts)
    return text.format_map(parts) if "{" in text else text


def _one(parameter: Parameter, text: str, today: date) -> dict[str, str]:
    if parameter.allowed and text not in parameter.allowed:
        raise QueryError(
            f"{text!r} cannot be chosen",
            field=parameter.name,
            text=text,
            near=near_names(text, parameter.allowed),
            allowed=parameter.allowed,
        )
    if parameter.kind == "range":
        return _range(parameter, text, today)
    if parameter.kind == "whole":
        if not _WHOLE.fullmatch(text) or not int(text):
            raise QueryError(
                f"{text!r} is not a whole number", field=parameter.name, text=text,
                allowed=("1 to 999999",),
            )  # fmt: skip
        return {parameter.name: str(int(text))}
    if parameter.kind == "number":
        return {parameter.name: _number(parameter, text)}
    if parameter.kind == "list":
        listed = [literal(_braces(part.strip())) for part in text.split(",") if part.strip()]
        if not listed:
            raise QueryError("no value is given", field=parameter.name, hint="Write A,B,C.")
        return {parameter.name: ", ".join(listed)}
    if not parameter.column:
        return {parameter.name: literal(_braces(text))}
    if text:
        return {parameter.name: f"\n  AND {parameter.column} = {literal(_braces(text))}"}
    return {parameter.name: parameter.otherwise}


def _braces(text: str) -> str:
    """Braces doubled: the text goes through a template once more."""
    return text.replace("{", "{{").replace("}", "}}")


def _number(parameter: Parameter, text: str) -> str:
    try:
        amount: Decimal = parse_money(text)
    except MoneyError as error:
        raise QueryError(str(error), field=parameter.name, text=text) from None
    return f"CAST({literal(format(amount, 'f'))} AS DECIMAL(38,21))"


def days_asked(parameter: Parameter, text: str, today: date) -> ranges.Days:
    """The days that a range means on a day; QueryError where it cannot be asked."""
    days = ranges.resolve(ranges.range_text(text), today)
    uneven = any(day is not None and day.day != 1 for day in (days.start, days.end))
    if parameter.basis == "months" and uneven:
        raise QueryError(
            f"{text!r} does not mean whole billing periods",
            field=parameter.name,
            text=text,
            allowed=("last-month", "this-month", "last-N-months", "this-quarter", "last-quarter",
                     "this-year", "last-year", "all", "2026-01-01..2026-04-01"),
        )  # fmt: skip
    return days


def _range(parameter: Parameter, text: str, today: date) -> dict[str, str]:
    """The condition (by the parameter's name), and its first and last day as literals."""
    days = days_asked(parameter, text, today)
    column, kind = _COLUMNS[parameter.basis]
    bounds = [
        f"{column} {sign} {kind} '{day}'"
        for sign, day in ((">=", days.start), ("<", days.end))
        if day is not None
    ]
    start, end = days.start or _FAR_PAST, days.end or _FAR_FUTURE
    return {
        parameter.name: " AND ".join(bounds) or "true",
        f"{parameter.name}_start": f"DATE '{start}'",
        f"{parameter.name}_end": f"DATE '{end}'",
    }


def _optional(name: str, columns: Collection[str]) -> str:
    return quoted(name) if name in columns else "CAST(NULL AS VARCHAR)"
