"""AWS Trusted Advisor: results of its cost checks.

``flaggedResources[].metadata`` is a bare array of texts; what stands where is in the check's
description (``describe-trusted-advisor-checks``). The columns of the checks that give an amount are
known here by the check's id, in the order of the vendor's reference; a description that comes along
(`check`, or `checks`) goes before them, so that a check that is not known here can be read too.
Amounts are at on-demand rates, before discounts, unless the check is the hub's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from outlay.savings.model import PURCHASES, Action, Evidence, Finding
from outlay.savings.native.aws_names import SERVICES, billed_as, charges_of, covered_by
from outlay.savings.native.model import Asked, Format, Item, NativeError, Told
from outlay.savings.native.values import (
    amount,
    currency,
    day,
    each,
    kind_of,
    listed,
    mapping,
    region_of,
    text,
)
from outlay.savings.native.words import AWS, EFFORT_OF, group_of, title_of, unsaved


@dataclass(frozen=True)
class _Check:
    """A check: what it advises, of which type of resource, and its columns in order."""

    name: str
    action: Action | None
    type: str
    columns: tuple[str, ...]


_HUB = ("Status", "Region", "Resource ID", "Recommended Action", "Current Resource Summary",
        "Recommended Resource Summary", "Estimated Monthly Cost", "Estimated Monthly Savings",
        "Last Refresh Time stamp")  # fmt: skip
_HUB_BOUGHT = ("Status", "Region", "Recommended Resource Summary", "Estimated Monthly Cost",
               "Estimated Monthly Savings", "Last Refresh Time stamp")  # fmt: skip

CHECKS: dict[str, _Check] = {
    "Qch7DwouX1": _Check(
        "Low Utilization Amazon EC2 Instances", "Stop", "Ec2Instance",
        ("Region/AZ", "Instance ID", "Instance Name", "Instance Type", "Estimated Monthly Savings",
         *(f"Day {number}" for number in range(1, 15)), "14-Day Average CPU Utilization",
         "14-Day Average Network I/O", "Number of Days Low Utilization"),
    ),
    "hjLMh88uM8": _Check(
        "Idle Load Balancers", "Delete", "LoadBalancer",
        ("Region", "Load Balancer Name", "Reason", "Estimated Monthly Savings"),
    ),
    "Z4AUBRNSmz": _Check(
        "Unassociated Elastic IP Addresses", "Delete", "ElasticIp", ("Region", "IP Address"),
    ),
    "DAvU99Dc4C": _Check(
        "Underutilized Amazon EBS Volumes", "Delete", "EbsVolume",
        ("Region", "Volume ID", "Volume Name", "Volume Type", "Volume Size",
         "Monthly Storage Cost", "Snapshot ID", "Snapshot Name", "Snapshot Age"),
    ),
    "G31sQ1E9U": _Check(
        "Underutilized Amazon Redshift Clusters", "Stop", "RedshiftCluster",
        ("Status", "Region", "Cluster", "Instance Type", "Reason", "Estimated Monthly Savings"),
    ),
    "Ti39halfu8": _Check(
        "Amazon RDS Idle DB Instances", "Delete", "RdsDbInstance",
        ("Region", "DB Instance Name", "Multi-AZ", "Instance Type", "Storage Provisioned (GB)",
         "Days Since Last Connection", "Estimated Monthly Savings (On Demand)"),
    ),
    "1e93e4c0b5": _Check(
        "Amazon EC2 Reserved Instance Lease Expiration", "PurchaseReservedInstances",
        "Ec2ReservedInstances",
        ("Status", "Zone", "Instance Type", "Platform", "Instance Count", "Current Monthly Cost",
         "Estimated Monthly Savings", "Expiration Date", "Reserved Instance ID", "Reason"),
    ),
    "cX3c2R1chu": _Check(
        "Amazon EC2 Reserved Instance Optimization", "PurchaseReservedInstances",
        "Ec2ReservedInstances",
        ("Region", "Instance Type", "Platform", "Recommended Number of RIs to Purchase",
         "Expected Average RI Utilization", "Estimated Savings with Recommendations (Monthly)",
         "Upfront Cost of RIs", "Estimated costs of RIs (Monthly)",
         "Estimated On-Demand Cost Post Recommended RI Purchase (Monthly)",
         "Estimated Break Even (Months)", "Lookback Period (Days)", "Term (Years)"),
    ),
    "COr6dfpM03": _Check(
        "Amazon EBS over-provisioned volumes", "Rightsize", "EbsVolume",
        ("Status", "Region", "Volume ID", "Volume Type", "Volume Size (GB)", "Volume Baseline IOPS",
         "Volume Burst IOPS", "Volume Burst Throughput", "Recommended Volume Type",
         "Recommended Volume Size (GB)", "Recommended Volume Baseline IOPS",
         "Recommended Volume Burst IOPS", "Recommended Volume Baseline Throughput",
         "Recommended Volume Burst Throughput", "Lookback Period (days)", "Savings Opportunity (%)",
         "Estimated Monthly Savings", "Estimated Monthly Savings Currency", "Last Updated Time"),
    ),
    "COr6dfpM05": _Check(
        "AWS Lambda over-provisioned functions for memory size", "Rightsize", "LambdaFunction",
        ("Status", "Region", "Function Name", "Function Version", "Memory Size (MB)",
         "Recommended Memory Size (MB)", "Lookback Period (days)", "Savings Opportunity (%)",
         "Estimated Monthly Savings", "Estimated Monthly Savings Currency", "Last Updated Time"),
    ),
    "Qsdfp3A4L1": _Check(
        "Amazon EC2 instances over-provisioned for Microsoft SQL Server", "Rightsize",
        "Ec2Instance",
        ("Status", "Region", "Instance ID", "Instance Type", "vCPU", "SQL Server Edition",
         "Maximum vCPU", "Recommended Instance Type", "Estimated Monthly Savings",
         "Last Updated Time"),
    ),
    "Qsdfp3A4L2": _Check(
        "Amazon EC2 instances consolidation for Microsoft SQL Server", "Consolidate", "Ec2Instance",
        ("Status", "Region", "Instance ID", "Instance Type", "vCPU", "Minimum vCPU",
         "SQL Server Edition", "Last Updated Time"),
    ),
    "Cm24dfsM12": _Check(
        "Amazon Comprehend underutilized endpoints", "Delete", "ComprehendEndpoint",
        ("Status", "Region", "Endpoint ARN", "Provisioned Inference Unit", "AutoScaling Status",
         "Reason", "Last Updated Time"),
    ),
    "c18d2gz150": _Check(
        "Amazon EC2 instances stopped", "Delete", "Ec2Instance",
        ("Status", "Region", "Resource", "AWS Config Rule", "Input Parameters",
         "Last Updated Time"),
    ),
}  # fmt: skip
"""The cost checks by id; source: the Trusted Advisor check reference, "Report columns"."""

_HUB_ID = re.compile(r"c1z7kmr\d{2}n")
_SAVINGS = ("Estimated Monthly Savings", "Estimated Monthly Savings (On Demand)",
            "Monthly Storage Cost", "Estimated Savings with Recommendations (Monthly)")  # fmt: skip
_IDS = ("Resource ARN", "Resource ID", "Instance ID", "Volume ID", "Load Balancer Name",
        "DB Instance Name", "Cluster", "Function Name", "Endpoint ARN", "IP Address",
        "Reserved Instance ID", "Resource")  # fmt: skip
_REGIONS = ("Region", "Region/AZ", "Zone")
_CURRENT = ("Current Resource Summary", "Instance Type", "Volume Type", "Memory Size (MB)")
_AFTER = ("Recommended Resource Summary", "Recommended Instance Type", "Recommended Volume Type",
          "Recommended Memory Size (MB)")  # fmt: skip
_REASONS = ("Reason", "14-Day Average CPU Utilization", "14-Day Average Network I/O",
            "Number of Days Low Utilization", "Days Since Last Connection",
            "Snapshot Age")  # fmt: skip
_COUNTS = ("Recommended Number of RIs to Purchase", "Instance Count")
_NAMES = ("Instance Name", "Volume Name")


def _recognised(document: Any) -> bool:
    return bool(_results(document))


def _results(document: Any) -> list[Mapping[str, Any]]:
    """The results of a document: one answer, or several with the descriptions of checks."""
    if not isinstance(document, Mapping):
        return []
    found = [document.get("result")]
    if isinstance(document.get("results"), list):
        found = list(document["results"])
    return [
        one
        for one in found
        if isinstance(one, Mapping) and "checkId" in one and "flaggedResources" in one
    ]


def read(document: Any, asked: Asked) -> Iterator[Item]:
    """The resources that the checks flagged."""
    described = _described(document, asked.file)
    account = text(document.get("accountId")) or asked.options.get("account", "")
    for result in _results(document):
        check_id = text(result.get("checkId"))
        columns = described.get(check_id) or (
            CHECKS[check_id].columns if check_id in CHECKS else ()
        )
        for place, item in each(result["flaggedResources"], asked.file, "flaggedResources"):
            where = f"{asked.file}: check {check_id}, {place}"
            yield _item(check_id, columns, item, where, account, result.get("timestamp"))


def _described(document: Mapping[str, Any], file: str) -> dict[str, tuple[str, ...]]:
    given = [document["check"]] if isinstance(document.get("check"), Mapping) else []
    found: dict[str, tuple[str, ...]] = {}
    for one in (*given, *listed(document.get("checks"), file, "checks")):
        check = mapping(one)
        names = listed(check.get("metadata"), file, "checks[].metadata")
        found[text(check.get("id"))] = tuple(text(name) for name in names)
    return found


def _item(
    check_id: str,
    columns: Sequence[str],
    item: Mapping[str, Any],
    where: str,
    account: str,
    refreshed: Any,
) -> Item:
    metadata = item.get("metadata")
    if metadata is None:
        metadata = []
    if not isinstance(metadata, list):
        raise NativeError(f"{where}: metadata is {kind_of(metadata)}, not an array of texts")
    if not columns and _HUB_ID.fullmatch(check_id):
        columns = _HUB if len(metadata) == len(_HUB) else _HUB_BOUGHT
    values = dict(zip(columns, (text(one) for one in metadata), strict=False))
    named = _first(values, _IDS) or text(item.get("resourceId"))
    told = f"{check_id} {named}".strip()
    if item.get("isSuppressed") is True:
        return Told(told, "it is excluded in Trusted Advisor", named)
    if not columns:
        return Told(
            told,
            f"what the columns of the check {check_id} mean is not known: give its description "
            "(describe-trusted-advisor-checks) along as `check`",
            named,
        )
    check = CHECKS.get(check_id)
    if len(metadata) != len(columns):
        raise NativeError(
            f"{where}: metadata has {len(metadata)} values, the check has {len(columns)} columns "
            f"({', '.join(columns[:6])}…)"
        )
    column = next((one for one in _SAVINGS if one in values), "")
    saving, sign = amount(values.get(column, ""), f"{where}: {column}")
    if saving is None or saving <= 0:
        return unsaved(told, named, saving)
    action = _action(check, values)
    if action is None:
        return Told(
            told, f"its action {values.get('Recommended Action', '')!r} is not known", named
        )
    code = currency(values.get("Estimated Monthly Savings Currency"), where) or sign or "USD"
    return _finding(check_id, check, values, action, saving, code, where, account, refreshed)


def _action(check: _Check | None, values: Mapping[str, str]) -> Action | None:
    """What to do: the check's own, or what the hub says of the resource."""
    if check is not None:
        return check.action
    advised = re.sub(r"[^a-z]", "", values.get("Recommended Action", "").lower())
    words: dict[str, Action] = {
        "rightsize": "Rightsize", "stop": "Stop", "delete": "Delete", "upgrade": "Upgrade",
        "scalein": "ScaleIn", "migratetograviton": "MigrateToGraviton",
        "purchasesavingsplans": "PurchaseSavingsPlans",
        "purchasereservedinstances": "PurchaseReservedInstances",
    }  # fmt: skip
    if advised:
        return words.get(advised)
    # Without an action and a resource it is one of the hub's checks on commitments.
    if "Resource ID" in values:
        return None
    plan = "savings plan" in values.get("Recommended Resource Summary", "").lower()
    return "PurchaseSavingsPlans" if plan else "PurchaseReservedInstances"


