"""The operations of the API: their stable names, and what they answer with.

An operation's name is its `operationId` and the client's method; it never changes. The shape is a
type of `outlay.client.shapes`; `media` are the other forms that the answer has, `status` what it
answers with when all went well. Parameters, bodies and texts stand at the route.
"""

from __future__ import annotations

from dataclasses import dataclass

_CSV = ("text/csv",)
_TABLES = (
    "text/csv",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.parquet",
)
_FILES = (
    *_TABLES,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/html",
    "application/pdf",
)


@dataclass(frozen=True)
class Operation:
    """One operation. `shape` is the JSON that it answers with (empty: none, or a file alone)."""

    name: str
    shape: str = ""
    media: tuple[str, ...] = ()
    status: tuple[int, ...] = (200,)


def _op(name: str, shape: str = "", media: tuple[str, ...] = (), *status: int) -> Operation:
    return Operation(name, shape, media, status or (200,))


_PARQUET = ("application/vnd.apache.parquet",)
_QUESTIONS = {
    "GET /query": _op("query", "Answer", _TABLES),
    "POST /query": _op("query_json", "Answer", _TABLES),
    "GET /query.csv": _op("query_csv", "", _CSV),
    "GET /query.parquet": _op("query_parquet", "", _PARQUET),
    "GET /explain": _op("explain", "Explanation"),
    "GET /charges": _op("list_charges", "ChargePage", _TABLES),
    "GET /charges.csv": _op("charges_csv", "", _CSV),
    "GET /charges.parquet": _op("charges_parquet", "", _PARQUET),
    "GET /dimensions": _op("list_dimensions", "list[Dimension]"),
    "GET /values": _op("list_values", "list[Value]"),
    "POST /sql": _op("sql", "SqlAnswer"),
    "GET /drivers": _op("drivers", "Drivers", _TABLES),
}

_LEDGER = {
    "GET /health": _op("get_health", "Health"),
    "GET /sources": _op("list_sources", "list[Source]"),
    "POST /sources": _op("add_source", "Source", (), 201),
    "GET /sources/{name}": _op("get_source", "SourceWithRuns"),
    "DELETE /sources/{name}": _op("remove_source", "", (), 204),
    "POST /sources/infer": _op("infer_source", "Inference"),
    "POST /sync": _op("sync", "list[Load]"),
    "GET /kinds": _op("list_kinds", "list[BillKind]"),
    "GET /deliveries": _op("list_deliveries", "list[Slice]", _TABLES),
    "GET /deliveries/{source}/{period}": _op("get_delivery", "SliceWithHistory"),
    "GET /deliveries/{source}/{period}/records/{file}/{line}": _op("get_record", "Record"),
    "GET /held": _op("list_held", "list[Delivery]"),
    "GET /rates": _op("list_rates", "list[Rates]"),
    "GET /rates/{source}/{target}": _op("get_rates", "list[DayRate]"),
    "PUT /rates/ecb": _op("put_bank_rates", "Rates"),
    "GET /snapshots": _op("list_snapshots", "list[Snapshot]"),
    "GET /restatements": _op("get_restatements", "Restatements"),
    "GET /quarantine/{delivery}": _op("list_rejected", "list[RejectedRow]", _TABLES),
    "GET /checks": _op("list_checks", "list[Check]"),
    "GET /runs": _op("list_runs", "list[Run]"),
}

_USAGE = {
    "GET /usage": _op("usage", "UsageAnswer", _TABLES),
    "GET /usage.csv": _op("usage_csv", "", _CSV),
    "GET /usage/metrics": _op("list_usage_metrics", "list[UsageMetric]"),
    "GET /provisional": _op("provisional", "Provisional"),
    "GET /ai/reconcile": _op("reconcile_ai", "AiReconciliation"),
}

_METRICS = {
    "GET /metrics": _op("list_metrics", "list[Metric]"),
    "GET /metrics/{name}": _op("get_metric", "MetricWithHistory"),
    "GET /metrics/{name}/values": _op("get_metric_values", "MetricValues", _CSV),
    "POST /metrics/{name}/values": _op("push_metric_values", "MetricPut"),
    "GET /metrics/{name}/deliveries/{sequence}": _op(
        "list_metric_restatements", "list[MetricRestatement]"
    ),
    "POST /metrics/{name}/sync": _op("sync_metric", "MetricSync"),
    "GET /units": _op("list_units", "list[Unit]"),
    "GET /units/{name}": _op("get_unit", "UnitAnswer", _CSV),
}

