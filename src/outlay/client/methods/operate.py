"""Operations of the API: operate. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.client.shapes import (
    Alert,
    AlertDigest,
    AlertList,
    AlertRouteLine,
    AlertRoutePreview,
    AlertWithHistory,
    Anomaly,
    AnomalyList,
    AnomalyMonitor,
    AnomalyMonitorLearned,
    AnomalyRun,
    AnomalyWithDrivers,
    Look,
    ReportDelivery,
)
from outlay.client.transport import Transport, part


class Operate(Transport):
    """Methods of the client: operate."""

    def list_anomaly_monitors(self) -> list[AnomalyMonitor]:
        """Every anomaly monitor. Also the one that is there without being saved (`shipped`)."""
        found: list[AnomalyMonitor] = self.shaped(
            "list[AnomalyMonitor]", "GET", "/anomalies/monitors", None
        )
        return found

    def get_anomaly_monitor(self, name: str) -> AnomalyMonitorLearned:
        """One anomaly monitor, and what it learned. `learned` is the feedback that counts for
        it, the newest word first."""
        found: AnomalyMonitorLearned = self.shaped(
            "AnomalyMonitorLearned", "GET", f"/anomalies/monitors/{part(name)}", None
        )
        return found

    def list_anomaly_runs(self, *, limit: int | None = None) -> list[AnomalyRun]:
        """The looks for anomalies. The newest first: what was looked at, what was found, how
        long it took."""
        found: list[AnomalyRun] = self.shaped(
            "list[AnomalyRun]", "GET", "/anomalies/runs", {"limit": limit}
        )
        return found

    def detect_anomalies(self, *, force: bool | None = None) -> AnomalyRun:
        """Look for anomalies now. As is done after each delivery."""
        found: AnomalyRun = self.shaped("AnomalyRun", "POST", "/anomalies/detect", {"force": force})
        return found

    def list_anomalies(
        self,
        *,
        state: str | None = None,
        direction: str | None = None,
        owner: str | None = None,
        monitor: str | None = None,
        minimum: str | None = None,
        days: int | None = None,
        text: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
    ) -> AnomalyList:
        """Anomalies that are open, or of another state. Who sees a part of the ledger sees the
        events whose charges all lie in it; sums and counts are over those."""
        found: AnomalyList = self.shaped(
            "AnomalyList",
            "GET",
            "/anomalies",
            {
                "state": state,
                "direction": direction,
                "owner": owner,
                "monitor": monitor,
                "minimum": minimum,
                "days": days,
                "text": text,
                "sort": sort,
                "limit": limit,
            },
        )
        return found

    def get_anomaly(self, number: int) -> AnomalyWithDrivers:
        """An anomaly with what drove it. Its days with actual, expected and band, the smallest
        set that explains it, the split by usage, price and mix, the other series of its cause,
        what it was reckoned from, and what was done about it."""
        found: AnomalyWithDrivers = self.shaped(
            "AnomalyWithDrivers", "GET", f"/anomalies/{part(number)}", None
        )
        return found

    def acknowledge_anomaly(self, number: int, body: Mapping[str, Any] | None = None) -> Anomaly:
        """Say that it is being looked at. It leaves the digests; `note` says why."""
        found: Anomaly = self.shaped(
            "Anomaly", "POST", f"/anomalies/{part(number)}/acknowledge", None, body=body
        )
        return found

    def resolve_anomaly(self, number: int, body: Mapping[str, Any] | None = None) -> Anomaly:
        """Say that it is dealt with. `note` says how."""
        found: Anomaly = self.shaped(
            "Anomaly", "POST", f"/anomalies/{part(number)}/resolve", None, body=body
        )
        return found

    def reopen_anomaly(self, number: int, body: Mapping[str, Any] | None = None) -> Anomaly:
        """Open an anomaly again. One that was acknowledged or resolved."""
        found: Anomaly = self.shaped(
            "Anomaly", "POST", f"/anomalies/{part(number)}/reopen", None, body=body
        )
        return found

    def say_anomaly(self, number: int, body: Mapping[str, Any]) -> Anomaly:
        """Say what an anomaly was. It changes what is raised next. `verdict`: expected,
        unexpected, too-small, known."""
        found: Anomaly = self.shaped(
            "Anomaly", "POST", f"/anomalies/{part(number)}/feedback", None, body=body
        )
        return found

    def withdraw_anomaly(self, number: int) -> Anomaly:
        """Take feedback back. The next look raises what it kept quiet."""
        found: Anomaly = self.shaped(
            "Anomaly", "DELETE", f"/anomalies/{part(number)}/feedback", None
        )
        return found

    def comment_anomaly(self, number: int, body: Mapping[str, Any]) -> Anomaly:
        """Comment on an anomaly. `note` is what others see."""
        found: Anomaly = self.shaped(
            "Anomaly", "POST", f"/anomalies/{part(number)}/comment", None, body=body
        )
        return found

    def assign_anomaly(self, number: int, body: Mapping[str, Any]) -> Anomaly:
        """Give an anomaly to somebody. `person` looks after it; empty: nobody."""
        found: Anomaly = self.shaped(
            "Anomaly", "POST", f"/anomalies/{part(number)}/assign", None, body=body
        )
        return found

    def list_alert_routes(self) -> list[AlertRouteLine]:
        """Every route with what went by it lately. In the order in which they are asked;
        `alerts` and `targets` are of the last thirty days, `problems` whom they cannot reach.
        """
        found: list[AlertRouteLine] = self.shaped(
            "list[AlertRouteLine]", "GET", "/alerts/routes", None
        )
        return found

    def preview_alert_route(self, body: Mapping[str, Any]) -> AlertRoutePreview:
        """What would have gone where by a route. A route that is kept (`name`), or as it is
        written in `spec`, beside the others; `days` is how far to look back (30)."""
        found: AlertRoutePreview = self.shaped(
            "AlertRoutePreview", "POST", "/alerts/routes/preview", None, body=body
        )
        return found

    def get_alert_route(self, name: str) -> AlertRouteLine:
        """One route with what went by it lately. As in the list."""
        found: AlertRouteLine = self.shaped(
            "AlertRouteLine", "GET", f"/alerts/routes/{part(name)}", None
        )
        return found

    def test_alert_route(self, name: str) -> list[ReportDelivery]:
        """Send a test by every channel of a route. A short message that says that it is one;
        gives what became of each delivery."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]", "POST", f"/alerts/routes/{part(name)}/test", None
        )
        return found

    def preview_alert_digests(self, *, route: str | None = None) -> list[AlertDigest]:
        """The digests as they would be now. One for each route and target that has something to
        be told; nothing is sent."""
        found: list[AlertDigest] = self.shaped(
            "list[AlertDigest]", "GET", "/alerts/digest", {"route": route}
        )
        return found

    def watch(self, *, only: str | None = None, due: bool | None = None) -> Look:
        """Look for what is to be known, and tell people. As the served workspace does by
        itself; a step that failed says why in `failed`."""
        found: Look = self.shaped("Look", "POST", "/alerts/watch", {"only": only, "due": due})
        return found

    def list_alerts(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        severity: str | None = None,
        owner: str | None = None,
        text: str | None = None,
        limit: int | None = None,
    ) -> AlertList:
        """Alerts that are open, or of another state. The most severe and newest first. Who sees
        a part of the ledger sees the alerts whose charges all lie in it; `counts` and `owners`
        are over those."""
        found: AlertList = self.shaped(
            "AlertList",
            "GET",
            "/alerts",
            {
                "state": state,
                "kind": kind,
                "severity": severity,
                "owner": owner,
                "text": text,
                "limit": limit,
            },
        )
        return found

    def get_alert(self, alert: int) -> AlertWithHistory:
        """An alert with everything that happened to it. Its steps, the oldest first, and the
        deliveries by which people were told."""
        found: AlertWithHistory = self.shaped(
            "AlertWithHistory", "GET", f"/alerts/{part(alert)}", None
        )
        return found

    def acknowledge_alert(self, alert: int, body: Mapping[str, Any] | None = None) -> Alert:
        """Say that somebody looks after an alert. It is told to nobody any more and leaves the
        digests; `note` says why."""
        found: Alert = self.shaped(
            "Alert", "POST", f"/alerts/{part(alert)}/acknowledge", None, body=body
        )
        return found

    def snooze_alert(self, alert: int, body: Mapping[str, Any]) -> Alert:
        """Put an alert aside for a while. `until` is 4h, 3d, 1w, a day or a UTC time; nobody is
        told until then."""
        found: Alert = self.shaped(
            "Alert", "POST", f"/alerts/{part(alert)}/snooze", None, body=body
        )
        return found

    def reopen_alert(self, alert: int, body: Mapping[str, Any] | None = None) -> Alert:
        """Take back what was done with an alert. An acknowledgement, a snooze, or that it was
        settled."""
        found: Alert = self.shaped(
            "Alert", "POST", f"/alerts/{part(alert)}/reopen", None, body=body
        )
        return found

    def assign_alert(self, alert: int, body: Mapping[str, Any]) -> Alert:
        """Say who looks after an alert. `person` is an account, or '' to take it away."""
        found: Alert = self.shaped(
            "Alert", "POST", f"/alerts/{part(alert)}/assign", None, body=body
        )
        return found

    def settle_alert(self, alert: int, body: Mapping[str, Any] | None = None) -> Alert:
        """Say that what an alert told of is over. It stays so until its severity goes up."""
        found: Alert = self.shaped(
            "Alert", "POST", f"/alerts/{part(alert)}/settle", None, body=body
        )
        return found
