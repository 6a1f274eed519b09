"""Edits of a draft: a document and what is to change in, a new document out. Nothing is lost.

Amounts are never overwritten: setting a cell adds an adjustment for the difference, and taking one
back adds its opposite. Each edit makes one revision and leaves a step that says who did what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.money.cents import to_unit
from outlay.planning.plans.errors import PlanConflictError, PlanError, PlanNotFoundError
from outlay.planning.plans.model import (
    EFFECTS,
    OFS,
    ZERO,
    Adjustment,
    Document,
    Driver,
    Effect,
    Line,
    Note,
    Of,
    Origin,
    Path,
    Step,
    path_text,
)
from outlay.planning.plans.shares import share_out

How = Literal["set", "add"]
EVERYTHING = "*"
"""In place of a cell: all of them."""
UNDONE = "undone"
DRIVEN: Origin = "drivers"
NOT_DRIVEN = "no longer driven; make the baseline anew"
MOST_TEXT = 4_000
"""Characters in a reason, name, condition or note."""
STARTED = "started"
"""The action of the step with which a draft begins: what was done before is not undone."""


@dataclass(frozen=True)
class By:
    """Who edits, when (UTC, naive) and why. `seen` is the revision that they look at; None: the
    newest, whatever it is."""

    author: str
    at: datetime
    reason: str
    seen: int | None = None


@dataclass(frozen=True)
class CellEdit:
    """One cell: `amount` is what its total (or volume, or unit cost) shall be, or what is added.
    `seen` is the total that was looked at: another is told, not overwritten (None: not asked)."""

    line: str
    month: BillingPeriod
    amount: Decimal
    of: Of = "amount"
    how: How = "set"
    effect: Effect = "volume"
    seen: Decimal | None = None


@dataclass(frozen=True)
class GroupEdit:
    """A sum of the hierarchy: what it shall be, or what is added, is shared out to the live lines
    below `path` by their totals of the month (evenly where those are nought), to the cent."""

    path: Path
    month: BillingPeriod
    amount: Decimal
    how: How = "set"
    effect: Effect = "volume"


@dataclass(frozen=True)
class NewLine:
    """A line that is not there yet. `amounts` are what it is planned to cost by month."""

    path: Path
    name: str = ""
    amounts: tuple[tuple[BillingPeriod, Decimal], ...] = ()
    where: str = ""
    driver: Driver | None = None
    note: str = ""
    effect: Effect = "volume"


Edit = CellEdit | GroupEdit


def edit_cells(document: Document, edits: Sequence[Edit], by: By) -> Document:
    """The document with cells edited; the same when nothing changes.

    Raises PlanError for an amount that is no whole cent, a line without a driver whose volume is
    edited, a month outside of the year, an edit without a reason; PlanConflictError when somebody
    else changed one of the cells since `by.seen`.
    """
    _check_reason(by)
    single = [one for edit in edits for one in _cells_of(document, edit)]
    check_seen(document, by.seen, [_key(e.line, e.month, e.of) for e in single])
    _check_totals(document, by.seen, single)
    made = _adjusted(document, single, by)
    if not made:
        return document
    cells = tuple(sorted({_key(a.line, a.month, a.of) for a in made}))
    said = _said(document, made)
    return with_step(
        document.but(adjustments=(*document.adjustments, *made)), by, "adjusted", said, cells
    )


def take_back(document: Document, numbers: Iterable[int], by: By) -> Document:
    """The document with adjustments taken back by their opposites. PlanError for one that was
    taken back already."""
    _check_texts(by.reason)
    wanted = [document.adjustment(number) for number in dict.fromkeys(numbers)]
    check_seen(document, by.seen, [_key(a.line, a.month, a.of) for a in wanted])
    for one in wanted:
        if one.id in document.taken_back:
            raise PlanError(f"adjustment {one.id} was taken back already")
    if not wanted:
        return document
    done = taken_back_in(document, [one.id for one in wanted], by, by.reason or "taken back")
    cells = tuple(sorted({_key(a.line, a.month, a.of) for a in wanted}))
    listed = ", ".join(str(one.id) for one in wanted[:8]) + ("…" if len(wanted) > 8 else "")
    said = f"took back {'adjustment' if len(wanted) == 1 else 'adjustments'} {listed}"
    return with_step(done, by, "took back", said, cells)


def taken_back_in(document: Document, numbers: Sequence[int], by: By, reason: str) -> Document:
    """The document with the opposites of adjustments, as a part of an edit that goes on."""
    made = _opposites(document, [document.adjustment(n) for n in numbers], by, reason)
    return document.but(adjustments=(*document.adjustments, *made)) if made else document


def undo(document: Document, by: By) -> Document:
    """The author's newest edit of cells taken back; PlanError when there is none left."""
    batches = _batches(document, by.author)
    for batch in reversed(batches):
        if batch[0].takes_back is None and not any(a.id in document.taken_back for a in batch):
            return take_back(document, [a.id for a in batch], replace(by, reason=UNDONE))
    raise PlanError(f"{by.author} has no edit left to undo")


