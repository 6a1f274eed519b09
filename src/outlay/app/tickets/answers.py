"""What a ticket system answered last, kept so that it need not be said again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outlay.app.tickets.store import Link
from outlay.app.tickets.systems.contract import Read


def kept_read(link: Link) -> Read | None:
    """Where a ticket stood when it was last read and compared; None where that is not kept."""
    found = link.detail.get("read")
    if not isinstance(found, dict):
        return None
    at = found["changed_at"]
    return Read(
        state=found["state"],
        meaning=found["meaning"],
        reason=found["reason"],
        changed_at=None if at is None else datetime.fromisoformat(at),
        tag=found["tag"],
    )


def keeping(link: Link, read: Read | None) -> dict[str, Any]:
    """The details of a ticket with what was read of it; None: it stands elsewhere by now."""
    detail = {key: value for key, value in link.detail.items() if key not in ("read", "mark")}
    if read is None:
        return detail
    if read.mark:
        detail["mark"] = read.mark
    if read.tag:
        detail["read"] = {
            "state": read.state,
            "meaning": read.meaning,
            "reason": read.reason,
            "changed_at": None if read.changed_at is None else read.changed_at.isoformat(),
            "tag": read.tag,
        }
    return detail
