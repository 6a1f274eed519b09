"""Charges: the lines under a question, and one line down to the vendor's own record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.access import AccessDeniedError
from outlay.app import presentation
from outlay.expression import text_literal
from outlay.focus.schema import COLUMNS, CURRENT
from outlay.lake import COST_COLUMNS, LakeError
from outlay.money import BillingPeriod
from outlay.query import QueryError
from outlay.query.codec import to_params
from outlay.query.lines import ChargeLine
from outlay.sources.contract import SourceError
from outlay.web import numbers, words
from outlay.web.explore.address import CHARGES, Ask, page_number
from outlay.web.explore.controls import chips
from outlay.web.render import Site

PAGE_ROWS = 100


@dataclass(frozen=True)
class ChargeRow:
    """A charge as it is listed."""

    href: str
    day: str
    service: str | None
    account: str | None
    resource: str | None
    category: str | None
    description: str | None
    quantity: str
    currency: str
    amount: Decimal | None


@dataclass(frozen=True)
class Fact:
    """One column of a charge as it is shown. `pairs` when it is a map (tags)."""

    name: str
    about: str
    text: str | None
    pairs: tuple[tuple[str, str], ...] = ()
    money: bool = False


def router(site: Site) -> APIRouter:
    """The routes of charges."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get(CHARGES, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """The charges under a question, largest first."""
        params = dict(request.query_params)
        if not workspace.holds_charges():
            return site.page(request, "explore/empty.html", active="charges", title="Charges")
        try:
            asked = Ask.read(params)
            offset = (page_number(params) - 1) * PAGE_ROWS
            found = workspace.charges(asked.query, limit=PAGE_ROWS, offset=offset)
        except QueryError as error:
            return site.page(
                request,
                "explore/misunderstood.html",
                400,
                active="charges",
                title="This question cannot be answered",
                error=error,
                where_text=params.get("where", ""),
                params={key: value for key, value in params.items() if key != "where"},
                without=CHARGES,
            )
        return site.page(
            request,
            "charges/charges.html",
            active="charges",
            title="Charges",
            ask=asked,
            found=found,
            words=words,
            rows=[charge_row(line, asked.measure) for line in found.charges],
            pages=max(1, -(-found.lines // PAGE_ROWS)),
            chips=chips_of_charges(asked),
            params=to_params(asked.query),
            where_text=asked.query.where,
            range_text=words.range_(asked.query.range),
            explore=asked.url(by=("ServiceName",)),
        )

    @routes.get(CHARGES + "/{source}/{period}/{file}/{line}", response_class=HTMLResponse)
    def one(request: Request, source: str, period: str, file: int, line: int) -> Response:
        """Every column of a charge, and the vendor's record it was made from."""
        month = BillingPeriod.parse(period)
        lines = presentation.charges_of_record(workspace, source, month, file, line)
        record, reason = _raw(site, source, month, file, line)
        return site.page(
            request,
            "charges/charge.html",
            active="charges",
            title="Charge",
            origin=lines[0].origin,
            lines=lines,
            slice=presentation.slice_of(workspace, source, month),
            record=record,
            reason=reason,
            costs=COST_COLUMNS,
            facts=[facts_of(item) for item in lines],
            words=words,
            shared=presentation.shared_of_record(workspace, source, month, file, line),
            why=why_address(lines[0]) if workspace.rules().tags else "",
        )

    return routes


def why_address(line: ChargeLine) -> str:
    """Where it is told whose the charges like this one of its day are, and why."""
    names = ("ResourceId",) if line.values.get("ResourceId") else ("ServiceName", "SubAccountId")
    parts = [f"x_SourceName = {text_literal(line.origin.source)}"]
    parts += [f"{n} = {text_literal(str(line.values[n]))}" for n in names if line.values.get(n)]
    day = line.values["ChargePeriodStart"].date()
    days = {"from": str(day), "to": str(day + timedelta(days=1))}
    return "/why?" + urlencode({"where": " AND ".join(parts), **days})


def chips_of_charges(asked: Ask) -> list[tuple[str, str]]:
    """The filters in words, each with the address without it."""
    return [(chip.text, CHARGES + chip.remove.removeprefix("/explore")) for chip in chips(asked)]


def charge_row(line: ChargeLine, measure: str) -> ChargeRow:
    """A charge as it is listed."""
    get = line.values.get
    origin = line.origin
    start = get("ChargePeriodStart")
    unit = get("ConsumedUnit") or get("PricingUnit")
    amount = (
        get("ConsumedQuantity") if get("ConsumedQuantity") is not None else get("PricingQuantity")
    )
    return ChargeRow(
        href=f"{CHARGES}/{origin.source}/{origin.billing_period}/{origin.file_index}/{origin.line}",
        day=numbers.day(start.date()) if isinstance(start, datetime) else numbers.DASH,
        service=get("ServiceName"),
        account=get("SubAccountName") or get("SubAccountId"),
        resource=get("ResourceName") or get("ResourceId"),
        category=get("ChargeCategory"),
        description=get("ChargeDescription"),
        quantity=f"{numbers.quantity(amount)} {unit or ''}".strip() if amount is not None else "",
        currency=str(get("BillingCurrency") or ""),
        amount=get(measure),
    )


def facts_of(line: ChargeLine) -> list[tuple[str, list[Fact]]]:
    """The columns of a charge: FOCUS in the specification's order, then the source's own."""
    focus = [_fact(name, line.values.get(name)) for name in CURRENT if name not in COST_COLUMNS]
    own = [
        _fact(name, value)
        for name, value in sorted(line.values.items())
        if name.startswith("x_") and value not in (None, {})
    ]
    filled = [fact for fact in focus if fact.text is not None or fact.pairs]
    empty = [fact for fact in focus if fact.text is None and not fact.pairs]
    return [("FOCUS columns", filled), ("Columns of the source", own), ("Empty", empty)]


def _fact(name: str, value: Any) -> Fact:
    about = COLUMNS[name].about if name in COLUMNS else ""
    if value is None or value in ({}, []):
        return Fact(name, about, None)
    if isinstance(value, Mapping | list):
        pairs = value.items() if isinstance(value, Mapping) else value
        return Fact(name, about, None, tuple(sorted((str(k), str(v)) for k, v in pairs)))
    if isinstance(value, Decimal):
        return Fact(name, about, numbers.exact(value), money=True)
    if isinstance(value, datetime):
        return Fact(name, about, f"{value:%Y-%m-%d %H:%M:%S} UTC")
    return Fact(name, about, value.isoformat() if isinstance(value, date) else str(value))


def _raw(
    site: Site, source: str, period: BillingPeriod, file: int, line: int
) -> tuple[dict[str, str | None], str]:
    """The vendor's record, or the reason why it cannot be shown."""
    try:
        return site.workspace.raw_record(source, period, file, line), ""
    except (LakeError, SourceError, AccessDeniedError) as error:
        return {}, str(error)
