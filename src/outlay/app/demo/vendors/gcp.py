"""Kestrel's analytics on Google Cloud: a detailed billing export, one file an invoice month.

BigQuery, a GKE cluster whose cost is allocated to namespaces, nightly batch machines, a bucket and
Gemini on Vertex AI, with committed use of both models, sustained use, free tier, a promotion, tax
and rounding. Two months ago the cluster was made smaller than its commitment; a month ago somebody
asked a year of click events without a date for three days. Some of it is waste (`gcp_waste`). Each
invoice begins with a line of usage of the month before that came late.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from outlay.app.demo.fleet import digest, tags_as_people_write_them
from outlay.app.demo.shapes import grown, week
from outlay.app.demo.story import Story
from outlay.app.demo.vendors.gcp_skus import SKUS, Sku
from outlay.app.demo.vendors.gcp_waste import waste
from outlay.money import BillingPeriod

ACCOUNT = "01KEST-2F31A0-88C4D2"
_REGION = "europe-west4"
_CENT = Decimal("0.01")
_DEFAULT = {"id": "7754-699E-0EBF", "description": "Default"}
_RUN_CUD = {"id": "D97B-0795-975B", "description": "Cloud Run CUD - 1 Year"}
_RUN_COMMITTED = Decimal("1.40")  # dollars a day
_COMMITTED = {"CPU": Decimal(768), "RAM": Decimal(3072)}  # units a day: 32 cores, 128 GiB
_NAMESPACES = {
    "shop-analytics": "0.42",
    "feature-store": "0.31",
    "kube:system-overhead": "0.07",
    "kube:unallocated": "0.2",
}
_NUMBERS = {"kestrel-data": "310045500001", "kestrel-ml": "310045500002"}


@dataclass(frozen=True)
class _Use:
    """What a line is of: SKU, units, project, resource, labels, credits and own fields."""

    sku: str
    amount: Decimal
    project: str | None
    resource: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    credits: tuple[tuple[str, str, Decimal], ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def cost(self) -> Decimal:
        """Units times price, exactly."""
        return self.amount * Decimal(SKUS[self.sku].price)


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The invoice month's rows up to the story's last day, as `bq extract` writes them."""
    rows = list(_late(month, story))
    day = month.start
    while day < month.end and day <= story.last_day:
        rows += [_row(use, day, day + timedelta(days=1), month) for use in _day(day, story)]
        day += timedelta(days=1)
    if story.closed(month):
        rows += _closing(rows, month)
    name = (
        f"gcp_billing_export_resource_v1_{ACCOUNT.replace('-', '_')}-{month.year}{month.month:02}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _day(day: date, story: Story) -> Iterator[_Use]:
    """Everything that ran on a day."""
    yield from _cluster(day, story)
    yield from _warehouse(day, story)
    yield from _models(day, story)
    for number in (1, 2):
        resource = f"instances/nightly-etl-{number}"
        cores = _about(Decimal(64), f"batch/{number}/{day}", 6) * week("batch", day)
        use = _Use("batch", _whole(cores), "kestrel-data", resource)
        off = -_round(use.cost / 5)
        yield _with(use, "data", "prod", "etl", ("SUSTAINED_USAGE_DISCOUNT", "", off))
    yield _with(
        _Use("spot", _about(Decimal(180), f"spot/{day}", 60), "kestrel-ml", "instances/train-1"),
        "ml", "prod", "ranking",
    )  # fmt: skip
    for one in waste(day, story):
        more = {"machine": one.machine} if one.machine else {}
        use = _Use(one.sku, _round(one.amount), one.project, one.resource, more=more)
        yield _with(use, one.team, one.env, one.app)


def _cluster(day: date, story: Story) -> Iterator[_Use]:
    """The nodes' cores and memory by namespace; a commitment covers the first 32 cores and is
    paid by the day, whoever uses it."""
    cores = 40 if day < story.at(-2).start + timedelta(days=9) else 26
    for sku, kind, units in (("cpu", "CPU", cores * 24), ("ram", "RAM", cores * 4 * 24)):
        covered = min(Decimal(1), _COMMITTED[kind] / units)
        for namespace, share in _NAMESPACES.items():
            amount = units * Decimal(share)
            use = _Use(sku, amount, "kestrel-data", "clusters/analytics", _gke(namespace))
            off = -use.cost * covered
            credit = ("COMMITTED_USAGE_DISCOUNT", f"Committed Usage Discount: {kind}", off)
            yield _Use(sku, amount, use.project, use.resource, use.labels, (credit,))
        yield _Use(f"fee-{sku}", _COMMITTED[kind], None)


def _gke(namespace: str) -> dict[str, str]:
    labels = {
        "goog-k8s-cluster-name": "analytics",
        "goog-k8s-cluster-location": _REGION,
        "k8s-namespace": namespace,
    }
    if not namespace.startswith("kube:"):
        team = "data" if namespace == "shop-analytics" else "ml"
        labels |= {"k8s-workload-name": namespace, "k8s-workload-type": "apps/v1-Deployment"}
        labels |= {"k8s-label/team": team, "team": team}
    return labels


def _warehouse(day: date, story: Story) -> Iterator[_Use]:
    """Queries, tables and files. The first tebibyte of a month is free."""
    rise = grown("mid", day, story.months()[0])
    for team, app, daily in (("data", "reporting", "6.2"), ("search", "ranking-eval", "2.4")):
        scanned = _about(Decimal(daily), f"{app}/{day}", 2) * week("office", day) * rise
        if app == "reporting" and _without_a_date(day, story):
            scanned += Decimal(118)
        use = _Use("query", _round(scanned), "kestrel-data", f"datasets/{app}")
        free: tuple[tuple[str, str, Decimal], ...] = ()
        if app == "reporting" and day.day == 1:
            free = (("FREE_TIER", "Free tier: BigQuery analysis", Decimal("-7.5")),)
        yield _with(use, team, "prod", app, *free)
    stored = rise / 31
    tables = _Use("table", _round(41_000 * stored), "kestrel-data", "datasets/warehouse")
    yield _with(tables, "data", "prod", "warehouse")
    bucket = _Use("bucket", _round(18_500 * stored), "kestrel-data", "buckets/kestrel-lake")
    yield _with(bucket, "data", "prod", "lake")
    disk = _Use("disk", _round(Decimal(2_600) / 31), "kestrel-data", "disks/analytics-nodes")
    yield _with(disk, "platform", "prod", "analytics")
    yield from _events(day)


def _events(day: date) -> Iterator[_Use]:
    """Cloud Run at the commitment's price, in a consumption model of its own, and the commitment's
    fee, of which the part that was used is taken off."""
    seconds = _round(_about(Decimal(61_000), f"run/{day}", 9_000))
    factor = Decimal("0.83")
    more = {"consumption_model": _RUN_CUD, "factor": factor}
    use = _Use("run", seconds, "kestrel-data", "services/events", more=more)
    yield _with(use, "data", "prod", "events")
    used = min(_RUN_COMMITTED, use.cost * factor)
    offset = ("FEE_UTILIZATION_OFFSET", "Fee utilization offset", -used)
    yield _Use("fee-run", _RUN_COMMITTED, None, credits=(offset,))


def _without_a_date(day: date, story: Story) -> bool:
    """The three days of queries over all click events."""
    start = story.at(-1).start + timedelta(days=6)
    return start <= day < start + timedelta(days=3)


def _models(day: date, story: Story) -> Iterator[_Use]:
    """Tokens of the review summaries, in millions; a programme's credit pays a part at first."""
    rise = grown("rocket", day, story.months()[0])
    for sku, daily in (("input", 34), ("output", 5)):
        tokens = _about(Decimal(daily), f"{sku}/{day}", daily // 4) * rise
        use = _Use(sku, _round(tokens), "kestrel-ml", "")
        credits: tuple[tuple[str, str, Decimal], ...] = ()
        if BillingPeriod.of(day).start < story.credits_expire.start:
            off = -_round(use.cost / 4)
            credits = (("PROMOTION", "Google for Startups AI programme", off),)
        yield _with(use, "ml", "prod", "review-summaries", *credits)


def _late(month: BillingPeriod, story: Story) -> Iterator[dict[str, Any]]:
    """The evening of the last month's last day by Pacific time: on this invoice, exported late."""
    day = month.start - timedelta(days=1)
    if day < story.months()[0].start:
        return
    use = _with(
        _Use("query", Decimal("1.25"), "kestrel-data", "datasets/reporting"),
        "data", "prod", "reporting",
    )  # fmt: skip
    row = _row(use, day, month.start, month)
    row["usage_start_time"] = f"{day} 22:00:00 UTC"
    row["export_time"] = f"{month.start + timedelta(days=3)} 09:12:44 UTC"
    yield row


def _closing(rows: list[dict[str, Any]], month: BillingPeriod) -> Iterator[dict[str, Any]]:
    """What comes with the invoice: tax, and the rounding to whole cents."""
    net = sum(
        (
            Decimal(row["cost"]) + sum((Decimal(c["amount"]) for c in row["credits"]), Decimal(0))
            for row in rows
        ),
        Decimal(0),
    )
    tax = (net * Decimal("0.19")).quantize(_CENT, ROUND_HALF_EVEN)
    rounding = net.quantize(_CENT, ROUND_HALF_EVEN) - net
    last = month.end - timedelta(days=1)
    for kind, name, cost in (("tax", "Tax", tax), ("rounding_error", "Rounding error", rounding)):
        row = _row(_Use("fee-run", Decimal(0), None), last, month.end, month)
        row |= {
            "cost_type": kind,
            "cost": f"{cost:f}",
            "cost_at_list": "0",
            "cost_at_effective_price_default": f"{cost:f}",
            "service": {"id": "CCCC-INVO-0001", "description": "Invoice"},
            "sku": {"id": f"{kind.upper()}-0001", "description": name},
            "location": {"location": "", "country": "", "region": "", "zone": None},
            "usage": {
                "amount": "0",
                "unit": "",
                "amount_in_pricing_units": "0",
                "pricing_unit": "",
            },
            "price": None,
        }
        yield row


def _row(use: _Use, start: date, end: date, month: BillingPeriod) -> dict[str, Any]:
    """A row of the detailed export."""
    sku = SKUS[use.sku]
    model = use.more.get("consumption_model", _DEFAULT)
    price = Decimal(sku.price) * use.more.get("factor", Decimal(1))
    unit, size = sku.metered
    cost, default = use.amount * price, use.cost
    return {
        "billing_account_id": ACCOUNT,
        "invoice": {"month": f"{month.year}{month.month:02}", "publisher_type": "GOOGLE"},
        "cost_type": "regular",
        "service": {"id": sku.service[0], "description": sku.service[1]},
        "sku": {"id": sku.id, "description": sku.description},
        "usage_start_time": f"{start} 00:00:00 UTC",
        "usage_end_time": f"{end} 00:00:00 UTC",
        "project": _project(use.project),
        "labels": [{"key": key, "value": value} for key, value in use.labels.items()],
        "system_labels": _machine_labels(use.more.get("machine", "")),
        "location": {
            "location": _REGION,
            "country": "NL",
            "region": _REGION,
            "zone": _zone(use),
        },
        "tags": [],
        "transaction_type": "GOOGLE",
        "seller_name": "Google",
        "export_time": f"{end} 05:20:00 UTC",
        "cost": f"{cost:f}",
        "cost_at_list": f"{default:f}",
        "cost_at_effective_price_default": f"{default:f}",
        "currency": "USD",
        "currency_conversion_rate": "1",
        "usage": {
            "amount": f"{use.amount * size:f}",
            "unit": unit,
            "amount_in_pricing_units": f"{use.amount:f}",
            "pricing_unit": sku.unit,
        },
        "credits": [
            {"name": name or kind, "full_name": name or kind, "id": "", "type": kind,
             "amount": f"{amount:f}"}
            for kind, name, amount in use.credits
            if amount
        ],
        "adjustment_info": {"id": None, "description": None, "mode": None, "type": None},
        "resource": _resource(use, sku),
        "price": {
            "effective_price": f"{price:f}",
            "list_price": sku.price,
            "effective_price_default": sku.price,
            "tier_start_amount": "0",
            "unit": sku.unit,
            "pricing_unit_quantity": "1",
        },
        "subscription": {"instance_id": None},
        "consumption_model": model,
    }  # fmt: skip


def _project(name: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    center = "cc-3100" if name.endswith("data") else "cc-3200"
    return {
        "id": name,
        "number": _NUMBERS[name],
        "name": name,
        "labels": [{"key": "cost-center", "value": center}],
        "ancestry_numbers": "/551029384/9311/",
        "ancestors": [
            {"resource_name": f"projects/{_NUMBERS[name]}", "display_name": name},
            {"resource_name": "folders/9311", "display_name": "Analytics"},
            {"resource_name": "organizations/551029384", "display_name": "kestrel-outdoor.example"},
        ],
    }


def _zone(use: _Use) -> str | None:
    zonal = use.resource.startswith(("instances", "disks", "zones"))
    return f"{_REGION}-a" if zonal else None


def _machine_labels(machine: str) -> list[dict[str, str]]:
    """What Google says itself of a machine: its type and processors."""
    if not machine:
        return []
    return [
        {"key": "compute.googleapis.com/machine_spec", "value": machine},
        {"key": "compute.googleapis.com/cores", "value": machine.rpartition("-")[2]},
    ]


def _resource(use: _Use, sku: Sku) -> dict[str, Any]:
    if not use.resource:
        return {"name": None, "global_name": None}
    api = {
        "Compute Engine": "compute",
        "Networking": "compute",
        "Cloud Storage": "storage",
        "BigQuery": "bigquery",
    }
    name = api.get(sku.service[1], "run")
    if use.resource.startswith("clusters"):
        name = "container"
    full = f"//{name}.googleapis.com/projects/{use.project}/{use.resource}"
    return {"name": use.resource.rpartition("/")[2], "global_name": full}


def _with(use: _Use, team: str, env: str, app: str, *credits: tuple[str, str, Decimal]) -> _Use:
    """The use with the labels that its people gave it; Google's labels are in lower case."""
    tags = tags_as_people_write_them(f"gcp/{use.resource or app}", team, env, app)
    labels = {key.lower(): value.lower() for key, value in tags.items()}
    return _Use(use.sku, use.amount, use.project, use.resource, labels, credits, use.more)


def _about(amount: Decimal, key: str, spread: int) -> Decimal:
    """An amount that differs from day to day by up to `spread`, always alike."""
    return amount + Decimal(digest(f"gcp/{key}") % (spread * 200 + 1) - spread * 100) / 100


def _round(amount: Decimal) -> Decimal:
    """Six decimals, as Google's meters have."""
    return amount.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_HALF_EVEN)
