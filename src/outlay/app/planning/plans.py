"""Plans of a workspace: what is planned, by whom it was changed and who approved it.

Everything that faces do with plans comes from here and from its neighbours `plan_baseline`,
`plan_actuals`, `plan_bridge`, `plan_outlook`, `plan_drivers` and `plan_files`. A plan tells of the
whole ledger, so that people who have a scope do not see it (see `access/rules/plans.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access import AccessDeniedError, Level, require, who, whole_only
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.money import BillingPeriod
from outlay.planning.plans import edits
from outlay.planning.plans.compare import Comparison, compare_documents
from outlay.planning.plans.edits import By, CellEdit, Edit, GroupEdit, NewLine
from outlay.planning.plans.errors import (
    PlanConflictError,
    PlanError,
    PlanNotFoundError,
    PlanStateError,
)
from outlay.planning.plans.kind import PLAN, PlanSpec, frame_of
from outlay.planning.plans.model import (
    Document,
    Driver,
    Frame,
    Step,
    Version,
    VersionInfo,
    VersionKind,
)
from outlay.planning.plans.store import PlanStore, Signed

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

__all__ = [
    "CellEdit",
    "GroupEdit",
    "NewLine",
    "Plan",
    "PlanConflictError",
    "PlanError",
    "PlanNotFoundError",
    "PlanStateError",
]


@dataclass(frozen=True)
class Plan:
    """A plan: its settings, what it is a plan of, and its versions, oldest first.

    `draft` is the version that can be edited or waits for a decision (state ``draft`` or
    ``submitted``), `approved` the one in force, `budget` the first one that was approved; None
    where there is none. `may_approve` says whether who asks may decide on what is submitted, and
    `why_not` why they may not.
    """

    name: str
    spec: PlanSpec
    spec_version: int
    frame: Frame
    versions: tuple[VersionInfo, ...]
    draft: Version | None = None
    approved: Version | None = None
    budget: Version | None = None
    may_approve: bool = False
    why_not: str = ""

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.frame.title

    @property
    def current(self) -> Version | None:
        """What is looked at unless a version is named: the draft, else the approved version."""
        return self.draft or self.approved


def store_of(workspace: Workspace) -> PlanStore:
    """The versions."""
    return PlanStore(workspace.resources.engine)


# --- reading --------------------------------------------------------------------------------------


@served("GET /plans")
def plans(workspace: Workspace, *, archived: bool = False) -> list[Plan]:
    """Every plan with its versions, by name; those put away only if asked for."""
    whole_only("the plans")
    found = workspace.resources.list(PLAN.name)
    names = [
        one.name
        for one in found
        if isinstance(one.spec, PlanSpec) and (archived or not one.spec.archived)
    ]
    return [get_plan(workspace, name) for name in names]


@served("GET /plans/{name}")
def get_plan(workspace: Workspace, name: str) -> Plan:
    """One plan; ResourceNotFoundError lists the names there are."""
    whole_only("a plan")
    resource = workspace.resources.get(PLAN.name, name)
    spec = resource.spec
    assert isinstance(spec, PlanSpec)
    kept = store_of(workspace).versions(name)
    draft = next((v for v in reversed(kept) if v.info.state in ("draft", "submitted")), None)
    decided = [v for v in kept if v.info.state in ("approved", "superseded")]
    why_not = _why_not(workspace, spec, draft)
    return Plan(
        name=name,
        spec=spec,
        spec_version=resource.version,
        frame=_frame(workspace, name, spec, kept),
        versions=tuple(version.info for version in kept),
        draft=draft,
        approved=next((v for v in kept if v.info.state == "approved"), None),
        budget=decided[0] if decided else None,
        may_approve=draft is not None and draft.info.state == "submitted" and not why_not,
        why_not=why_not,
    )


@served("GET /plans/{name}/versions")
def versions(workspace: Workspace, name: str) -> list[VersionInfo]:
    """The versions of a plan, oldest first."""
    return list(get_plan(workspace, name).versions)


@served("GET /plans/{name}/versions/{version}")
def version(workspace: Workspace, name: str, number: int | None = None) -> Version:
    """A version with its content; None: the draft, else the approved one. PlanNotFoundError says
    what there is, or how to begin."""
    plan = get_plan(workspace, name)
    if number is not None:
        return store_of(workspace).version(name, number)
    if plan.current is None:
        raise PlanNotFoundError(
            f"the plan {name!r} has no lines yet. Make its baseline: outlay plans baseline {name}"
        )
    return plan.current


@served("GET /plans/{name}/compare")
def compare(workspace: Workspace, name: str, before: int, after: int) -> Comparison:
    """Two versions of a plan line by line and month by month: after less before, exactly."""
    kept, _ = store_of(workspace), get_plan(workspace, name)
    one, other = kept.version(name, before), kept.version(name, after)
    return compare_documents(one, other)


def history(document: Document) -> tuple[Step, ...]:
    """What was done to a version, newest first."""
    return tuple(reversed(document.steps))


# --- making -------------------------------------------------------------------------------------


@served("POST /plans")
def new_plan(workspace: Workspace, name: str, spec: Mapping[str, Any]) -> Plan:
    """Configure a plan that there is not yet; ResourceConflictError when there is. Its lines come
    with its baseline (`plan_baseline.make_baseline`)."""
    workspace.put_resource(PLAN.name, name, dict(spec), author=who(), expected_version=0)
    return get_plan(workspace, name)


@served("POST /plans/{name}/draft")
def start_draft(
    workspace: Workspace,
    name: str,
    *,
    of: int | None = None,
    kind: VersionKind | None = None,
    title: str = "",
) -> Version:
    """A new draft with the content of a version (None: the approved one, else the newest), such as
    the year's latest estimate. It is a ``budget`` until one was approved, then an ``estimate``.

    PlanStateError when a draft or a submitted version is there already.
    """
    require(Level.EDITOR, "planning", whole=True)
    document = beginning(workspace, get_plan(workspace, name), of, kind)
    made = store_of(workspace).start(document, document.kind, title, _signed(""))
    record_version(workspace, "plan-draft", made)
    return made


def beginning(
    workspace: Workspace, plan: Plan, of: int | None = None, kind: VersionKind | None = None
) -> Document:
    """What a new draft begins with (see `start_draft`); nothing is written."""
    kept, by = store_of(workspace), _by("", None)
    source = kept.version(plan.name, of) if of is not None else plan.approved
    source = source or kept.newest(plan.name)
    kind = kind or ("estimate" if plan.budget else "budget")
    before = source.document if source else Document(plan.frame, kind)
    said = f"started from version {source.info.version}" if source else "started"
    step = Step(before.revision + 1, by.at, by.author, edits.STARTED, said)
    return before.but(
        frame=plan.frame, kind=kind, steps=(*before.steps, step), revision=before.revision + 1
    )


@served("DELETE /plans/{name}/draft")
def discard_draft(workspace: Workspace, name: str) -> None:
    """Throw the draft away. What was submitted once stays."""
    require(Level.EDITOR, "planning", whole=True)
    found = store_of(workspace).newest(name, "draft")
    if found is None:
        raise PlanStateError(f"the plan {name!r} has no draft")
    store_of(workspace).discard(name, found.info.version)
    record_version(workspace, "plan-discard", found)


# --- editing ------------------------------------------------------------------------------------


@served("POST /plans/{name}/cells")
def edit_cells(
    workspace: Workspace,
    name: str,
    changes: Sequence[Edit],
    reason: str,
    *,
    revision: int | None = None,
) -> Version:
    """Change cells of the draft, all or none; gives the draft as it is then.

    `revision` is the one that was looked at (None: whatever there is). Edits of cells that nobody
    else touched since are taken; else PlanConflictError says who changed what. PlanError for an
    edit without a reason, of a line that there is not, or with an amount that is no whole cent.
    """
    by = _by(reason, revision)
    return _changed(workspace, name, lambda d: edits.edit_cells(d, changes, by))


@served("POST /plans/{name}/take-back")
def take_back(
    workspace: Workspace,
    name: str,
    adjustments: Sequence[int],
    reason: str = "",
    *,
    revision: int | None = None,
) -> Version:
    """Take adjustments back by their numbers: each gets its opposite, both are kept."""
    by = _by(reason, revision)
    return _changed(workspace, name, lambda d: edits.take_back(d, adjustments, by))


@served("POST /plans/{name}/undo")
def undo(workspace: Workspace, name: str, *, revision: int | None = None) -> Version:
    """Take back one's own newest edit of cells; PlanError when there is none left."""
    by = _by("", revision)
    return _changed(workspace, name, lambda d: edits.undo(d, by))


