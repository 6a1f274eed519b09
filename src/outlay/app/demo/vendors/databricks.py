"""Kestrel's machine learning on Databricks: usage records a month, and the price list.

Nightly jobs, a training job, notebooks, a SQL warehouse and a ranking model that is served. SQL
got dearer four months ago, in the middle of a day. A month ago a backfill failed and was tried
again every hour for three days, until somebody saw it; Databricks took back a part of it later.
One nightly job runs on all-purpose compute, and a scratch cluster never terminates.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app.demo.fleet import digest, hex_id
from outlay.app.demo.shapes import grown, week
from outlay.app.demo.story import Story
from outlay.money import BillingPeriod

Record = dict[str, Any]

_ACCOUNT = "5f1c7c3e-kestrel"
_PRODUCTION, _RESEARCH = "3187204455120011", "3187204455120012"
_METADATA = dict.fromkeys(
    (
        "cluster_id",
        "warehouse_id",
        "job_id",
        "job_run_id",
        "job_name",
        "notebook_id",
        "notebook_path",
        "endpoint_id",
        "endpoint_name",
        "node_type",
    )
)
_SKUS = {
    "JOBS": ("PREMIUM_JOBS_COMPUTE", "0.15"),
    "ALL_PURPOSE": ("PREMIUM_ALL_PURPOSE_COMPUTE", "0.55"),
    "SQL": ("PREMIUM_SERVERLESS_SQL_COMPUTE_US_EAST_N_VIRGINIA", "0.70"),
    "MODEL_SERVING": ("PREMIUM_SERVERLESS_REAL_TIME_INFERENCE_US_EAST_N_VIRGINIA", "0.07"),
}
_DEARER_SQL = "0.74"
_MILLIONTH = Decimal("1E-6")


@dataclass(frozen=True)
class _Use:
    """A thing that uses DBUs: product, about how many an hour, in which hours, whose it is."""

    product: str
    workspace: str
    dbus: str
    hours: tuple[int, ...]
    pattern: str
    growth: str
    run_as: str
    metadata: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)


_USES = (
    _Use(
        "JOBS", _PRODUCTION, "46", (1, 2), "batch", "mid", "svc-etl",
        {"job_id": "7011", "job_name": "orders-nightly", "cluster_id": "0312-orders"},
        {"team": "data", "env": "prod", "app": "lakehouse", "cost-center": "CC-3100"},
    ),
    _Use(
        "JOBS", _RESEARCH, "61", (20, 21, 22), "office", "fast", "svc-ml",
        {"job_id": "7044", "job_name": "ranking-training", "cluster_id": "0518-train"},
        {"team": "ml", "env": "prod", "app": "ranking"},
    ),
    _Use(
        "ALL_PURPOSE", _RESEARCH, "9", (9, 10, 14, 15), "office", "slow",
        "mira.okafor@kestrel.example",
        {"cluster_id": "0907-shared", "notebook_id": "88120", "node_type": "i3.xlarge"},
        {"team": "ml", "env": "dev"},
    ),
    _Use(
        "ALL_PURPOSE", _PRODUCTION, "7", (4, 5), "batch", "none", "svc-etl",
        {"job_id": "7090", "job_name": "price-sync", "cluster_id": "0714-interactive"},
        {"team": "data", "env": "prod", "app": "lakehouse"},
    ),
    _Use(
        "ALL_PURPOSE", _RESEARCH, "1.1", tuple(range(24)), "steady", "none",
        "jonas.hale@kestrel.example",
        {"cluster_id": "0611-scratch", "notebook_id": "91544", "node_type": "i3.xlarge"},
        {"team": "ml", "env": "dev"},
    ),
    _Use(
        "SQL", _PRODUCTION, "12", (8, 9, 10, 13, 14, 15, 16), "office", "mid", "svc-looker",
        {"warehouse_id": "9c41d2f07ab1e6d3"},
        {"team": "storefront", "app": "dashboards"},
    ),
    _Use(
        "SQL", _PRODUCTION, "4", (11,), "office", "none", "jonas.hale@kestrel.example",
        {"warehouse_id": "51aa0c9e72f4b8d0"},
    ),
    _Use(
        "MODEL_SERVING", _PRODUCTION, "21", (0, 4, 8, 12, 16, 20), "shop", "fast", "svc-search",
        {"endpoint_id": "ep-rank-3", "endpoint_name": "search-ranking"},
        {"team": "search", "env": "prod"},
    ),
)  # fmt: skip
_BACKFILL = _Use(
    "JOBS", _RESEARCH, "58", tuple(range(24)), "steady", "none", "svc-ml",
    {"job_id": "7102", "job_name": "feature-backfill", "cluster_id": "0518-train"},
    {"team": "ml", "env": "prod", "app": "feature-store"},
)  # fmt: skip


def dearer(story: Story) -> datetime:
    """The moment from which SQL costs more."""
    day = story.at(-4).start + timedelta(days=11)
    return datetime(day.year, day.month, day.day, 12)


def loop(story: Story) -> tuple[date, date]:
    """The first and last day of the backfill that was tried again and again."""
    first = story.at(-1).start + timedelta(days=7)
    return first, first + timedelta(days=2)


def taken_back(story: Story) -> date:
    """The day on which Databricks wrote the correction of the loop."""
    return loop(story)[1] + timedelta(days=9)


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's records up to the story's last day, and the price list of all months."""
    folder.mkdir(parents=True, exist_ok=True)
    records: list[Record] = []
    day = month.start
    while day < month.end and day <= story.last_day:
        records += _day(day, story)
        day += timedelta(days=1)
    if month == story.at(-1) and taken_back(story) <= story.last_day:
        records += _corrections(records, taken_back(story))
    _lines(folder / f"system.billing.usage-{month}.jsonl", records)
    _lines(folder / "system.billing.list_prices.jsonl", list(_prices(story)))


