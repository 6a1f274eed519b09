"""Where the money of a tag's splits flows, as a drawing: values, splits, values.

Widths are drawn from amounts as binary numbers; no number is read off the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.app.splits import SplitState
from outlay.money import total
from outlay.money.quotients import rounded
from outlay.query.flows import PoolPeriod

WIDTH = 960
_NODE = 10
_GAP = 16
_TALL = 220
_LEAST = 3
_MOST_TARGETS = 12
REST = "others"

_Node = tuple[str, str]
"""Kind (source, split, target) and name."""


@dataclass(frozen=True)
class Box:
    """A node: its place and size, its text, and its amount."""

    kind: str
    name: str
    x: float
    y: float
    height: float
    amount: Decimal
    href: str = ""

    @property
    def text_x(self) -> float:
        """Where its text starts (or ends, of the last column)."""
        return self.x - 6 if self.kind == "target" else self.x + _NODE + 6

    @property
    def anchor(self) -> str:
        """How its text hangs at that place."""
        return "end" if self.kind == "target" else "start"


@dataclass(frozen=True)
class Ribbon:
    """A flow between two boxes, as a path with a width."""

    path: str
    width: float
    title: str
    amount: Decimal


@dataclass(frozen=True)
class Diagram:
    """The drawing of one currency."""

    currency: str
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]
    height: float
    width: int = WIDTH


def diagram(states: Iterable[SplitState]) -> Diagram | None:
    """The drawing of a tag's splits in the currency of which they give most; None for nothing."""
    chosen = list(states)
    sums: dict[str, Decimal] = {}
    for state in chosen:
        for currency, amount in state.given.items():
            sums[currency] = total((sums.get(currency, Decimal(0)), amount.copy_abs()))
    if not any(sums.values()):
        return None
    currency = max(sorted(sums), key=lambda code: sums[code])
    flows = _flows([p for s in chosen for p in s.pools if p.currency == currency and p.shares])
    flows = {ends: amount for ends, amount in flows.items() if amount}
    return _drawn(currency, _grouped(flows)) if flows else None


def _flows(pools: Iterable[PoolPeriod]) -> dict[tuple[_Node, _Node], Decimal]:
    """What goes from node to node: each way of a pool, by its fraction."""
    flows: dict[tuple[_Node, _Node], Decimal] = {}

    def add(start: _Node, end: _Node, amount: Decimal) -> None:
        flows[start, end] = total((flows.get((start, end), Decimal(0)), amount))

    for pool in pools:
        for value, amount in pool.charges.items():
            add(("source", value), ("split", pool.split), amount)
        for hop in pool.ways:
            # Rounded once, half to even, for the drawing alone.
            amount = rounded(Fraction(pool.taken) * hop.share, 4)
            for part, following in zip(hop.parts, hop.parts[1:], strict=False):
                add(("split", part.split), ("split", following.split), amount)
            add(("split", hop.parts[-1].split), ("target", hop.through[-1]), amount)
    return flows


def _grouped(flows: dict[tuple[_Node, _Node], Decimal]) -> dict[tuple[_Node, _Node], Decimal]:
    """The smallest targets as one, where there are many."""
    sizes: dict[str, Decimal] = {}
    for (_, (kind, name)), amount in flows.items():
        if kind == "target":
            sizes[name] = total((sizes.get(name, Decimal(0)), amount.copy_abs()))
    order = sorted(sizes, key=lambda name: (sizes[name].copy_negate(), name))
    if len(order) <= _MOST_TARGETS:
        return flows
    small = set(order[_MOST_TARGETS - 1 :])
    found: dict[tuple[_Node, _Node], Decimal] = {}
    for (start, end), amount in flows.items():
        if end[0] == "target" and end[1] in small:
            end = ("target", f"{len(small)} {REST}")
        found[start, end] = total((found.get((start, end), Decimal(0)), amount))
    return found


def _columns(flows: dict[tuple[_Node, _Node], Decimal]) -> dict[_Node, int]:
    """The column of each node: sources, splits behind those that feed them, targets last."""
    depth: dict[_Node, int] = {}
    for ends in flows:
        for node in ends:
            depth.setdefault(node, 0 if node[0] == "source" else 1)
    for _ in depth:
        for start, end in flows:
            if end[0] == "split":
                depth[end] = max(depth[end], depth[start] + 1)
    last = max(depth.values()) + 1
    return {node: last if node[0] == "target" else at for node, at in depth.items()}


def _drawn(currency: str, flows: dict[tuple[_Node, _Node], Decimal]) -> Diagram:
    columns = _columns(flows)
    into: dict[_Node, float] = {}
    out: dict[_Node, float] = {}
    for (start, end), amount in flows.items():
        out[start] = out.get(start, 0.0) + abs(float(amount))
        into[end] = into.get(end, 0.0) + abs(float(amount))
    sizes = {node: max(into.get(node, 0.0), out.get(node, 0.0)) for node in columns}
    tallest = max(
        sum(sizes[n] for n in columns if columns[n] == at) for at in set(columns.values())
    )
    scale = _TALL / tallest if tallest else 0.0
    last = max(columns.values())
    boxes: dict[_Node, Box] = {}
    height = 0.0
    for at in range(last + 1):
        y = 10.0
        inside = [node for node in columns if columns[node] == at]
        for node in sorted(inside, key=lambda node: (-sizes[node], node[1])):
            tall = max(sizes[node] * scale, _LEAST)
            x = at * (WIDTH - _NODE) / last
            amount = total(
                a for (start, end), a in flows.items()
                if (start if node[0] != "target" else end) == node
            )  # fmt: skip
            href = f"/splits/{node[1]}" if node[0] == "split" else ""
            boxes[node] = Box(
                node[0], node[1], round(x, 1), round(y, 1), round(tall, 1), amount, href
            )
            y += max(tall, 14) + _GAP
        height = max(height, y)
    return Diagram(currency, tuple(boxes.values()), _ribbons(flows, boxes, scale), round(height, 1))


def _ribbons(
    flows: dict[tuple[_Node, _Node], Decimal], boxes: dict[_Node, Box], scale: float
) -> tuple[Ribbon, ...]:
    left = {node: box.y for node, box in boxes.items()}
    right = dict(left)
    ribbons = []
    for (start, end), amount in sorted(flows.items(), key=lambda item: boxes[item[0][1]].y):
        wide = max(abs(float(amount)) * scale, 1.0)
        y1, y2 = right[start] + wide / 2, left[end] + wide / 2
        right[start] += wide
        left[end] += wide
        x1, x2 = boxes[start].x + _NODE, boxes[end].x
        middle = (x1 + x2) / 2
        path = f"M{x1:.1f},{y1:.1f}C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
        ribbons.append(Ribbon(path, round(wide, 1), f"{start[1]} → {end[1]}", amount))
    return tuple(ribbons)
