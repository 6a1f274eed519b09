"""Which days are complete: what a comparison may stand on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from outlay.lake import Slice

_DAYS_OF_LAG = 1
_DAYS_OF_MEMORY = 7


def incomplete_from(slices: Iterable[Slice]) -> date | None:
    """The first day whose charges may still come, over all sources that are alive.

    Vendors deliver a day's charges up to a day later. A slice that was loaded while its period
    was open is therefore complete up to the day before its loading; a slice loaded after its
    period had ended is complete. A source that has been silent for a week does not make the
    others' days incomplete: it is shown as late instead.
    """
    newest: dict[str, Slice] = {}
    for item in slices:
        if item.delivery.usage_rows and not item.delivery.rows:
            continue  # usage alone: no charge of it will ever come
        known = newest.get(item.source)
        if known is None or item.billing_period > known.billing_period:
            newest[item.source] = item
    if not newest:
        return None
    last = max(item.delivery.loaded_at for item in newest.values())
    horizons = [
        item.delivery.loaded_at.date() - timedelta(days=_DAYS_OF_LAG)
        for item in newest.values()
        if last - item.delivery.loaded_at < timedelta(days=_DAYS_OF_MEMORY)
        and item.delivery.loaded_at.date() - timedelta(days=_DAYS_OF_LAG) < item.billing_period.end
    ]
    return min(horizons, default=None)
