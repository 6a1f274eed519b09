"""One rate for a month and currency, frozen when the month is closed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from outlay.money import BillingPeriod
from outlay.money.quotients import rounded
from outlay.money.rates import RATE_SCALE, Rate, Rates
from outlay.statements.model import ECB_AVERAGE


@dataclass(frozen=True)
class FrozenRates:
    """The rates of one month: each holds for every day, also for the days of earlier months that
    the month's bill corrects. A rate that is not in the table does not exist."""

    rates: Mapping[tuple[str, str], Rate]

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """See `outlay.money.rates.Rates.rate`."""
        if source == target:
            return Rate(source, target, Decimal("1.000000000"), day, "same currency")
        return self.rates.get((source, target))


def month_rates(
    rates: Rates, rule: str, currencies: Iterable[str], target: str, month: BillingPeriod
) -> FrozenRates:
    """The month's rate of each currency: the mean of its published days by the rule
    ``ecb-month-average``, otherwise the rate of its last day. A currency without is left out."""
    found: dict[tuple[str, str], Rate] = {}
    for source in sorted({*currencies} - {target}):
        rate = _mean(rates, source, target, month) if rule == ECB_AVERAGE else None
        if rate is None:
            rate = rates.rate(source, target, month.end - timedelta(days=1))
        if rate is not None:
            found[source, target] = rate
    return FrozenRates(found)


def _mean(rates: Rates, source: str, target: str, month: BillingPeriod) -> Rate | None:
    """The mean of the days of the month on which a rate was published; None without one."""
    days = (
        month.start + timedelta(days=offset) for offset in range((month.end - month.start).days)
    )
    known = [rate for day in days if (rate := rates.rate(source, target, day)) and rate.day == day]
    if not known:
        return None
    mean = sum((Fraction(rate.value) for rate in known), Fraction(0)) / len(known)
    publisher = f"{known[-1].publisher}, mean of {len(known)} days"
    return Rate(source, target, rounded(mean, RATE_SCALE), known[-1].day, publisher)
