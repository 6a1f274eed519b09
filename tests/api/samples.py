"""One request an operation, in an order that works on the firm; examples are recorded from it and
its answers are held against the schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.api.samples_alerts import ALERTS
from tests.api.samples_budgets import BUDGETS
from tests.api.samples_commitments import COMMITMENTS
from tests.api.samples_contracts import CONTRACTS
from tests.api.samples_native import NATIVE
from tests.api.samples_plans import PLANS
from tests.api.samples_realised import REALISED
from tests.api.samples_savings import SAVINGS

SEPTEMBER = "from=2026-09-01&to=2026-10-01"


@dataclass(frozen=True)
class Sample:
    """A request: the operation's name, method and path with parameters, a body as JSON or text.
    `{…}` in a path is taken from `found`, what earlier answers told."""

    operation: str
    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


def _get(operation: str, path: str, **more: Any) -> Sample:
    return Sample(operation, "GET", path, **more)


def _post(operation: str, path: str, body: Any = None, status: int = 200) -> Sample:
    return Sample(operation, "POST", path, body, status=status)


_TAG = {"rules": [{"when": "SubAccountName = 'Shop'", "value": "shops"}]}
_SPLIT = {"tag": "team", "take": "platform", "method": "even"}
_INVOICE = {
    "issuer": "Amazon Web Services, Inc.",
    "invoice_id": "EUINUS26-202608",
    "billing_period": "2026-08",
    "currency": "USD",
    "amount": "120.50",
}
_BALANCE = {
    "source": "acme",
    "currency": "USD",
    "billing_period": "2026-08",
    "amount": "24.00",
}
_DOCUMENTS = [{"kind": "VirtualTag", "name": "env", "spec": _TAG}]

READING: tuple[Sample, ...] = (
    _get("get_health", "/health"),
    _get("query", f"/query?by=ServiceName&{SEPTEMBER}&limit=2"),
    _post("query_json", "/query", {"by": ["team"], "range": "all", "limit": 2}),
    _get("query_csv", f"/query.csv?by=ServiceName&{SEPTEMBER}"),
    _get("query_parquet", f"/query.parquet?by=ServiceName&{SEPTEMBER}"),
    _get("explain", f"/explain?by=team&{SEPTEMBER}&where=SubAccountName%20=%20'Data'"),
    _get("list_charges", f"/charges?{SEPTEMBER}&rows=2"),
    _get("charges_csv", f"/charges.csv?{SEPTEMBER}"),
    _get("charges_parquet", f"/charges.parquet?{SEPTEMBER}"),
    _get("list_dimensions", f"/dimensions?{SEPTEMBER}"),
    _get("list_values", f"/values?dimension=ServiceName&{SEPTEMBER}"),
    _post("sql", "/sql", {"sql": "SELECT ServiceName, BilledCost FROM charges", "limit": 2}),
    _get("drivers", f"/drivers?by=ServiceName&{SEPTEMBER}&compare=previous"),
    _get("forecast", "/forecast?by=ServiceName&days=30"),
    _get("forecast_accuracy", "/forecast/accuracy?by=ServiceName&days=7"),
    _get("list_anomalies", "/anomalies?state=all"),
    _get("get_anomaly", "/anomalies/1", status=404),
    _get("list_detectors", "/detectors"),
    _get("get_detector", "/detectors/snowflake-warehouse-idle"),
    _get("list_anomaly_monitors", "/anomalies/monitors"),
    _get("get_anomaly_monitor", "/anomalies/monitors/default"),
    _get("list_sources", "/sources"),
    _get("get_source", "/sources/acme"),
    _get("list_kinds", "/kinds"),
    _get("list_deliveries", "/deliveries"),
    _get("get_delivery", "/deliveries/acme/2026-09"),
    _get("get_record", "/deliveries/acme/2026-09/records/0/4"),
    _get("list_held", "/held"),
    _get("list_rates", "/rates"),
    _get("get_rates", "/rates/EUR/USD?from=2026-09-01&to=2026-09-03&rates=finance"),
    _get("list_snapshots", "/snapshots"),
    _get("get_restatements", "/restatements?from={first_snapshot}&by=ServiceName"),
    _get("list_rejected", "/quarantine/{delivery}"),
    _get("list_checks", "/checks"),
    _get("list_runs", "/runs"),
    _get("usage", "/usage?by=x_Namespace"),
    _get("usage_csv", "/usage.csv?by=x_Namespace"),
    _get("list_usage_metrics", "/usage/metrics"),
    _get("provisional", "/provisional"),
    _get("utilization", "/utilization"),
    _get("utilization_csv", "/utilization.csv?by=ServiceProviderName"),
    _get("utilization_coverage", "/utilization/coverage"),
    _get("reconcile_ai", "/ai/reconcile"),
    _get("list_metrics", "/metrics"),
    _get("get_metric", "/metrics/orders"),
    _get("get_metric_values", "/metrics/orders/values?by=channel"),
    _get("list_metric_restatements", "/metrics/orders/deliveries/1"),
    _get("list_units", "/units"),
    _get("get_unit", "/units/cost-per-order?from=2026-08-01&to=2026-10-01&grain=month"),
    _get("list_tags", "/tags"),
    _get("get_tag", "/tags/team?spend=true"),
    _get("list_tag_values", "/tags/team/values"),
    _post("preview_tag", "/tags/team/preview", {"spec": _TAG}),
    _get("get_tag_coverage", "/tags/team/coverage"),
    _post("try_tag_coverage", "/tags/team/coverage", {"spec": _TAG}),
    _get("list_tag_suggestions", "/tags/team/suggestions"),
    _post("try_tag_suggestions", "/tags/team/suggestions", {"spec": _TAG}),
    _get("list_dictionaries", "/dictionaries"),
    _get("get_dictionary", "/dictionaries/owners"),
    _get("list_splits", "/splits"),
    _get("get_split", "/splits/share-platform"),
    _post("preview_split", "/splits/share-platform/preview", {"spec": _SPLIT}),
    _get("coverage", "/coverage?tag=team"),
    _get("coverage_csv", "/coverage.csv?tag=team"),
    _get("why", "/why?tag=team&value=data"),
    _get("why_csv", "/why.csv?tag=team&value=data"),
    _get("replay", "/replay?tag=team&before=none"),
    _get("replay_csv", "/replay.csv?tag=team&before=none"),
    _get("list_platforms", "/platforms"),
    _get("list_clusters", "/kubernetes"),
    _get("get_cluster", "/kubernetes/prod"),
    _get("cluster_csv", "/kubernetes/prod.csv"),
    _get("list_statements", "/statements"),
    _get("get_statements", "/statements/showback/2026-08"),
    _get("get_statement", "/statements/showback/2026-08/data"),
    _get("list_disputes", "/disputes/showback"),
    _get("list_invoices", "/invoices"),
    _get("invoices_csv", "/invoices.csv"),
    _get("get_invoice", "/invoices/amazon-web-services-inc-euinus26-202609"),
    _get("list_close", "/close"),
    _get("get_close", "/close/2026-09?plan=showback"),
    _get("get_bridge", "/close/bridge"),
    _get("list_views", "/views"),
    _get("get_view", "/views/by-team"),
    _get("get_vocabulary", "/vocabulary?provider=AWS&search=lambda"),
    _get("get_vocabulary_coverage", "/vocabulary/coverage"),
    _get("list_unmapped", "/vocabulary/unmapped"),
    _get("list_vocabularies", "/vocabulary/rules"),
    _get("get_vocabulary_rules", "/vocabulary/rules/ours"),
    _get("list_resource_kinds", "/resources"),
    _get("list_resources", "/resources/View"),
    _get("get_resource", "/resources/VirtualTag/team"),
    _get("list_resource_history", "/resources/VirtualTag/team/history"),
    _get("get_resource_version", "/resources/VirtualTag/team/versions/1"),
    _post("plan", "/plan", {"documents": _DOCUMENTS}),
    _get("list_usecases", "/usecases?search=coverage"),
    _get("get_usecase", "/usecases/analyze-tag-coverage?tag=team&range=all"),
    _get("usecase_csv", "/usecases/analyze-tag-coverage.csv?tag=team&range=all"),
    _get("get_export", "/export/focus"),
    _get("export_focus", "/export/focus.zip?period=2026-08&format=csv"),
    _post("call", "/calls/today", {"given": [], "named": {}}),
    _get("list_view_uses", "/views/by-team/uses"),
    _get("list_dashboards", "/dashboards"),
    _get("get_dashboard", "/dashboards/money"),
    _get("get_dashboard_answers", "/dashboards/money/answers?range=2026-09-01..2026-10-01"),
    _get("list_annotations", "/annotations?events=true"),
    _get("get_annotation", "/annotations/checkout"),
    _get("list_personas", "/home"),
    _get("get_home", "/home/practitioner?period=2026-09"),
    _get("get_card", "/home/practitioner/cards/spend?period=2026-09"),
    _get("list_terms", "/glossary?search=effective"),
    _get("get_term", "/glossary/EffectiveCost"),
    _get("find", "/find?q=team"),
    _get("list_audit", "/audit"),
    _get("audit_csv", "/audit.csv"),
)

CHANGING: tuple[Sample, ...] = (
    _post("copy_dashboard", "/dashboards/money/copy", {"title": "Money again"}, 201),
    _post(
        "add_annotation",
        "/annotations",
        {"from": "2026-09-10", "text": "A new price list", "category": "event"},
        201,
    ),
    Sample("remove_annotation", "DELETE", "/annotations/checkout", status=204),
    Sample("save_view", "PUT", "/views/mine", {"query": {"by": ["team"], "range": "all"}}),
    _post("rename_view", "/views/mine/rename", {"to": "ours"}),
    Sample("remove_view", "DELETE", "/views/ours", status=204),
    Sample("save_split", "PUT", "/splits/share-platform", {"spec": _SPLIT, "note": "Evenly."}),
    _post("restore_split", "/splits/share-platform/restore", {"version": 1}),
    Sample("remove_split", "DELETE", "/splits/share-platform", status=204),
    Sample("put_resource", "PUT", "/resources/VirtualTag/env", _TAG, status=201),
    _post("restore_resource", "/resources/VirtualTag/env/restore", {"version": 1}),
    Sample("delete_resource", "DELETE", "/resources/VirtualTag/env", status=204),
    _post("apply", "/apply", {"documents": _DOCUMENTS, "note": "By environment."}),
    _post(
        "push_metric_values",
        "/metrics/orders/values",
        {"values": [{"date": "2026-09-04", "value": "120", "labels": {"channel": "web"}}]},
    ),
    _post("enter_invoice", "/invoices", _INVOICE, 201),
    Sample("save_invoice", "PUT", "/invoices/august", {**_INVOICE, "invoice_id": "EUINUS26-8"}),
    Sample("remove_invoice", "DELETE", "/invoices/august", status=204),
    Sample(
        "import_invoices",
        "POST",
        "/invoices/import?file=october.csv",
        "issuer,invoice_id,billing_period,currency,amount\nAWS,EUINUS26-202610,2026-10,USD,49.00\n",
        {"Content-Type": "text/csv"},
    ),
    _post("state_balance", "/close/balances", _BALANCE, 201),
    _get("list_balances", "/close/balances"),
    Sample("remove_balance", "DELETE", "/close/balances/{balance}", status=204),
    _post("answer_dispute", "/disputes/1/answer", {"accept": True, "proposed": "storefront"}),
    _post("close_statements", "/statements/showback/2026-09/close", {"note": "Agreed."}),
    _get("journal_csv", "/journals/booked/2026-09"),
    _post("run_close", "/close/2026-10?plan=showback", {"note": "Checked by hand."}),
    _post(
        "raise_dispute",
        "/disputes",
        {"plan": "showback", "month": "2026-09", "value": "data", "line": "{line}",
         "reason": "The bucket is the storefront's.", "proposed": "storefront"},
        201,
    ),
    Sample("save_vocabulary_rules", "PUT", "/vocabulary/rules/more",
           {"rules": [{"service": "Hetzner Cloud", "category": "Compute",
                       "subcategory": "Virtual Machines"}]}),
    _post("relift", "/vocabulary/relift"),
    Sample("remove_vocabulary_rules", "DELETE", "/vocabulary/rules/more", status=204),
    _post("infer_source", "/sources/infer", {"location": "{bill}"}),
    _post("add_source", "/sources",
          {"name": "more", "kind": "focus", "location": "{bill}", "cadence": "manual"}, 201),
    _post("sync", "/sync", {"sources": ["more"]}),
    Sample("remove_source", "DELETE", "/sources/more", status=204),
    # The firm's bills are of a few days: nothing can be expected of them.
    _post(
        "run_detectors",
        "/detectors/run",
        {"detectors": ["snowflake-warehouse-idle"], "explain": "BI_WH"},
    ),
    _post("detect_anomalies", "/anomalies/detect?force=true"),
    _get("list_anomaly_runs", "/anomalies/runs"),
    _post("acknowledge_anomaly", "/anomalies/1/acknowledge", {"note": "on it"}, 404),
    _post("resolve_anomaly", "/anomalies/1/resolve", status=404),
    _post("reopen_anomaly", "/anomalies/1/reopen", status=404),
    _post("say_anomaly", "/anomalies/1/feedback", {"verdict": "expected"}, 404),
    Sample("withdraw_anomaly", "DELETE", "/anomalies/1/feedback", status=404),
    _post("comment_anomaly", "/anomalies/1/comment", {"note": "It was the load test."}, 404),
    _post("assign_anomaly", "/anomalies/1/assign", {"person": "ana@example.com"}, 404),
    _get("list_reports", "/reports"),
    _get("get_report", "/reports/teams"),
    _get("preview_report", "/reports/teams/preview?format=csv"),
    _post("send_report", "/reports/teams/send"),
    _post("send_report_test", "/reports/teams/test", {"channel": "folder"}),
    _post("test_channel", "/channels/folder/test"),
    _get("list_channels", "/channels"),
    _get("list_report_deliveries", "/deliveries/log"),
    _get("get_report_delivery", "/deliveries/log/1"),
    _post("retry_report_delivery", "/deliveries/log/1/retry", status=409),
    _post("run_reports", "/reports/run"),
    _get("get_me", "/me"),
    Sample("change_me", "PATCH", "/me", {"display": "Ana"}, status=404),
    _get("list_sessions", "/sessions", status=404),
    _post("create_token", "/tokens", {"name": "nightly export", "level": "viewer"}, 404),
    _get("list_tokens", "/tokens?all=true"),
    _post("add_user", "/users", {"name": "sam", "role": "viewer"}, 201),
    _get("list_users", "/users"),
    _get("get_user", "/users/sam"),
    Sample("change_user", "PATCH", "/users/sam", {"display": "Sam"}),
    _post("invite_user", "/users/sam/invitation", status=201),
    Sample("remove_user", "DELETE", "/users/sam", status=204),
    _get("list_roles", "/roles"),
)  # fmt: skip

SAMPLES = (
    *READING,
    *(Sample(*one) for one in ALERTS),
    *(Sample(*one) for one in PLANS),
    *(Sample(*one) for one in BUDGETS),
    *(Sample(*one) for one in COMMITMENTS),
    *(Sample(*one) for one in CONTRACTS),
    *(Sample(*one) for one in NATIVE),
    *(Sample(*one) for one in REALISED),
    *(Sample(*one) for one in SAVINGS),
    *CHANGING,
)
