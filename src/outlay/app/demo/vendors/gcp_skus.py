"""The prices of Kestrel's Google Cloud: services, SKUs, units and dollars a unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sku:
    """A price: service, SKU, unit and dollars a unit; `metered` is what is counted, and how many
    of it are one unit."""

    service: tuple[str, str]
    id: str
    description: str
    unit: str
    price: str
    metered: tuple[str, int]


_COMPUTE = ("6F81-5844-456A", "Compute Engine")
_NETWORK = ("E505-1604-58F8", "Networking")
_VERTEX = ("C7E2-9256-1C43", "Vertex AI")
_HOUR = ("seconds", 3600)
SKUS = {
    "cpu": Sku(
        _COMPUTE, "2E27-4F75-95CD", "N2 Instance Core running in Netherlands", "hour",
        "0.034773", _HOUR,
    ),
    "ram": Sku(
        _COMPUTE, "BB8C-7A55-9C1E", "N2 Instance Ram running in Netherlands", "gibibyte hour",
        "0.004661", ("byte-seconds", 3600 << 30),
    ),
    "batch": Sku(
        _COMPUTE, "6A1C-0DF5-3E11", "N1 Predefined Instance Core running in Netherlands", "hour",
        "0.03477", _HOUR,
    ),
    "spot": Sku(
        _COMPUTE, "F449-33EC-A5EF", "Spot Preemptible N2 Instance Core running in Netherlands",
        "hour", "0.00841", _HOUR,
    ),
    "disk": Sku(
        _COMPUTE, "D973-5D65-BAB2", "Storage PD Capacity in Netherlands", "gibibyte month",
        "0.04", ("byte-seconds", 2678400 << 30),
    ),
    "bucket": Sku(
        ("95FF-2EF5-5EA1", "Cloud Storage"), "E5F0-6A5D-7BAD", "Standard Storage Netherlands",
        "gibibyte month", "0.02", ("byte-seconds", 2678400 << 30),
    ),
    "query": Sku(
        ("24E6-581D-38E5", "BigQuery"), "3362-E469-6BEF", "Analysis (europe-west4)", "tebibyte",
        "7.5", ("bytes", 1 << 40),
    ),
    "table": Sku(
        ("24E6-581D-38E5", "BigQuery"), "B3AC-5A2F-8F91", "Active Logical Storage (europe-west4)",
        "gibibyte month", "0.02", ("byte-seconds", 2678400 << 30),
    ),
    "run": Sku(
        ("152E-C115-5142", "Cloud Run"), "4EA3-2A5B-1E11", "Services CPU in europe-west4",
        "second", "0.000024", ("seconds", 1),
    ),
    "input": Sku(
        _VERTEX, "FDAB-647C-5A22", "Gemini 2.5 Flash Text Input - Predictions", "1000000 count",
        "0.3", ("count", 1_000_000),
    ),
    "output": Sku(
        _VERTEX, "AF56-1BF9-492A", "Gemini 2.5 Flash Text Output - Predictions",
        "1000000 count", "2.5", ("count", 1_000_000),
    ),
    "fee-cpu": Sku(
        _COMPUTE, "7B5C-91D2-77E0", "Commitment v1: N2 Cpu in Netherlands for 1 Year", "hour",
        "0.021907", _HOUR,
    ),
    "fee-ram": Sku(
        _COMPUTE, "0FE1-D7A0-5F0B", "Commitment v1: N2 Ram in Netherlands for 1 Year",
        "gibibyte hour", "0.002937", ("byte-seconds", 3600 << 30),
    ),
    "fee-run": Sku(
        ("152E-C115-5142", "Cloud Run"), "C7A1-0E5C-2D0F",
        "Commitment - dollar based v1: Cloud Run for 1 Year", "hour", "1", _HOUR,
    ),
    "address": Sku(
        _COMPUTE, "9B5E-1E2C-77A4", "Static Ip Charge in Netherlands", "hour", "0.01", _HOUR,
    ),
    "snapshot": Sku(
        _COMPUTE, "C9B0-62B5-6A7A", "Storage PD Snapshot in Netherlands", "gibibyte month",
        "0.05", ("byte-seconds", 2678400 << 30),
    ),
    "rule": Sku(
        _NETWORK, "D2B8-0C3A-1F6E", "Cloud Load Balancer Forwarding Rule Minimum in Netherlands",
        "hour", "0.025", _HOUR,
    ),
    "balanced": Sku(
        _NETWORK, "A4C1-77D9-5B20", "Network Load Balancing: Data Processing Charge in Netherlands",
        "gibibyte", "0.008", ("bytes", 1 << 30),
    ),
    "e2-cpu": Sku(
        _COMPUTE, "9FE0-8F60-A9F0", "E2 Instance Core running in Netherlands", "hour",
        "0.02401", _HOUR,
    ),
    "e2-ram": Sku(
        _COMPUTE, "F268-6CE7-AC16", "E2 Instance Ram running in Netherlands", "gibibyte hour",
        "0.003218", ("byte-seconds", 3600 << 30),
    ),
}  # fmt: skip
