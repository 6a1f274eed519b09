"""Plans as files: a workbook that can be read again without loss, CSV, JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outlay.access import Level, require, who
from outlay.app.planning.plans import get_plan, record_version, store_of
from outlay.app.planning.plans import version as version_of
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.planning.plans.edits import By
from outlay.planning.plans.errors import PlanError, PlanStateError
from outlay.planning.plans.importing import Found, Preview, applied, preview
from outlay.planning.plans.model import Document, Version

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

FORMS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


@dataclass(frozen=True)
class PlanFile:
    """A file of a plan: its name, media type and content."""

    name: str
    media: str
    content: bytes


@served("GET /plans/{name}/export")
def export(
    workspace: Workspace, name: str, form: str = "xlsx", number: int | None = None
) -> PlanFile:
    """A version (None: the draft, else the approved one) as ``xlsx``, ``csv`` or ``json``.
    QueryError for another form."""
    if form not in FORMS:
        raise QueryError(
            f"a plan is exported as {', '.join(FORMS)}; not {form!r}", field="format", text=form
        )
    found = version_of(workspace, name, number)
    record_version(workspace, "export", found, form=form)
    title = f"{name}-v{found.info.version}-r{found.info.revision}.{form}"
    return PlanFile(title, FORMS[form], _content(found, form))


def _content(found: Version, form: str) -> bytes:
    if form == "xlsx":
        from outlay.planning.plans.workbook import to_xlsx

        return to_xlsx(found)
    if form == "csv":
        from outlay.planning.plans.csvform import to_csv

        return to_csv(found).encode()
    from outlay.app.planning.plan_shapes import version_json

    return json.dumps(version_json(found), ensure_ascii=False, indent=1).encode()


@served("POST /plans/{name}/import/preview")
def preview_import(workspace: Workspace, name: str, content: bytes, file: str) -> Preview:
    """What importing a file (its name says whether it is ``.xlsx`` or ``.csv``) would do to the
    draft; nothing is changed. PlanError for a file that is no export of a plan, PlanStateError
    where there is no draft."""
    document = _draft(workspace, name)
    return preview(_found(content, file, document), document)


@served("POST /plans/{name}/import")
def apply_import(
    workspace: Workspace, name: str, content: bytes, file: str, reason: str = ""
) -> Version:
    """Import a file into the draft, all of it or nothing: amounts that were changed in it become
    adjustments with the reason ``spreadsheet import``.

    PlanError names the first cell that is not as it must be; PlanConflictError says who changed the
    same cells since the export.
    """
    require(Level.EDITOR, "planning", whole=True)
    found = _found(content, file, _draft(workspace, name))
    by = By(who(), utc_now(), reason.strip())
    done = store_of(workspace).change(name, lambda document: applied(found, document, by))
    record_version(workspace, "plan-import", done, file=file, reason=reason)
    return done


def _draft(workspace: Workspace, name: str) -> Document:
    plan = get_plan(workspace, name)
    if plan.draft is None or not plan.draft.info.open:
        raise PlanStateError(
            f"the plan {name!r} has no draft to import into. Start one: outlay plans draft {name}"
        )
    return plan.draft.document


def _found(content: bytes, file: str, document: Document) -> Found:
    if file.lower().endswith(".csv"):
        from outlay.planning.plans.csvform import changes_of_csv

        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise PlanError(f"{file} is no text in UTF-8: save the CSV as UTF-8") from None
        return changes_of_csv(text, document)
    from outlay.planning.plans.xlsx_import import changes_of

    return changes_of(content, document)
