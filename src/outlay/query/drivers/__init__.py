"""What drove a change: the difference of two periods, taken apart into effects that add up."""

from outlay.query.drivers.effects import EFFECTS, OTHER, EffectKind
from outlay.query.drivers.model import (
    BESIDE,
    THEN,
    Asking,
    Bridge,
    DriverReport,
    DriversError,
    Group,
    Item,
)
from outlay.query.drivers.run import drivers
from outlay.query.drivers.sentence import sentence

__all__ = [
    "BESIDE",
    "EFFECTS",
    "OTHER",
    "THEN",
    "Asking",
    "Bridge",
    "DriverReport",
    "DriversError",
    "EffectKind",
    "Group",
    "Item",
    "drivers",
    "sentence",
]
