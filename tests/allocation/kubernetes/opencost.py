"""The bill of the cluster in the shared OpenCost data: what the tool priced, as AWS would bill it.

The nodes, the volume and the load balancer have the ids that usage knows; the amounts are those of
the allocations, so that the bill's total is the tool's own to the last digit.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.money import money_text, total
from tests.shared import shared_data
from tests.web.company import Line, line

CLUSTER = "acme-prod"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/web/0f31"


def allocations(month: str) -> list[dict[str, Any]]:
    """The allocations of a month, with exact decimals."""
    path = folder() / f"allocation-daily-{month}.json"
    document = json.loads(path.read_text(), parse_float=Decimal, parse_int=Decimal)
    return [one for step in document["data"] for one in step.values()]


def folder() -> Path:
    """Where the allocations lie."""
    return shared_data("k8s", "synthetic-opencost")


def bill(month: str) -> list[Line]:
    """The charges of a month: a line a node and day, its traffic, the volume, the balancer."""
    costs: dict[tuple[str, str, str], list[Decimal]] = {}
    for one in allocations(month):
        day = one["window"]["start"][:10]
        node = one["properties"]["providerID"]
        parts = {
            (BALANCER, "balancer"): one["loadBalancerCost"],
            (node, "traffic"): one.get("networkCost") or Decimal(0),
        }
        for volume in (one.get("pvs") or {}).values():
            parts[volume["providerID"], "volume"] = volume["cost"]
        # The node has the rest of what the tool's total says, which is rounded apart.
        parts[node, "node"] = one["totalCost"] - sum(parts.values())
        for (resource, what), cost in parts.items():
            costs.setdefault((day, resource, what), []).append(cost)
    found = []
    for (day, resource, what), amounts in sorted(costs.items()):
        if amount := total(amounts):
            number = int(day[8:]) + 1
            after = f"{day[:8]}{number:02d}" if number <= days(month) else following(month)
            found.append(
                line(money_text(amount), day, resource=resource, team="platform")
                | {"ChargePeriodEnd": f"{after}T00:00:00Z", "Tags": _TAGS.get(what, "{}"),
                   "SkuMeter": "DataTransfer-Out" if what == "traffic" else "Usage",
                   "ResourceType": "Load Balancer" if what == "balancer" else ""}
            )  # fmt: skip
    return found


_TAGS = {
    "balancer": json.dumps(
        {"kubernetes.io/cluster/acme-prod": "owned", "kubernetes.io/service-name": "shop/web"}
    )
}


def days(month: str) -> int:
    """Days of a month."""
    return {"2026-08": 31, "2026-09": 30, "2026-10": 31}[month]


def following(month: str) -> str:
    """The first day of the month after."""
    return f"{month[:5]}{int(month[5:]) + 1:02d}-01"
