"""The operations of commitments."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

COMMITMENTS: dict[str, Operation] = {
    "GET /commitments": Operation("get_commitments", "Commitments"),
    "GET /commitments/ending": Operation("list_ending_commitments", "list[CommitmentEnding]"),
    "GET /commitments/benefits": Operation("list_commitment_benefits", "list[CommitmentMatrix]"),
    "POST /commitments/plan": Operation("plan_purchase", "PurchasePlanned"),
    "GET /commitments/plans/{name}": Operation("get_purchase_plan", "PurchasePlanned"),
}
