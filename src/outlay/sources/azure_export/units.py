"""What a UnitOfMeasure says: `100 Hours` is a block of 100 of the unit Hours."""

import re
from dataclasses import dataclass
from decimal import Decimal

_UNIT = re.compile(r"^\s*(?P<count>\d+(?:[.,]\d+)?)\s*(?P<scale>[KMB])?(?![A-Za-z])\s*(?P<of>.*)$")
_SCALES = {None: 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_PLURALS = {"hour": "Hours", "day": "Days", "month": "Months", "second": "Seconds", "gb": "GB"}
_NONE = ("", "unassigned", "-2")


@dataclass(frozen=True)
class Unit:
    """A vendor's unit: `text` as written, how many single units make its block, and their name."""

    text: str
    block: int
    single: str

    @property
    def share(self) -> str | None:
        """One divided by the block as exact decimal text; None where it has no end (1/3)."""
        rest = self.block
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        if rest != 1:
            return None
        return f"{Decimal(1) / Decimal(self.block):f}"

    @property
    def blocks(self) -> str:
        """What a quantity that counts blocks is counted in: `Hours`, `100 Hours`, `1K`."""
        return self.single if self.block == 1 else self.text


def unit_of(text: str | None) -> Unit:
    """Read a UnitOfMeasure; what it does not say is `Units`."""
    said = (text or "").strip()
    match = _UNIT.match(said.replace(",", ""))
    if match is None:
        return Unit(said, 1, _single(said))
    number = Decimal(match["count"]) * _SCALES[match["scale"]]
    if number < 1 or number != number.to_integral_value():
        return Unit(said, 1, said or "Units")
    return Unit(said, int(number), _single(match["of"]))


def _single(of: str) -> str:
    name = of.strip().lstrip("/").strip()
    if name.lower() in _NONE:
        return "Units"
    return _PLURALS.get(name.lower(), name)
