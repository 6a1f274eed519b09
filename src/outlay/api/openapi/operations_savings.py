"""The operations of savings."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

SAVINGS: dict[str, Operation] = {
    "GET /savings": Operation("list_savings", "SavingList"),
    "GET /savings/policy": Operation("get_savings_policy", "SavingsPolicy"),
    "POST /savings/look": Operation("look_for_savings", "SavingLook"),
    "POST /savings/bulk": Operation("change_savings", "SavingsChanged"),
    "GET /savings/{number}": Operation("get_saving", "SavingWhole"),
    "POST /savings/{number}/assign": Operation("assign_saving", "SavingChanged"),
    "POST /savings/{number}/accept": Operation("accept_saving", "SavingChanged"),
    "POST /savings/{number}/implement": Operation("implement_saving", "SavingChanged"),
    "POST /savings/{number}/snooze": Operation("snooze_saving", "SavingChanged"),
    "POST /savings/{number}/dismiss": Operation("dismiss_saving", "SavingChanged"),
    "POST /savings/{number}/reopen": Operation("reopen_saving", "SavingChanged"),
    "POST /savings/{number}/comment": Operation("comment_saving", "SavingChanged"),
}
