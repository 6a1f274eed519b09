"""Kestrel's data warehouse on Snowflake: the usage views of one account, exported month by month.

dbt loads at night, dashboards and analysts ask in the day, a feature job and Cortex grow. Two
months ago somebody made the analysts' warehouse larger for one question and left it on over a
weekend; a month ago the capacity of the contract was used up, and overage costs a third more.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

from outlay.app.demo.fleet import digest
from outlay.app.demo.shapes import grown, week
from outlay.app.demo.story import Story
from outlay.money import BillingPeriod, total

Row = dict[str, object]

_ACCOUNT = {
    "ORGANIZATION_NAME": "KESTREL",
    "CONTRACT_NUMBER": "KO-118",
    "ACCOUNT_NAME": "ANALYTICS",
    "ACCOUNT_LOCATOR": "KQ48213",
    "REGION": "AWS_US_EAST_1",
    "SERVICE_LEVEL": "Enterprise",
}
_CENT, _MILLI, _NANO = Decimal("0.01"), Decimal("0.001"), Decimal("1E-9")
_CREDIT, _TERABYTE = Decimal("3.00"), Decimal("23.00")
_OVERAGE = Decimal("4") / Decimal("3")
_TIB = 1 << 40


@dataclass(frozen=True)
class _Asker:
    """Who runs queries on a warehouse: user, role, share of its use, tags."""

    user: str
    role: str
    share: Decimal
    tag: dict[str, str] | str | None


@dataclass(frozen=True)
class _Warehouse:
    """A warehouse: size, credits an hour, hours of the day, weekdays, growth, and how much of an
    hour its queries use."""

    id: int
    name: str
    size: str
    credits: int
    hours: tuple[int, ...]
    pattern: str
    growth: str
    busy: Decimal
    askers: tuple[_Asker, ...]


def _asker(user: str, role: str, share: str, tag: dict[str, str] | str | None = None) -> _Asker:
    return _Asker(user, role, Decimal(share), tag)


_ORDERS = {"team": "data", "app": "dbt", "dbt_model": "orders"}
_SESSIONS = {"team": "storefront", "app": "dbt", "dbt_model": "sessions"}
_WAREHOUSES = (
    _Warehouse(
        1, "LOAD_WH", "Medium", 4, (2, 3), "batch", "mid", Decimal("0.93"),
        (
            _asker("SVC_DBT", "TRANSFORMER", "0.5", _ORDERS),
            _asker("SVC_DBT", "TRANSFORMER", "0.3", _SESSIONS),
            _asker("SVC_FEATURES", "ML_LOADER", "0.2", {"team": "ml", "app": "feature-store"}),
        ),
    ),
    _Warehouse(
        2, "BI_WH", "Medium", 4, (8, 9, 10, 13, 14, 15), "office", "slow", Decimal("0.62"),
        (
            _asker("SVC_LOOKER", "REPORTER", "0.4", {"team": "storefront", "app": "looker"}),
            _asker("SVC_LOOKER", "REPORTER", "0.35", {"team": "checkout", "app": "looker"}),
            _asker("SVC_LOOKER", "REPORTER", "0.25", "weekly board report"),
        ),
    ),
    _Warehouse(
        3, "ADHOC_WH", "Small", 2, (9, 11, 14, 15), "office", "mid", Decimal("0.48"),
        (
            _asker("ANNA.LINDQVIST", "ANALYST", "0.6"),
            _asker("TOMAS.BRANDT", "ANALYST", "0.4", {"team": "mobile"}),
        ),
    ),
)  # fmt: skip


@dataclass
class _Day:
    """What a day used and cost: hours and queries of warehouses, rows of the bill, balance."""

    hours: list[Row] = field(default_factory=list)
    queries: list[Row] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    bill: list[Row] = field(default_factory=list)
    metering: list[Row] = field(default_factory=list)
    cost: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)


def left_on(story: Story) -> date:
    """The Saturday on which the analysts' warehouse was left on, as a larger one."""
    day = story.at(-2).start + timedelta(days=8)
    while day.weekday() != 5:
        day += timedelta(days=1)
    return day


