"""Plans as plain JSON values: money is text with all its decimals, months are YYYY-MM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.money import BillingPeriod, money_text, parse_money
from outlay.planning.plans.codec import (
    driver_json,
    driver_of,
    frame_json,
    moment_text,
    plain,
    to_json,
)
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import Document, Driver, Line, Path, Version, VersionInfo

if TYPE_CHECKING:
    from outlay.app.planning.plans import Plan
    from outlay.planning.plans.compare import Comparison
    from outlay.planning.plans.importing import Change, Preview
    from outlay.planning.plans.results import (
        Actuals,
        Bridge,
        BridgeRow,
        Outlook,
        OutlookRow,
        Variance,
        VarianceRow,
    )

Json = dict[str, Any]


def plan_json(plan: Plan) -> Json:
    """A plan without the content of its versions."""
    return {
        "name": plan.name,
        **frame_json(plan.frame),
        "fiscal_year": plan.frame.label,
        "months": [str(month) for month in plan.frame.months],
        "owner": plan.spec.owner,
        "approvers": list(plan.spec.approvers),
        "tolerance": format(plan.spec.tolerance, "f"),
        "archived": plan.spec.archived,
        "draft": None if plan.draft is None else plan.draft.info.version,
        "approved": None if plan.approved is None else plan.approved.info.version,
        "budget": None if plan.budget is None else plan.budget.info.version,
        "versions": [info_json(one) for one in plan.versions],
    }


def info_json(info: VersionInfo) -> Json:
    """A version without its content."""
    return {
        "version": info.version,
        "title": info.title,
        "kind": info.kind,
        "state": info.state,
        "revision": info.revision,
        "total": money_text(info.total),
        "currency": info.currency,
        "created_at": moment_text(info.created_at),
        "author": info.author,
        "submitted_at": info.submitted_at and moment_text(info.submitted_at),
        "submitter": info.submitter,
        "decided_at": info.approved_at and moment_text(info.approved_at),
        "approver": info.approver,
        "note": info.note,
        "digest": info.digest,
    }


def version_json(version: Version) -> Json:
    """A version with its content: lines with their cells, adjustments, notes and history."""
    document = version.document
    data = to_json(document, version.previous)
    return {
        "plan": document.frame.plan,
        **info_json(version.info),
        "months": [str(month) for month in document.months],
        "previous": version.previous,
        "frame": data["frame"],
        "baseline": data["baseline"],
        "lines": [line_json(document, line) for line in document.live],
        "sums": [money_text(cell.total) for cell in document.sums()],
        "adjustments": data["adjustments"],
        "notes": data["notes"],
        "steps": data["steps"],
    }


def line_json(document: Document, line: Line) -> Json:
    """A line with its cells."""
    return {
        "id": line.id,
        "path": list(line.path),
        "name": line.name,
        "where": line.where,
        "planned": line.planned,
        "reason": line.reason,
        "driver": None if line.driver is None else driver_json(line.driver),
        "year": money_text(document.year(line.id).total),
        "cells": [
            {
                "month": str(month),
                "baseline": _money(cell.baseline),
                "origin": cell.origin,
                "adjusted": money_text(cell.adjusted),
                "total": money_text(cell.total),
                "volume": None if cell.volume is None else plain(cell.volume),
                "unit_cost": None if cell.unit_cost is None else plain(cell.unit_cost),
            }
            for month, cell in zip(document.months, document.cells(line.id), strict=True)
        ],
    }


def comparison_json(found: Comparison) -> Json:
    """Two versions beside each other; lines that differ, largest change first."""
    before, after, change = found.year
    return {
        "before": info_json(found.before),
        "after": info_json(found.after),
        "currency": found.currency,
        "months": [str(month) for month in found.months],
        "lines": [
            {
                "line": one.line,
                "path": list(one.path),
                "name": one.name,
                "presence": one.presence,
                "before": _texts(one.before),
                "after": _texts(one.after),
                "change": _texts(one.change),
                "year": _texts(one.year),
            }
            for one in found.changed
        ],
        "total": _texts((before, after, change)),
    }


def actuals_json(found: Actuals) -> Json:
    """What was spent by line."""
    return {
        "plan": found.frame.plan,
        "currency": found.frame.currency,
        "months": _months(found.frame.months),
        "states": list(found.states),
        "complete_until": _day(found.complete_until),
        "lines": [
            {
                "line": row.line,
                "path": list(row.path),
                "name": row.name,
                "amounts": _texts(row.amounts),
            }
            for row in found.rows
        ],
        "total": _texts(found.total),
        "warnings": list(found.warnings),
    }


def variance_json(found: Variance) -> Json:
    """A version against actual cost."""
    return {
        "version": info_json(found.version),
        "currency": found.frame.currency,
        "months": _months(found.frame.months),
        "states": list(found.states),
        "complete_until": _day(found.complete_until),
        "lines": [_variance_row(found, row) for row in found.rows],
        "total": _variance_row(found, found.total),
        "warnings": list(found.warnings),
    }


def _variance_row(found: Variance, row: VarianceRow) -> Json:
    to_date = found.to_date(row)
    return {
        **_row(row.line, row.path, row.name),
        "planned": _texts(row.planned),
        "actual": [_money(amount) for amount in row.actual],
        "to_date": {
            "planned": money_text(to_date.planned),
            "actual": money_text(to_date.actual),
            "variance": money_text(to_date.variance),
        },
    }


def bridge_json(found: Bridge) -> Json:
    """A variance taken apart."""
    days = found.reference
    return {
        "version": info_json(found.version),
        "currency": found.frame.currency,
        "first": str(found.first),
        "last": str(found.last),
        "reference": None if days is None else {"from": _day(days.start), "to": _day(days.end)},
        "reference_cost": money_text(found.reference_cost),
        "lines": [_bridge_row(row) for row in found.rows],
        "total": _bridge_row(found.total),
        "told": {name: money_text(amount) for name, amount in found.told.items()},
        "notes": list(found.notes),
    }


def _bridge_row(row: BridgeRow) -> Json:
    return {
        **_row(row.line, row.path, row.name),
        "planned": money_text(row.planned),
        "effects": {name: money_text(amount) for name, amount in row.effects.items()},
        "actual": money_text(row.actual),
        "variance": money_text(row.variance),
        "how": row.how,
    }


def outlook_json(found: Outlook) -> Json:
    """The full year's outlook."""
    return {
        "version": info_json(found.version),
        "currency": found.frame.currency,
        "at": moment_text(found.at),
        "months": _months(found.frame.months),
        "states": list(found.states),
        "complete_until": _day(found.complete_until),
        "tolerance": format(found.tolerance, "f"),
        "beyond": found.beyond,
        "lines": [_outlook_row(row) for row in found.rows],
        "total": _outlook_row(found.total),
        "notes": list(found.notes),
    }


