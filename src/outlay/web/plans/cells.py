"""The grid's own address: amounts in, what was kept or who was faster out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessDeniedError
from outlay.app import Workspace
from outlay.app.planning import plans
from outlay.money import BillingPeriod, MoneyError, PeriodError, parse_money
from outlay.money.cents import unit_text
from outlay.planning.plans.edits import CellEdit
from outlay.planning.plans.errors import PlanConflictError, PlanError, PlanNotFoundError
from outlay.planning.plans.model import Adjustment, Document, Effect
from outlay.resources import ResourceError
from outlay.web import numbers
from outlay.web.plans.address import PLANS
from outlay.web.render import Site

_MOST_EDITS = 20_000


class _Edit(BaseModel):
    """One amount of the grid: what it shall be, and what it was when it was changed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    line: str = Field(max_length=64)
    month: str = Field(max_length=7)
    amount: str = Field(max_length=40)
    seen: str = Field(max_length=40)


class _Batch(BaseModel):
    """What is saved together."""

    model_config = ConfigDict(extra="forbid", strict=True)

    revision: int
    reason: str = Field(min_length=1, max_length=500)
    effect: Effect
    edits: list[_Edit] = Field(min_length=1, max_length=_MOST_EDITS)


@dataclass(frozen=True)
class Clash:
    """An amount that somebody else changed since it was seen."""

    line: str
    month: str
    name: str
    mine: str
    theirs: str
    who: str
    when: str
    reason: str


def add(routes: APIRouter, site: Site) -> None:
    """The grid's address."""

    @routes.post(f"{PLANS}/{{name}}/cells")
    async def cells(request: Request, name: str) -> Response:
        """Save amounts, all or none. 409 tells the amounts that others changed meanwhile."""
        body = await request.body()
        return await run_in_threadpool(_save, site.workspace, name, body)


def _save(workspace: Workspace, name: str, body: bytes) -> Response:
    try:
        batch = _Batch.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the request"
        return _refused(400, f"{where}: {first['msg']}.")
    try:
        edits = [_edit(edit, batch.effect) for edit in batch.edits]
        done = plans.edit_cells(workspace, name, edits, batch.reason, revision=batch.revision)
    except PlanConflictError as error:
        return _conflict(workspace, name, batch, error)
    except AccessDeniedError as error:
        return _refused(403, str(error))
    except PlanNotFoundError as error:
        return _refused(404, str(error))
    except (PlanError, ResourceError, MoneyError, PeriodError) as error:
        return _refused(400, str(error))
    document = done.document
    kept = [
        {"line": e.line, "month": str(e.month), "amount": _now(document, e.line, e.month)}
        for e in edits
    ]
    made = [one for one in document.adjustments if one.batch == document.revision]
    return JSONResponse(
        {
            "revision": done.info.revision,
            "saved": len(made),
            "cells": kept,
            "others": done.info.revision > batch.revision + 1,
        }
    )


def _edit(edit: _Edit, effect: Effect) -> CellEdit:
    month = BillingPeriod.parse(edit.month)
    amount, seen = parse_money(edit.amount), parse_money(edit.seen)
    return CellEdit(edit.line, month, amount, effect=effect, seen=seen)


def _now(document: Document, line: str, month: BillingPeriod) -> str:
    return unit_text(document.cell(line, month).total, document.frame.places)


def _conflict(workspace: Workspace, name: str, batch: _Batch, error: PlanConflictError) -> Response:
    """What others made of the same amounts; none where they left them as they were seen."""
    draft = plans.version(workspace, name)
    found = clashes(draft.document, batch.edits)
    return JSONResponse(
        {
            "problem": str(error),
            "revision": draft.info.revision,
            "conflicts": [vars(one) for one in found],
        },
        409,
    )


def clashes(document: Document, edits: Sequence[Any]) -> list[Clash]:
    """The edits whose amount is not any more what was seen, with who changed it last and why."""
    found = []
    for edit in edits:
        month = BillingPeriod.parse(edit.month)
        line = document.line(edit.line)
        theirs = _now(document, edit.line, month)
        if theirs == edit.seen:
            continue
        last = _last(document, edit.line, month)
        by = last or (document.steps[-1] if document.steps else None)
        found.append(
            Clash(
                line=edit.line,
                month=edit.month,
                name=line.title,
                mine=edit.amount,
                theirs=theirs,
                who=by.author if by else "",
                when=numbers.moment(by.at) if by else "",
                reason=last.reason if last else "",
            )
        )
    return found


def _last(document: Document, line: str, month: BillingPeriod) -> Adjustment | None:
    """The newest adjustment of an amount."""
    for one in reversed(document.adjustments):
        if (one.line, one.month) == (line, month):
            return one
    return None


def _refused(status: int, problem: str) -> Response:
    return JSONResponse({"problem": problem}, status)
