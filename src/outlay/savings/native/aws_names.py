"""Names of AWS: what a bill calls the resource that a tool names, and services by their types."""

from __future__ import annotations

import re

from outlay.savings.native.values import names_any

_SHORT = re.compile(r"(i|vol|snap|eni|eipalloc)-[0-9a-zA-Z]+")
_PARTS = 6  # arn:partition:service:region:account:resource

SERVICES: dict[str, str] = {
    "Ec2Instance": "Amazon Elastic Compute Cloud",
    "Ec2AutoScalingGroup": "Amazon Elastic Compute Cloud",
    "EbsVolume": "Amazon Elastic Compute Cloud",
    "LambdaFunction": "AWS Lambda",
    "EcsService": "Amazon Elastic Container Service",
    "RdsDbInstance": "Amazon Relational Database Service",
    "RdsDbInstanceStorage": "Amazon Relational Database Service",
    "AuroraDbClusterStorage": "Amazon Relational Database Service",
    "NatGateway": "Amazon Virtual Private Cloud",
    "DynamoDBTable": "Amazon DynamoDB",
    "ElastiCacheCluster": "Amazon ElastiCache",
    "MemoryDBCluster": "Amazon MemoryDB",
    "DocumentDBCluster": "Amazon DocumentDB (with MongoDB compatibility)",
    "WorkSpaces": "Amazon WorkSpaces",
    "SageMakerEndpoint": "Amazon SageMaker",
    "LoadBalancer": "Elastic Load Balancing",
    "ElasticIp": "Amazon Virtual Private Cloud",
    "RedshiftCluster": "Amazon Redshift",
}
"""The hub's resource type → the service as bills name it."""

PORTFOLIOS: dict[str, str] = {
    "ComputeSavingsPlans": "Compute",
    "Ec2InstanceSavingsPlans": "Compute",
    "Ec2ReservedInstances": "Compute",
    "SageMakerSavingsPlans": "Amazon SageMaker",
    "RdsReservedInstances": "Amazon Relational Database Service",
    "OpenSearchReservedInstances": "Amazon OpenSearch Service",
    "RedshiftReservedInstances": "Amazon Redshift",
    "ElastiCacheReservedInstances": "Amazon ElastiCache",
    "DynamoDbReservedCapacity": "Amazon DynamoDB",
    "MemoryDbReservedInstances": "Amazon MemoryDB",
}
"""Type of a commitment → whose usage it covers: purchases for the same usage exclude each other."""


def arn_parts(arn: str) -> tuple[str, str, str, str]:
    """Service, region, account and resource of an ARN; four empty texts for what is none."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn":
        return "", "", "", ""
    return parts[2], parts[3], parts[4], parts[5]


def bare(arn: str) -> str:
    """The last part of an ARN's resource: ``i-0abc`` of ``…:instance/i-0abc``."""
    return re.split(r"[:/]", arn_parts(arn)[3])[-1] if arn else ""


def without_version(arn: str) -> str:
    """A function's ARN without version or alias: bills name the function alone."""
    service, _, _, resource = arn_parts(arn)
    if service == "lambda" and resource.count(":") > 1:
        return arn.rpartition(":")[0]
    return arn


def billed_as(identity: str, arn: str) -> str:
    """A resource as bills have it: ids of EC2 bare, all else as its ARN where there is one."""
    short = identity or bare(arn)
    for one in (identity, bare(arn)):
        if _SHORT.fullmatch(one):
            return one
    return without_version(arn) or short


_COMPUTE = ("Amazon Elastic Compute Cloud", "AWS Lambda", "Amazon Elastic Container Service")


def covered_by(kind: str, account: str) -> str:
    """The charges that a commitment of a type could pay: on-demand usage of what it covers, in the
    account, or in all that a payer pays for; '' without an account."""
    if not account:
        return ""
    family = PORTFOLIOS.get(kind, "")
    services = _COMPUTE if kind == "ComputeSavingsPlans" else (family,)
    services = _COMPUTE[:1] if family == "Compute" and len(services) == 1 else services
    own = names_any("SubAccountId", (account,))
    parts = (
        f"({own} OR {names_any('BillingAccountId', (account,))})",
        "ChargeCategory = 'Usage' AND PricingCategory = 'Standard'",
        names_any("ServiceName", services),
    )
    return " AND ".join(part for part in parts if part)


def charges_of(resource: str, arn: str, account: str) -> str:
    """The charges of a resource, by its id or ARN, in its account where that is known."""
    found = names_any("ResourceId", (resource, without_version(arn)))
    if found and account:
        found += f" AND {names_any('SubAccountId', (account,))}"
    return found
