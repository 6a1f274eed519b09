"""What CloudWatch and EC2 say of a sample of Kestrel's machines, databases and volumes.

A month is an answer of GetMetricData a kind of resource with a day's statistics (kept with the
questions), a table of the staging machines by the hour, and the inventories of volumes of its days.
Nothing was measured before the third month back. What stands out: two machines of the mobile API
and one of the sandbox do nothing, Sydney's are twice too large (of half of them nobody measures
memory), so are the mobile API's databases, nobody connects to two of the sandbox, staging sleeps at
night.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from outlay.app.demo.fleet import Use, digest, main_fleet
from outlay.app.demo.story import ACCOUNT_IDS, Story
from outlay.app.demo.waste import CATALOG, FORGOTTEN
from outlay.money import BillingPeriod

_JSON = msgspec.json.Encoder(decimal_format="number")
_MONTHS = -2
_GIB = 1 << 30
_OFFICE = range(7, 19)

_Series = tuple[str, str, str, str, str]
"""A metric: namespace, name, statistic, and the least and most that it is in a day."""


@dataclass(frozen=True)
class _Sample:
    """A resource that is measured: its dimension and name in CloudWatch, and what of it."""

    account: str
    dimension: str
    name: str
    series: tuple[_Series, ...]


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's answers, hours and inventories up to the story's last day."""
    if month < story.at(_MONTHS):
        return
    days = [
        month.start + timedelta(days=n)
        for n in range((min(month.end, story.today) - month.start).days)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    fleet = main_fleet(story)
    for name, samples in (
        ("machines", _machines(fleet)), ("databases", _databases(fleet)), ("volumes", _volumes()),
    ):  # fmt: skip
        answer = _JSON.encode(_answer(list(samples), days))
        (folder / f"{name}-{month}.json").write_bytes(answer)
    _write_hours(folder / f"hours-{month}.csv", _staging(fleet), days)
    attached = _attached(fleet)
    volumes = [_volume(*one) for one in attached]
    inventories = [json.dumps({"AsOf": str(day), "Volumes": volumes}) + "\n" for day in days]
    (folder / f"describe-volumes-{month}.json").write_text("".join(inventories), encoding="utf-8")


def _of(fleet: Sequence[Use], account: str, sku: str, region: str = "us-east-1") -> list[Use]:
    """An account's machines or databases of a type that run all the time."""
    return [
        use for use in fleet
        if (use.account, use.sku, use.region) == (account, sku, region) and not use.rotate
    ]  # fmt: skip


def _machines(fleet: Sequence[Use]) -> Iterator[_Sample]:
    busy = (*_cpu("30", "44", "52", "66"), _memory("48", "62"), *_network("2e9", "9e9"))
    idle = (*_cpu("0.4", "1.1", "1.9", "3.6"), _memory("9", "12"), *_network("4e5", "1.3e6"))
    large = (*_cpu("7", "11", "17", "26"), _memory("24", "34"), *_network("6e8", "3e9"))
    unseen = (*_cpu("6", "10", "15", "24"), *_network("6e8", "3e9"))
    for number, use in enumerate(_of(fleet, "mobile-prod", "m6i.large")):
        yield _instance(use, idle if number < 2 else busy)
    for number, use in enumerate(_of(fleet, "shop-prod", "m6i.xlarge", "ap-southeast-2")):
        yield _instance(use, large if number < 3 else unseen)
    for number, use in enumerate(_of(fleet, "sandbox", "m6i.large")):
        yield _instance(use, idle if number == 0 else unseen)


def _databases(fleet: Sequence[Use]) -> Iterator[_Sample]:
    def free(least: str, most: str) -> _Series:
        return ("AWS/RDS", "FreeableMemory", "Minimum", least, most)

    def connected(least: str, most: str) -> _Series:
        return ("AWS/RDS", "DatabaseConnections", "Maximum", least, most)

    large = (*_cpu("6", "9", "18", "27", "AWS/RDS"), connected("60", "180"),
             free(str(Decimal("20.3") * _GIB), str(Decimal("21.4") * _GIB)))  # fmt: skip
    full = (*_cpu("24", "31", "55", "71", "AWS/RDS"), connected("200", "480"),
            free(str(Decimal("9.1") * _GIB), str(Decimal("10.8") * _GIB)))  # fmt: skip
    small = (*_cpu("2", "4", "5", "9", "AWS/RDS"), free(str(1 * _GIB), str(1.2 * _GIB)))
    for use in _of(fleet, "mobile-prod", "db.r6g.xlarge"):
        yield _database(use, large)
    for use in _of(fleet, "shop-prod", "db.r6g.2xlarge"):
        yield _database(use, full)
    for number, use in enumerate(_of(fleet, "sandbox", "db.t4g.medium")):
        people = connected("0", "0") if number < 2 else connected("1", "4")
        yield _database(use, (*small, people))


def _volumes() -> Iterator[_Sample]:
    operations = ("AWS/EBS", "VolumeAvgIOPS", "Maximum", "240", "410")
    yield _Sample(ACCOUNT_IDS["data-prod"], "VolumeId", CATALOG, (operations,))


def _cpu(
    low: str, high: str, peak: str, top: str, namespace: str = "AWS/EC2"
) -> tuple[_Series, ...]:
    """A day's mean between the first two, its p99 and maximum between the others."""
    return (
        (namespace, "CPUUtilization", "Average", low, high),
        (namespace, "CPUUtilization", "p99", peak, top),
        (namespace, "CPUUtilization", "Maximum", peak, str(Decimal(top) * Decimal("1.05"))),
    )


def _memory(least: str, most: str) -> _Series:
    return ("CWAgent", "mem_used_percent", "Maximum", least, most)


def _network(least: str, most: str) -> tuple[_Series, ...]:
    return (
        ("AWS/EC2", "NetworkIn", "Sum", least, most),
        ("AWS/EC2", "NetworkOut", "Sum", least, most),
    )


def _instance(use: Use, series: tuple[_Series, ...]) -> _Sample:
    return _Sample(ACCOUNT_IDS[use.account], "InstanceId", use.resource, series)


def _database(use: Use, series: tuple[_Series, ...]) -> _Sample:
    name = use.resource.rpartition(":")[2]
    return _Sample(ACCOUNT_IDS[use.account], "DBInstanceIdentifier", name, series)


def _answer(samples: Sequence[_Sample], days: Sequence[date]) -> dict[str, Any]:
    """The questions and their results, as a script keeps both."""
    questions: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    stamps = [f"{day}T00:00:00+00:00" for day in days]
    for sample in samples:
        for series in sample.series:
            namespace, metric, statistic, least, most = series
            identity = f"m{len(questions) + 1}"
            questions.append(
                {
                    "Id": identity,
                    "AccountId": sample.account,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": namespace,
                            "MetricName": metric,
                            "Dimensions": [{"Name": sample.dimension, "Value": sample.name}],
                        },
                        "Period": 86400,
                        "Stat": statistic,
                    },
                }
            )
            values = [
                _between(f"{sample.name}/{metric}/{statistic}/{day}", least, most) for day in days
            ]
            results.append(
                {
                    "Id": identity, "Label": f"{sample.name} {metric}", "Timestamps": stamps,
                    "Values": values, "StatusCode": "Complete",
                }
            )  # fmt: skip
    return {"MetricDataQueries": questions, "MetricDataResults": results}