def capacity_ends(story: Story) -> date:
    """The day on which the contract's capacity is used up."""
    return story.at(-1).start + timedelta(days=16)


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's rows of each view up to the story's last day; the rate sheet is of all months."""
    days = _days(story)
    mine = [day for day in days if month.start <= day < month.end]
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, list[Row]] = {
        "organization_usage.usage_in_currency_daily": [r for d in mine for r in days[d].bill],
        "organization_usage.remaining_balance_daily": [_balance(d, days[d]) for d in mine],
        "account_usage.metering_daily_history": [r for d in mine for r in days[d].metering],
        "account_usage.warehouse_metering_history": [r for d in mine for r in days[d].hours],
        "account_usage.query_attribution_history": [r for d in mine for r in days[d].queries],
        "account_usage.query_history": [r for d in mine for r in days[d].history],
        "account_usage.storage_usage": [_stored(day, story) for day in mine],
        "account_usage.database_storage_usage_history": [
            row for day in mine for row in _databases(day, story)
        ],
    }
    for name, rows in tables.items():
        _table(folder / f"{name}-{month}.csv", rows)
    _table(folder / "organization_usage.rate_sheet_daily.csv", list(_rates(story)))


@lru_cache(maxsize=2)
def _days(story: Story) -> dict[date, _Day]:
    """Every day of the story: what is left of the capacity depends on those before."""
    first = story.months()[0].start
    days, day = {}, first
    while day <= story.last_day:
        days[day] = _used(day, story)
        day += timedelta(days=1)
    plain = {day: _charges(day, found, story) for day, found in days.items()}
    ends = capacity_ends(story)
    spent = total(
        (usage * rate).quantize(_CENT, ROUND_HALF_UP)
        for day, charges in plain.items()
        if day < ends
        for _, _, _, usage, rate in charges
    )
    balance = spent + Decimal(25)  # it ends in the middle of a day
    for day, found in days.items():
        for charge in plain[day]:
            balance = _bill(day, found, charge, balance)
        found.balance = balance
    return days


def _used(day: date, story: Story) -> _Day:
    found = _Day()
    compute = services = Decimal(0)
    for warehouse in _WAREHOUSES:
        for hour, credits, busy in _hours(warehouse, day, story):
            free = (credits * Decimal("0.04")).quantize(_NANO)
            attributed = (credits * busy).quantize(_NANO)
            compute, services = compute + credits, services + free
            _add_hour(found, warehouse, day, hour, (credits, free, attributed))
    adjustment = -min(services, (compute * Decimal("0.1")).quantize(_NANO))
    found.metering = [
        _metered(day, "WAREHOUSE_METERING", compute, services, adjustment),
        _metered(day, "SERVERLESS_TASK", _tasks(day), Decimal(0), Decimal(0)),
        _metered(day, "AI_SERVICES", _cortex(day, story), Decimal(0), Decimal(0)),
    ]
    return found


def _hours(
    warehouse: _Warehouse, day: date, story: Story
) -> Iterator[tuple[int, Decimal, Decimal]]:
    """(hour, credits, share that queries used) of a warehouse's day."""
    weekend = left_on(story)
    if warehouse.name == "ADHOC_WH" and weekend <= day <= weekend + timedelta(days=1):
        for hour in range(24):
            # X-Large, with one question on Saturday morning.
            busy = Decimal("0.4") if day == weekend and hour == 9 else Decimal(0)
            yield hour, Decimal(16), busy
        return
    level = week(warehouse.pattern, day) * grown(warehouse.growth, day, story.months()[0])
    for hour in warehouse.hours:
        luck = Decimal(80 + digest(f"{warehouse.name}/{day}/{hour}") % 41) / 100
        credits = min(warehouse.credits * level * luck * Decimal("0.6"), Decimal(warehouse.credits))
        yield hour, credits.quantize(_NANO), warehouse.busy