@served("POST /plans/{name}/redo")
def redo(workspace: Workspace, name: str, *, revision: int | None = None) -> Version:
    """Do one's own newest undone edit again; PlanError when something was edited since."""
    by = _by("", revision)
    return _changed(workspace, name, lambda d: edits.redo(d, by))


@served("POST /plans/{name}/lines")
def add_line(
    workspace: Workspace, name: str, line: NewLine, reason: str, *, revision: int | None = None
) -> Version:
    """Add a line that has no history: a planned hire, a launch. The new line is the last."""
    by = _by(reason, revision)
    return _changed(workspace, name, lambda d: edits.add_line(d, line, by)[0])


@served("PATCH /plans/{name}/lines/{line}")
def change_line(
    workspace: Workspace,
    name: str,
    line: str,
    *,
    title: str | None = None,
    where: str | None = None,
    revision: int | None = None,
) -> Version:
    """Name a line otherwise, or give it another condition."""
    by = _by("", revision)
    condition = None if where is None else _condition(where)
    return _changed(
        workspace, name, lambda d: edits.change_line(d, line, by, name=title, where=condition)
    )


@served("DELETE /plans/{name}/lines/{line}")
def remove_line(
    workspace: Workspace,
    name: str,
    line: str,
    reason: str,
    *,
    restore: bool = False,
    revision: int | None = None,
) -> Version:
    """Take a line out of the plan (it is kept and can be restored), or put it back."""
    by = _by(reason, revision)
    return _changed(workspace, name, lambda d: edits.remove_line(d, line, by, restore=restore))


