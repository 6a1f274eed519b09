"""What machines of one kind do together: short lives on demand, and sizes that never change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.expression import text_literal
from outlay.focus.sql import literal
from outlay.money import total
from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import PROVIDER, used
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient

FLEET_TAGS = (
    "aws:autoscaling:groupName", "eks:nodegroup-name", "app", "App", "application", "Application",
    "service", "Service",
)  # fmt: skip
"""Tags that name a fleet, the first that has a value."""

_KEY = (
    "CASE "
    + " ".join(
        f"WHEN coalesce(tags[{literal(key)}], '') <> '' THEN {literal(key)}" for key in FLEET_TAGS
    )
    + " END"
)
_VALUE = "tags[fleet_key]"
_SPOT_OFF = Fraction(55, 100)
"""What spot takes off the price on demand (Cloud Intelligence Dashboards, KPI "Spot")."""


@dataclass(frozen=True)
class Fleet:
    """Machines (or the load) of one account and currency that a tag names; `times` are rows by the
    day or hour."""

    account: str
    currency: str
    key: str
    value: str
    region: str = ""
    meter: str = ""
    times: Mapping[date, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The condition of its machines."""
        quoted = self.key if self.key.isidentifier() else f'"{self.key}"'
        named = f"{condition(SubAccountId=self.account)} AND tags.{quoted} = " + text_literal(
            self.value
        )
        # On demand and spot: what changes from one to the other stays in sight.
        meter = text_literal(f"%{self.meter.replace('BoxUsage', 'Usage') or 'BoxUsage:%'}")
        return f"{named} AND (SkuMeter LIKE {meter} OR x_UsageType LIKE {meter})"


def _spot(facts: Facts, settings: Settings) -> Iterator[Finding]:
    first, end = facts.window(SPOT.window_days, PROVIDER)
    # What was there on the last day may still run: it is not known to be short-lived.
    rows = facts.rows(
        f"""WITH used AS (SELECT *, {_KEY} AS fleet_key FROM {used()}
                WHERE starts_with(meter, 'BoxUsage:') AND resource <> ''),
        lives AS (SELECT account, currency, region, meter, operation, resource,
                max_by(fleet_key, day) AS fleet_key, max_by({_VALUE}, day) AS fleet,
                sum(quantity) AS hours, max(day) AS last, min(day) AS first,
                sum(effective) FILTER (NOT covered) AS cost, sum(listed) AS listed
            FROM used WHERE NOT spot AND code = 'AmazonEC2' GROUP BY ALL)
        SELECT account, currency, region, meter, fleet_key, fleet, count(*) AS machines,
            count(DISTINCT first) AS days, sum(hours) AS hours, coalesce(sum(cost), 0) AS cost,
            sum(listed) AS listed, max(hours) AS longest, min(first) AS first
        FROM lives WHERE hours < $hours AND last < $last AND fleet IS NOT NULL
            AND operation = 'RunInstances'
        GROUP BY ALL HAVING count(*) >= $machines AND count(DISTINCT first) >= $days
        ORDER BY ALL""",
        {
            "first": first, "end": end, "hours": settings.number("most_hours"),
            "machines": int(settings.number("least_machines")),
            "days": int(settings.number("least_days")), "last": end - timedelta(days=1),
        },
    )  # fmt: skip
    shares = _spot_shares(facts)
    for row in rows:
        known = shares.get((row["currency"], row["region"], row["meter"]))
        off = 1 - known if known is not None and known < 1 else _SPOT_OFF
        days = (end - first).days
        saving = rounded(Fraction(row["cost"]) * off * MONTH_DAYS / days, 2)
        if saving > 0:
            source = "spot prices of this bill" if known is not None else "taken as 55 %"
            yield _spot_finding(row, saving, off, source, (first, end))


