"""The operations of alerts."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

ALERTS: dict[str, Operation] = {
    "GET /alerts": Operation("list_alerts", "AlertList"),
    "GET /alerts/{alert}": Operation("get_alert", "AlertWithHistory"),
    "POST /alerts/{alert}/acknowledge": Operation("acknowledge_alert", "Alert"),
    "POST /alerts/{alert}/snooze": Operation("snooze_alert", "Alert"),
    "POST /alerts/{alert}/reopen": Operation("reopen_alert", "Alert"),
    "POST /alerts/{alert}/assign": Operation("assign_alert", "Alert"),
    "POST /alerts/{alert}/settle": Operation("settle_alert", "Alert"),
    "GET /alerts/routes": Operation("list_alert_routes", "list[AlertRouteLine]"),
    "GET /alerts/routes/{name}": Operation("get_alert_route", "AlertRouteLine"),
    "POST /alerts/routes/preview": Operation("preview_alert_route", "AlertRoutePreview"),
    "POST /alerts/routes/{name}/test": Operation("test_alert_route", "list[ReportDelivery]"),
    "GET /alerts/digest": Operation("preview_alert_digests", "list[AlertDigest]"),
    "POST /alerts/watch": Operation("watch", "Look"),
}