def _add_hour(
    found: _Day,
    warehouse: _Warehouse,
    day: date,
    hour: int,
    credits: tuple[Decimal, Decimal, Decimal],
) -> None:
    used, free, attributed = credits
    start = datetime(day.year, day.month, day.day, hour)
    own = {"WAREHOUSE_ID": warehouse.id, "WAREHOUSE_NAME": warehouse.name}
    times = {"START_TIME": _time(start), "END_TIME": _time(start + timedelta(hours=1))}
    found.hours.append(
        {
            **times,
            **own,
            "CREDITS_USED": used + free,
            "CREDITS_USED_COMPUTE": used,
            "CREDITS_USED_CLOUD_SERVICES": free,
            "CREDITS_ATTRIBUTED_COMPUTE_QUERIES": attributed,
        }
    )
    if not attributed:
        return
    # Of what queries used, a hundredth is of queries too short to be listed.
    listed = attributed * Decimal("0.99")
    for number, asker in enumerate(warehouse.askers):
        query = f"01c{day:%y%m%d}-{hour:02d}{warehouse.id}{number}"
        began = start + timedelta(minutes=3 + 17 * number)
        when = {"START_TIME": _time(began), "END_TIME": _time(began + timedelta(minutes=11))}
        tag = json.dumps(asker.tag) if isinstance(asker.tag, dict) else asker.tag or ""
        found.queries.append(
            {
                "QUERY_ID": query,
                **own,
                "QUERY_TAG": tag,
                "USER_NAME": asker.user,
                **when,
                "CREDITS_ATTRIBUTED_COMPUTE": (listed * asker.share).quantize(_NANO),
                "CREDITS_USED_QUERY_ACCELERATION": "",
            }
        )
        found.history.append(
            {
                "QUERY_ID": query,
                "ROLE_NAME": asker.role,
                "USER_NAME": asker.user,
                **own,
                "WAREHOUSE_SIZE": warehouse.size,
                "EXECUTION_STATUS": "SUCCESS",
                **when,
            }
        )


_Charge = tuple[str, str, str, Decimal, Decimal]
_KINDS = {
    "compute": ("WAREHOUSE_METERING", "COMPUTE"),
    "cloud services": ("CLOUD_SERVICES", "COMPUTE"),
    "adj for incl cloud services": ("CLOUD_SERVICES", "COMPUTE"),
    "serverless tasks": ("SERVERLESS_TASK", "COMPUTE"),
    "ai services": ("AI_SERVICES", "COMPUTE"),
    "storage": ("STORAGE", "STORAGE"),
}
"""Usage type → service type and rating type."""


def _rate(kind: str) -> Decimal:
    return _TERABYTE if kind == "storage" else _CREDIT


def _charges(day: date, found: _Day, story: Story) -> list[_Charge]:
    """(usage type, service type, rating type, usage, rate) of each row of the bill."""
    warehouse, tasks, cortex = found.metering
    days = Decimal((BillingPeriod.of(day).end - BillingPeriod.of(day).start).days)
    stored = Decimal(str(_stored(day, story)["STORAGE_BYTES"])) / _TIB
    compute, services = "CREDITS_USED_COMPUTE", "CREDITS_USED_CLOUD_SERVICES"
    usage = {
        "compute": _number(warehouse, compute),
        "cloud services": _number(warehouse, services),
        "adj for incl cloud services": _number(warehouse, "CREDITS_ADJUSTMENT_CLOUD_SERVICES"),
        "serverless tasks": _number(tasks, compute),
        "ai services": _number(cortex, compute),
        "storage": (stored / days).quantize(_NANO),
    }
    return [(kind, *_KINDS[kind], amount, _rate(kind)) for kind, amount in usage.items()]


def _bill(day: date, found: _Day, charge: _Charge, balance: Decimal) -> Decimal:
    """Add a charge to the bill, in two rows where the capacity ends in it; gives the balance."""
    kind, service, rating, usage, rate = charge
    amount = (usage * rate).quantize(_CENT, ROUND_HALF_UP)
    if balance > 0 and balance >= amount:
        found.bill.append(_row(day, kind, service, rating, usage, amount, "capacity"))
        return balance - amount
    if balance > 0:
        part = (balance / rate).quantize(_MILLI)
        found.bill.append(_row(day, kind, service, rating, part, balance, "capacity"))
        usage, balance = usage - part, Decimal(0)
    amount = (usage * rate * _OVERAGE).quantize(_CENT, ROUND_HALF_UP)
    found.bill.append(_row(day, f"overage-{kind}", service, rating, usage, amount, "overage"))
    return balance


