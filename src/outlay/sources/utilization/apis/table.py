"""What is asked of each tool, from `asked.yaml`."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from outlay.sources.utilization.names import name_of


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """Tool → what is asked of it."""
    text = files("outlay.sources.utilization.apis").joinpath("asked.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def metric_of(namespace: str, name: str) -> str:
    """The product's metric for one of the table; '' where it has none."""
    found = name_of(namespace, name)
    return found.name if found else ""


def asked_metrics(api: str) -> frozenset[str]:
    """The product's metrics that an API is asked for."""
    if api == "prometheus":
        names = [*table()["prometheus"], *table()["kubernetes"]]
        return frozenset(one.partition(" ")[0] for one in names)
    return frozenset(
        metric_of(one.get("namespace") or one["type"], name)
        for one in table()[api] for name in one["metrics"]
    )  # fmt: skip
