"""What Google Cloud's bills call things, for its detectors."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

PROVIDER = "Google Cloud"
SKU = "coalesce(SkuMeter, '')"
_ON_DEMAND = (
    "ServiceName = 'Compute Engine' AND PricingCategory IS DISTINCT FROM 'Dynamic' "
    "AND x_Cluster IS NULL AND contains(ResourceId, '/instances/')"
)
CORES = f"regexp_matches({SKU}, '\\b(Instance|Optimized) Core\\b', 'i')"
MACHINES = f"{_ON_DEMAND} AND regexp_matches({SKU}, '\\b(Instance|Optimized) (Core|Ram)\\b', 'i')"
"""Cores and memory of machines, without spot and without nodes of clusters."""

_TYPE = re.compile(r"(n1|n2|n2d|e2|t2d)-(standard|highmem|highcpu)-(\d+)")
_LADDERS = {
    "n1": (1, 2, 4, 8, 16, 32, 64, 96),
    "n2": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128),
    "n2d": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224),
    "e2": (2, 4, 8, 16, 32),
    "t2d": (1, 2, 4, 8, 16, 32, 48, 60),
}
"""Family → the processors of its predefined types, whose price follows processors and memory."""


@dataclass(frozen=True)
class MachineType:
    """A predefined machine type: ``n2-standard-8``."""

    family: str
    kind: str
    processors: int

    @property
    def name(self) -> str:
        """As Google writes it."""
        return f"{self.family}-{self.kind}-{self.processors}"

    def smaller(self) -> tuple[MachineType, ...]:
        """The smaller types of the family and kind, the smallest first. One processor of N1 is in
        no kind but standard."""
        least = 1 if self.kind == "standard" else 2
        return tuple(
            replace(self, processors=step)
            for step in _LADDERS[self.family]
            if least <= step < self.processors
        )


def machine_type(name: str) -> MachineType | None:
    """The predefined type that the bill's label names; None for another one or none."""
    match = _TYPE.fullmatch(name.strip().lower())
    return MachineType(match[1], match[2], int(match[3])) if match else None
