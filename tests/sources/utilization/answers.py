"""Answers of monitoring tools and inventories, small and by hand."""

from __future__ import annotations

from typing import Any

DAYS = ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00")


def metric_data(
    *values: float, label: str = "", stat: str = "Maximum", **more: Any
) -> dict[str, Any]:
    """GetMetricData's answer of one machine's processors, days of November; with its question
    unless there is a label."""
    result = {
        "Id": "m1", "Label": label or "CPUUtilization", "StatusCode": "Complete",
        "Timestamps": list(DAYS[: len(values)]), "Values": list(values),
    }  # fmt: skip
    question = {
        "Id": "m1", "AccountId": "111122223333",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
                       "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}]},
            "Period": 86400, "Stat": stat,
        },
    }  # fmt: skip
    found: dict[str, Any] = {"MetricDataResults": [result | more]}
    return found if label else found | {"MetricDataQueries": [question]}


STATISTICS = {
    "Label": "FreeableMemory",
    "Namespace": "AWS/RDS",
    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}],
    "Period": 3600,
    "Datapoints": [
        {"Timestamp": "2026-11-01T01:00:00Z", "Minimum": 2147483648.0, "Unit": "Bytes",
         "ExtendedStatistics": {"p99": 3e9}},
        {"Timestamp": "2026-11-01T00:00:00Z", "Minimum": 1073741824.0, "Unit": "Bytes"},
    ],
}  # fmt: skip

_GROUP = "/subscriptions/AAAA-1/resourceGroups/rg/providers"
AZURE_ID = f"{_GROUP}/Microsoft.Compute/virtualMachines/VM-1"

AZURE = {
    "cost": 0,
    "timespan": "2026-11-01T00:00:00Z/2026-11-03T00:00:00Z",
    "interval": "P1D",
    "namespace": "Microsoft.Compute/virtualMachines",
    "resourceregion": "westeurope",
    "value": [
        {
            "id": f"{AZURE_ID}/providers/Microsoft.Insights/metrics/Percentage CPU",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": "Percentage CPU", "localizedValue": "Percentage CPU"},
            "unit": "Percent",
            "timeseries": [
                {"metadatavalues": [],
                 "data": [{"timeStamp": "2026-11-01T00:00:00Z", "average": 12.5, "maximum": 60},
                          {"timeStamp": "2026-11-02T00:00:00Z"}]}
            ],
        },
        {
            "id": f"{AZURE_ID}/providers/Microsoft.Insights/metrics/Available Memory Percentage",
            "name": {"value": "Available Memory Percentage"},
            "unit": "Percent",
            "timeseries": [
                {"data": [{"timeStamp": "2026-11-01T00:00:00Z", "minimum": 30, "maximum": 80}]}
            ],
        },
    ],
}  # fmt: skip

GOOGLE = {
    "timeSeries": [
        {
            "metric": {"type": "compute.googleapis.com/instance/cpu/utilization",
                       "labels": {"instance_name": "web-1"}},
            "resource": {"type": "gce_instance",
                         "labels": {"project_id": "shop", "zone": "europe-west4-a",
                                    "instance_id": "4711"}},
            "metricKind": "GAUGE", "valueType": "DOUBLE",
            "points": [{"interval": {"startTime": "2026-11-01T00:00:00Z",
                                     "endTime": "2026-11-02T00:00:00Z"},
                        "value": {"doubleValue": 0.255}}],
        },
        {
            "metric": {"type": "compute.googleapis.com/instance/network/received_bytes_count",
                       "labels": {"instance_name": "web-1"}},
            "resource": {"type": "gce_instance", "labels": {"project_id": "shop"}},
            "metricKind": "DELTA", "valueType": "INT64",
            "points": [{"interval": {"startTime": "2026-11-01T00:00:00Z",
                                     "endTime": "2026-11-02T00:00:00Z"},
                        "value": {"int64Value": "5000"}}],
        },
    ]
}  # fmt: skip

PROMETHEUS = {
    "status": "success",
    "data": {
        "resultType": "matrix",
        "result": [
            {"metric": {"__name__": "cpu", "statistic": "p95", "provider_id": "aws:///a/i-1"},
             "values": [[1793577600, "40"], [1793664000, "50.5"]]},
            {"metric": {"instance": "10.0.0.1:9100"}, "values": [[1793577600, "NaN"]]},
        ],
    },
}  # fmt: skip
"""2026-11-02 and -03, 00:00 UTC."""

VOLUMES = {
    "Volumes": [
        {"VolumeId": "vol-1", "Attachments": [], "AvailabilityZone": "us-east-1a"},
        {"VolumeId": "vol-2", "Attachments": [{"InstanceId": "i-1"}],
         "AvailabilityZone": "us-east-1b"},
    ]
}  # fmt: skip

ADDRESSES = {
    "Addresses": [
        {"PublicIp": "198.51.100.1", "AllocationId": "eipalloc-1"},
        {"PublicIp": "198.51.100.2", "AllocationId": "eipalloc-2", "AssociationId": "eipassoc-2"},
    ]
}

INSTANCES = {
    "Reservations": [
        {
            "OwnerId": "111122223333",
            "Instances": [
                {"InstanceId": "i-1", "State": {"Name": "running"},
                 "Placement": {"AvailabilityZone": "eu-west-1a"},
                 "Tags": [{"Key": "Name", "Value": "web"}]},
                {"InstanceId": "i-2", "State": {"Name": "stopped"}},
                {"InstanceId": "i-3", "State": {"Name": "terminated"}},
            ],
        }
    ]
}  # fmt: skip

GRAPH = {
    "count": 3,
    "data": [
        {"id": f"{_GROUP}/Microsoft.Compute/disks/D1",
         "type": "microsoft.compute/disks", "name": "D1", "location": "westeurope",
         "properties": {"diskState": "Unattached"}},
        {"id": f"{_GROUP}/Microsoft.Network/publicIPAddresses/IP1",
         "type": "microsoft.network/publicipaddresses",
         "properties": {"ipConfiguration": {"id": "x"}}},
        {"id": AZURE_ID, "type": "microsoft.compute/virtualmachines",
         "properties": {"extended": {"instanceView": {"powerState": {
             "code": "PowerState/deallocated"}}}}},
    ],
}  # fmt: skip

GCLOUD = [
    {"kind": "compute#disk", "id": "1", "name": "d1", "users": [],
     "zone": "https://www.googleapis.com/compute/v1/projects/shop/zones/europe-west4-a",
     "selfLink": "https://www.googleapis.com/compute/v1/projects/shop/zones/europe-west4-a/disks/d1"},
    {"kind": "compute#disk", "id": "2", "name": "d2", "users": ["https://x/instances/web-1"],
     "selfLink": "https://www.googleapis.com/compute/v1/projects/shop/zones/europe-west4-a/disks/d2"},
]  # fmt: skip