def _row(
    day: date, kind: str, service: str, rating: str, usage: Decimal, amount: Decimal, source: str
) -> Row:
    return {
        **_ACCOUNT,
        "USAGE_DATE": day,
        "USAGE_TYPE": kind,
        "USAGE": usage.quantize(_MILLI),
        "CURRENCY": "USD",
        "USAGE_IN_CURRENCY": amount,
        "BALANCE_SOURCE": source,
        "BILLING_TYPE": "CONSUMPTION",
        "RATING_TYPE": rating,
        "SERVICE_TYPE": service,
        "IS_ADJUSTMENT": str("adj" in kind).lower(),
    }


def _metered(
    day: date, service: str, compute: Decimal, services: Decimal, adjustment: Decimal
) -> Row:
    return {
        "SERVICE_TYPE": service,
        "USAGE_DATE": day,
        "CREDITS_USED_COMPUTE": compute,
        "CREDITS_USED_CLOUD_SERVICES": services,
        "CREDITS_USED": compute + services,
        "CREDITS_ADJUSTMENT_CLOUD_SERVICES": adjustment,
        "CREDITS_BILLED": compute + services + adjustment,
    }


def _tasks(day: date) -> Decimal:
    return Decimal(40 + digest(f"tasks/{day}") % 21) / 100


def _cortex(day: date, story: Story) -> Decimal:
    level = week("assistant", day) * grown("fast", day, story.months()[0])
    return (Decimal("0.9") * level).quantize(_NANO)


def _stored(day: date, story: Story) -> Row:
    size = int(Decimal("11.2") * grown("mid", day, story.months()[0]) * _TIB)
    return {
        "USAGE_DATE": day,
        "STORAGE_BYTES": size,
        "STAGE_BYTES": size // 90,
        "FAILSAFE_BYTES": size // 40,
        "HYBRID_TABLE_STORAGE_BYTES": 0,
    }


def _databases(day: date, story: Story) -> Iterator[Row]:
    whole = int(str(_stored(day, story)["STORAGE_BYTES"]))
    shares = (("SHOP", 52), ("EVENTS", 31), ("FEATURES", 9))
    for number, (name, share) in enumerate(shares, 1):
        yield {
            "USAGE_DATE": day,
            "DATABASE_ID": number,
            "DATABASE_NAME": name,
            "AVERAGE_DATABASE_BYTES": whole * share // 100,
            "AVERAGE_FAILSAFE_BYTES": whole // 160,
        }


def _rates(story: Story) -> Iterator[Row]:
    """One row a rate, of the contract's first day: it holds until it is changed."""
    for kind, (service, rating) in _KINDS.items():
        yield {
            "DATE": story.months()[0].start,
            **_ACCOUNT,
            "USAGE_TYPE": kind,
            "CURRENCY": "USD",
            "EFFECTIVE_RATE": _rate(kind),
            "SERVICE_TYPE": service,
            "BILLING_TYPE": "CONSUMPTION",
            "RATING_TYPE": rating,
            "IS_ADJUSTMENT": str("adj" in kind).lower(),
        }


def _balance(day: date, found: _Day) -> Row:
    return {
        "DATE": day,
        "ORGANIZATION_NAME": _ACCOUNT["ORGANIZATION_NAME"],
        "CONTRACT_NUMBER": _ACCOUNT["CONTRACT_NUMBER"],
        "CURRENCY": "USD",
        "FREE_USAGE_BALANCE": 0,
        "CAPACITY_BALANCE": found.balance,
        "ON_DEMAND_CONSUMPTION_BALANCE": 0,
        "ROLLOVER_BALANCE": 0,
    }


def _number(row: Row, name: str) -> Decimal:
    value = row[name]
    assert isinstance(value, Decimal)
    return value


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.000 +0000"


def _table(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    name: f"{value:f}" if isinstance(value, Decimal) else value
                    for name, value in row.items()
                }
            )
