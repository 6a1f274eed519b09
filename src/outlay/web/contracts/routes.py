"""Contracts: where each stands, its burn-down, agreed prices against charged ones, the form."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current, who
from outlay.app.contracts import contracts, pricing, words
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.query.codec import to_params
from outlay.resources import ResourceError
from outlay.resources.names import valid_name
from outlay.savings.contracts.model import CONTRACT
from outlay.web.contracts.chart import HEIGHT, WIDTH, chart
from outlay.web.contracts.form import MEASURES, Given, empty, of_spec
from outlay.web.explore.address import EXPLORE, address
from outlay.web.render import Site

PAGE = "/contracts"
STATES: Mapping[str, tuple[str, str, str]] = {
    "failed": ("Failed", "bad", "It cannot be told."),
    "falls short": ("Falls short", "warn", "It is heading for less than what is owed."),
    "fell short": ("Fell short", "bad", "It ended with less than what was owed."),
    "exceeds": ("Used up early", "warn", "What is paid for is used up before the term ends."),
    "met early": ("Met early", "good", "What is owed is used before the term ends."),
    "unknown": ("Unknown", "warn", "What it will come to is not known."),
    "no data": ("No data yet", "", "Nothing that counts was charged yet."),
    "on track": (
        "On track",
        "good",
        "It is heading for what is owed, at most a twentieth more.",
    ),
    "met": ("Met", "good", "It ended with at least what was owed."),
    "not begun": ("Not begun", "", "It begins later."),
    "ended": ("Ended", "", "Its last term is over."),
}
"""State → its title, its tone, what it means."""

VERDICTS = {
    "as agreed": ("good", "As agreed"),
    "too high": ("bad", "Too high"),
    "too low": ("info", "Too low"),
    "cannot be told": ("", "Cannot be told"),
}
_LONGEST_NAME = 56
_REFUSED = (ResourceError, QueryError, AccessError, LakeError)


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    room = APIRouter()
    _pages(room, site)
    _forms(room, site)
    return room


def contract_url(name: str) -> str:
    """The page of a contract."""
    return f"{PAGE}/{quote(name, safe='')}"


def share_of(value: Decimal, most: Decimal) -> str:
    """The place of an amount on a bar of 100, for drawing."""
    return f"{float(value) / float(most) * 100:.2f}" if most > 0 else "0"


def _pages(room: APIRouter, site: Site) -> None:
    @room.get(PAGE)
    def listed(request: Request) -> HTMLResponse:
        found = contracts.statuses(site.workspace)
        return site.page(
            request, "contracts/list.html", active="contracts", title="Contracts", found=found,
            states=STATES, url=contract_url, sentence=words.sentence, notice=words.notice,
            may_edit=current().may("editor"), charges=site.workspace.holds_charges(),
            share_of=share_of,
        )  # fmt: skip

    @room.get(f"{PAGE}/_new")
    def new(request: Request) -> HTMLResponse:
        given = empty(site.workspace.currency, dict(request.query_params))
        return _form(site, request, given, "", 0)

    @room.get(f"{PAGE}/{{name}}")
    def one(request: Request, name: str) -> HTMLResponse:
        asked = request.query_params.get("range", "").strip()
        return _one(site, request, name, asked)

    @room.get(f"{PAGE}/{{name}}/edit")
    def edit(request: Request, name: str) -> HTMLResponse:
        found = contracts.contract(site.workspace, name)
        return _form(site, request, of_spec(found.spec), name, found.version)


def _one(site: Site, request: Request, name: str, asked: str) -> HTMLResponse:
    """A contract with its burn-down and the check of its prices."""
    status = contracts.show(site.workspace, name)
    spec = status.contract.spec
    prices, problem = None, ""
    if spec.prices:
        try:
            prices = pricing.prices(site.workspace, name, asked)
        except QueryError as error:
            problem = str(error)
    term = status.present
    if term is None and status.terms:
        begun = [t for t in status.terms if t.term.from_ <= status.today]
        term = begun[-1] if begun else None
    query = contracts.question(spec)
    days = f"{term.term.from_}..{term.term.until}" if term else "all"
    return site.page(
        request, "contracts/contract.html", 400 if problem and asked else 200, active="contracts",
        title=status.contract.title, told=status, spec=spec, term=term, states=STATES,
        verdicts=VERDICTS, prices=prices, price_problem=problem, asked=asked,
        drawn=chart(term, status.known) if term and status.known else None,
        width=WIDTH, height=HEIGHT, sentence=words.sentence(status),
        notice=words.notice(status), may_edit=current().may("editor"),
        explore=address(EXPLORE, to_params(query.but(grain="month", range=days))),
    )  # fmt: skip


def _form(
    site: Site, request: Request, given: Given, name: str, version: int, problem: str = ""
) -> HTMLResponse:
    return site.page(
        request, "contracts/form.html", 400 if problem else 200, active="contracts",
        title="Change the contract" if name else "New contract", given=given, name=name,
        version=version, problem=problem, measures=MEASURES,
        tags=sorted(site.workspace.rules().tags), back=contract_url(name) if name else PAGE,
    )  # fmt: skip


def _forms(room: APIRouter, site: Site) -> None:
    async def save(request: Request, name: str) -> Response:
        body = (await request.body()).decode("utf-8", "replace")
        fields = {k: v[-1].strip() for k, v in parse_qs(body, keep_blank_values=True).items()}
        return await run_in_threadpool(_save, site, request, Given(fields), name)

    @room.post(PAGE)
    async def make(request: Request) -> Response:
        return await save(request, "")

    @room.post(f"{PAGE}/{{name}}")
    async def change(request: Request, name: str) -> Response:
        return await save(request, name)

    @room.post(f"{PAGE}/{{name}}/delete")
    def remove(name: str) -> Response:
        contracts.contract(site.workspace, name)
        site.workspace.resources.delete(CONTRACT.name, name, author=who())
        return RedirectResponse(PAGE, 303)


def _save(site: Site, request: Request, given: Given, name: str) -> Response:
    """Keep what was filled in, or show the form again with what is wrong."""
    resources = site.workspace.resources
    version = int(given["version"]) if given["version"].isdecimal() else 0
    try:
        kept = name or _free_name(site, given["title"] or given["vendor"])
        before = contracts.contract(site.workspace, name).spec if name else None
        resources.put(
            CONTRACT.name, kept, given.spec(before), author=who(),
            expected_version=version,
        )  # fmt: skip
    except _REFUSED as error:
        return _form(site, request, given, name, version, str(error))
    return RedirectResponse(contract_url(kept), 303)


def _free_name(site: Site, title: str) -> str:
    """A name made of the title that no contract has."""
    base = valid_name(title, "contract")[:_LONGEST_NAME].strip("-")
    taken = set(site.workspace.resources.names(CONTRACT.name))
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name
