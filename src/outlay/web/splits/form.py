"""The form of a split: fields as they are posted, and the spec that they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from outlay.allocation.model import Condition, SplitSpec

BLANK_SHARES = 3
"""Empty rows that a form offers for more fixed shares."""


@dataclass(frozen=True)
class Share:
    """A row of fixed shares as it is written."""

    target: str = ""
    percent: str = ""


@dataclass(frozen=True)
class SplitForm:
    """What stands in the form. Texts are as written; `targets_kind` is all, list or condition."""

    tag: str = ""
    title: str = ""
    description: str = ""
    owner: str = ""
    take_kind: str = "value"
    take: str = ""
    method: str = "proportional"
    targets_kind: str = "all"
    targets: str = ""
    targets_where: str = ""
    leave_out: str = ""
    period: str = "month"
    measure: str = "EffectiveCost"
    where: str = ""
    shares: tuple[Share, ...] = ()
    metric: str = ""
    label: str = ""
    metric_window: str = "1"
    usage: str = ""
    usage_by: str = ""
    usage_where: str = ""
    usage_window: str = "1"
    note: str = field(default="", compare=False)

    @property
    def share_rows(self) -> tuple[Share, ...]:
        """The shares and some empty rows."""
        return (*self.shares, *(Share() for _ in range(BLANK_SHARES)))

    def spec(self) -> dict[str, Any]:
        """The spec as data; what the method has no use for is left out. Not checked."""
        found: dict[str, Any] = {
            "tag": self.tag,
            "title": self.title,
            "description": self.description,
            "owner": self.owner,
            "take": {"where": self.take} if self.take_kind == "condition" else self.take,
            "method": self.method,
            "period": self.period,
        }
        if self.method == "fixed":
            found["shares"] = {one.target: one.percent or "0" for one in self.shares}
        else:
            found["targets"] = self._targets()
            found["except"] = names(self.leave_out)
        if self.method == "proportional":
            found |= {"measure": self.measure, "where": self.where}
        if self.method == "metric":
            found["metric"] = {
                "metric": self.metric, "label": self.label, "window": self.metric_window or "1"
            }  # fmt: skip
        if self.method == "usage":
            found["usage"] = {
                "metric": self.usage,
                "by": self.usage_by,
                "where": self.usage_where,
                "window": self.usage_window or "1",
            }
        return {key: value for key, value in found.items() if value not in ("", [])}

    def _targets(self) -> Any:
        if self.targets_kind == "condition":
            return {"where": self.targets_where}
        return names(self.targets) if self.targets_kind == "list" else "all"


_TEXTS = (
    "tag", "title", "description", "owner", "take_kind", "take", "method", "targets_kind",
    "targets", "targets_where", "leave_out", "period", "measure", "where", "metric", "label",
    "metric_window", "usage", "usage_by", "usage_where", "usage_window", "note",
)  # fmt: skip


def read(fields: Mapping[str, list[str]]) -> SplitForm:
    """The form as it was posted: fields by name, each with its values in order."""
    texts = {name: fields[name][0].strip() for name in _TEXTS if fields.get(name)}
    targets, percents = fields.get("share_target", []), fields.get("share_percent", [])
    shares = [
        Share(target.strip(), percent.strip().rstrip("%").strip())
        for target, percent in zip(targets, percents, strict=False)
        if target.strip()
    ]
    return SplitForm(shares=tuple(shares), **texts)


def form_of(spec: SplitSpec) -> SplitForm:
    """The form of a spec."""
    targets = spec.targets
    metric, usage = spec.metric, spec.usage
    return SplitForm(
        tag=spec.tag,
        title=spec.title,
        description=spec.description,
        owner=spec.owner,
        take_kind="value" if isinstance(spec.take, str) else "condition",
        take=spec.take if isinstance(spec.take, str) else spec.take.where,
        method=spec.method,
        targets_kind=_kind(targets),
        targets=", ".join(targets) if isinstance(targets, tuple) else "",
        targets_where=targets.where if isinstance(targets, Condition) else "",
        leave_out=", ".join(spec.except_),
        period=spec.period,
        measure=spec.measure,
        where=spec.where,
        shares=tuple(Share(name, f"{share:f}") for name, share in spec.shares.items()),
        metric=metric.metric if metric else "",
        label=metric.label if metric else "",
        metric_window=str(metric.window) if metric else "1",
        usage=usage.metric if usage else "",
        usage_by=usage.by if usage else "",
        usage_where=usage.where if usage else "",
        usage_window=str(usage.window) if usage else "1",
    )


def _kind(targets: object) -> str:
    if isinstance(targets, tuple):
        return "list"
    return "condition" if isinstance(targets, Condition) else "all"


def names(text: str) -> list[str]:
    """Names separated by commas or lines."""
    return [name for part in re.split(r"[,\n]", text) if (name := part.strip())]
