"""Invented figures for the page of parts: they show how parts look, and are of no bill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

from outlay.money import total
from outlay.web import numbers


@dataclass(frozen=True)
class Row:
    """A row of the sample table."""

    name: str | None
    colour: str
    cost: Decimal
    share: int
    change: Decimal | None
    ratio: Decimal | None
    previous: Decimal


ROWS = (
    Row("Compute", "s1", Decimal("4210.55"), 100, Decimal("310.05"), Decimal("0.0795"), Decimal("3900.50")),  # noqa: E501
    Row("Storage", "s2", Decimal("1180.00"), 28, Decimal("-42.10"), Decimal("-0.0344"), Decimal("1222.10")),  # noqa: E501
    Row("Assistant", "s3", Decimal("640.25"), 15, Decimal("640.25"), None, Decimal(0)),
    Row("Support", "s4", Decimal("120.00"), 3, Decimal("0.10"), Decimal("0.0008"), Decimal("119.90")),  # noqa: E501
    Row(None, "s-none", Decimal("88.004"), 2, None, None, Decimal(0)),
)  # fmt: skip
"""A rise, a fall, a new row, a change too small to matter, and a row without a value."""

TOTAL = total(row.cost for row in ROWS)
SPARK = "0,18 10,16 20,17 30,12 40,13 50,9 60,10 70,6 80,8 92,3"
_DAYS = tuple(f"{day} Oct" for day in range(1, 11))
_COMPUTE = ("410", "402", "398", "455", "431", "420", "441", "433", "418", "402.55")
_STORAGE = ("118", "118", "118", "118", "118", "118", "118", "118", "118", "118")


def icons() -> tuple[str, ...]:
    """The names of all icons."""
    text = resources.files("outlay.web").joinpath("static/img/icons.svg").read_text("utf-8")
    return tuple(name for name in re.findall(r'<symbol id="([^"]+)"', text) if name != "mark")


def bars() -> dict[str, Any]:
    """A stacked chart with a comparison and incomplete days."""
    series = [("Compute", "s1", _COMPUTE), ("Storage", "s2", _STORAGE)]
    amounts = [[Decimal(value) for value in values] for _, _, values in series]
    return {
        "labels": _DAYS,
        "ticks": _DAYS,
        "incomplete_from": 9,
        "series": [_series(*one) for one in series],
        "totals": [numbers.amount(total(day), "USD") for day in zip(*amounts, strict=True)],
        "previous": _series("Previous period", "ink-2", _STORAGE),
    }


def lines() -> dict[str, Any]:
    """Lines, which are never stacked, one of them dashed (an expectation)."""
    return {
        "kind": "lines",
        "labels": _DAYS,
        "ticks": _DAYS,
        "incomplete_from": 10,
        "series": [
            _series("Actual", "s1", _COMPUTE),
            _series("Expected", "ink-2", _COMPUTE[1:] + _COMPUTE[:1]) | {"dashed": True},
        ],
    }


def _series(name: str, colour: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": name,
        "colour": colour,
        # Drawn, never shown: the texts are what is read.
        "values": [float(value) for value in values],
        "texts": [numbers.amount(Decimal(value), "USD") for value in values],
    }
