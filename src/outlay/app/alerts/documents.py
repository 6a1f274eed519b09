"""What an alert says to people: a message at once, and digests of what is open.

Both hold the signal as it was raised: exact amounts, what drove them, whose matter it is and where
to look. A channel that is told gets that much of the ledger, whoever reads it there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.alerts.digests import Digest
from outlay.alerts.signal import SEVERITIES, Signal, from_json, to_json
from outlay.alerts.store import Alert
from outlay.app.notices import Message
from outlay.money import total
from outlay.money.display import amount, moment
from outlay.query import Column, Row
from outlay.reports.document import (
    Block,
    Document,
    Figure,
    Figures,
    Heading,
    Note,
    Sentence,
    Severity,
    Table,
)

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

NO_OWNER = "No owner"
_MOST_TOLD = 30
_COLUMNS = (
    Column("owner", "dimension", "text", "Owner"),
    Column("alert", "dimension", "text", "Alert"),
    Column("severity", "dimension", "text", "Severity"),
    Column("amount", "measure", "money", "Amount"),
    Column("BillingCurrency", "currency", "text", "Currency"),
)


def message_of(workspace: Workspace, alert: Alert, action: str = "tell", by: str = "") -> Message:
    """An alert as a message: told at once, again (``remind``), to others (``escalate``), or what
    became of it (``acknowledge``, ``resolve``, `by` whom)."""
    from outlay.app.reports.compose import link_to

    signal = alert.signal
    title = {
        "remind": f"Still open: {signal.title}",
        "escalate": f"Not acknowledged: {signal.title}",
        "acknowledge": f"Acknowledged by {by or alert.acknowledged_by}: {signal.title}",
        "resolve": f"Settled: {signal.title}",
    }.get(action, signal.title)
    lines = [*signal.lines]
    if signal.driver:
        lines.append(_driven(signal))
    if signal.owner is not None:
        lines.append(f"Owner: {signal.owner.text}.")
    if action in ("remind", "escalate"):
        lines.append(f"Open since {moment(alert.raised_at)}; nobody has acknowledged it.")
    page = link_to(workspace, f"/alerts/{alert.id}")
    if page and signal.link:
        lines.append(f"Acknowledge or snooze it: {page}")
    return Message(
        title=title,
        severity=alert.severity,
        lines=tuple(lines),
        figures=figures_of(signal),
        link=signal.link or f"/alerts/{alert.id}",
    )


def figures_of(signal: Signal) -> tuple[Figure, ...]:
    """The headlines of a signal; the money at stake first, where none of them is that."""
    found = Figure("Amount", signal.amount, currency=signal.currency or None)
    same = ((one.value, one.kind, one.currency) for one in signal.figures)
    if signal.amount is None or (found.value, found.kind, found.currency) in same:
        return signal.figures
    return (found, *signal.figures)


def _driven(signal: Signal) -> str:
    said = signal.driver.strip()
    return f"What drove it: {said}{'' if said.endswith(('.', '!', '?')) else '.'}"


def digest_payload(digest: Digest, title: str) -> dict[str, Any]:
    """A digest as plain JSON data, so that what is sent later is what was open when it was made."""
    return {
        "route": digest.route,
        "title": title,
        "due": digest.due.isoformat(timespec="seconds"),
        "alerts": [
            {
                "id": alert.id,
                "severity": alert.severity,
                "raised_at": alert.raised_at.isoformat(timespec="seconds"),
                "signal": to_json(alert.signal),
            }
            for alert in digest.alerts
        ],
    }


def digest_document(workspace: Workspace, data: Mapping[str, Any], at: datetime) -> Document:
    """The document of a digest: how many are open, a table, and by owner what each
    alert says, what drove it and where to look; the most severe first, then the largest."""
    from outlay.app.reports.compose import link_to

    found = sorted((_Line(one) for one in data["alerts"]), key=_Line.order)
    number = len(found)
    title = f"{number} open {'alert' if number == 1 else 'alerts'}"
    blocks: list[Block] = [Figures((*_headlines(found),)), _table(found)]
    told = 0
    for owner in dict.fromkeys(line.owner for line in found):
        lines = [line for line in found if line.owner == owner][: max(0, _MOST_TOLD - told)]
        if lines:
            blocks.append(Heading(owner))
        for line in lines:
            blocks.append(Sentence(line.text(workspace)))
        told += len(lines)
    if told < number:
        blocks.append(Note(f"{number - told} more are on the page of alerts."))
    return Document(
        title=title,
        company=workspace.name,
        made_at=at,
        subtitle=data["title"],
        period=f"{datetime.fromisoformat(data['due']):%Y-%m-%d}",
        severity=_worst(found),
        link=link_to(workspace, "/alerts"),
        blocks=tuple(blocks),
        footer="Alerts that are acknowledged or snoozed are left out.",
        name="alerts",
    )


class _Line:
    """An alert of a digest as it is read back."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.id = int(data["id"])
        self.signal = from_json(data["signal"])
        self.severity: Severity = data["severity"]
        self.raised_at = datetime.fromisoformat(data["raised_at"])
        self.owner = self.signal.owner.text if self.signal.owner else NO_OWNER

    def order(self) -> tuple[object, ...]:
        """Owners by name, those without last; then severity, currency and amount."""
        signal = self.signal
        return (
            self.owner == NO_OWNER,
            self.owner,
            -SEVERITIES.index(self.severity),
            signal.currency,
            (signal.amount or Decimal(0)).copy_negate(),
            self.id,
        )

    def row(self) -> Row:
        return {
            "owner": self.owner,
            "alert": self.signal.title,
            "severity": self.severity,
            "amount": self.signal.amount,
            "BillingCurrency": self.signal.currency or "",
        }

    def text(self, workspace: Workspace) -> str:
        from outlay.app.reports.compose import link_to

        signal = self.signal
        said = [f"{signal.title} ({self.severity}, since {moment(self.raised_at)})."]
        shown = amount(signal.amount, signal.currency)
        told = " ".join((signal.title, *signal.lines))
        if signal.amount is not None and not _says(told, shown):
            said.append(f"{shown} {signal.currency}.")
        said += signal.lines
        if signal.driver:
            said.append(_driven(signal))
        said.append(link_to(workspace, signal.link or f"/alerts/{self.id}"))
        return " ".join(part for part in said if part)