def _spot_finding(
    row: Mapping[str, Any], saving: Decimal, off: Fraction, source: str, window: tuple[date, date]
) -> Finding:
    fleet = Fleet(
        str(row["account"] or ""), str(row["currency"]), str(row["fleet_key"]), str(row["fleet"]),
        str(row["region"] or ""), str(row["meter"]),
    )  # fmt: skip
    days = (window[1] - window[0]).days
    kind = fleet.meter.removeprefix("BoxUsage:")
    return Finding(
        tool="outlay", detector=SPOT.id, provider=PROVIDER, action=SPOT.action,
        title=f"Run the short-lived {kind} of {fleet.value} on spot", currency=fleet.currency,
        monthly_saving=saving, basis=f"{rounded(off * 100, 1)} % of their cost, {days} days",
        account=fleet.account, region=fleet.region, service="Amazon Elastic Compute Cloud",
        scope=f"{fleet.value}: {kind}", where=fleet.where, group=SPOT.group,
        current="on demand", recommended="spot",
        monthly_saving_list=rounded(Fraction(row["listed"]) * off * MONTH_DAYS / days, 2),
        monthly_cost=monthly(row["cost"], days),
        evidence=(
            Evidence("cost in the window", row["cost"], fleet.currency, "EffectiveCost"),
            Evidence("machines", Decimal(row["machines"]), "machines", "ResourceId"),
            Evidence("days with new ones", Decimal(row["days"]), "days", "ChargePeriodStart"),
            Evidence("longest life", row["longest"], "hours", "ConsumedQuantity"),
            Evidence("spot takes off", rounded(off * 100, 2), "%", source),
        ),
        first_day=window[0], end_day=window[1], confidence=SPOT.confidence, reasons=(source,),
        effort=SPOT.effort, restart=SPOT.restart, rollback=SPOT.rollback, risk=SPOT.risk,
    )  # fmt: skip


def _spot_shares(facts: Facts) -> dict[tuple[Any, Any, str], Fraction]:
    """(currency, region, usage type on demand) → what spot costs of the price on demand here."""
    first, end = facts.window(SPOT.window_days, PROVIDER)
    rows = facts.rows(
        f"""SELECT currency, region, replace(meter, 'SpotUsage:', 'BoxUsage:') AS meter,
            sum(effective) AS cost, sum(listed) AS listed
        FROM {used()} WHERE starts_with(meter, 'SpotUsage:') GROUP BY ALL
        HAVING sum(listed) > 0""",
        {"first": first, "end": end},
    )
    return {
        (row["currency"], row["region"], row["meter"]): Fraction(row["cost"])
        / Fraction(row["listed"])
        for row in rows
    }


_LOADS = (
    ("load balancer", "code = 'AWSELB' AND regexp_matches(meter, '^(LCUUsage|"
     "DataProcessing-Bytes)$')"),
    ("API", "code = 'AmazonApiGateway' AND starts_with(meter, 'ApiGateway') "
     "AND contains(meter, 'Request')"),
    ("network of caches", "code = 'AmazonCloudFront' AND contains(meter, 'Requests')"),
)  # fmt: skip
"""What a fleet's load is told by, the first that has its tag, and its usage."""

_MACHINES = "starts_with(meter, 'BoxUsage:') AND NOT spot AND code = 'AmazonEC2'"

Key = tuple[str, str, str, str]


