"""Ready-made dashboards: files of the product, fitted to a workspace when they are read.

A file is a resource file of the kind Dashboard with three things more. ``{owner}``, ``{product}``
and ``{environment}`` stand for the first of several dimensions that the workspace has, and for its
name within texts. A panel with ``each: unit-cost`` is there once for each unit cost, and one with
``needs: NAME`` only where there is that virtual tag. ``currency: workspace`` is the workspace's
currency where the bills have several, and none else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from outlay.app.dashboards.answers import Ask
from outlay.app.dashboards.model import DASHBOARD, DashboardSpec
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.dimensions import is_virtual_name
from outlay.expression.errors import QueryError
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

FILES = (
    "practitioner", "engineer", "finance", "procurement", "executive", "product-owner",
    "aws", "azure", "google-cloud", "oracle-cloud", "kubernetes", "snowflake", "databricks",
    "openai", "anthropic", "ai-models",
)  # fmt: skip
"""Their names, which are also the names of their files, in the order in which they are listed."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "owner": ("team", "owner", "squad", "department", "SubAccountName"),
    "product": ("product", "application", "app", "service", "ServiceName"),
    "environment": ("environment", "env", "stage", "RegionId"),
}
_WORDS = {"SubAccountName": "account", "ServiceName": "service", "RegionId": "region"}
_MOST_UNIT_COSTS = 4


@dataclass(frozen=True)
class _Fit:
    """What a file is fitted to."""

    tags: frozenset[str]
    units: tuple[tuple[str, str], ...]
    currency: str

    def chosen(self) -> dict[str, str]:
        """Placeholder → dimension."""
        return {
            key: next(n for n in names if n in self.tags or not is_virtual_name(n))
            for key, names in _CHOICES.items()
        }


def shipped(workspace: Workspace) -> dict[str, DashboardSpec]:
    """Every ready-made dashboard as it is for the workspace, by name."""
    fit = _Fit(
        frozenset(workspace.resources.names("VirtualTag")),
        tuple((unit.name, unit.title) for unit in workspace.units.all()[:_MOST_UNIT_COSTS]),
        _currency(workspace),
    )
    return {name: _fitted(name, fit) for name in FILES}


@served("GET /dashboards")
def offered(workspace: Workspace, ask: Ask | None = None) -> dict[str, DashboardSpec]:
    """Those ready-made dashboards that the reader's charges have something for. `ask` answers a
    question, by default the workspace."""
    found = shipped(workspace)
    if not workspace.holds_charges():
        return {}
    asking, now = ask or workspace.query, utc_now()
    return {name: spec for name, spec in found.items() if _has_charges(asking, spec, now)}


def _has_charges(ask: Ask, spec: DashboardSpec, now: datetime) -> bool:
    if not spec.where:
        return True
    try:
        return bool(ask(CostQuery(where=spec.where), now).totals)
    except QueryError:  # a column or tag that no bill of the workspace has
        return False


def _currency(workspace: Workspace) -> str:
    """The workspace's currency where its bills have several."""
    lines = (line for s in workspace.pin().slices for line in s.delivery.proof.lines)
    return workspace.currency if len({line.currency for line in lines}) > 1 else ""


@lru_cache(maxsize=len(FILES))
def _file(name: str) -> dict[str, Any]:
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


@lru_cache(maxsize=256)
def _fitted(name: str, fit: _Fit) -> DashboardSpec:
    spec = dict(_file(name)["spec"])
    if spec.get("currency") == "workspace":
        spec["currency"] = fit.currency
    spec["panels"] = list(_panels(spec["panels"], fit))
    names = fit.chosen()
    words = {key: _WORDS.get(value, value.replace("-", " ")) for key, value in names.items()}
    read = DASHBOARD.parse({key: _filled(value, names, words, key) for key, value in spec.items()})
    assert isinstance(read, DashboardSpec)
    return read


def _panels(panels: list[dict[str, Any]], fit: _Fit) -> Iterator[dict[str, Any]]:
    for panel in panels:
        whole = dict(panel)
        each, needs = whole.pop("each", ""), whole.pop("needs", "")
        if needs and needs not in fit.tags:
            continue
        if not each:
            yield whole
            continue
        for name, title in fit.units:
            yield whole | {"unit": name, "title": title}


def _filled(value: Any, names: Mapping[str, str], words: Mapping[str, str], key: str) -> Any:
    """A part of a file with its placeholders filled: dimensions in questions, words in texts."""
    if isinstance(value, Mapping):
        return {k: _filled(v, names, words, str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(item, names, words, key) for item in value]
    if not isinstance(value, str):
        return value
    fills = words if key in ("title", "description", "text", "note") else names
    for name, fill in fills.items():
        value = value.replace(f"{{{name}}}", fill)
    return value