def _says(text: str, shown: str) -> bool:
    """Whether a text has an amount, and not as a part of a longer one."""
    return re.search(rf"(?<![\d.,]){re.escape(shown)}(?![.,]?\d)", text) is not None


def _headlines(lines: Sequence[_Line]) -> list[Figure]:
    """How many are open, and what anomalies came to: what budgets tell overlaps, and is not
    summed."""
    by: dict[str, list[Decimal]] = {}
    for line in lines:
        if line.signal.kind == "anomaly" and line.signal.amount is not None:
            by.setdefault(line.signal.currency, []).append(line.signal.amount)
    critical = sum(line.severity == "critical" for line in lines)
    return [
        Figure("Open", Decimal(len(lines)), kind="count"),
        Figure("Critical", Decimal(critical), kind="count"),
        *(
            Figure("Impact of anomalies", total(found), currency=code)
            for code, found in sorted(by.items())
        ),
    ]


def _table(lines: Sequence[_Line]) -> Table:
    codes = {line.signal.currency for line in lines if line.signal.amount is not None}
    return Table(
        name="alerts",
        title="",
        columns=_COLUMNS,
        rows=tuple(line.row() for line in lines),
        currency=codes.pop() if len(codes) == 1 else None,
    )


def _worst(lines: Sequence[_Line]) -> Severity:
    return max((line.severity for line in lines), key=SEVERITIES.index, default="info")