def redo(document: Document, by: By) -> Document:
    """The author's newest undone edit done again; PlanError when something was edited since."""
    for batch in reversed(_batches(document, by.author)):
        if batch[0].takes_back is None:
            break
        if batch[0].reason != UNDONE or any(a.id in document.taken_back for a in batch):
            continue
        return take_back(document, [a.id for a in batch], replace(by, reason="done again"))
    raise PlanError(f"{by.author} has no undone edit to do again")


def add_line(document: Document, new: NewLine, by: By) -> tuple[Document, str]:
    """The document with a new line, and the line's id. PlanError when the path has not one value a
    level, or a line stands there already."""
    _check_reason(by)
    _check_texts(new.name, new.where, new.note, *new.path)
    levels = document.frame.hierarchy
    if len(new.path) != len(levels):
        raise PlanError(
            f"a line of {document.frame.plan!r} has a value for each of {', '.join(levels)}; "
            f"{path_text(new.path)!r} has {len(new.path)}"
        )
    for line in document.live:
        same = line.path == new.path and line.where == new.where
        if same and (not new.where or line.name == new.name):
            raise PlanError(
                f"there is a line {line.id} at {path_text(line.path)!r} already; adjust that one, "
                "or give the new one a condition of its own"
            )
    check_seen(document, by.seen, [])
    size = len(document.months)
    base = _driven(new.driver, document.frame.places)
    line = Line(
        id=f"l{1 + max((int(one.id[1:]) for one in document.lines), default=0)}",
        path=new.path,
        name=new.name,
        baseline=base,
        origins=tuple("" if amount is None else DRIVEN for amount in base),
        reason="" if new.driver else "planned: it has no history",
        where=new.where,
        planned=True,
        driver=new.driver,
    )
    assert len(base) == size
    grown = document.but(lines=(*document.lines, line))
    edits = [CellEdit(line.id, month, amount, how="add", effect=new.effect)
             for month, amount in new.amounts]  # fmt: skip
    made = _adjusted(grown, edits, by)
    grown = grown.but(adjustments=(*grown.adjustments, *made))
    if new.note:
        grown = _noted(grown, line.id, None, new.note, by)
    return with_step(grown, by, "added line", f"added the line {line.title}", (line.id,)), line.id


def change_line(document: Document, line_id: str, by: By, *, name: str | None = None,
                where: str | None = None) -> Document:  # fmt: skip
    """The document with a line named otherwise, or with another condition."""
    _check_texts(name, where)
    line = document.line(line_id)
    check_seen(document, by.seen, [line_id])
    new = replace(
        line,
        name=line.name if name is None else name,
        where=line.where if where is None else where,
    )
    if new == line:
        return document
    return with_step(
        _with(document, new), by, "changed line", f"changed the line {line.title}", (line_id,)
    )


def drive_line(document: Document, line_id: str, driver: Driver | None, by: By) -> Document:
    """The document with a line driven by volume × unit cost, or no longer so.

    Months of which the driver says nothing keep the baseline that they have; those that it had
    driven before have none until a baseline is made.
    """
    _check_reason(by)
    line = document.line(line_id)
    check_seen(document, by.seen, [line_id])
    driven = _driven(driver, document.frame.places)
    kept = [
        None if origin == DRIVEN else amount
        for amount, origin in zip(line.baseline, line.origins, strict=True)
    ]
    base = tuple(new if new is not None else old for new, old in zip(driven, kept, strict=True))
    origins = tuple(
        DRIVEN if new is not None else "" if old is None else origin
        for new, old, origin in zip(driven, kept, line.origins, strict=True)
    )
    reason = "" if None not in base else "no driver of every month" if driver else NOT_DRIVEN
    new = replace(line, driver=driver, baseline=base, origins=origins, reason=reason)
    said = f"took the driver off {line.title}"
    if driver is not None:
        said = f"drives {line.title} by {driver.metric or 'volume and unit cost'}"
    return with_step(_with(document, new), by, "drove line", said, (line_id,))