def _outlook_row(row: OutlookRow) -> Json:
    return {
        **_row(row.line, row.path, row.name),
        "planned": _texts(row.planned),
        "estimate": _texts(row.estimate),
        "origins": list(row.origins),
        "adjusted": _texts(row.adjusted),
        "year": {
            "planned": money_text(row.year.planned),
            "estimate": money_text(row.year.actual),
            "variance": money_text(row.year.variance),
        },
        "reason": row.reason,
    }


def preview_json(found: Preview) -> Json:
    """What an import would do."""
    return {
        "plan": found.plan,
        "file_version": found.file_version,
        "file_revision": found.file_revision,
        "revision": found.revision,
        "refused": found.refused,
        "changes": [_change_json(one) for one in found.changes],
        "lines": [
            {
                "cell": row.cell,
                "path": list(row.line.path),
                "name": row.line.name,
                "amounts": {str(m): money_text(a) for m, a in row.line.amounts},
            }
            for row in found.lines
        ],
        "notes": [
            {"cell": n.cell, "line": n.line, "month": n.month and str(n.month), "text": n.text}
            for n in found.notes
        ],
        "problems": [vars(problem) for problem in found.problems],
        "conflicts": list(found.conflicts),
    }


def _change_json(one: Change) -> Json:
    number = money_text if one.of == "amount" else plain
    return {
        "cell": one.cell,
        "line": one.line,
        "name": one.name,
        "month": str(one.month),
        "of": one.of,
        "before": number(one.before),
        "now": number(one.now),
        "after": number(one.after),
        "rounded": one.rounded,
    }


