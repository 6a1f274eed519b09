"""One request for each operation of alerts, in an order that works on the firm."""

from __future__ import annotations

from typing import Any

ALERTS: tuple[tuple[str, str, str, Any], ...] = (
    ("list_alerts", "GET", "/alerts?state=all", None),
    ("get_alert", "GET", "/alerts/1", None),
    ("list_alert_routes", "GET", "/alerts/routes", None),
    ("get_alert_route", "GET", "/alerts/routes/teams", None),
    ("preview_alert_route", "POST", "/alerts/routes/preview",
     {"name": "teams", "spec": {"min_severity": "warning", "to": {"channels": ["folder"]}}}),
    ("preview_alert_digests", "GET", "/alerts/digest", None),
    ("test_alert_route", "POST", "/alerts/routes/teams/test", None),
    ("watch", "POST", "/alerts/watch?only=alerts", None),
    ("snooze_alert", "POST", "/alerts/1/snooze", {"until": "3d", "note": "until the launch"}),
    ("reopen_alert", "POST", "/alerts/1/reopen", {"note": "it came back"}),
    ("assign_alert", "POST", "/alerts/1/assign", {"person": ""}),
    ("acknowledge_alert", "POST", "/alerts/1/acknowledge", {"note": "on it"}),
    ("settle_alert", "POST", "/alerts/1/settle", {"note": "capacity was released"}),
)  # fmt: skip
"""Operation, method, path, body."""
