"""The operations of pages for people: homes, drivers, dashboards, reports, access."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

_CSV = ("text/csv",)
_PREVIEW = (
    "text/html",
    "text/plain",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
    "application/vnd.apache.parquet",
)

_HOMES = {
    "GET /home": Operation("list_personas", "list[Persona]"),
    "GET /home/{persona}": Operation("get_home", "Home"),
    "GET /home/{persona}/cards/{card}": Operation("get_card", "HomeCard | None"),
    "GET /glossary": Operation("list_terms", "list[Term]"),
    "GET /glossary/{term}": Operation("get_term", "Term"),
    "GET /find": Operation("find", "list[Found]"),
}

_BOARDS = {
    "GET /dashboards": Operation("list_dashboards", "list[Dashboard]"),
    "GET /dashboards/{name}": Operation("get_dashboard", "DashboardWithHistory"),
    "GET /dashboards/{name}/answers": Operation("get_dashboard_answers", "DashboardAnswers"),
    "POST /dashboards/{name}/copy": Operation("copy_dashboard", "Dashboard", (), (201,)),
    "GET /annotations": Operation("list_annotations", "list[Annotation]"),
    "POST /annotations": Operation("add_annotation", "Annotation", (), (201,)),
    "GET /annotations/{name}": Operation("get_annotation", "Annotation"),
    "DELETE /annotations/{name}": Operation("remove_annotation", "", (), (204,)),
    "POST /views/{name}/rename": Operation("rename_view", "Resource"),
    "GET /views/{name}/uses": Operation("list_view_uses", "list[ViewUse]"),
}

_REPORTS = {
    "GET /reports": Operation("list_reports", "list[Report]"),
    "GET /reports/{name}": Operation("get_report", "Report"),
    "GET /reports/{name}/preview": Operation("preview_report", "", _PREVIEW),
    "POST /reports/run": Operation("run_reports", "list[ReportDelivery]"),
    "POST /reports/{name}/send": Operation("send_report", "list[ReportDelivery]"),
    "POST /reports/{name}/test": Operation("send_report_test", "list[ReportDelivery]"),
    "GET /deliveries/log": Operation("list_report_deliveries", "list[ReportDelivery]"),
    "GET /deliveries/log/{delivery}": Operation("get_report_delivery", "ReportDelivery"),
    "POST /deliveries/log/{delivery}/retry": Operation(
        "retry_report_delivery", "list[ReportDelivery]"
    ),
    "GET /channels": Operation("list_channels", "list[Channel]"),
    "POST /channels/{name}/test": Operation("test_channel", "list[ReportDelivery]"),
}

_ACCESS = {
    "GET /me": Operation("get_me", "Me"),
    "PATCH /me": Operation("change_me", "Me"),
    "POST /me/password": Operation("change_password", "", (), (204,)),
    "GET /sessions": Operation("list_sessions", "list[Session]"),
    "DELETE /sessions/{id}": Operation("end_session", "", (), (204,)),
    "GET /tokens": Operation("list_tokens", "list[Token]"),
    "POST /tokens": Operation("create_token", "NewToken", (), (201,)),
    "DELETE /tokens/{number}": Operation("revoke_token", "Token"),
    "GET /users": Operation("list_users", "list[User]"),
    "POST /users": Operation("add_user", "User", (), (201,)),
    "GET /users/{name}": Operation("get_user", "User"),
    "PATCH /users/{name}": Operation("change_user", "User"),
    "DELETE /users/{name}": Operation("remove_user", "", (), (204,)),
    "POST /users/{name}/invitation": Operation("invite_user", "Invitation", (), (201,)),
    "GET /roles": Operation("list_roles", "list[Role]"),
    "GET /audit": Operation("list_audit", "AuditPage", _CSV),
    "GET /audit.csv": Operation("audit_csv", "", _CSV),
}

PEOPLE: dict[str, Operation] = {**_HOMES, **_BOARDS, **_REPORTS, **_ACCESS}
