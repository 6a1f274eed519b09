"""Use cases: the questions of the FOCUS library by group, and a page for each answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import Workspace, usecases
from outlay.query import QueryError
from outlay.query.usecases import GROUPS, Parameter, UseCase, UseCaseAnswer, use_case
from outlay.web import numbers
from outlay.web.render import Site

_MOST_ROWS = 500
_SHORT = 24
_VALUES_OFFERED = 60
_RANGES = (
    "last-month", "this-month", "last-3-months", "last-6-months", "last-12-months",
    "last-30-days", "last-90-days", "year-to-date", "last-year", "all",
)  # fmt: skip
_NUMBERS = ("money", "quantity", "count", "ratio")
_MONTHS = ("BillingPeriod", "ChargeMonth", "CorrectedMonth")


@dataclass(frozen=True)
class Field:
    """A parameter as a field of the form."""

    parameter: Parameter
    value: str
    options: tuple[str, ...]
    placeholder: str


@dataclass(frozen=True)
class Cell:
    """A value as it is shown, with all its digits for the title."""

    text: str
    exact: str = ""
    missing: bool = False


def router(site: Site) -> APIRouter:
    """The routes of use cases."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/usecases", response_class=HTMLResponse)
    def overview(request: Request) -> Response:
        """Every use case by group, narrowed by a search."""
        text = request.query_params.get("q", "").strip()
        found = usecases.listed(text)
        groups = [(group, [case for case in found if case.group == group]) for group in GROUPS]
        return site.page(
            request,
            "usecases/usecases.html",
            active="usecases",
            title="Use cases",
            groups=[(group, cases) for group, cases in groups if cases],
            search=text,
            count=len(found),
        )

    @routes.get("/usecases/{name}", response_class=HTMLResponse)
    def one(request: Request, name: str) -> Response:
        """One use case: its parameters, its answer, its SQL."""
        case = use_case(name)
        given = {key: value for key, value in request.query_params.items() if value.strip()}
        answer: UseCaseAnswer | None = None
        error: QueryError | None = None
        try:
            answer = usecases.answer(workspace, name, given)
        except QueryError as found:
            error = found
        return site.page(
            request,
            "usecases/usecase.html",
            200 if error is None or error.field == "sql" else 400,
            active="usecases",
            title=case.title,
            case=case,
            fields=_fields(workspace, case, given),
            answer=answer,
            error=error,
            columns=answer.columns if answer else (),
            rows=[_cells(row, answer) for row in answer.rows[:_MOST_ROWS]] if answer else [],
            most=_MOST_ROWS,
            numeric=_NUMBERS,
            heading=heading,
            csv=f"/api/v1/usecases/{case.name}.csv" + (f"?{urlencode(given)}" if given else ""),
            widest=_widest(case),
        )

    return routes


def heading(name: str) -> str:
    """A column's name in words: ServiceProviderName is Service provider."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", name)
    if len(words) > 1 and words[-1] == "Name":
        words = words[:-1]
    kept = [word if word.isupper() else word.lower() for word in words]
    text = " ".join(kept)
    return text[:1].upper() + text[1:]


def _widest(case: UseCase) -> str:
    """The address that asks over all time."""
    return f"/usecases/{case.name}?range=all"


def _fields(workspace: Workspace, case: UseCase, given: Mapping[str, str]) -> list[Field]:
    fields = []
    for parameter in case.parameters:
        value = given.get(parameter.name, parameter.default)
        options: tuple[str, ...] = parameter.allowed
        if parameter.kind == "range":
            options = _RANGES if value in _RANGES else (value, *_RANGES)
        elif parameter.dimension and not parameter.dimension.startswith("Sku"):
            options = _values(workspace, parameter.dimension)
        placeholder = parameter.otherwise_words or ("any" if parameter.column else "")
        fields.append(Field(parameter, value, options, placeholder))
    return fields


def _values(workspace: Workspace, dimension: str) -> tuple[str, ...]:
    """Values to choose from; none where the ledger is empty or has no such column."""
    try:
        found = workspace.values(dimension, limit=_VALUES_OFFERED)
    except QueryError:
        return ()
    return tuple(str(info.value) for info in found if info.value is not None)


def _cells(row: Mapping[str, Any], answer: UseCaseAnswer) -> list[Cell]:
    currency = row.get("BillingCurrency")
    return [_cell(row[c.name], c.kind, c.name, currency) for c in answer.columns]


def _cell(value: Any, kind: str, name: str, currency: str | None) -> Cell:
    if value is None:
        return Cell(numbers.DASH, missing=True)
    if kind == "money":
        return Cell(numbers.amount(value, currency), f"{numbers.exact(value)} {currency or ''}")
    if kind == "count":
        return Cell(numbers.count(value))
    if kind == "quantity":
        return Cell(numbers.quantity(value), numbers.exact(value))
    if kind == "ratio":
        return Cell(_ratio(value, name), numbers.exact(value))
    if kind == "day":
        return Cell(f"{value:%Y-%m}" if name in _MONTHS else f"{value:%Y-%m-%d}")
    if kind == "moment":
        return Cell(f"{value:%Y-%m-%d %H:%M}")
    if kind == "flag":
        return Cell("yes" if value else "no")
    text = str(value)
    return Cell(text, text if len(text) > _SHORT else "")


def _ratio(value: Decimal, name: str) -> str:
    """A share as percent; a rate or a multiple as the number that it is."""
    if name.endswith(("Share", "Ratio", "Discount", "Rate")) and name not in (
        "EffectiveRate",
        "AverageRate",
    ):
        return numbers.share(value)
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
