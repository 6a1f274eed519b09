"""What the forms of plans offer: levels of a hierarchy, measures, methods, effects."""

from __future__ import annotations

from outlay.app import Workspace
from outlay.planning.plans.model import EFFECTS, METHODS
from outlay.query.titles import dimension

METHOD_TITLES = {
    "forecast": "Forecast of each line",
    "last-year": "Last year's months",
    "growth": "Last year's months and growth",
    "flat": "Mean of the last three months",
}
EFFECT_TITLES = {
    "volume": "Volume: more or less is used",
    "price": "Price: a unit costs more or less",
    "mix": "Mix: other things are used",
    "one-off": "One-off: it does not come again",
}
MEASURE_TITLES = {"EffectiveCost": "Effective cost", "BilledCost": "Billed cost"}
ORIGIN_TITLES = {
    "": "no baseline",
    "actual": "actual",
    "mixed": "actual and forecast",
    "forecast": "forecast",
    "last-year": "last year",
    "growth": "last year and growth",
    "flat": "mean of three months",
    "drivers": "volume × unit cost",
}
_COMMON = (
    "ServiceName",
    "ServiceCategory",
    "ServiceProviderName",
    "SubAccountName",
    "RegionName",
    "ChargeCategory",
)
_MOST_KEYS = 60

Pairs = list[tuple[str, str]]


def methods() -> Pairs:
    """The methods of a baseline."""
    return [(name, METHOD_TITLES[name]) for name in METHODS]


def effects() -> Pairs:
    """Why money is expected: the first is what most adjustments are."""
    order = sorted(EFFECTS, key=list(EFFECT_TITLES).index)
    return [(name, EFFECT_TITLES[name]) for name in order]


def levels(workspace: Workspace) -> list[tuple[str, Pairs]]:
    """What lines may stand by: virtual tags first, then columns of the bill and its tags."""
    tags = [(name, dimension(name)) for name in sorted(workspace.rules().tags)]
    keys = [
        (info.name, dimension(info.name))
        for info in workspace.dimensions(virtual=False)
        if info.name.startswith("tags.")
    ][:_MOST_KEYS]
    columns = [(name, dimension(name)) for name in _COMMON]
    groups = [("Virtual tags", tags), ("Columns", columns), ("Tags of the bill", keys)]
    return [(title, found) for title, found in groups if found]
