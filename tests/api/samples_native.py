"""Requests for the operations of native recommendations and tickets, in an order that works on the
firm."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

_FOLDER = Path(tempfile.gettempdir()) / "outlay-samples"
_CSV = """\
resource,action,monthly_saving,currency,provider,title
db-1,Rightsize,41.50,USD,AWS,Right-size db-1
db-2,Delete,,USD,AWS,Delete db-2
"""


def export() -> str:
    """The place of a small export; the same at every call."""
    _FOLDER.mkdir(exist_ok=True)
    path = _FOLDER / "tool.csv"
    path.write_text(_CSV, encoding="utf-8")
    return str(path)


_ADD = {"name": "tool", "format": "generic", "location": export(), "cadence": "manual"}
_SYSTEM = {"type": "webhook", "url": "env:TICKETS_URL", "enabled": False}

NATIVE: tuple[tuple[Any, ...], ...] = (
    ("list_native_formats", "GET", "/native/formats"),
    ("add_native_source", "POST", "/native", _ADD, {}, 201),
    ("sync_native_sources", "POST", "/native/sync", {"names": ["tool"]}),
    ("list_native_sources", "GET", "/native"),
    ("get_native_source", "GET", "/native/tool"),
    ("load_native", "POST", "/native/load", {"location": export(), "name": "once"}),
    ("remove_native_source", "DELETE", "/native/once", None, {}, 204),
    ("put_resource", "PUT", "/resources/TicketSystem/hook", _SYSTEM, {}, 201),
    ("list_ticket_systems", "GET", "/tickets/systems"),
    ("list_tickets", "GET", "/tickets"),
    ("sync_tickets", "POST", "/tickets/sync"),
    ("list_saving_tickets", "GET", "/savings/999999/tickets", None, {}, 404),
    ("open_ticket", "POST", "/savings/999999/tickets", {"system": "hook"}, {}, 404),
)
"""Operation, method, path, body, headers, status; the last three as far as they are needed."""
