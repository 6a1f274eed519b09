"""Sizes of Azure's virtual machines, read from their names.

``Standard_D4s_v5`` (and the meters ``D4s v5``, ``D4 v3/D4s v3``) is family D, 4 processors,
features ``s``, version 5. Within one series of the families below, from version 3 on (F from 2),
processors, memory and price are in proportion: that is how Microsoft prices them, and what
right-sizing stands on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_NAME = re.compile(r"(?:Standard_)?([A-Z]{1,2})(\d+)([a-z]*)(?:[_ ]v(\d+))?", re.IGNORECASE)
_LADDER = (2, 4, 8, 16, 32, 48, 64, 96)
_GIB = {"D": 4, "E": 8, "F": 2}
"""Family → GiB of memory for a processor, in the series where both are in proportion."""

_SECOND = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16}
"""The number of a D v2 → processors; D11 v2 and above have the memory of family E."""


@dataclass(frozen=True)
class Size:
    """A size: `family` in capitals, `number` as its name has it, `features` in small letters,
    `version` 1 where the name has none."""

    family: str
    number: int
    features: str
    version: int

    @property
    def name(self) -> str:
        """As its meter is called: ``D4s v5``."""
        version = f" v{self.version}" if self.version > 1 else ""
        return f"{self.family}{self.number}{self.features}{version}"

    @property
    def processors(self) -> int | None:
        """How many processors it has; None where the name does not tell."""
        if self.in_proportion:
            return self.number
        if self.family in ("D", "DS") and self.version == 2:
            return _SECOND.get(self.number)
        return None

    @property
    def in_proportion(self) -> bool:
        """Whether processors, memory and price of its series are in proportion."""
        return (
            self.family in _GIB
            and self.version >= (2 if self.family == "F" else 3)
            and self.number in _LADDER
        )

    @property
    def memory(self) -> int | None:
        """Its memory in bytes; None where the name does not tell."""
        if not self.in_proportion or self.number >= 64:
            return None  # the largest of some series have less than in proportion
        return self.number * _GIB[self.family] << 30

    def smaller(self) -> tuple[Size, ...]:
        """The smaller sizes of its series, the smallest first; none where not in proportion."""
        if not self.in_proportion:
            return ()
        return tuple(replace(self, number=step) for step in _LADDER if step < self.number)

    def successor(self) -> Size | None:
        """The size of version 5 that takes its place (F: version 2); None for what is current, or
        has no like."""
        if self.family in ("D", "E") and self.version in (3, 4) and self.in_proportion:
            features = self.features if "s" in self.features else f"{self.features}s"
            return replace(self, features=features, version=5)
        if self.family in ("D", "DS") and self.version == 2 and self.processors:
            family = "E" if self.number > 10 else "D"
            if self.processors in _LADDER:
                return Size(family, self.processors, "s", 5)
        if self.family in ("F", "FS") and self.version == 1 and self.number in _LADDER:
            return Size("F", self.number, "s", 2)
        return None


def size_of(name: str) -> Size | None:
    """The size that a name or meter says; None for what is none (a licence, a constrained size such
    as ``E8-4s v5``, a series with an accelerator in its name)."""
    bare = re.sub(r" (spot|low priority)$", "", name.strip(), flags=re.IGNORECASE)
    match = _NAME.fullmatch(bare.rpartition("/")[2].strip())
    if match is None:
        return None
    family, number, features, version = match.groups()
    return Size(family.upper(), int(number), features.lower(), int(version or 1))