@served("POST /plans/{name}/lines/{line}/driver")
def drive_line(
    workspace: Workspace,
    name: str,
    line: str,
    driver: Driver | None,
    reason: str,
    *,
    revision: int | None = None,
) -> Version:
    """Make a line volume × unit cost, or no longer so. `plan_drivers.propose_driver` gives the
    metric's own forecast and what a unit has cost."""
    by = _by(reason, revision)
    return _changed(workspace, name, lambda d: edits.drive_line(d, line, driver, by))


@served("POST /plans/{name}/notes")
def add_note(
    workspace: Workspace,
    name: str,
    line: str,
    month: BillingPeriod | None,
    text: str,
) -> Version:
    """Note something on a line, one of its months, or (line '') the plan."""
    by = _by("", None)
    return _changed(workspace, name, lambda d: edits.add_note(d, line, month, text, by))


# --- deciding -----------------------------------------------------------------------------------


@served("POST /plans/{name}/submit")
def submit(
    workspace: Workspace, name: str, note: str = "", *, revision: int | None = None
) -> Version:
    """Hand the draft in for approval; it cannot be changed until somebody decides."""
    require(Level.EDITOR, "submitting a plan", whole=True)
    draft = store_of(workspace).newest(name, "draft")
    if draft is not None and not draft.document.live:
        raise PlanStateError(f"the draft of {name!r} has no lines: make its baseline first")
    done = store_of(workspace).submit(name, revision, _signed(note))
    record_version(workspace, "plan-submit", done)
    return done


@served("POST /plans/{name}/versions/{version}/approve")
def approve(workspace: Workspace, name: str, number: int, note: str = "") -> Version:
    """Approve what was submitted: it never changes again, and supersedes the version approved
    before. Not by who submitted it, unless nobody else could."""
    plan = get_plan(workspace, name)
    _check_approver(workspace, plan.spec, store_of(workspace).version(name, number))
    done = store_of(workspace).approve(name, number, _signed(note))
    record_version(workspace, "plan-approve", done)
    return done


