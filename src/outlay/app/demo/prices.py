"""What AWS sells to the demo company: one entry a SKU, with round figures near public prices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Sku:
    """A product's meter: how the bill names it and what a unit costs in US dollars."""

    service: str
    product: str
    family: str
    usage_type: str
    operation: str
    unit: str
    rate: Decimal
    instance: str = ""

    @property
    def id(self) -> str:
        """The vendor's SKU: sixteen letters and digits, the same on every line of the meter."""
        text = f"{self.service}/{self.usage_type}/{self.operation}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16].upper()


_PRODUCTS = {
    "AmazonEC2": "Amazon Elastic Compute Cloud",
    "AmazonRDS": "Amazon Relational Database Service",
    "AmazonS3": "Amazon Simple Storage Service",
    "AmazonVPC": "Amazon Virtual Private Cloud",
    "AWSELB": "Elastic Load Balancing",
    "AWSLambda": "AWS Lambda",
    "AmazonCloudWatch": "AmazonCloudWatch",
    "AmazonElastiCache": "Amazon ElastiCache",
    "AmazonDynamoDB": "Amazon DynamoDB",
    "AWSQueueService": "Amazon Simple Queue Service",
    "AmazonSNS": "Amazon Simple Notification Service",
    "AmazonEKS": "Amazon Elastic Container Service for Kubernetes",
    "AmazonECR": "Amazon EC2 Container Registry (ECR)",
    "AmazonCloudFront": "Amazon CloudFront",
    "AmazonRoute53": "Amazon Route 53",
    "AmazonBedrock": "Amazon Bedrock",
    "AmazonSageMaker": "Amazon SageMaker",
    "AmazonRedshift": "Amazon Redshift",
    "AmazonKinesis": "Amazon Kinesis",
    "AWSGlue": "AWS Glue",
    "AmazonAthena": "Amazon Athena",
    "ElasticMapReduce": "Amazon Elastic MapReduce",
    "AmazonGuardDuty": "Amazon GuardDuty",
    "AWSCloudTrail": "AWS CloudTrail",
    "AWSConfig": "AWS Config",
    "AWSSecurityHub": "AWS Security Hub",
    "awskms": "AWS Key Management Service",
    "AWSSecretsManager": "AWS Secrets Manager",
    "AWSDataTransfer": "AWS Data Transfer",
    "AmazonOpenSearchService": "Amazon OpenSearch Service",
    "AmazonMSK": "Amazon Managed Streaming for Apache Kafka",
    "AWSBackup": "AWS Backup",
    "AmazonEFS": "Amazon Elastic File System",
    "ComputeSavingsPlans": "Savings Plans for AWS Compute usage",
}


def product_name(service: str) -> str:
    """The long name of a service code."""
    return _PRODUCTS[service]


def _box(instance: str, rate: str) -> tuple[str, Sku]:
    return instance, Sku(
        "AmazonEC2", _PRODUCTS["AmazonEC2"], "Compute Instance", f"BoxUsage:{instance}",
        "RunInstances", "Hrs", Decimal(rate), instance,
    )  # fmt: skip


def _database(instance: str, rate: str, engine: str = "0021") -> tuple[str, Sku]:
    return instance, Sku(
        "AmazonRDS", _PRODUCTS["AmazonRDS"], "Database Instance", f"InstanceUsage:{instance}",
        f"CreateDBInstance:{engine}", "Hrs", Decimal(rate), instance,
    )  # fmt: skip


def _meter(
    key: str, service: str, family: str, usage_type: str, operation: str, unit: str, rate: str
) -> tuple[str, Sku]:
    product = _PRODUCTS[service]
    return key, Sku(service, product, family, usage_type, operation, unit, Decimal(rate))


_BOXES = (
    ("m6i.large", "0.096"), ("m6i.xlarge", "0.192"), ("m6i.2xlarge", "0.384"),
    ("m7g.2xlarge", "0.3264"), ("m6i.4xlarge", "0.768"), ("c6i.2xlarge", "0.34"),
    ("c6i.4xlarge", "0.68"), ("c7g.4xlarge", "0.58"), ("r6i.2xlarge", "0.504"),
    ("r6i.4xlarge", "1.008"), ("t3.medium", "0.0416"), ("t3.large", "0.0832"),
    ("t3.xlarge", "0.1664"), ("g5.2xlarge", "1.212"), ("p4d.24xlarge", "32.7726"),
    ("m4.xlarge", "0.2"), ("c4.2xlarge", "0.398"), ("r4.large", "0.133"), ("t2.large", "0.0928"),
)  # fmt: skip