def _elastic(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """Fleets by the hour where the bill has hours of machines and load, else by the day."""
    window = facts.window(ELASTIC.window_days, PROVIDER)
    done: set[Key] = set()
    lacking: dict[Key, Insufficient] = {}
    for step, least in (("hour", 24 * ELASTIC.minimum_days), ("day", ELASTIC.minimum_days)):
        loads = [_series(facts, window, where, step) for _, where in _LOADS]
        for key, fleet in _series(facts, window, _MACHINES, step).items():
            if key in done or len(fleet.times) < least or not _flat(fleet, settings):
                continue
            number = next((n for n, load in enumerate(loads) if _tells(load.get(key), fleet)), None)
            if number is None:
                blind = _blind(fleet, window, settings)
                lacking |= {key: blind} if blind else {}
                continue
            done.add(key)
            one = _elastic_finding(
                fleet, loads[number][key], settings, window, (step, _LOADS[number][0])
            )
            if one:
                yield one
    yield from (one for key, one in lacking.items() if key not in done)


def _tells(load: Fleet | None, fleet: Fleet) -> bool:
    return load is not None and len(load.times) >= len(fleet.times)


def _blind(fleet: Fleet, window: tuple[date, date], settings: Settings) -> Insufficient | None:
    """That nobody knows the load of a fleet which costs enough to be asked about."""
    cost = total(row["cost"] for row in fleet.times.values())
    a_month = monthly(cost, (window[1] - window[0]).days)
    if a_month < settings.number("least_cost"):
        return None
    return Insufficient(
        ELASTIC.id, fleet.value,
        f"the load of the fleet {fleet.value}: no load balancer, API or distribution has its tag",
        PROVIDER, fleet.account, fleet.currency, a_month,
    )  # fmt: skip


def _series(facts: Facts, window: tuple[date, date], where: str, step: str) -> dict[Key, Fleet]:
    """Fleets with units, cost and what is not covered of it by the hour or day."""
    hourly = step == "hour"
    rows = facts.rows(
        f"""SELECT account, currency, fleet_key, {_VALUE} AS fleet,
            {"date_trunc('hour', moment)" if hourly else "day"} AS time, max(region) AS region,
            sum(quantity) AS units, sum(effective) AS cost,
            coalesce(sum(effective) FILTER (NOT covered), 0) AS open,
            coalesce(sum(listed), 0) AS listed, count(DISTINCT resource) AS machines
        FROM (SELECT *, {_KEY} AS fleet_key FROM {used(hourly=hourly)} WHERE {where})
        WHERE fleet_key IS NOT NULL GROUP BY ALL ORDER BY account, currency, fleet, time""",
        {"first": window[0], "end": window[1]},
    )
    found: dict[Key, dict[date, Mapping[str, Any]]] = {}
    for row in rows:
        key = (str(row["account"] or ""), str(row["currency"]), row["fleet_key"], row["fleet"])
        found.setdefault(key, {})[row["time"]] = row
    return {
        key: Fleet(*key, str(next(iter(times.values()))["region"] or ""), "", times)
        for key, times in found.items()
    }


def _flat(fleet: Fleet, settings: Settings) -> bool:
    """Whether the hours of a fleet of several machines are the same all the time."""
    hours = [Fraction(row["units"]) for row in fleet.times.values()]
    if max(row["machines"] for row in fleet.times.values()) < 2 or not max(hours):
        return False
    swing = (max(hours) - min(hours)) / max(hours) * 100
    return swing <= Fraction(settings.number("flat_percent"))


def _elastic_finding(
    fleet: Fleet,
    load: Fleet,
    settings: Settings,
    window: tuple[date, date],
    told: tuple[str, str],
) -> Finding | None:
    """What would not be needed if the fleet followed its load: each hour (day) by its load against
    that which only a tenth of them are above, never less than the floor."""
    step, source = told
    loads = sorted(Fraction(row["units"]) for row in load.times.values())
    peak, low = loads[(len(loads) * 9) // 10], loads[len(loads) // 10]
    if not peak or low / peak * 100 > Fraction(settings.number("wave_percent")):
        return None
    floor = Fraction(settings.number("floor_percent")) / 100
    spared, listed = Fraction(0), Fraction(0)
    for time, machines in fleet.times.items():
        needed = Fraction(load.times[time]["units"]) / peak if time in load.times else Fraction(1)
        off = 1 - min(Fraction(1), max(needed, floor))
        spared += Fraction(machines["open"]) * off
        listed += Fraction(machines["listed"]) * off
    share = Fraction(settings.number("reach_percent")) / 100 * MONTH_DAYS
    share /= (window[1] - window[0]).days
    saving = rounded(spared * share, 2)
    if saving <= 0:
        return None
    return _elastic_words(
        fleet, settings, window, told, saving, rounded(listed * share, 2),
        (
            Evidence(
                f"load of a low {step}", rounded(low / peak * 100, 1), "% of a high one",
                f"ConsumedQuantity of its {source}, 10th and 90th percentile",
            ),
        ),
    )  # fmt: skip


def _elastic_words(
    fleet: Fleet,
    settings: Settings,
    window: tuple[date, date],
    told: tuple[str, str],
    saving: Decimal,
    listed: Decimal,
    evidence: tuple[Evidence, ...],
) -> Finding:
    days = (window[1] - window[0]).days
    whole = total(row["cost"] for row in fleet.times.values())
    covered = whole - total(row["open"] for row in fleet.times.values())
    reasons = [f"that a machine's work goes by its {told[1]}'s is assumed"]
    if told[0] == "day":
        reasons.append("the load is by the day: within a day it may swing more")
    if covered:
        reasons.append(
            f"{monthly(covered, days)} {fleet.currency} a month of it are paid by a commitment and "
            "count as no saving"
        )
    return Finding(
        tool="outlay", detector=ELASTIC.id, provider=PROVIDER, action=ELASTIC.action,
        title=f"Let the fleet {fleet.value} follow its load", currency=fleet.currency,
        monthly_saving=saving, basis=f"hours above what the {told[0]}'s load needs, {days} days",
        account=fleet.account, region=fleet.region, service="Amazon Elastic Compute Cloud",
        scope=fleet.value, where=fleet.where, group=ELASTIC.group,
        current=f"as many machines every {told[0]}", recommended="as many as the load needs",
        monthly_saving_list=listed, monthly_cost=monthly(whole, days),
        evidence=(
            Evidence("cost in the window", whole, fleet.currency, "EffectiveCost"),
            Evidence("days", Decimal(days), "days", "ChargePeriodStart"),
            *evidence,
            Evidence(
                "counted of what is spared", settings.number("reach_percent"), "%", "parameter"
            ),
        ),
        first_day=window[0], end_day=window[1], confidence=ELASTIC.confidence,
        reasons=tuple(reasons), effort=ELASTIC.effort, restart=ELASTIC.restart,
        rollback=ELASTIC.rollback, risk=ELASTIC.risk,
    )  # fmt: skip


SPOT = Detector(
    id="aws-ec2-spot-candidates",
    title="Short-lived machines that are paid on demand",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=30,
    minimum_days=5,
    predicate="Machines of one fleet (by its tag) and type lived for less than the parameter's "
    "hours each, and came again on several days.",
    formula="What they cost outside commitments × what spot takes off: by the bill's own spot "
    "machines of that type and region, else 55 %.",
    verification="The fleet's charges are SpotUsage.",
    action="ChangePurchaseOption",
    group="purchase",
    effort="Medium",
    confidence="medium",
    find=_spot,
    restart=True,
    risk="Spot machines are taken back at two minutes' notice: the work must bear it.",
    exclusions=("machines without a tag that names their fleet", "licences in the price"),
    parameters=(
        Parameter("most_hours", Decimal(6), "a machine that ran for longer is not short-lived",
                  "hours", Decimal(1), Decimal(72)),
        Parameter("least_days", Decimal(5), "on so many days there must have been new ones",
                  "days", Decimal(2), Decimal(30)),
        Parameter("least_machines", Decimal(10), "so many there must have been", "machines",
                  Decimal(2), Decimal(10_000)),
    ),
    source="OptScale short_living_instances; Cloud Intelligence Dashboards (spot 55 %)",
)  # fmt: skip

ELASTIC = Detector(
    id="aws-elasticity",
    title="Fleets that stay as they are while their load swings",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "charges"),
    window_days=28,
    minimum_days=28,
    predicate="The hours of a fleet (machines with one tag) are the same every hour (every day, "
    "where the bill has no hours), while the load of the load balancer, API or distribution with "
    "that tag falls, in a low hour, to the parameter's share of a high one: the 10th and 90th "
    "percentile.",
    formula="Σ over hours (days) of what the machines cost outside commitments × (1 − the hour's "
    "load ÷ that of a high one, no less than the floor), times the share that scaling reaches, as "
    "a month.",
    verification="The fleet's hours follow its load.",
    action="ScaleIn",
    group="size",
    effort="Medium",
    confidence="low",
    find=_elastic,
    risk="Machines that start take time: scale ahead of the load.",
    exclusions=("spot machines", "fleets of one machine", "fleets without a load: insufficient"),
    parameters=(
        Parameter("flat_percent", Decimal(10), "hours that swing by no more are flat", "%",
                  Decimal(0), Decimal(50)),
        Parameter("wave_percent", Decimal(80), "a low day's load against a high one's, at most",
                  "%", Decimal(5), Decimal(99)),
        Parameter("floor_percent", Decimal(34), "so much of the fleet always stays", "%",
                  Decimal(0), Decimal(100)),
        Parameter("reach_percent", Decimal(80), "so much of what is spared is counted", "%",
                  Decimal(1), Decimal(100)),
        Parameter("least_cost", Decimal(100), "flat fleets without a load that cost less a month "
                  "are not told as insufficient", "the bill's currency", Decimal(0),
                  Decimal(1_000_000)),
    ),
    source="Flexera ASG (floor headroom); Outlay",
)  # fmt: skip

DETECTORS = (SPOT, ELASTIC)