def _between(key: str, least: str, most: str) -> Decimal:
    low, high = Decimal(least), Decimal(most)
    return round(low + (high - low) * (digest(key) % 101) / 100, 3)


def _staging(fleet: Sequence[Use]) -> list[str]:
    """Staging machines of which the hours are known."""
    return [use.resource for use in _of(fleet, "shop-staging", "t3.xlarge")][:6]


def _write_hours(path: Path, machines: Sequence[str], days: Sequence[date]) -> None:
    """The highest load of each hour: office hours of working days are busy, others are not."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["ResourceId", "Namespace", "Metric", "Statistic", "PeriodStart",
                         "PeriodEnd", "Value", "SubAccountId", "ServiceProviderName"])  # fmt: skip
        for machine in machines:
            for day in days:
                begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
                for hour in range(24):
                    at = begin + timedelta(hours=hour)
                    works = day.weekday() < 5 and hour in _OFFICE
                    low, high = ("18", "74") if works else ("0.8", "3.4")
                    load = _between(f"{machine}/{at}", low, high)
                    writer.writerow(
                        [machine, "AWS/EC2", "CPUUtilization", "Maximum", at.isoformat(),
                         (at + timedelta(hours=1)).isoformat(), load,
                         ACCOUNT_IDS["shop-staging"], "AWS"]
                    )  # fmt: skip


def _attached(fleet: Sequence[Use]) -> list[tuple[str, str]]:
    """Volumes and the machine that each is attached to ('' for none)."""
    found = [(volume, "") for volume in FORGOTTEN]
    found.append((CATALOG, "i-0catalog"))
    machines = [use.resource for use in _of(fleet, "mobile-prod", "m6i.large")]
    volumes = [
        use.resource for use in fleet if use.account == "mobile-prod" and use.sku == "gp3"
    ]  # fmt: skip
    found += list(zip(volumes, machines, strict=False))
    return found


def _volume(volume: str, machine: str) -> dict[str, Any]:
    attachments = [{"InstanceId": machine, "State": "attached"}] if machine else []
    return {
        "VolumeId": volume, "State": "in-use" if machine else "available",
        "AvailabilityZone": "us-east-1a", "Attachments": attachments,
    }  # fmt: skip
