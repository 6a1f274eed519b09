"""Invoices from a CSV file: a row each, or the lines of a FOCUS Invoice Detail dataset.

An amount is read digit by digit and refused rather than rounded. A file is taken whole or not at
all; an error names its line.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.money import MoneyError, parse_money, total
from outlay.resources.errors import ResourceError
from outlay.statements.resources import INVOICE, InvoiceSpec

REQUIRED = ("issuer", "invoice_id", "billing_period", "currency", "amount")
OPTIONAL = ("tax", "credits", "issued_on", "due_on", "account", "rate", "note")
COLUMNS = (*REQUIRED, *OPTIONAL)
"""The columns of a file with a row per invoice."""

DETAIL = ("InvoiceIssuerName", "InvoiceId", "BillingPeriodStart", "BillingCurrency", "BilledCost")
"""The columns of an Invoice Detail dataset that make an invoice; ChargeCategory, InvoiceIssueDate,
PaymentDueDate and InvoiceIssueStatus are used where they are there."""

_Line = tuple[int, Mapping[str, str]]


def read_invoices(text: str, file: str) -> list[InvoiceSpec]:
    """The invoices of a file's text; ResourceError for a file that is none, naming the line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    detail = set(DETAIL) <= set(header)
    if not detail:
        _check_header(header, file)
    specs = _of_details(reader, file) if detail else _of_rows(reader, file)
    if not specs:
        raise ResourceError(f"{file} has no invoice: every row of it is empty or of none issued.")
    return specs


def _check_header(header: list[str], file: str) -> None:
    lacking = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if lacking or unknown:
        what = f"lacks {', '.join(lacking)}" if lacking else f"has the column {unknown[0]!r}"
        raise ResourceError(
            f"{file} {what}. A file of invoices has the columns {', '.join(REQUIRED)}, and may "
            f"have {', '.join(OPTIONAL)}; or it is a FOCUS Invoice Detail dataset with "
            f"{', '.join(DETAIL)}."
        )


def _lines(reader: csv.DictReader[str], file: str) -> Iterator[_Line]:
    try:
        for row in reader:
            if None in row or None in row.values():
                raise ResourceError(
                    f"{file}, line {reader.line_num}: the row does not have as many fields as the "
                    "header."
                )
            filled = {key: (value or "").strip() for key, value in row.items()}
            if any(filled.values()):
                yield reader.line_num, filled
    except csv.Error as error:
        raise ResourceError(f"{file}, line {reader.line_num}: {error}") from None


def _of_rows(reader: csv.DictReader[str], file: str) -> list[InvoiceSpec]:
    found: list[InvoiceSpec] = []
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in _lines(reader, file):
        spec = _parsed(
            {k: v for k, v in row.items() if v} | {"source": file}, f"line {number}", file
        )
        key = (spec.issuer, spec.invoice_id, spec.billing_period, spec.currency, spec.account)
        if key in seen:
            raise ResourceError(f"{file}, line {number}: the invoice of line {seen[key]} again.")
        seen[key] = number
        found.append(spec)
    return found


def _parsed(fields: Mapping[str, Any], where: str, file: str) -> InvoiceSpec:
    try:
        spec = INVOICE.parse(fields)
    except ResourceError as error:
        what = str(error).partition(". Allowed fields:")[0]
        raise ResourceError(f"{file}, {where}: {what}.") from None
    assert isinstance(spec, InvoiceSpec)
    return spec


def _of_details(reader: csv.DictReader[str], file: str) -> list[InvoiceSpec]:
    """Sum the lines of each invoice; lines of invoices that are not issued yet are left out."""
    groups: dict[tuple[str, str, str, str], list[_Line]] = defaultdict(list)
    for number, row in _lines(reader, file):
        if row.get("InvoiceIssueStatus") == "Open":
            continue
        month = _day(row["BillingPeriodStart"], "BillingPeriodStart", number, file)
        if month is None:
            raise ResourceError(f"{file}, line {number}: BillingPeriodStart is empty.")
        key = (
            row["InvoiceIssuerName"], row["InvoiceId"], f"{month:%Y-%m}", row["BillingCurrency"]
        )  # fmt: skip
        groups[key].append((number, row))
    return [_of_detail(key, lines, file) for key, lines in groups.items()]


def _of_detail(key: tuple[str, str, str, str], lines: list[_Line], file: str) -> InvoiceSpec:
    amounts = [(_amount(row["BilledCost"], number, file), row) for number, row in lines]

    def of(category: str) -> Decimal | None:
        if "ChargeCategory" not in lines[0][1]:
            return None
        return total(amount for amount, row in amounts if row["ChargeCategory"] == category)

    def newest(column: str) -> date | None:
        days = [_day(row.get(column, ""), column, number, file) for number, row in lines]
        return max((day for day in days if day), default=None)

    fields = {
        "issuer": key[0], "invoice_id": key[1], "billing_period": key[2], "currency": key[3],
        "amount": total(amount for amount, _ in amounts),
        "tax": of("Tax"), "credits": of("Credit"),
        "issued_on": newest("InvoiceIssueDate"), "due_on": newest("PaymentDueDate"),
        "source": f"Invoice Detail, {file}",
    }  # fmt: skip
    return _parsed(fields, f"line {lines[0][0]}", file)


def _amount(text: str, number: int, file: str) -> Decimal:
    try:
        return parse_money(text)
    except MoneyError as error:
        raise ResourceError(f"{file}, line {number}: BilledCost: {error}.") from None


def _day(text: str, column: str, number: int, file: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
    except ValueError:
        raise ResourceError(
            f"{file}, line {number}: {column}: {text!r} is no date; expected 2026-10-03."
        ) from None
