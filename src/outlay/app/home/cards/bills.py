"""Cards of the data itself: is every bill here, and does it say what the invoices say?"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app import invoices
from outlay.app.home import addresses, words
from outlay.app.home.model import Card, Figure, Line, Step

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.app.status import SourceStatus
    from outlay.statements.invoices import Row

_FEW = 6


def bills(at: At) -> Card:
    """Every source: whether it is as new as it should be, and reconciles with its vendor's rows."""
    sources = at.workspace.sources(at.asked.now)
    found = [(source, *_state(source)) for source in sources]
    wrong = [entry for entry in found if entry[2]]
    held = at.workspace.held()
    good = len(sources) - len(wrong)
    text = f"All {words.counted(len(sources), 'source')} are here and reconcile."
    if len(sources) == 1 and not wrong:
        text = "The one source is here and reconciles."
    if wrong:
        names = words.listed([f"{source.name} {said}" for source, said, _ in wrong[:3]])
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        text = f"{good} of {words.counted(len(sources), 'source')} in order: {names}{more}."
    steps = [
        Step(f"{source.name} {said}: {_reason(source)}", _place(source), urgent=True)
        for source, said, _ in wrong[:_FEW]
    ]
    steps += [
        Step(
            f"A delivery of {record.source} for {record.billing_period} is held back: its charges "
            "are not in.",
            f"/sources/{addresses.part(record.source)}/held/{record.id}", urgent=True,
        )
        for record in held[:_FEW]
    ]  # fmt: skip
    rejected = sum(source.rejected for source in sources)
    newest = max((s.last_delivery_at for s in sources if s.last_delivery_at), default=None)
    return Card(
        "bills",
        "Bills",
        text,
        link="/sources",
        link_text="Sources",
        figures=(
            Figure("In order", good, "count", term="Freshness", period=f"of {len(sources)}"),
            Figure("Rejected rows", rejected, "count", term="Rejected row"),
        ),
        lines=tuple(
            Line(source.name, _place(source), None, note=said, tone="blocking")
            for source, said, _ in wrong[:_FEW]
        ),
        lines_title="Needs a look",
        steps=tuple(steps),
        notes=(f"The last delivery came on {words.day(newest.date())}.",) if newest else (),
        tone="blocking" if wrong or held else "ok",
    )


def _state(source: SourceStatus) -> tuple[str, bool]:
    """What is wrong with a source in words, and whether anything is."""
    if source.error:
        return "failed", True
    if source.freshness in ("late", "missing"):
        return f"is {source.freshness}", True
    if not source.reconciled:
        return "does not reconcile", True
    return "is in order", False


def _reason(source: SourceStatus) -> str:
    if source.error:
        return source.error.rstrip(".") + "."
    if source.freshness in ("late", "missing"):
        return source.freshness_reason.rstrip(".") + "."
    return "its charges do not add up to the vendor's own rows."


def _place(source: SourceStatus) -> str:
    return f"/sources/{addresses.part(source.name)}"


def reconciled(at: At) -> Card | None:
    """Invoices of the month against the charges that name them."""
    found = invoices.reconciliation(at.workspace, at.month)
    entered = [row for row in found.rows if row.invoice]
    link = addresses.address("/invoices", period=str(at.month))
    when = words.days_of(at.month)
    if not found.rows:
        return None
    if not entered:
        return Card(
            "reconciled", "Invoices", f"No invoice of {when} was entered.", link=link,
            link_text="Invoices", tone="attention",
            steps=(Step(f"Enter or import the invoices of {when}.", link),),
        )  # fmt: skip
    differ = [row for row in found.rows if row.state in ("differs", "no charges")]
    open_ = [row for row in found.rows if row.state == "no invoice" and row.charged]
    agreed = len(entered) - len(differ)
    text = f"All {words.counted(len(entered), 'invoice')} of {when} agree with their charges."
    if len(entered) == 1 and not differ:
        text = f"The one invoice of {when} agrees with its charges."
    elif len(entered) == 1:
        text = f"The one invoice of {when} does not agree with its charges."
    elif differ:
        text = f"{agreed} of {words.counted(len(entered), 'invoice')} of {when} agree; " + (
            "one does not." if len(differ) == 1 else f"{len(differ)} do not."
        )
    figures = []
    for one in found.totals:
        if one.invoiced or one.charged:
            figures += [
                Figure("Invoiced", one.invoiced, "money", one.currency, "Invoice", when),
                Figure("Unexplained", one.unexplained, "money", one.currency, "Unexplained", when),
            ]
    return Card(
        "reconciled",
        "Invoices",
        text,
        link=link,
        link_text="Invoices",
        figures=tuple(figures),
        lines=tuple(_line(row) for row in differ[:_FEW]),
        lines_title="Differs",
        steps=(*(_step(row) for row in differ[:_FEW]), *_missing(open_, link, when)),
        tone="blocking" if differ else "attention" if open_ else "ok",
    )


def _line(row: Row) -> Line:
    rest = _rest(row)
    figure = Figure("Unexplained", rest, "money", row.currency, "Unexplained", str(row.period))
    note = "has no charges" if row.state == "no charges" else "differs from its charges"
    return Line(f"{row.invoice_id} of {row.issuer}", _invoice(row), figure, note=note,
                tone="blocking")  # fmt: skip


def _step(row: Row) -> Step:
    rest = _rest(row)
    what = "has no charges" if row.state == "no charges" else "is not explained"
    text = f"{words.amount(rest, row.currency)} of invoice {row.invoice_id} of {row.issuer} {what}."
    return Step(text, _invoice(row), rest, row.currency, urgent=True)


def _rest(row: Row) -> Decimal:
    assert row.invoice is not None
    return row.unexplained if row.unexplained is not None else row.invoice.spec.amount


def _invoice(row: Row) -> str:
    assert row.invoice is not None
    return f"/invoices/{addresses.part(row.invoice.name)}"


def _missing(rows: list[Row], link: str, when: str) -> tuple[Step, ...]:
    if not rows:
        return ()
    what = words.counted(len(rows), "bill")
    return (Step(f"{words.upper(what)} of {when} {'has' if len(rows) == 1 else 'have'} charges "
                 "and no invoice yet.", link),)  # fmt: skip
