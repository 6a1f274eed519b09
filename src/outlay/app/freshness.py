"""Is a source's data as new as its cadence promises? Semantics §1, last rule but one."""

from __future__ import annotations

from datetime import datetime, timedelta

from outlay.app.status import Freshness
from outlay.money import BillingPeriod

# A cadence and the grace after which silence is late: vendors deliver "at least once a day" at no
# fixed hour, and a monthly bill closes in the first ten days of the next month.
GRACE = {
    "hourly": timedelta(hours=3),
    "daily": timedelta(hours=36),
    "monthly": timedelta(days=41),
}
# When a period that has begun must have had its first delivery.
_PERIOD_GRACE = {
    "hourly": timedelta(days=1),
    "daily": timedelta(days=2),
    "monthly": timedelta(days=41),
}


def freshness(
    cadence: str,
    last_delivery_at: datetime | None,
    newest_period: BillingPeriod | None,
    now: datetime,
) -> tuple[Freshness, str]:
    """The state and the sentence behind it.

    missing: nothing was ever delivered; late: no delivery within the cadence and its grace, or
    the newest billing period is older than it should be by now; manual: nothing is expected.
    """
    if cadence not in GRACE:
        if last_delivery_at is None:
            return "missing", "nothing was loaded yet"
        return "manual", "loaded by hand; nothing is expected"
    if last_delivery_at is None or newest_period is None:
        return "missing", f"nothing was delivered yet; expected {cadence}"
    expected = BillingPeriod.of((now - _PERIOD_GRACE[cadence]).date())
    if newest_period < expected:
        return "late", f"the newest billing period is {newest_period}; expected {expected} by now"
    age = now - last_delivery_at
    if age > GRACE[cadence]:
        return "late", f"the last delivery was {_span(age)} ago; expected {cadence}"
    return "fresh", f"delivered {_span(age)} ago"


def _span(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{hours // 24} days"
