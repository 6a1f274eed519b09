"""The parts of a change of cost as a waterfall: from what it was to what it is."""

from __future__ import annotations

from outlay.query.unit import Drivers
from outlay.web.waterfall import HEIGHT, WIDTH, Bar, Step, bars
from outlay.web.waterfall import starts_above_nought as cut

__all__ = ["HEIGHT", "WIDTH", "Bar", "starts_above_nought", "waterfall"]


def waterfall(drivers: Drivers) -> tuple[Bar, ...]:
    """The bars of a change. A part that is nought is drawn as a line."""
    return bars(_steps(drivers))


def starts_above_nought(drivers: Drivers) -> bool:
    """Whether the whole bars are cut at their foot, which the drawing must say."""
    return cut(_steps(drivers))


def _steps(drivers: Drivers) -> list[Step]:
    found = [
        Step("before", "Before", drivers.before, whole=True),
        Step("volume", "Volume", drivers.volume),
        Step("mix", "Mix", drivers.mix),
        Step("price", "Price", drivers.price),
    ]
    if drivers.without_units:
        found.append(Step("without_units", "Without units", drivers.without_units))
    return [*found, Step("after", "After", drivers.after, whole=True)]