_DATABASES = (
    ("db.r6g.large", "0.225"), ("db.r6g.xlarge", "0.45"), ("db.r6g.2xlarge", "0.9"),
    ("db.r6g.4xlarge", "1.8"), ("db.t4g.medium", "0.065"),
)  # fmt: skip

SKUS: dict[str, Sku] = dict(
    [_box(name, rate) for name, rate in _BOXES]
    + [_database(name, rate) for name, rate in _DATABASES]
    + [
        _meter("gp3", "AmazonEC2", "Storage", "EBS:VolumeUsage.gp3", "CreateVolume-Gp3",
               "GB-Mo", "0.08"),
        _meter("gp3-iops", "AmazonEC2", "System Operation", "EBS:VolumeP-IOPS.gp3",
               "CreateVolume-Gp3", "IOPS-Mo", "0.005"),
        _meter("gp2", "AmazonEC2", "Storage", "EBS:VolumeUsage.gp2", "CreateVolume-Gp2",
               "GB-Mo", "0.1"),
        _meter("io1", "AmazonEC2", "Storage", "EBS:VolumeUsage.piops", "CreateVolume-P-IOPS",
               "GB-Mo", "0.125"),
        _meter("io1-iops", "AmazonEC2", "System Operation", "EBS:VolumeP-IOPS.piops",
               "CreateVolume-P-IOPS", "IOPS-Mo", "0.065"),
        _meter("snapshot", "AmazonEC2", "Storage Snapshot", "EBS:SnapshotUsage",
               "CreateSnapshot", "GB-Mo", "0.05"),
        _meter("nat-hours", "AmazonVPC", "NAT Gateway", "NatGateway-Hours", "NatGateway",
               "Hrs", "0.045"),
        _meter("nat-bytes", "AmazonVPC", "NAT Gateway", "NatGateway-Bytes", "NatGateway",
               "GB", "0.045"),
        _meter("public-ip", "AmazonVPC", "VPC Public IPv4 Address", "PublicIPv4:InUseAddress",
               "AllocateAddressVPC", "Hrs", "0.005"),
        _meter("idle-ip", "AmazonVPC", "VPC Public IPv4 Address", "PublicIPv4:IdleAddress",
               "AllocateAddressVPC", "Hrs", "0.005"),
        _meter("endpoint", "AmazonVPC", "VpcEndpoint", "VpcEndpoint-Hours", "VpcEndpoint",
               "Hrs", "0.01"),
        _meter("endpoint-bytes", "AmazonVPC", "VpcEndpoint", "VpcEndpoint-Bytes", "VpcEndpoint",
               "GB", "0.01"),
        _meter("alb-hours", "AWSELB", "Load Balancer-Application", "LoadBalancerUsage",
               "LoadBalancing:Application", "Hrs", "0.0225"),
        _meter("alb-lcu", "AWSELB", "Load Balancer-Application", "LCUUsage",
               "LoadBalancing:Application", "LCU-Hrs", "0.008"),
        _meter("rds-storage", "AmazonRDS", "Database Storage", "RDS:GP3-Storage",
               "CreateDBInstance:0021", "GB-Mo", "0.115"),
        _meter("rds-extended", "AmazonRDS", "Extended Support",
               "ExtendedSupport:Yr1-Yr2:PostgreSQL11", "CreateDBInstance:0021", "vCPU-Hours",
               "0.1"),
        _meter("rds-backup", "AmazonRDS", "Storage Snapshot", "RDS:ChargedBackupUsage",
               "CreateDBInstance:0021", "GB-Mo", "0.095"),
        _meter("rds-io", "AmazonRDS", "System Operation", "Aurora:StorageIOUsage",
               "CreateDBInstance:0021", "IOs", "0.0000002"),
        _meter("s3-standard", "AmazonS3", "Storage", "TimedStorage-ByteHrs", "StandardStorage",
               "GB-Mo", "0.023"),
        _meter("s3-ia", "AmazonS3", "Storage", "TimedStorage-SIA-ByteHrs", "StandardIAStorage",
               "GB-Mo", "0.0125"),
        _meter("s3-glacier", "AmazonS3", "Storage", "TimedStorage-GlacierByteHrs",
               "GlacierStorage", "GB-Mo", "0.0036"),
        _meter("s3-put", "AmazonS3", "API Request", "Requests-Tier1", "PutObject",
               "Requests", "0.000005"),
        _meter("s3-get", "AmazonS3", "API Request", "Requests-Tier2", "GetObject",
               "Requests", "0.0000004"),
        _meter("lambda-gbs", "AWSLambda", "Serverless", "Lambda-GB-Second", "Invoke",
               "Lambda-GB-Second", "0.0000166667"),
        _meter("lambda-req", "AWSLambda", "Serverless", "Request", "Invoke",
               "Requests", "0.0000002"),
        _meter("logs", "AmazonCloudWatch", "Data Payload", "DataProcessing-Bytes",
               "PutLogEvents", "GB", "0.5"),
        _meter("log-storage", "AmazonCloudWatch", "Storage Snapshot", "TimedStorage-ByteHrs",
               "HourlyStorageMetering", "GB-Mo", "0.03"),
        _meter("metrics", "AmazonCloudWatch", "Metric", "CW:MetricMonitorUsage",
               "MetricStorage", "Metrics", "0.3"),
        _meter("cache", "AmazonElastiCache", "Cache Instance", "NodeUsage:cache.r6g.large",
               "CreateCacheCluster:0002", "Hrs", "0.206"),
        _meter("ddb-read", "AmazonDynamoDB", "Amazon DynamoDB PayPerRequest Throughput",
               "ReadRequestUnits", "PayPerRequestThroughput", "ReadRequestUnits", "0.000000125"),
        _meter("ddb-write", "AmazonDynamoDB", "Amazon DynamoDB PayPerRequest Throughput",
               "WriteRequestUnits", "PayPerRequestThroughput", "WriteRequestUnits",
               "0.000000625"),
        _meter("ddb-storage", "AmazonDynamoDB", "Database Storage", "TimedStorage-ByteHrs",
               "StandardStorage", "GB-Mo", "0.25"),
        _meter("sqs", "AWSQueueService", "API Request", "Requests-RBP", "Unknown",
               "Requests", "0.0000004"),
        _meter("sns", "AmazonSNS", "API Request", "Requests-Tier1", "Publish",
               "Requests", "0.0000005"),
        _meter("eks", "AmazonEKS", "Compute", "AmazonEKS-Hours:perCluster", "CreateOperation",
               "Hrs", "0.1"),
        _meter("ecr", "AmazonECR", "EC2 Container Registry", "TimedStorage-ByteHrs",
               "", "GB-Mo", "0.1"),
        _meter("cdn-bytes", "AmazonCloudFront", "Data Transfer", "US-DataTransfer-Out-Bytes",
               "GET", "GB", "0.06"),
        _meter("cdn-req", "AmazonCloudFront", "Request", "US-Requests-Tier2-HTTPS", "GET",
               "Requests", "0.000001"),
        _meter("dns", "AmazonRoute53", "DNS Query", "DNS-Queries", "A", "Queries", "0.0000004"),
        _meter("claude-in", "AmazonBedrock", "Inference", "USE1-Claude-Sonnet-input-tokens",
               "InvokeModelInference", "1K tokens", "0.003"),
        _meter("claude-out", "AmazonBedrock", "Inference", "USE1-Claude-Sonnet-output-tokens",
               "InvokeModelInference", "1K tokens", "0.015"),
        _meter("claude-cache", "AmazonBedrock", "Inference",
               "USE1-Claude-Sonnet-cache-read-input-token-count", "InvokeModelInference",
               "1K tokens", "0.0003"),
        _meter("nova-in", "AmazonBedrock", "Inference", "USE1-NovaLite-input-tokens",
               "InvokeModelInference", "1K tokens", "0.00006"),
        _meter("nova-out", "AmazonBedrock", "Inference", "USE1-NovaLite-output-tokens",
               "InvokeModelInference", "1K tokens", "0.00024"),
        _meter("titan-embed", "AmazonBedrock", "Inference", "USE1-TitanEmbedV2-input-tokens",
               "InvokeModelInference", "1K tokens", "0.00002"),
        _meter("notebook", "AmazonSageMaker", "ML Instance", "Notebk:ml.t3.xlarge",
               "RunInstance", "Hrs", "0.2"),
        _meter("endpoint-g5", "AmazonSageMaker", "ML Instance", "Host:ml.g5.xlarge",
               "RunInstance", "Hrs", "1.408"),
        _meter("redshift", "AmazonRedshift", "Compute Instance", "Node:ra3.4xlarge",
               "RunComputeNode:0001", "Hrs", "3.26"),
        _meter("redshift-storage", "AmazonRedshift", "Redshift Managed Storage", "RMS:ra3.4xlarge",
               "Storage", "GB-Mo", "0.024"),
        _meter("kinesis", "AmazonKinesis", "Kinesis Streams", "Storage-ShardHour",
               "shardHourStorage", "ShardHour", "0.015"),
        _meter("kinesis-put", "AmazonKinesis", "Kinesis Streams", "PutRequestPayloadUnits",
               "PutRequest", "PutRequest", "0.000000014"),
        _meter("glue", "AWSGlue", "AWS Glue", "ETL-DPU-Hour", "Jobrun", "DPU-Hour", "0.44"),
        _meter("athena", "AmazonAthena", "Athena Queries", "DataScannedInTB", "ExecuteQuery",
               "Terabytes", "5"),
        _meter("emr", "ElasticMapReduce", "Elastic Map Reduce Instance", "BoxUsage:m6i.4xlarge",
               "RunInstances", "Hrs", "0.192"),
        _meter("guardduty", "AmazonGuardDuty", "Amazon GuardDuty", "PaidEventsAnalyzed",
               "CloudTrailEventsAnalyzed", "Events", "0.000004"),
        _meter("trail", "AWSCloudTrail", "Management Tools", "PaidEventsRecorded", "None",
               "Events", "0.00002"),
        _meter("config", "AWSConfig", "Management Tools", "ConfigurationItemRecorded",
               "None", "ConfigurationItemRecorded", "0.003"),
        _meter("hub", "AWSSecurityHub", "AWS Security Hub", "PaidComplianceCheck", "None",
               "Checks", "0.001"),
        _meter("kms", "awskms", "Encryption Key", "KMS-Keys", "Unknown", "Keys", "1"),
        _meter("secrets", "AWSSecretsManager", "Secret", "AWSSecretsManager-Secrets", "",
               "Secrets", "0.4"),
        _meter("out", "AWSDataTransfer", "Data Transfer", "DataTransfer-Out-Bytes", "RunInstances",
               "GB", "0.09"),
        _meter("between-regions", "AWSDataTransfer", "Data Transfer", "USE1-APS2-AWS-Out-Bytes",
               "PublicIP-Out", "GB", "0.02"),
        _meter("between-zones", "AWSDataTransfer", "Data Transfer", "DataTransfer-Regional-Bytes",
               "InterZone-In", "GB", "0.01"),
        _meter("search", "AmazonOpenSearchService", "Amazon OpenSearch Service Instance",
               "ESInstance:r6g.large.search", "ESDomain", "Hrs", "0.167"),
        _meter("search-storage", "AmazonOpenSearchService", "Amazon OpenSearch Service Volume",
               "ES:gp3-Storage", "ESDomain", "GB-Mo", "0.122"),
        _meter("kafka", "AmazonMSK", "Managed Streaming for Apache Kafka", "Kafka.m5.large",
               "RunBroker", "Hrs", "0.21"),
        _meter("backup", "AWSBackup", "AWS Backup Storage", "WarmStorage-ByteHrs-EBS", "Storage",
               "GB-Mo", "0.05"),
        _meter("efs", "AmazonEFS", "Storage", "TimedStorage-ByteHrs", "", "GB-Mo", "0.3"),
    ]
)  # fmt: skip

# Spot prices move: the list stays, the day's price is this share of it, give or take a little.
SPOT_SHARE = Decimal("0.36")

# Hourly price under a Compute Savings Plan, as a share of the list.
SAVINGS_PLAN_SHARE = Decimal("0.66")

# One-year partial-upfront database reservation of a db.r6g.2xlarge, US dollars an hour.
RESERVATION_UPFRONT = Decimal("0.29")
RESERVATION_RECURRING = Decimal("0.295")