@served("POST /plans/{name}/versions/{version}/reject")
def reject(workspace: Workspace, name: str, number: int, reason: str) -> Version:
    """Reject what was submitted, with the reason. It stays as it was; a new draft of it goes on
    (`start_draft`)."""
    require(Level.APPROVER, "rejecting a plan", whole=True)
    if not reason.strip():
        raise PlanError("say why the version is rejected")
    plan = get_plan(workspace, name)
    _check_named(plan.spec)
    done = store_of(workspace).reject(name, number, _signed(reason.strip()))
    record_version(workspace, "plan-reject", done)
    return done


def _why_not(workspace: Workspace, spec: PlanSpec, draft: Version | None) -> str:
    """Why who asks may not approve; '' when they may."""
    if draft is None or draft.info.state != "submitted":
        return ""
    try:
        _check_approver(workspace, spec, draft)
    except (AccessDeniedError, PlanStateError) as error:
        return str(error)
    return ""


def _check_approver(workspace: Workspace, spec: PlanSpec, submitted: Version) -> None:
    """Whether who asks may approve; AccessDeniedError or PlanStateError says why not."""
    require(Level.APPROVER, "approving a plan", whole=True)
    _check_named(spec)
    if who() != submitted.info.submitter:
        return
    others = [name for name in _approvers(workspace, spec) if name != who()]
    if others:
        raise PlanStateError(
            f"{who()} submitted version {submitted.info.version} and does not approve it too; "
            f"{_either(others)} can"
        )


def _check_named(spec: PlanSpec) -> None:
    if spec.approvers and who() not in spec.approvers:
        raise AccessDeniedError(
            f"{who()} does not decide on this plan; {_either(spec.approvers)} does. "
            "The plan's settings say who."
        )


def _approvers(workspace: Workspace, spec: PlanSpec) -> list[str]:
    """The accounts that may approve, by name."""
    from outlay.access import roles
    from outlay.access.people import People

    found = []
    for person in People(workspace.resources).all():
        role = roles.find(workspace.resources, person.role)
        able = role is not None and role.level >= Level.APPROVER and not role.scope
        if able and not person.disabled and person.name in (spec.approvers or (person.name,)):
            found.append(person.name)
    return found


def _either(names: Sequence[str]) -> str:
    shown = list(names[:5])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


# --- helpers ------------------------------------------------------------------------------------


def _frame(workspace: Workspace, name: str, spec: PlanSpec, kept: Sequence[Version]) -> Frame:
    """What the plan is a plan of; its currency is that of its versions, should the workspace's have
    changed meanwhile."""
    currency = kept[-1].document.frame.currency if kept else workspace.currency
    return frame_of(name, spec, currency)


def _changed(workspace: Workspace, name: str, make: Any) -> Version:
    """Change the draft, and keep in the log of events that it was changed."""
    require(Level.EDITOR, "planning", whole=True)
    workspace.resources.get(PLAN.name, name)
    before = store_of(workspace).newest(name, "draft")
    done = store_of(workspace).change(name, make)
    if before is None or done.info.revision != before.info.revision:
        step = done.document.steps[-1]
        record_version(workspace, "plan-edit", done, said=step.said, reason=step.reason)
    return done


def _by(reason: str, revision: int | None, at: datetime | None = None) -> By:
    return By(who(), at or utc_now(), reason.strip(), revision)


def _signed(note: str) -> Signed:
    return Signed(who(), utc_now(), note.strip())


def record_version(workspace: Workspace, action: str, done: Version, **detail: Any) -> None:
    """Keep in the log of events what was done to a version."""
    from outlay.app.events import record

    info = done.info
    record(
        workspace,
        action,
        f"{info.plan} version {info.version}",
        revision=info.revision,
        total=f"{info.total:f} {info.currency}",
        **{name: text for name, text in detail.items() if text},
    )


def _condition(where: str) -> str:
    from outlay.expression import canonical

    return canonical(where, "where") if where.strip() else ""
