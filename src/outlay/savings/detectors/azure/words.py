"""What Azure's bills call things, for its detectors."""

from __future__ import annotations

PROVIDER = "Microsoft"
CATEGORY = "coalesce(x_MeterCategory, ServiceName)"
"""SQL of a charge's meter category; FOCUS exports before 1.0 have the service alone."""
METER = "coalesce(x_MeterName, SkuMeter, '')"
MACHINES = f"{CATEGORY} = 'Virtual Machines' AND PricingCategory IS DISTINCT FROM 'Dynamic'"
"""Hours of virtual machines, without spot: those come and go as Azure likes."""


def quoted_meter(pattern: str) -> str:
    """SQL condition: the meter matches a regular expression, whatever its case."""
    return f"regexp_matches({METER}, '{pattern}', 'i')"
