"""Kubernetes: what the bill charged for a cluster, whom it was given to, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.access import who
from outlay.app import kubernetes
from outlay.expression import text_literal
from outlay.money.quotients import quotient
from outlay.query import QueryError
from outlay.query.kubernetes import ClusterLine, ClusterProof, ClusterQuery, Holder
from outlay.query.kubernetes.model import MEASURES
from outlay.resources import ResourceError
from outlay.web import words
from outlay.web.allocated.controls import Choice, address, misunderstood, moved, range_picker
from outlay.web.explore.address import EXPLORE
from outlay.web.render import Site

PATH = "/kubernetes"
_MOST = 60
_DEFAULTS = {"measure": "EffectiveCost", "range": "all"}
STATES = {
    "Workload": ("Workloads", "s1"),
    "Overhead": ("Overhead", "s2"),
    "Shared idle": ("Shared idle", "s3"),
    "Idle": ("Idle", "s-other"),
    "Control plane": ("Control plane", "s4"),
    "Unattributed": ("Unattributed", "s-none"),
}
"""State → its title and colour."""

METHODS = {
    "kubernetes-node": "nodes by max(request, usage)",
    "kubernetes-node-idle": "idle by what pods hold",
    "aws-split-cost": "nodes by AWS's split lines",
    "aws-split-cost-idle": "idle by AWS's split lines",
    "kubernetes-network": "traffic by bytes",
    "kubernetes-volume": "volumes by their claims",
    "kubernetes-load-balancer": "load balancers by their services",
    "kubernetes-control-plane": "control plane",
}
"""AllocatedMethodId → what it means."""

NOBODY = "Control plane and nobody's"
NAMES = {"__idle__": "Idle", "__unallocated__": "Unallocated", "__unmounted__": "Unmounted"}
_IDLE = {"node": "stays on its node", "cluster": "stays on the cluster",
         "share": "is shared by what pods hold"}  # fmt: skip
_PLANE = {"cluster": "stays on the cluster", "share": "is shared by what pods hold"}


@dataclass(frozen=True)
class Row:
    """A namespace with its share and the way to its charges."""

    one: Holder
    name: str
    share: Decimal | None
    bar: str
    href: str


def router(site: Site) -> APIRouter:
    """The routes of Kubernetes."""
    routes = APIRouter()

    @routes.get(PATH, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """The clusters, and the proof of one of them."""
        try:
            return moved(request, _DEFAULTS) or _page(site, request)
        except QueryError as error:
            title = "This cannot be asked of a cluster"
            return misunderstood(site, request, "kubernetes", title, error)

    @routes.post(PATH)
    async def settings(request: Request) -> Response:
        """Keep what is said of a cluster; then its page."""
        body = (await request.body()).decode()
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=200)
        name = fields.get("cluster", [""])[0]
        there = address(PATH, {"cluster": name})
        try:
            kubernetes.configure(site.workspace, name, _spec(fields), author=who())
        except ResourceError as error:
            return _page(site, request, cluster=name, refused=str(error))
        return RedirectResponse(f"{there}&saved=1#settings", 303)

    return routes


def _page(
    site: Site, request: Request, *, cluster: str | None = None, refused: str = ""
) -> Response:
    workspace = site.workspace
    params = {} if cluster is not None else dict(request.query_params)
    saved = params.pop("saved", "")
    asked = cluster or params.pop("cluster", "")
    query = ClusterQuery.of(params)
    there = kubernetes.lines(workspace, query)
    if not there and not asked:
        return site.page(
            request, "kubernetes/kubernetes.html", active="kubernetes", title="Kubernetes",
            found=None, clusters=(), line=None,
        )  # fmt: skip
    name = asked or there[0].name
    found = kubernetes.prove(workspace, name, query)
    kept = {"cluster": name, **query.to_params()}
    line = next((one for one in there if one.name == name), None)
    rows = [_row(one, found) for one in found.holders]
    api = f"/api/v1/kubernetes/{name}"
    return site.page(
        request,
        "kubernetes/kubernetes.html",
        400 if refused else 200,
        active="kubernetes",
        title=f"Kubernetes: {name}",
        found=found,
        line=line,
        clusters=[(address(PATH, {**kept, "cluster": one.name}), one, _of(one))
                  for one in there],
        params=kept,
        measures=[Choice(m, words.measure(m), m == query.measure) for m in MEASURES],
        picker=range_picker(PATH, kept, query.range, workspace.today()),
        everything=address(PATH, {"cluster": name}),
        rows=rows[:_MOST],
        row_count=len(rows),
        resources=found.resources[:_MOST],
        resource_count=len(found.resources),
        gpu=any(one.gpu for one in found.holders),
        shared=any(one.shared_idle for one in found.holders),
        efficiency=any(one.cpu_used is not None for one in found.holders),
        states=STATES,
        methods=METHODS,
        widths={code: _widths(found, code) for code in found.currencies},
        parts={code: _parts(found, code) for code in found.currencies},
        explore=lambda where, by="x_Namespace": _explore(found, where, by),
        literal=text_literal,
        words=words,
        json=address(api, query.to_params()),
        csv=address(f"{api}.csv", query.to_params()),
        saved=saved,
        refused=refused,
        idle=_IDLE,
        plane=_PLANE,
        settings=found.settings,
    )  # fmt: skip


def _row(one: Holder, found: ClusterProof) -> Row:
    share = quotient(one.amount, found.allocated(one.currency))
    where = (
        "x_Namespace IS NULL"
        if one.namespace is None
        else f"x_Namespace = {text_literal(one.namespace)}"
    )
    by = "x_Node" if one.namespace == "__idle__" else "x_Controller"
    width = max(Decimal(0), min(Decimal(100), (share or Decimal(0)) * 100))
    name = NOBODY if one.namespace is None else NAMES.get(one.namespace, one.namespace)
    return Row(one, name, share, f"{width:.2f}", _explore(found, where, by))


def _explore(found: ClusterProof, where: str, by: str) -> str:
    """The charges of a part of the cluster, in Explore."""
    mine = f"x_Cluster = {text_literal(found.name)}"
    question = found.query.charges(f"{mine} AND {where}" if where else mine, (by,))
    return address(EXPLORE, question.but(splits="applied").to_params())


def _of(one: ClusterLine) -> str:
    """The currency in which a cluster of the list is shown first; "" without charges."""
    return next(iter(one.charged), "")


def _widths(found: ClusterProof, currency: str) -> Mapping[str, str]:
    """The states as widths of a bar, in per cent of the sum of their sizes."""
    sizes = {state: abs(found.state(state, currency)) for state in STATES}
    whole = sum(sizes.values(), Decimal(0))
    return {
        state: f"{(quotient(size, whole) or Decimal(0)) * 100:.3f}" for state, size in sizes.items()
    }


def _parts(found: ClusterProof, currency: str) -> list[tuple[str, Decimal]]:
    """CPU, Memory, GPU and so on, with the money of each."""
    names = dict.fromkeys(p.part for p in found.parts if p.currency == currency)
    return [(name, found.part(name, currency)) for name in names]


def _spec(fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the form says; what it has no field for stays as it is kept."""

    def text(name: str) -> str:
        return fields.get(name, [""])[0].strip()

    return {
        "enabled": text("enabled") == "yes",
        "idle": text("idle"),
        "control_plane": text("control_plane"),
        "overhead": [part.strip() for part in text("overhead").split(",") if part.strip()],
        "ratio": {name: text(f"ratio_{name}") for name in ("cpu", "memory", "gpu")},
    }