def _day(day: date, story: Story) -> Iterator[Record]:
    start = story.months()[0]
    for use in _USES:
        level = week(use.pattern, day) * grown(use.growth, day, start)
        for hour in use.hours:
            luck = Decimal(75 + digest(f"dbx/{use.metadata}/{day}/{hour}") % 51) / 100
            yield _record(
                use, day, hour, (Decimal(use.dbus) * level * luck).quantize(Decimal("1E-6"))
            )
    first, last = loop(story)
    if first <= day <= last:
        for hour in _BACKFILL.hours:
            yield _record(_BACKFILL, day, hour, Decimal(_BACKFILL.dbus))


def _record(use: _Use, day: date, hour: int, dbus: Decimal) -> Record:
    start = datetime(day.year, day.month, day.day, hour)
    name = hex_id(f"dbx/{use.metadata}/{start}", 32)
    run = {"job_run_id": str(digest(name))} if use.product == "JOBS" else {}
    return {
        "record_id": "-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:])),
        "account_id": _ACCOUNT,
        "workspace_id": use.workspace,
        "sku_name": _SKUS[use.product][0],
        "cloud": "AWS",
        "usage_start_time": _time(start),
        "usage_end_time": _time(start + timedelta(hours=1)),
        "usage_date": day.isoformat(),
        "custom_tags": use.tags,
        "usage_unit": "DBU",
        "usage_quantity": f"{dbus:f}",
        "usage_metadata": _METADATA | use.metadata | run,
        "identity_metadata": {"run_as": use.run_as, "owned_by": None, "created_by": None},
        "record_type": "ORIGINAL",
        "ingestion_date": (day + timedelta(days=1)).isoformat(),
        "billing_origin_product": use.product,
        "product_features": {
            "jobs_tier": "CLASSIC" if use.product == "JOBS" else None,
            "sql_tier": "PRO" if use.product == "SQL" else None,
            "is_serverless": use.product in ("SQL", "MODEL_SERVING"),
            "is_photon": use.product == "SQL",
            "serving_type": "CPU_MODEL" if use.product == "MODEL_SERVING" else None,
        },
        "usage_type": "COMPUTE_TIME",
    }


def _corrections(records: Sequence[Record], day: date) -> Iterator[Record]:
    """Half of the last day of the loop is taken back: a negative record, and one in its place."""
    looped = [r for r in records if r["usage_metadata"]["job_name"] == "feature-backfill"]
    for record in looped[-12:]:
        whole = Decimal(record["usage_quantity"])
        for kind, dbus in (("RETRACTION", -whole), ("RESTATEMENT", whole / 2)):
            number = hex_id(f"{record['record_id']}/{kind}", 8)
            yield record | {
                "record_id": number + record["record_id"][8:],
                "usage_quantity": f"{dbus:f}",
                "record_type": kind,
                "ingestion_date": day.isoformat(),
            }


def _prices(story: Story) -> Iterator[Record]:
    long_ago, change = datetime(2023, 1, 1), dearer(story)
    for product, (sku, price) in _SKUS.items():
        if product == "SQL":
            yield _price(sku, price, long_ago, change)
            yield _price(sku, _DEARER_SQL, change, None)
        else:
            yield _price(sku, price, long_ago, None)


def _price(sku: str, price: str, start: datetime, end: datetime | None) -> Record:
    return {
        "price_start_time": _time(start),
        "price_end_time": _time(end) if end else None,
        "account_id": _ACCOUNT,
        "sku_name": sku,
        "cloud": "AWS",
        "currency_code": "USD",
        "usage_unit": "DBU",
        "pricing": {
            "default": price,
            "promotional": {"default": "0"},
            "effective_list": {"default": price},
        },
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _lines(path: Path, records: Sequence[Record]) -> None:
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
