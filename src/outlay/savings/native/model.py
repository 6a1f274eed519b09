"""What a native tool's answer comes to: findings, right-sizings without an amount, and what could
not be taken as either, with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from outlay.savings.model import Finding

Shape = Literal["json", "table"]
"""How an answer is laid out: one JSON document (a page), or rows with a header (CSV, Parquet)."""

Row = Mapping[str, Any]


class NativeError(ValueError):
    """An answer cannot be read: what, where in it, and what is allowed."""


@dataclass(frozen=True)
class Told:
    """An item that is no finding, and why: nothing of an answer is left out without a word.
    `item` is the tool's own name of it, `resource` what it is about ('' for nothing named)."""

    item: str
    reason: str
    resource: str = ""


@dataclass(frozen=True)
class Sizing:
    """What a Kubernetes tool would request for one container, without an amount of money: that is
    reckoned from the cluster's own cost, where the bill has it.

    Processor in cores, memory in bytes, for one replica; `*_low` and `*_high` are the tool's bounds
    (None: none given). `cpu_now` and `memory_now` are the requests now (None: not known).
    """

    tool: str
    native_id: str
    cluster: str
    namespace: str
    workload_kind: str
    workload: str
    container: str
    cpu_now: Decimal | None
    cpu_after: Decimal | None
    memory_now: Decimal | None
    memory_after: Decimal | None
    cpu_low: Decimal | None = None
    cpu_high: Decimal | None = None
    memory_low: Decimal | None = None
    memory_high: Decimal | None = None
    term: str = ""
    profile: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What was read of one file or page."""

    format: str
    findings: tuple[Finding, ...] = ()
    sizings: tuple[Sizing, ...] = ()
    told: tuple[Told, ...] = ()

    @property
    def items(self) -> int:
        """How many items the tool gave."""
        return len(self.findings) + len(self.sizings) + len(self.told)


Item = Finding | Sizing | Told


@dataclass(frozen=True)
class Asked:
    """What a reader is told beside the content: `file` for messages, `options` of the source."""

    file: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Format:
    """One native tool's answer in one layout.

    `recognised` says whether a JSON document (or a header, as a sequence of names) is of this
    format; `read` gives its items. Both take what `shape` says: a decoded document with numbers as
    decimals, or rows as dicts of texts (CSV) and Python values (Parquet).
    """

    id: str
    title: str
    provider: str
    shape: Shape
    description: str
    recognised: Callable[[Any], bool]
    read: Callable[[Any, Asked], Iterable[Item]]
    options: Mapping[str, str] = field(default_factory=dict)


def gathered(format_id: str, items: Iterable[Item]) -> Answer:
    """Items by their kind, in order."""
    found: list[Item] = list(items)
    return Answer(
        format_id,
        tuple(one for one in found if isinstance(one, Finding)),
        tuple(one for one in found if isinstance(one, Sizing)),
        tuple(one for one in found if isinstance(one, Told)),
    )


def joined(answers: Sequence[Answer]) -> Answer:
    """Pages and files of one delivery as one answer; its format names each that was read."""
    return Answer(
        ", ".join(dict.fromkeys(one.format for one in answers)),
        tuple(finding for one in answers for finding in one.findings),
        tuple(sizing for one in answers for sizing in one.sizings),
        tuple(told for one in answers for told in one.told),
    )
