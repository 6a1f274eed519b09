"""Fjellkit's booking database on Oracle Cloud: cost reports, three a month.

The database's automatic scaling was left on two months ago: for five days it took three times its
ECPUs. Oracle had metered two of those days twice over and corrected them in the month after.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from outlay.app.demo.fleet import digest, hex_id
from outlay.app.demo.story import Story
from outlay.money import BillingPeriod

_TENANCY = "ocid1.tenancy.oc1..aaaafjellkitrental"
_COMPARTMENT = "ocid1.compartment.oc1..aaaabooking"
_REGION = "eu-stockholm-1"
_LAST_DAYS = (10, 20, 31)


@dataclass(frozen=True)
class _Use:
    """One meter of one resource: about `amount` units a day (a month's, where it is stored)."""

    service: str
    sku: str
    description: str
    unit: str
    spoken: str
    price: str
    amount: str
    resource: str
    monthly: bool = False
    noise: int = 0
    tagged: bool = True


def _instance(number: int) -> Iterator[_Use]:
    resource = f"instance/booking-app-{number}"
    yield _Use(
        "COMPUTE", "B97384", "Standard - E5 - OCPU", "1 NONE HOURS OCPUS", "OCPU Hours",
        "0.03", "48", resource,
    )  # fmt: skip
    yield _Use(
        "COMPUTE", "B97385", "Standard - E5 - Memory", "1 GiB HOURS MEMORY", "GB Hours",
        "0.002", "768", resource,
    )  # fmt: skip
    yield _Use(
        "BLOCK_STORAGE", "B91961", "Block Volume - Storage", "1 GiB MONTHS STORAGE_SIZE",
        "GB Months", "0.0255", "400", f"volume/booking-app-{number}", monthly=True,
    )  # fmt: skip


_DATABASE = _Use(
    "DATABASE", "B95702", "Autonomous Transaction Processing - ECPU", "1 NONE HOURS ECPUS",
    "ECPU Hours", "0.336", "96", "autonomousdatabase/booking", noise=30,
)  # fmt: skip
_FLEET = (
    _DATABASE,
    *(use for number in (1, 2, 3) for use in _instance(number)),
    _Use(
        "DATABASE", "B95706", "Autonomous Database - Storage", "1 GiB MONTHS STORAGE_SIZE",
        "GB Months", "0.1156", "1200", "autonomousdatabase/booking", monthly=True,
    ),
    _Use(
        "OBJECTSTORE", "B91628", "Object Storage - Storage", "1 GiB MONTHS STORAGE_SIZE",
        "GB Months", "0.0255", "3400", "bucket/booking-documents", monthly=True, tagged=False,
    ),
    _Use(
        "NETWORK", "B88327", "Outbound Data Transfer Zone 1", "1 GiB HOURS DATA_TRANSFERRED",
        "GB Months", "0.0085", "310", "vnic/booking-edge", noise=120, tagged=False,
    ),
    _Use(
        "LOGGING", "B92593", "Logging - Storage", "1 GiB MONTHS STORAGE_SIZE",
        "GB Months", "0.05", "640", "loggroup/booking", monthly=True,
    ),
)  # fmt: skip


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's cost reports up to the story's last day, as they come from Oracle's bucket."""
    first = 1
    for part, last in enumerate(_LAST_DAYS):
        days = [month.start + timedelta(days=day - 1) for day in range(first, last + 1)]
        days = [day for day in days if day < month.end and day <= story.last_day]
        rows = [row for day in days for row in _day(day, month, story)]
        if part == 0 and days:
            rows += _corrections(month, story)
        if rows:
            name = f"{month.year * 12 + month.month:012}{part}.csv.gz"
            _write(folder / "reports" / "cost-csv" / name, rows, tagged_since=story.at(-6).start)
        first = last + 1


def _day(day: date, month: BillingPeriod, story: Story) -> Iterator[dict[str, str]]:
    days = (month.end - month.start).days
    for use in _FLEET:
        quantity = Decimal(use.amount)
        if use.monthly:
            quantity = (quantity * 1_000_000 // days).scaleb(-6)
        if use.noise:
            quantity += Decimal(digest(f"{use.resource}/{day}") % use.noise)
        if use is _DATABASE and _left_on(day, story):
            quantity *= 3
        yield _row(use, day, quantity)


def _left_on(day: date, story: Story) -> bool:
    start = story.at(-2).start + timedelta(days=11)
    return start <= day < start + timedelta(days=5)


def _corrections(month: BillingPeriod, story: Story) -> list[dict[str, str]]:
    """Two metered days taken back and told anew, in the month after."""
    if month != story.at(-1):
        return []
    rows = []
    before = story.at(-2)
    for row in (
        row
        for offset in (12, 13)
        for row in _day(before.start + timedelta(days=offset), before, story)
        if row["cost/productSku"] == _DATABASE.sku
    ):
        day = date.fromisoformat(row["lineItem/intervalUsageStart"][:10])
        quantity = Decimal(row["usage/billedQuantity"])
        for number, amount in enumerate((-quantity, (quantity * 2 // 3))):
            rows.append(
                _row(_DATABASE, day, amount)
                | {
                    "lineItem/referenceNo": hex_id(f"{day}/{number}", 32),
                    "lineItem/isCorrection": "true",
                    "lineItem/backreferenceNo": row["lineItem/referenceNo"],
                }
            )
    return rows


def _row(use: _Use, day: date, quantity: Decimal) -> dict[str, str]:
    kind, _, name = use.resource.partition("/")
    return {
        "lineItem/referenceNo": hex_id(f"{use.resource}/{use.sku}/{day}", 32),
        "lineItem/tenantId": _TENANCY,
        "lineItem/intervalUsageStart": f"{day}T00:00Z",
        "lineItem/intervalUsageEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        "product/service": use.service,
        "product/compartmentId": _COMPARTMENT if use.tagged else _TENANCY,
        "product/compartmentName": "booking" if use.tagged else "fjellkit",
        "product/region": _REGION,
        "product/availabilityDomain": "AD-1" if use.service == "COMPUTE" else "",
        "product/resourceId": f"ocid1.{kind}.oc1.{_REGION}.{hex_id(name, 24)}",
        "usage/billedQuantity": f"{quantity:f}",
        "usage/billedQuantityOverage": "",
        "cost/subscriptionId": "60417",
        "cost/productSku": use.sku,
        "product/Description": use.description,
        "cost/unitPrice": use.price,
        "cost/unitPriceOverage": "",
        "cost/myCost": f"{quantity * Decimal(use.price):f}",
        "cost/myCostOverage": "",
        "cost/currencyCode": "USD",
        "cost/billingUnitReadable": use.unit,
        "cost/skuUnitDescription": use.spoken,
        "cost/overageFlag": "N",
        "lineItem/isCorrection": "false",
        "lineItem/backreferenceNo": "",
        "tags/team": "rental" if use.tagged else "",
        "tags/Oracle-Tags.CreatedBy": "default/ops@fjellkit.example" if use.tagged else "",
        "tags/env": "prod" if use.tagged else "",
    }


def _write(path: Path, rows: list[dict[str, str]], *, tagged_since: date) -> None:
    """One report. `env` is a column only since somebody began to use that tag."""
    names = list(rows[0])
    if rows[0]["lineItem/intervalUsageStart"] < f"{tagged_since}":
        names.remove("tags/env")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
