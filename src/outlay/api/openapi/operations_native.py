"""The operations of native recommendations and of tickets."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

NATIVE: dict[str, Operation] = {
    "GET /native": Operation("list_native_sources", "list[NativeSource]"),
    "POST /native": Operation("add_native_source", "NativeSource", (), (201,)),
    "GET /native/formats": Operation("list_native_formats", "list[NativeFormat]"),
    "POST /native/sync": Operation("sync_native_sources", "list[NativeSync]"),
    "POST /native/load": Operation("load_native", "NativeSync"),
    "GET /native/{name}": Operation("get_native_source", "NativeSourceWithFindings"),
    "DELETE /native/{name}": Operation("remove_native_source", "", (), (204,)),
}

TICKETS: dict[str, Operation] = {
    "GET /tickets": Operation("list_tickets", "list[Ticket]"),
    "GET /tickets/systems": Operation("list_ticket_systems", "list[TicketSystem]"),
    "POST /tickets/sync": Operation("sync_tickets", "TicketSync"),
    "GET /savings/{number}/tickets": Operation("list_saving_tickets", "list[Ticket]"),
    "POST /savings/{number}/tickets": Operation("open_ticket", "Ticket", (), (201,)),
}
