"""One plan as a grid: its version, its view, and what may be done with it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from outlay.access import current
from outlay.app.planning import plans
from outlay.money import total
from outlay.money.cents import unit_text
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import Document, Version
from outlay.query import QueryError
from outlay.query.titles import dimension
from outlay.web import numbers
from outlay.web.plans import choices, told
from outlay.web.plans.address import DEEPEST, VIEWS, Shown, of_plan
from outlay.web.plans.grid import Figures, Grid, grid
from outlay.web.render import Site

DONE = {
    "baseline": "The baseline was made.",
    "draft": "A draft was started.",
    "discarded": "The draft was discarded.",
    "submitted": "The version was submitted: it stays as it is until somebody decides.",
    "approved": "The version was approved and is frozen.",
    "rejected": "The version was rejected. Start a draft from it to go on.",
    "saved": "The amounts were saved.",
    "imported": "The amounts of the file were taken.",
    "settings": "The settings were saved.",
}
_FIXED = {
    "draft": "You may look at this plan, not change it",
    "submitted": "This version waits for approval and cannot be changed",
}


@dataclass(frozen=True)
class Sums:
    """The figures at the head of the page."""

    baseline: Decimal
    adjusted: Decimal
    approved: Decimal | None


def page(site: Site, request: Request, shown: Shown, problem: str = "") -> Response:
    """One plan; `problem` is what was refused just now."""
    workspace = site.workspace
    plan = plans.get_plan(workspace, shown.plan)
    version = (
        plan.current
        if shown.version is None
        else plans.version(workspace, plan.name, shown.version)
    )
    context = _version(site, plan, version, shown) if version else {}
    return site.page(
        request,
        "plans/plan.html",
        409 if problem else 200,
        active="plans",
        title=plan.title,
        plan=plan,
        base=of_plan(plan.name),
        version=version,
        shown=shown,
        problem=problem,
        done=DONE.get(request.query_params.get("done", ""), ""),
        methods=choices.methods(),
        method_titles=choices.METHOD_TITLES,
        effects=choices.effects(),
        **context,
    )


def _version(site: Site, plan: plans.Plan, version: Version, shown: Shown) -> dict[str, Any]:
    document, digits = version.document, plan.frame.places
    table, view_problem = None, ""
    try:
        table = grid(document, shown, figures(site, plan, version, shown))
    except (PlanError, QueryError) as error:
        view_problem = str(error)
    may_edit = current().may("editor") and version.info.state == "draft"
    editable = may_edit and shown.view == "plan"
    year = document.sums()
    return {
        "grid": table or Grid((), (), _NO_ROW, ()),
        "view_problem": view_problem,
        "view_title": VIEWS[shown.view],
        "editable": editable,
        "fixed": _fixed(version, shown, editable),
        "is_current": plan.current is not None
        and plan.current.info.version == version.info.version,
        "compare_with": _before(plan, version),
        "figures_of": Sums(
            total([c.baseline for c in year if c.baseline is not None] or [Decimal(0)]),
            total([c.adjusted for c in year] or [Decimal(0)]),
            plan.approved.document.total
            if plan.approved and plan.approved.info.version != version.info.version
            else None,
        ),
        "level_titles": [dimension(name) for name in plan.frame.hierarchy],
        "text": lambda value: unit_text(value, digits),
        "shown_as": _writer(shown, plan.frame.currency),
        "render": secrets.token_hex(4),
        **_links(plan, shown),
    }


_NO_ROW: Any = None


def figures(site: Site, plan: plans.Plan, version: Version, shown: Shown) -> Figures:
    """The amounts of a view."""
    document = version.document
    beside = None
    if shown.view in told.VIEWS:
        return told.figures(site.workspace, plan, version, shown.view)
    complete = 0
    if shown.beside:
        actual = told.figures(site.workspace, plan, version, "actual")
        beside, complete = actual.amounts, actual.complete
    return Figures(_own(document, shown.view), beside, complete)


def _own(document: Document, view: str) -> dict[str, Sequence[Decimal | None]]:
    cells = {line.id: document.cells(line.id) for line in document.live}
    if view == "baseline":
        return {key: [cell.baseline for cell in row] for key, row in cells.items()}
    if view == "adjustments":
        return {key: [cell.adjusted for cell in row] for key, row in cells.items()}
    return {key: [cell.total for cell in row] for key, row in cells.items()}


def _writer(shown: Shown, currency: str) -> Any:
    """How the amounts of a view are written: changes with their sign."""
    if shown.view in ("adjustments", "variance"):
        return lambda value: numbers.change(value, "money", currency)
    return lambda value: numbers.amount(value, currency)


def _fixed(version: Version, shown: Shown, editable: bool) -> str:
    """Why the amounts shown are not to be changed."""
    if editable:
        return ""
    if version.info.state != "draft":
        return _FIXED.get(
            version.info.state,
            f"This version is {version.info.state} and never changes; start a draft from it",
        )
    if shown.view != "plan":
        return "Amounts are changed in the view Plan"
    return _FIXED["draft"]


def _before(plan: plans.Plan, version: Version) -> int | None:
    """The version that one would compare with: the approved one, else the one before."""
    if plan.approved and plan.approved.info.version != version.info.version:
        return plan.approved.info.version
    earlier = [v.version for v in plan.versions if v.version < version.info.version]
    return earlier[-1] if earlier else None


def _links(plan: plans.Plan, shown: Shown) -> dict[str, list[tuple[str, str, bool]]]:
    depths = len(plan.frame.hierarchy)
    open_to = min(shown.depth, depths)
    return {
        "view_links": [
            (text, shown.url(view=view), view == shown.view) for view, text in VIEWS.items()
        ],
        "quarter_links": [
            ("Off", shown.url(quarters=False), not shown.quarters),
            ("On", shown.url(quarters=True), shown.quarters),
        ],
        "beside_links": [
            ("Off", shown.url(beside=False), not shown.beside),
            ("On", shown.url(beside=True), shown.beside),
        ],
        "depth_links": [
            (
                "All" if depth == depths else dimension(plan.frame.hierarchy[depth - 1]),
                shown.url(depth=DEEPEST if depth == depths else depth),
                depth == open_to,
            )
            for depth in range(1, depths + 1)
        ],
    }
