"""Answers of the tools, made small: what each says, and what it leaves out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def page(*items: dict[str, Any], **more: Any) -> bytes:
    """A page of Cost Optimization Hub."""
    return json.dumps({"items": list(items), **more}).encode()


def hub(**more: Any) -> dict[str, Any]:
    """One recommendation of the hub: a machine that costs 70.08 and would cost 30.37."""
    return {
        "recommendationId": "rec-1", "accountId": "111111111111", "region": "us-east-1",
        "resourceId": "i-0aa2", "resourceArn": "arn:aws:ec2:us-east-1:111111111111:instance/i-0aa2",
        "currentResourceType": "Ec2Instance", "recommendedResourceType": "Ec2Instance",
        "estimatedMonthlySavings": 39.71, "estimatedSavingsPercentage": 56.7,
        "estimatedMonthlyCost": 70.08, "currencyCode": "USD", "implementationEffort": "Medium",
        "restartNeeded": True, "actionType": "Rightsize", "rollbackPossible": True,
        "currentResourceSummary": "m6i.large", "recommendedResourceSummary": "t3.medium",
        "lastRefreshTimestamp": "2026-10-20T10:00:00Z", "source": "ComputeOptimizer",
        "recommendationLookbackPeriodInDays": 14, "tags": [{"key": "team", "value": "checkout"}],
    } | more  # fmt: skip


def optimizer(**more: Any) -> dict[str, Any]:
    """An instance of Compute Optimizer with two options."""
    return {
        "instanceArn": "arn:aws:ec2:us-east-1:111111111111:instance/i-0aa2",
        "accountId": "111111111111", "instanceName": "web-stg",
        "currentInstanceType": "m6i.large", "finding": "OVER_PROVISIONED",
        "findingReasonCodes": ["CPUOverprovisioned"],
        "utilizationMetrics": [{"name": "CPU", "statistic": "MAXIMUM", "value": 8.2}],
        "lookBackPeriodInDays": 14.0,
        "recommendationOptions": [
            option("m6i.medium", 2, 35.04), option("t3.medium", 1, 39.71, after=37.72,
            projected=[{"name": "CPU", "statistic": "MAXIMUM", "value": 16.4}]),
            option("m6g.large", 3, 14.02),
        ],
        "lastRefreshTimestamp": "2026-10-20T10:00:00Z",
    } | more  # fmt: skip


def option(
    kind: str, rank: int, listed: float, after: float | None = None, **more: Any
) -> dict[str, Any]:
    """An option of Compute Optimizer; `more` may have projected metrics."""
    found: dict[str, Any] = {
        "instanceType": kind, "performanceRisk": 1.0, "rank": rank,
        "savingsOpportunity": {"estimatedMonthlySavings": {"currency": "USD", "value": listed}},
        "migrationEffort": "VeryLow",
    }  # fmt: skip
    if after is not None:
        found["savingsOpportunityAfterDiscounts"] = {
            "estimatedMonthlySavings": {"currency": "USD", "value": after}
        }
    if "projected" in more:
        found["projectedUtilizationMetrics"] = more["projected"]
    return found


def checked(check: str, *metadata: Sequence[str | None], **more: Any) -> dict[str, Any]:
    """A result of Trusted Advisor."""
    return {
        "result": {
            "checkId": check,
            "timestamp": "2026-10-20T10:00:00Z",
            "status": "warning",
            "flaggedResources": [
                {"status": "warning", "region": "us-east-1", "resourceId": f"ta-{number}",
                 "isSuppressed": False, "metadata": one}
                for number, one in enumerate(metadata)
            ],
        },
        **more,
    }  # fmt: skip


def advice(**extended: str) -> dict[str, Any]:
    """A recommendation of Azure Advisor for a machine, with these extended properties."""
    return {
        "name": "rec1",
        "properties": {
            "category": "Cost", "impact": "High",
            "impactedField": "Microsoft.Compute/virtualMachines", "impactedValue": "vm-1",
            "lastUpdated": "2026-10-20T10:00:00Z",
            "recommendationTypeId": "e10b1381-5f0a-47ff-8c7b-37bd13d7c974",
            "shortDescription": {"problem": "Right-size or shutdown underutilized machines",
                                 "solution": "Right-size or shutdown underutilized machines"},
            "extendedProperties": {"savingsCurrency": "EUR", "currentSku": "Standard_D4s_v5",
                                   "targetSku": "Standard_D2s_v5", "lookbackPeriod": "30",
                                   **extended},
            "resourceMetadata": {"resourceId":
                "/subscriptions/S1/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/vm-1"},
        },
    }  # fmt: skip


def google(units: Any = "-91", nanos: Any = -250000000, **more: Any) -> dict[str, Any]:
    """A recommendation of GCP Recommender for a machine."""
    return {
        "name": "projects/111/locations/europe-west1-b/recommenders/"
        "google.compute.instance.MachineTypeRecommender/recommendations/r1",
        "description": "Save cost by changing machine type from n2-standard-8 to n2-standard-4.",
        "lastRefreshTime": "2026-10-20T10:00:00Z",
        "primaryImpact": {"category": "COST", "costProjection": {
            "cost": {"currencyCode": "USD", "units": units, "nanos": nanos},
            "duration": "2592000s"}},
        "content": {"overview": {
            "resource": "//compute.googleapis.com/projects/acme/zones/europe-west1-b/"
            "instances/web-1",
            "location": "europe-west1-b"}},
        "stateInfo": {"state": "ACTIVE"}, "recommenderSubtype": "CHANGE_MACHINE_TYPE",
    } | more  # fmt: skip


def kruize(**terms: Any) -> list[dict[str, Any]]:
    """A workload of Kruize: 2 cores and 4 GiB are requested; the terms as given."""

    def requests(cpu: float, mib: float) -> dict[str, Any]:
        return {"requests": {"cpu": {"amount": cpu, "format": "cores"},
                             "memory": {"amount": mib, "format": "MiB"}}}  # fmt: skip

    return [{
        "cluster_name": "prod", "experiment_name": "e1",
        "kubernetes_objects": [{
            "type": "deployment", "name": "cart", "namespace": "shop",
            "containers": [{"container_name": "cart", "recommendations": {"data": {
                "2026-10-19T10:00:00.000Z": {},
                "2026-10-20T10:00:00.000Z": {
                    "current": requests(2, 4096),
                    "recommendation_terms": {
                        f"{term}_term": {"recommendation_engines": {
                            profile: {"config": requests(*amounts)}
                            for profile, amounts in engines.items()}}
                        for term, engines in terms.items()
                    },
                }}}}],
        }],
    }]  # fmt: skip


def vpa(**more: Any) -> dict[str, Any]:
    """A list with one vertical pod autoscaler."""
    box = {"containerName": "cart", "target": {"cpu": "250m", "memory": "262144k"},
           "lowerBound": {"cpu": "100m", "memory": "128Mi"},
           "upperBound": {"cpu": "1", "memory": "1Gi"}} | more  # fmt: skip
    return {"apiVersion": "v1", "kind": "List", "items": [{
        "kind": "VerticalPodAutoscaler", "metadata": {"namespace": "shop", "name": "cart"},
        "spec": {"targetRef": {"kind": "Deployment", "name": "cart"}},
        "status": {"recommendation": {"containerRecommendations": [box]}},
    }]}  # fmt: skip
