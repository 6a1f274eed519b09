"""Raise sources whose data is late or missing, whose syncs fail, or whose rows were not let in.

Each state is raised once, under the delivery (or the period, the run, the record) since which it
holds, and settled when it is over. A source that stays late is one alert, also where deliveries of
older periods come meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from outlay.access import who
from outlay.alerts.signal import Signal
from outlay.app.alerts.raising import raise_signal, store
from outlay.app.evidence import billed_of
from outlay.app.freshness import GRACE
from outlay.app.kinds import SOURCE
from outlay.app.status import SourceStatus
from outlay.app.watching import StepOutcome
from outlay.money.display import moment
from outlay.reports.document import Figure, Severity

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import DeliveryRecord, Slice

_LATE = "late/"
_VERY_LATE = timedelta(days=3)
_FAILED_OFTEN = 3
_OVER = "it is over"
_WATCHED = ("freshness", "sync")


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Raise what holds now and settle what does not hold any more."""
    raised, holding = 0, set()
    known = store(workspace)
    late = {
        alert.signal.subject: alert.signal.occurrence
        for alert in known.unsettled("freshness")
        if alert.signal.occurrence.startswith(_LATE)
    }
    for signal in _signals(workspace, late, now):
        holding.add(signal.key)
        raised += raise_signal(workspace, signal, now)
    for alert in known.unsettled():
        if alert.signal.kind in _WATCHED and alert.key not in holding:
            known.end(alert.id, _OVER, now, who(), by="product")
    return StepOutcome("freshness", raised=raised)


def _signals(workspace: Workspace, late: Mapping[str, str], now: datetime) -> Iterator[Signal]:
    """What holds now; `late` are the occurrences of sources that were late at the look before."""
    sources = workspace.sources(now)
    if not sources:
        return
    since = {found.name: found.updated_at for found in workspace.resources.list(SOURCE.name)}
    for source in sources:
        if source.configured and source.enabled:
            yield from _late(source, since[source.name], late.get(source.name, ""), now)
            yield from _failed(workspace, source)
    live = {source.name for source in sources if source.configured and source.enabled}
    slices = {(s.source, s.billing_period): s for s in workspace.pin().slices}
    for record in workspace.held():
        current = slices.get((record.source, record.billing_period))
        newer = current is not None and current.delivery.loaded_at > record.loaded_at
        if record.source in live and not newer:
            yield _held(record)
    for found in slices.values():
        if found.delivery.proof.rows_rejected:
            yield _rejected(found)


def _late(source: SourceStatus, since: datetime, before: str, now: datetime) -> Iterator[Signal]:
    if source.freshness not in ("late", "missing") or source.cadence not in GRACE:
        return
    last = source.last_delivery_at
    waited = now - (last or since)
    if last is None and waited < GRACE[source.cadence]:
        return  # it was only just configured
    severity: Severity = "critical" if waited > GRACE[source.cadence] + _VERY_LATE else "warning"
    occurrence = "missing/never"
    if last is not None:
        silent = waited > GRACE[source.cadence]
        held = last.isoformat(timespec="seconds") if silent else f"{source.newest_period}"
        occurrence = before or f"{_LATE}{held}"
    said = f"The last delivery came {moment(last)}." if last else "It has never delivered."
    yield Signal(
        kind="freshness",
        subject=source.name,
        occurrence=occurrence,
        title=f"{source.name} is late" if last else f"Nothing came from {source.name} yet",
        severity=severity,
        lines=(f"{_sentence(source.freshness_reason)} {said}",
               "Amounts of its newest days are not complete until it delivers."),
        link=_page(source.name),
    )  # fmt: skip


def _failed(workspace: Workspace, source: SourceStatus) -> Iterator[Signal]:
    if source.last_run is None or source.last_run.outcome not in ("failed", "running"):
        return
    # While it is tried again it is not over.
    found = workspace.run_log.failing(source.name)
    if found is None:
        return
    first, run, times = found.first, found.last, found.times
    more = "" if times == 1 else f" It has failed {times} times since {moment(first.started_at)}."
    yield Signal(
        kind="sync",
        subject=source.name,
        occurrence=f"failed/{first.id}",
        title=f"The {run.action} of {source.name} fails",
        severity="critical" if times >= _FAILED_OFTEN else "warning",
        lines=(f"{_sentence(run.message or 'no reason was noted')}{more}",),
        link=_page(source.name),
    )


def _held(record: DeliveryRecord) -> Signal:
    amount, currency = _billed(record, "stated")
    return Signal(
        kind="freshness",
        subject=record.source,
        occurrence=f"held/{record.id}",
        title=f"A delivery of {record.source} for {record.billing_period} is held back",
        severity="warning",
        lines=(
            "Its proof does not hold, so that it was not let in: the ledger still has what there "
            "was before.",
            *record.proof.problems[:3],
        ),
        figures=_figures("BilledCost held back", record, "stated"),
        amount=amount,
        currency=currency,
        link=f"{_page(record.source)}/held/{quote(record.id)}",
    )


def _rejected(found: Slice) -> Signal:
    record = found.delivery
    rows = record.proof.rows_rejected
    amount, currency = _billed(record, "rejected")
    return Signal(
        kind="freshness",
        subject=record.source,
        occurrence=f"rejected/{record.id}",
        title=f"{rows:,} {'row' if rows == 1 else 'rows'} of {record.source} for "
        f"{record.billing_period} {'was' if rows == 1 else 'were'} rejected",
        severity="info",
        lines=("They are kept apart with their reasons, and are in no amount.",),
        figures=_figures("BilledCost rejected", record, "rejected"),
        amount=amount,
        currency=currency,
        link=f"{_page(record.source)}/{record.billing_period}",
    )


def _billed(record: DeliveryRecord, side: str) -> tuple[Decimal | None, str]:
    """The amount of a delivery and its currency; none where there are several currencies, as they
    are no one sum, and none where it is a credit."""
    found = _by_currency(record, side)
    if len(found) != 1:
        return None, ""
    ((code, value),) = found.items()
    return (value, code) if value > 0 else (None, "")


def _figures(title: str, record: DeliveryRecord, side: str) -> tuple[Figure, ...]:
    """The amount of each currency."""
    found = _by_currency(record, side)
    return tuple(Figure(title, value, currency=code) for code, value in sorted(found.items()))


def _by_currency(record: DeliveryRecord, side: str) -> dict[str, Decimal]:
    return {code: value for code, value in billed_of(record, side).items() if value}


def _sentence(text: str) -> str:
    plain = text.strip()
    return f"{plain[:1].upper()}{plain[1:]}{'' if plain.endswith('.') else '.'}"


def _page(source: str) -> str:
    return f"/sources/{quote(source)}"