def remove_line(document: Document, line_id: str, by: By, *, restore: bool = False) -> Document:
    """The document without a line (it is kept, and can be restored), or with it again."""
    _check_reason(by)
    line = document.line(line_id)
    check_seen(document, by.seen, [line_id])
    if line.removed != restore:
        raise PlanError(f"the line {line.title!r} is {'there' if restore else 'removed'} already")
    action = "restored line" if restore else "removed line"
    said = f"{'restored' if restore else 'removed'} the line {line.title}"
    return with_step(
        _with(document, replace(line, removed=not restore)), by, action, said, (line_id,)
    )


def add_note(document: Document, line_id: str, month: BillingPeriod | None, text: str,
             by: By) -> Document:  # fmt: skip
    """The document with a note on a line, one of its months, or (line '') the plan."""
    if not text.strip():
        raise PlanError("a note says something; it was empty")
    _check_texts(text)
    if line_id:
        document.line(line_id)
    if month is not None:
        document.frame.index(month)
    about = document.line(line_id).title if line_id else "the plan"
    noted = _noted(document, line_id, month, text.strip(), by)
    return with_step(noted, by, "noted", f"noted on {about}", ())


def check_seen(document: Document, seen: int | None, cells: Iterable[str]) -> None:
    """Raise PlanConflictError when somebody changed one of the cells since revision `seen`. Edits
    of other cells do not disturb each other."""
    if seen is None or seen == document.revision:
        return
    if seen > document.revision:
        raise PlanError(
            f"there is no revision {seen} yet; the plan is at {document.revision}. Load it again."
        )
    wanted = list(cells)
    later = [step for step in document.steps if step.revision > seen]
    clashes = [s for s in later if any(_clash(own, mine) for own in s.cells for mine in wanted)]
    if clashes:
        changes = tuple(f"{step.author} {step.said} (revision {step.revision})" for step in clashes)
        raise PlanConflictError(seen, document.revision, changes)


def _check_totals(document: Document, seen: int | None, edits: Sequence[CellEdit]) -> None:
    """Raise PlanConflictError for a cell whose total is not what was looked at, also where the
    revision is the newest: who saved one cell has not thereby seen what others made of another."""
    others = {
        _key(edit.line, edit.month, edit.of)
        for edit in edits
        if edit.seen is not None and document.cell(edit.line, edit.month).total != edit.seen
    }
    if not others:
        return
    told = [
        step for step in document.steps if any(_clash(o, c) for o in others for c in step.cells)
    ]
    changes = tuple(f"{one.author} {one.said} (revision {one.revision})" for one in told[-1:])
    raise PlanConflictError(document.revision if seen is None else seen, document.revision, changes)


def _clash(one: str, other: str) -> bool:
    if EVERYTHING in (one, other) or one == other:
        return True
    return one.startswith(f"{other}|") or other.startswith(f"{one}|")


def check_amount(document: Document, amount: Decimal) -> Decimal:
    """An amount in whole units of the plan's currency; PlanError for any other."""
    frame = document.frame
    if not amount.is_finite() or to_unit(amount, frame.places) != amount:
        raise PlanError(
            f"{amount} is no amount of {frame.currency}, which has {frame.places} decimals"
        )
    return to_unit(amount, frame.places)


# --- how adjustments are made ----------------------------------------------------------------


def _cells_of(document: Document, edit: Edit) -> list[CellEdit]:
    if isinstance(edit, CellEdit):
        return [edit]
    at = document.frame.index(edit.month)
    size = len(edit.path)
    lines = [line for line in document.live if line.path[:size] == edit.path]
    if not lines:
        raise PlanNotFoundError(f"there is no line below {path_text(edit.path) or 'the plan'!r}")
    now = {line.id: document.cells(line.id)[at].total for line in lines}
    change = check_amount(document, edit.amount)
    if edit.how == "set":
        change = MONEY_CONTEXT.subtract(change, total(now.values()))
    parts = share_out(now, change, document.frame.places)
    return [
        CellEdit(line, edit.month, amount, "amount", "add", edit.effect)
        for line, amount in parts.items()
    ]


def _adjusted(document: Document, edits: Sequence[CellEdit], by: By) -> list[Adjustment]:
    """The adjustments that edits make, one a cell; those that change nothing are left out."""
    made: list[Adjustment] = []
    sums: dict[tuple[str, BillingPeriod, Of], Decimal] = {}
    number = _next(document)
    for edit in edits:
        change = _change(document, edit, sums)
        if not change:
            continue
        made.append(
            Adjustment(
                number + len(made), edit.line, edit.month, change, by.reason, by.author, by.at,
                document.revision + 1, edit.of, edit.effect,
            )
        )  # fmt: skip
    return made