def _finding(
    check_id: str,
    check: _Check | None,
    values: Mapping[str, str],
    action: Action,
    saving: Decimal,
    code: str,
    where: str,
    account: str,
    refreshed: Any,
) -> Finding:
    kind, bought = check.type if check else "", action in PURCHASES
    named = _first(values, _IDS)
    if not bought and not named:
        raise NativeError(
            f"{where}: it names no resource; a value of {', '.join(_IDS)} is expected"
        )
    arn = named if named.startswith("arn:") else ""
    resource = "" if bought else billed_as("" if arn else named, arn)
    current, after = _first(values, _CURRENT), _first(values, _AFTER)
    if action == "Delete":
        current = ""
    hub = check is None
    counted = (_first(values, _COUNTS), values.get("Instance Type", ""))
    bought_what = " ".join(one for one in counted if one) or after
    return Finding(
        tool="aws-trusted-advisor",
        detector=check_id,
        provider=AWS,
        action=action,
        title=title_of(action, _first(values, _NAMES) or named, current,
                       bought_what if bought else after),
        currency=code,
        monthly_saving=saving,
        basis=_basis(check_id, check),
        native_id=f"{check_id}/{named or bought_what}",
        account=account,
        region=region_of(_first(values, _REGIONS)),
        service=SERVICES.get(kind, ""),
        resource=resource,
        resource_name=_first(values, _NAMES),
        resource_type=kind,
        scope=f"Compute commitments of {account or 'the paying account'}" if bought else "",
        where=charges_of(resource, arn, account) if resource else covered_by(kind, account),
        group=group_of(action, kind),
        current=current,
        recommended=bought_what if bought else after,
        monthly_saving_list=None if hub else saving,
        evidence=(Evidence("saving a month", saving, code, f"check {check_id}"),),
        end_day=day(refreshed),
        reasons=tuple(f"{name}: {values[name]}" for name in _REASONS if values.get(name)),
        effort=EFFORT_OF.get(action, "Medium"),
        detail={"arn": arn, "columns": {k: v for k, v in values.items() if v}},
    )  # fmt: skip


def _basis(check_id: str, check: _Check | None) -> str:
    if check is None:
        return f"AWS Trusted Advisor ({check_id}), as Cost Optimization Hub reckons it"
    return f"AWS Trusted Advisor, {check.name} ({check_id}): at on-demand rates, before discounts"


def _first(values: Mapping[str, str], names: Sequence[str]) -> str:
    return next((values[name] for name in names if values.get(name)), "")


FORMATS = (
    Format(
        "aws-trusted-advisor",
        "AWS Trusted Advisor",
        AWS,
        "json",
        "answers of DescribeTrustedAdvisorCheckResult; several as `results`, checks' descriptions "
        "as `checks`",
        _recognised,
        read,
        {"account": "the account that the checks are of: the answer does not say it"},
    ),
)
