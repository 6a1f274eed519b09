"""Operations of the API: boards. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.client.shapes import (
    Annotation,
    Channel,
    Dashboard,
    DashboardAnswers,
    DashboardWithHistory,
    Report,
    ReportDelivery,
)
from outlay.client.transport import Transport, part


class Boards(Transport):
    """Methods of the client: boards."""

    def list_reports(self) -> list[Report]:
        """Every report with its state. Those that fail first, then by what is due next."""
        found: list[Report] = self.shaped("list[Report]", "GET", "/reports", None)
        return found

    def get_report(self, name: str) -> Report:
        """One report with its state. Its spec, when it is due next, and its newest deliveries."""
        found: Report = self.shaped("Report", "GET", f"/reports/{part(name)}", None)
        return found

    def preview_report(
        self, name: str, *, format_: str | None = None, file: int | None = None
    ) -> bytes:
        """A report as it would be sent now. Narrowed to the part of the ledger that the reader
        sees."""
        return self.content(
            "GET", f"/reports/{part(name)}/preview", {"format": format_, "file": file}
        )[0]

    def run_reports(self) -> list[ReportDelivery]:
        """Send everything that is due. As the served workspace does by itself; gives what
        became of each delivery."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]", "POST", "/reports/run", None
        )
        return found

    def send_report(self, name: str, body: Mapping[str, Any] | None = None) -> list[ReportDelivery]:
        """Send a report now. By all its channels, or some; gives what became of each delivery."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]", "POST", f"/reports/{part(name)}/send", None, body=body
        )
        return found

    def send_report_test(self, name: str, body: Mapping[str, Any]) -> list[ReportDelivery]:
        """Send a report as a test. By one channel; a mail goes to one address. Shows what the
        person who asks may see."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]", "POST", f"/reports/{part(name)}/test", None, body=body
        )
        return found

    def list_report_deliveries(
        self,
        *,
        report: str | None = None,
        channel: str | None = None,
        states: str | None = None,
        limit: int | None = None,
    ) -> list[ReportDelivery]:
        """The log of deliveries. Reports and notices, newest first, each with its attempts."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]",
            "GET",
            "/deliveries/log",
            {"report": report, "channel": channel, "states": states, "limit": limit},
        )
        return found

    def get_report_delivery(self, delivery: int) -> ReportDelivery:
        """One delivery. With its attempts."""
        found: ReportDelivery = self.shaped(
            "ReportDelivery", "GET", f"/deliveries/log/{part(delivery)}", None
        )
        return found

    def retry_report_delivery(self, delivery: int) -> list[ReportDelivery]:
        """Try a delivery again. One that failed, waits or was skipped; gives what became of it."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]", "POST", f"/deliveries/log/{part(delivery)}/retry", None
        )
        return found

    def list_channels(self) -> list[Channel]:
        """Every channel with its state. Secrets are references, as they are configured."""
        found: list[Channel] = self.shaped("list[Channel]", "GET", "/channels", None)
        return found

    def test_channel(self, name: str) -> list[ReportDelivery]:
        """Send a short message by a channel. It says that the channel works; gives what became
        of it."""
        found: list[ReportDelivery] = self.shaped(
            "list[ReportDelivery]", "POST", f"/channels/{part(name)}/test", None
        )
        return found

    def list_dashboards(
        self, *, persona: str | None = None, provider: str | None = None
    ) -> list[Dashboard]:
        """Every dashboard. Those of the workspace, then the ready-made ones that its charges
        have something for."""
        found: list[Dashboard] = self.shaped(
            "list[Dashboard]", "GET", "/dashboards", {"persona": persona, "provider": provider}
        )
        return found

    def get_dashboard(self, name: str) -> DashboardWithHistory:
        """One dashboard. Its spec as `PUT /resources/Dashboard/{name}` takes it, and its
        history."""
        found: DashboardWithHistory = self.shaped(
            "DashboardWithHistory", "GET", f"/dashboards/{part(name)}", None
        )
        return found

    def get_dashboard_answers(
        self,
        name: str,
        *,
        range_: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        until: str | None = None,
        compare: str | None = None,
        where: str | None = None,
        currency: str | None = None,
    ) -> DashboardAnswers:
        """What its panels answer. Each panel by itself: one that fails says so in `state` and
        `error`, and the others are answered."""
        found: DashboardAnswers = self.shaped(
            "DashboardAnswers",
            "GET",
            f"/dashboards/{part(name)}/answers",
            {
                "range": range_,
                "from": from_,
                "to": to,
                "until": until,
                "compare": compare,
                "where": where,
                "currency": currency,
            },
        )
        return found

    def copy_dashboard(self, name: str, body: Mapping[str, Any] | None = None) -> Dashboard:
        """Copy a dashboard. Own or ready-made; the copy can be changed."""
        found: Dashboard = self.shaped(
            "Dashboard", "POST", f"/dashboards/{part(name)}/copy", None, body=body
        )
        return found

    def list_annotations(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        category: str | None = None,
        q: str | None = None,
        events: bool | None = None,
    ) -> list[Annotation]:
        """What happened on which day. Newest day first. Who sees a part of the ledger gets
        those without a condition and those whose condition lies within that part."""
        found: list[Annotation] = self.shaped(
            "list[Annotation]",
            "GET",
            "/annotations",
            {"from": from_, "to": to, "category": category, "q": q, "events": events},
        )
        return found

    def add_annotation(self, body: Mapping[str, Any]) -> Annotation:
        """Annotate a day. The name is made from day and text. `PUT
        /resources/Annotation/{name}` changes it."""
        found: Annotation = self.shaped("Annotation", "POST", "/annotations", None, body=body)
        return found

    def get_annotation(self, name: str) -> Annotation:
        """One annotation. As it is kept."""
        found: Annotation = self.shaped("Annotation", "GET", f"/annotations/{part(name)}", None)
        return found

    def remove_annotation(self, name: str) -> None:
        """Remove one. Its history stays."""
        self.json("DELETE", f"/annotations/{part(name)}", None)