def _change(
    document: Document, edit: CellEdit, sums: dict[tuple[str, BillingPeriod, Of], Decimal]
) -> Decimal:
    """What an edit adds to its cell; `sums` are what edits of the same batch added before it."""
    line = document.line(edit.line)
    if line.removed:
        raise PlanError(f"the line {line.title!r} is removed; restore it before it is adjusted")
    if edit.of not in OFS or edit.effect not in EFFECTS or edit.how not in ("set", "add"):
        raise PlanError(
            f"an edit is of {', '.join(OFS)}, its effect {', '.join(EFFECTS)}, and it is to set or "
            f"add; not {edit.of!r}, {edit.effect!r}, {edit.how!r}"
        )
    if edit.of != "amount" and line.driver is None:
        raise PlanError(f"the line {line.title!r} is not driven: it has no {edit.of}")
    cell = document.cell(edit.line, edit.month)
    key = (edit.line, edit.month, edit.of)
    if edit.of == "amount":
        amount, now = check_amount(document, edit.amount), cell.total
    elif edit.amount.is_finite():
        amount, now = edit.amount, (cell.volume if edit.of == "volume" else cell.unit_cost) or ZERO
    else:
        raise PlanError(f"{edit.amount} is no {edit.of}")
    before = sums.get(key, ZERO)
    change = amount
    if edit.how == "set":
        change = MONEY_CONTEXT.subtract(amount, MONEY_CONTEXT.add(now, before))
    sums[key] = MONEY_CONTEXT.add(before, change)
    return change


def _opposites(
    document: Document, wanted: Sequence[Adjustment], by: By, reason: str
) -> list[Adjustment]:
    number = _next(document)
    return [
        replace(
            one,
            id=number + place,
            amount=one.amount.copy_negate(),
            reason=reason,
            author=by.author,
            at=by.at,
            batch=document.revision + 1,
            takes_back=one.id,
        )
        for place, one in enumerate(wanted)
    ]


def _batches(document: Document, author: str) -> list[list[Adjustment]]:
    """An author's edits of this draft, oldest first."""
    began = max((s.revision for s in document.steps if s.action == STARTED), default=0)
    found: dict[int, list[Adjustment]] = {}
    for one in document.adjustments:
        if one.author == author and one.batch > began:
            found.setdefault(one.batch, []).append(one)
    return list(found.values())


def _next(document: Document) -> int:
    return document.adjustments[-1].id + 1 if document.adjustments else 1


def _driven(driver: Driver | None, digits: int) -> tuple[Decimal | None, ...]:
    if driver is None:
        return (None,) * 12
    if len(driver.volumes) != 12 or len(driver.unit_costs) != 12:
        raise PlanError("a driver has a volume and a unit cost for each of twelve months")
    for number in (*driver.volumes, *driver.unit_costs):
        if number is not None and not number.is_finite():
            raise PlanError(f"{number} is no volume or unit cost")
    products = (driver.product(at) for at in range(12))
    return tuple(None if exact is None else to_unit(exact, digits) for exact in products)


def _noted(
    document: Document, line: str, month: BillingPeriod | None, text: str, by: By
) -> Document:
    number = document.notes[-1].id + 1 if document.notes else 1
    return document.but(notes=(*document.notes, Note(number, line, month, text, by.author, by.at)))


def _with(document: Document, new: Line) -> Document:
    return document.but(lines=tuple(new if line.id == new.id else line for line in document.lines))


def with_step(
    document: Document, by: By, action: str, said: str, cells: tuple[str, ...]
) -> Document:
    """The document at its next revision, with the step that says who did what."""
    step = Step(document.revision + 1, by.at, by.author, action, said, by.reason, cells)
    return document.but(steps=(*document.steps, step), revision=document.revision + 1)


def _said(document: Document, made: Sequence[Adjustment]) -> str:
    names = list(dict.fromkeys(document.line(a.line).title for a in made))
    months = sorted({a.month for a in made})
    when = str(months[0]) if len(months) == 1 else f"{months[0]} to {months[-1]}"
    what = names[0] if len(names) == 1 else f"{len(names)} lines"
    return f"adjusted {what}, {when}"


def _key(line: str, month: BillingPeriod, of: str) -> str:
    return f"{line}|{month}|{of}"


def _check_reason(by: By) -> None:
    if not by.reason.strip():
        raise PlanError("an edit of a plan has a reason: say why")
    _check_texts(by.reason)


def _check_texts(*texts: str | None) -> None:
    """Texts fit a spreadsheet's cell, so that none is lost there."""
    for text in texts:
        if text and len(text) > MOST_TEXT:
            raise PlanError(
                f"a text of {len(text):,} characters is too long; at most {MOST_TEXT:,} are kept"
            )
