"""The operations of plans."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

_FILES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "text/csv",
)

PLANS: dict[str, Operation] = {
    "GET /plans": Operation("list_plans", "list[FinancePlan]"),
    "POST /plans": Operation("add_plan", "FinancePlan", (), (201,)),
    "GET /plans/{name}": Operation("get_plan", "FinancePlan"),
    "GET /plans/{name}/versions": Operation("list_plan_versions", "list[PlanVersionInfo]"),
    "GET /plans/{name}/versions/{version}": Operation("get_plan_version", "PlanVersion"),
    "GET /plans/{name}/compare": Operation("compare_plan_versions", "PlanComparison"),
    "GET /plans/{name}/actuals": Operation("get_plan_actuals", "PlanActuals"),
    "GET /plans/{name}/variance": Operation("get_plan_variance", "PlanVariance"),
    "GET /plans/{name}/bridge": Operation("get_plan_bridge", "PlanBridge"),
    "GET /plans/{name}/outlook": Operation("get_plan_outlook", "PlanOutlook"),
    "GET /plans/{name}/driver": Operation("propose_plan_driver", "PlanDriver"),
    "GET /plans/{name}/export": Operation("export_plan", "PlanVersion", _FILES),
    "POST /plans/{name}/baseline": Operation("make_plan_baseline", "PlanVersionInfo"),
    "POST /plans/{name}/draft": Operation("start_plan_draft", "PlanVersionInfo", (), (201,)),
    "DELETE /plans/{name}/draft": Operation("discard_plan_draft", "", (), (204,)),
    "POST /plans/{name}/cells": Operation("edit_plan_cells", "PlanVersionInfo"),
    "POST /plans/{name}/take-back": Operation("take_back_plan_adjustments", "PlanVersionInfo"),
    "POST /plans/{name}/undo": Operation("undo_plan_edit", "PlanVersionInfo"),
    "POST /plans/{name}/redo": Operation("redo_plan_edit", "PlanVersionInfo"),
    "POST /plans/{name}/notes": Operation("add_plan_note", "PlanVersionInfo", (), (201,)),
    "POST /plans/{name}/lines": Operation("add_plan_line", "PlanLine", (), (201,)),
    "PATCH /plans/{name}/lines/{line}": Operation("change_plan_line", "PlanLine"),
    "DELETE /plans/{name}/lines/{line}": Operation("remove_plan_line", "PlanVersionInfo"),
    "POST /plans/{name}/lines/{line}/restore": Operation("restore_plan_line", "PlanLine"),
    "POST /plans/{name}/lines/{line}/driver": Operation("drive_plan_line", "PlanLine"),
    "POST /plans/{name}/submit": Operation("submit_plan", "PlanVersionInfo"),
    "POST /plans/{name}/versions/{version}/approve": Operation(
        "approve_plan_version", "PlanVersionInfo"
    ),
    "POST /plans/{name}/versions/{version}/reject": Operation(
        "reject_plan_version", "PlanVersionInfo"
    ),
    "POST /plans/{name}/import/preview": Operation("preview_plan_import", "PlanImport"),
    "POST /plans/{name}/import": Operation("import_plan", "PlanVersionInfo"),
}
