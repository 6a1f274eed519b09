"""The operations of anomalies."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

ANOMALIES: dict[str, Operation] = {
    "GET /anomalies": Operation("list_anomalies", "AnomalyList"),
    "GET /anomalies/{number}": Operation("get_anomaly", "AnomalyWithDrivers"),
    "POST /anomalies/{number}/acknowledge": Operation("acknowledge_anomaly", "Anomaly"),
    "POST /anomalies/{number}/resolve": Operation("resolve_anomaly", "Anomaly"),
    "POST /anomalies/{number}/reopen": Operation("reopen_anomaly", "Anomaly"),
    "POST /anomalies/{number}/feedback": Operation("say_anomaly", "Anomaly"),
    "DELETE /anomalies/{number}/feedback": Operation("withdraw_anomaly", "Anomaly"),
    "POST /anomalies/{number}/comment": Operation("comment_anomaly", "Anomaly"),
    "POST /anomalies/{number}/assign": Operation("assign_anomaly", "Anomaly"),
    "GET /anomalies/monitors": Operation("list_anomaly_monitors", "list[AnomalyMonitor]"),
    "GET /anomalies/monitors/{name}": Operation("get_anomaly_monitor", "AnomalyMonitorLearned"),
    "GET /anomalies/runs": Operation("list_anomaly_runs", "list[AnomalyRun]"),
    "POST /anomalies/detect": Operation("detect_anomalies", "AnomalyRun"),
}