_ALLOCATION = {
    "GET /tags": _op("list_tags", "list[TagOverview]"),
    "GET /tags/{name}": _op("get_tag", "Tag"),
    "GET /tags/{name}/values": _op("list_tag_values", "list[TagValue]"),
    "POST /tags/{name}/preview": _op("preview_tag", "TagPreview"),
    "GET /tags/{name}/coverage": _op("get_tag_coverage", "Coverage"),
    "POST /tags/{name}/coverage": _op("try_tag_coverage", "Coverage"),
    "GET /tags/{name}/suggestions": _op("list_tag_suggestions", "list[Suggestion]"),
    "POST /tags/{name}/suggestions": _op("try_tag_suggestions", "list[Suggestion]"),
    "GET /dictionaries": _op("list_dictionaries", "list[DictionaryOverview]"),
    "GET /dictionaries/{name}": _op("get_dictionary", "Dictionary"),
    "GET /splits": _op("list_splits", "list[SplitOverview]"),
    "GET /splits/{name}": _op("get_split", "Split"),
    "PUT /splits/{name}": _op("save_split", "Resource"),
    "DELETE /splits/{name}": _op("remove_split", "", (), 204),
    "POST /splits/{name}/preview": _op("preview_split", "SplitPreview"),
    "POST /splits/{name}/restore": _op("restore_split", "Resource"),
    "GET /coverage": _op("coverage", "Coverage"),
    "GET /coverage.csv": _op("coverage_csv", "", _CSV),
    "GET /why": _op("why", "Why"),
    "GET /why.csv": _op("why_csv", "", _CSV),
    "GET /replay": _op("replay", "Replay"),
    "GET /replay.csv": _op("replay_csv", "", _CSV),
    "GET /platforms": _op("list_platforms", "list[Platform]"),
    "GET /platforms/{name}": _op("get_platform", "PlatformProof"),
    "GET /platforms/{name}.csv": _op("platform_csv", "", _CSV),
    "GET /kubernetes": _op("list_clusters", "list[Cluster]"),
    "GET /kubernetes/{cluster}": _op("get_cluster", "ClusterProof"),
    "GET /kubernetes/{cluster}.csv": _op("cluster_csv", "", _CSV),
}

_FINANCE = {
    "GET /statements": _op("list_statements", "list[StatementPlan]"),
    "GET /statements/{plan}/{month}": _op("get_statements", "StatementMonth", _FILES),
    "GET /statements/{plan}/{month}/{value}": _op("get_statement", "StatementDocument", _FILES),
    "POST /statements/{plan}/{month}/close": _op("close_statements", "StatementMonth"),
    "GET /journals/{plan}/{month}": _op("journal_csv", "", _CSV),
    "GET /disputes/{plan}": _op("list_disputes", "Disputes"),
    "POST /disputes": _op("raise_dispute", "Dispute", (), 201),
    "POST /disputes/{number}/answer": _op("answer_dispute", "Dispute"),
    "GET /invoices": _op("list_invoices", "InvoiceReconciliation"),
    "GET /invoices.csv": _op("invoices_csv", "", _CSV),
    "POST /invoices": _op("enter_invoice", "InvoiceRow", (), 201),
    "POST /invoices/import": _op("import_invoices", "InvoiceImport"),
    "GET /invoices/{name}": _op("get_invoice", "InvoiceWithHistory"),
    "PUT /invoices/{name}": _op("save_invoice", "InvoiceRow"),
    "DELETE /invoices/{name}": _op("remove_invoice", "", (), 204),
    "GET /close": _op("list_close", "CloseOverview"),
    "GET /close/{month}": _op("get_close", "CloseStatus"),
    "POST /close/{month}": _op("run_close", "CloseStatus"),
    "GET /close/bridge": _op("get_bridge", "Bridge"),
    "GET /close/balances": _op("list_balances", "list[Balance]"),
    "POST /close/balances": _op("state_balance", "Balance", (), 201),
    "DELETE /close/balances/{name}": _op("remove_balance", "", (), 204),
}

_CONFIGURED = {
    "GET /views": _op("list_views", "list[View]"),
    "GET /views/{name}": _op("get_view", "ViewWithHistory"),
    "PUT /views/{name}": _op("save_view", "View"),
    "DELETE /views/{name}": _op("remove_view", "", (), 204),
    "GET /vocabulary": _op("get_vocabulary", "VocabularyTables"),
    "GET /vocabulary/coverage": _op("get_vocabulary_coverage", "VocabularyCoverage"),
    "GET /vocabulary/unmapped": _op("list_unmapped", "list[Unmapped]"),
    "GET /vocabulary/rules": _op("list_vocabularies", "list[Resource]"),
    "GET /vocabulary/rules/{name}": _op("get_vocabulary_rules", "ResourceWithHistory"),
    "PUT /vocabulary/rules/{name}": _op("save_vocabulary_rules", "Resource"),
    "DELETE /vocabulary/rules/{name}": _op("remove_vocabulary_rules", "", (), 204),
    "POST /vocabulary/relift": _op("relift", "list[Load]"),
    "GET /resources": _op("list_resource_kinds", "list[ResourceKind]"),
    "GET /resources/{kind}": _op("list_resources", "list[Resource]"),
    "GET /resources/{kind}/{name}": _op("get_resource", "Resource"),
    "PUT /resources/{kind}/{name}": _op("put_resource", "Resource", (), 200, 201),
    "DELETE /resources/{kind}/{name}": _op("delete_resource", "", (), 204),
    "GET /resources/{kind}/{name}/history": _op("list_resource_history", "list[Change]"),
    "GET /resources/{kind}/{name}/versions/{version}": _op("get_resource_version", "Resource"),
    "POST /resources/{kind}/{name}/restore": _op("restore_resource", "Resource"),
    "POST /plan": _op("plan", "Plan"),
    "POST /apply": _op("apply", "Applied"),
    "GET /usecases": _op("list_usecases", "list[UseCase]"),
    "GET /usecases/{name}": _op("get_usecase", "UseCaseAnswer"),
    "GET /usecases/{name}.csv": _op("usecase_csv", "", _CSV),
    "GET /export/focus": _op("get_export", "ExportOffer"),
    "GET /export/focus.zip": _op("export_focus", "", ("application/zip",)),
    "POST /calls/{name}": _op("call", "CallResult"),
}

OPERATIONS: dict[str, Operation] = {
    **_QUESTIONS,
    **_LEDGER,
    **_USAGE,
    **_METRICS,
    **_ALLOCATION,
    **_FINANCE,
    **_CONFIGURED,
}