def _row(line: str, path: Path, name: str) -> Json:
    return {"line": line, "path": list(path), "name": name}


def _texts(amounts: Sequence[Decimal]) -> list[str]:
    return [money_text(amount) for amount in amounts]


def _months(months: Sequence[BillingPeriod]) -> list[str]:
    return [str(month) for month in months]


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else money_text(amount)


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()


def edits_of(body: Mapping[str, Any]) -> list[Any]:
    """The edits of a message: `cells` as ``{"line", "month", "amount", "of", "how", "effect"}``, or
    with a `path` in place of the line for a sum. PlanError names what is wrong."""
    from outlay.planning.plans.edits import CellEdit, GroupEdit

    given = body.get("cells")
    if not isinstance(given, list) or not given:
        raise PlanError("an edit has cells: a list of objects with line, month and amount")
    allowed = {"line", "path", "month", "amount", "of", "how", "effect"}
    found: list[Any] = []
    for place, one in enumerate(given, 1):
        if not isinstance(one, dict) or set(one) - allowed or not {"month", "amount"} <= set(one):
            raise PlanError(
                f"cell {place} is no edit: it has line (or path), month, amount, and may have of, "
                "how (set or add) and effect"
            )
        if ("line" in one) == ("path" in one):
            raise PlanError(f"cell {place} names a line, or the path of a sum")
        month, amount = BillingPeriod.parse(str(one["month"])), parse_money(str(one["amount"]))
        more = {key: one[key] for key in ("how", "effect") if key in one}
        if "line" in one:
            of = {"of": one["of"]} if "of" in one else {}
            found.append(CellEdit(str(one["line"]), month, amount, **of, **more))
        else:
            path = tuple(None if v is None else str(v) for v in one["path"])
            found.append(GroupEdit(path, month, amount, **more))
    return found


def driver_given(data: Any) -> Driver:
    """The driver of a message, as `driver_json` gives one; PlanError for what is none. A binary
    fraction is refused: it is not the number that somebody wrote."""
    try:
        for number in (*data["volumes"], *data["unit_costs"]):
            if isinstance(number, float | bool):
                raise TypeError(number)
            if number is not None:
                parse_money(str(number))
        return driver_of(data)
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError):
        raise PlanError(
            "a driver has metric, unit, only, basis, and twelve volumes and unit_costs as text"
        ) from None


def new_line_of(body: Mapping[str, Any]) -> Any:
    """A new line of a message: `path`, and `name`, `where`, `amounts` by month, `note`, `effect`,
    `driver`. PlanError names what is wrong."""
    from outlay.planning.plans.edits import NewLine

    path, amounts = body.get("path"), body.get("amounts") or {}
    if not isinstance(path, list) or not isinstance(amounts, dict):
        raise PlanError("a new line has a path (a list of values) and amounts by month")
    driver = body.get("driver")
    return NewLine(
        path=tuple(None if value is None else str(value) for value in path),
        name=str(body.get("name") or ""),
        amounts=tuple(
            (BillingPeriod.parse(month), parse_money(str(amount)))
            for month, amount in amounts.items()
        ),
        where=str(body.get("where") or ""),
        driver=None if driver is None else driver_given(driver),
        note=str(body.get("note") or ""),
        effect=body.get("effect") or "volume",
    )
