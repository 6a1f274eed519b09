"""Documents of plans made without a ledger, and ways to draw any for properties."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from outlay.money import BillingPeriod
from outlay.planning.plans import edits
from outlay.planning.plans.edits import By, CellEdit, NewLine
from outlay.planning.plans.model import (
    EFFECTS,
    Document,
    Driver,
    Frame,
    Line,
    Origin,
    Stamp,
    Version,
    VersionInfo,
)

D = Decimal
AT = datetime(2026, 9, 20, 8, 30)
FRAME = Frame("fy27", "Cloud plan", BillingPeriod(2026, 7), "EffectiveCost", "USD", 2,
              ("department", "team"))  # fmt: skip
MONTHS = FRAME.months
FLAT: tuple[Origin, ...] = ("flat",) * 12


def by(author: str = "ana", reason: str = "because", seen: int | None = None) -> By:
    """Who edits."""
    return By(author, AT, reason, seen)


def line(number: int, *path: str | None, amount: str | None = "100.00", **more: Any) -> Line:
    """A line with the same baseline in every month."""
    cell = None if amount is None else D(amount)
    origins: tuple[Origin, ...] = FLAT if cell is not None else ("",) * 12
    return Line(f"l{number}", path, "", (cell,) * 12, origins, **more)


def plan(*lines: Line, frame: Frame = FRAME) -> Document:
    """A draft of some lines (default: four, in two departments)."""
    known = lines or (
        line(1, "commerce", "checkout"),
        line(2, "commerce", "search", amount="33.33"),
        line(3, "insight", "data", amount="0.01"),
        line(4, "insight", None, amount=None),
    )
    stamp = Stamp(AT, "ana", "flat", "7", date(2026, 7, 1), None, ("a warning",))
    return Document(frame, "budget", tuple(known), baseline=stamp)


def version(document: Document, number: int = 1) -> Version:
    """A document as a draft's version."""
    info = VersionInfo(
        document.frame.plan, number, "Budget", document.kind, "draft", document.revision,
        document.total, document.frame.currency, AT, "ana",
    )  # fmt: skip
    return Version(info, document)


def driver(volume: str = "3", cost: str = "0.333333333333") -> Driver:
    """A driver with the same volume and unit cost from the third month on."""
    return Driver(
        "orders", (None,) * 2 + (D(volume),) * 10, (None,) * 2 + (D(cost),) * 10, "order",
        {"shop": ("web", "app")}, "by hand",
    )  # fmt: skip


cents = st.integers(-(10**11), 10**11).map(lambda units: D(units).scaleb(-2))
texts = st.text(
    st.characters(exclude_categories=("Cs",)), min_size=0, max_size=12
)  # also spaces, quotes, control characters, ``_x0041_`` and formulas
numbers = st.decimals(0, 10**9, allow_nan=False, places=12).map(lambda d: d.normalize())


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any document: lines, drivers, adjustments, undone ones, notes."""
    paths = draw(
        st.lists(st.tuples(st.none() | texts, st.none() | texts), min_size=1, max_size=5,
                 unique=True)
    )  # fmt: skip
    lines = []
    for number, path in enumerate(paths, 1):
        cells = draw(st.lists(st.none() | cents, min_size=12, max_size=12))
        origins: tuple[Origin, ...] = tuple("" if c is None else "flat" for c in cells)
        lines.append(Line(f"l{number}", path, draw(texts), tuple(cells), origins, draw(texts)))
    document = plan(*lines)
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(("cell", "line", "undo", "note", "drive", "remove")))
        document = _edited(draw, document, kind, number)
    return document


def _edited(draw: st.DrawFn, document: Document, kind: str, number: int) -> Document:
    who = by(draw(st.sampled_from(("ana", "ben"))), f"why {draw(texts)}")
    live = document.live
    if kind == "cell" and live:
        edit = CellEdit(
            draw(st.sampled_from([one.id for one in live])), draw(st.sampled_from(MONTHS)),
            draw(cents), "amount", draw(st.sampled_from(("set", "add"))),
            draw(st.sampled_from(EFFECTS)),
        )  # fmt: skip
        return edits.edit_cells(document, [edit], who)
    if kind == "line":
        new = NewLine((f"new {number}", draw(st.none() | texts)), draw(texts),
                      ((MONTHS[3], draw(cents)),), note="said")  # fmt: skip
        return edits.add_line(document, new, who)[0]
    if kind == "undo":
        open_ = [a.id for a in document.adjustments if a.id not in document.taken_back]
        return edits.take_back(document, open_[:1], who)
    if kind == "note":
        return edits.add_note(document, "", draw(st.none() | st.sampled_from(MONTHS)),
                              f"n{draw(texts)}n", who)  # fmt: skip
    if kind == "drive" and live:
        volume, cost = draw(numbers), draw(numbers)
        made = driver(format(volume, "f"), format(cost, "f"))
        return edits.drive_line(document, live[0].id, made, who)
    if kind == "remove" and len(live) > 1:
        return edits.remove_line(document, live[-1].id, who)
    return document
