"""The address of *What drove it*: a question with its comparison, and nothing else."""

from __future__ import annotations

from outlay.query import MEASURES, CostQuery
from outlay.query.codec import to_params
from outlay.web.explore.address import address, changed

DRIVERS = "/drivers"


def drivers_url(query: CostQuery, *, path: str = DRIVERS, **more: str) -> str:
    """The page that takes the change of a question apart.

    The page reads range, filter, currency, moments and comparison (the period before where the
    question has none) from the question, the measure that is money, and what it is grouped by;
    the question's grain, order and limit are none of its business. `more` are further parameters
    of the address (``against``: the days to compare with, ``then``: what was known then).
    """
    money = [name for name in query.measures if MEASURES[name].kind == "money"]
    asked = changed(
        query,
        measures=tuple(money[:1]) or ("EffectiveCost",),
        grain="none",
        limit=None,
        sort="",
        compare=query.compare or "previous",
    )
    return address(path, {**to_params(asked), **{k: v for k, v in more.items() if v}})
