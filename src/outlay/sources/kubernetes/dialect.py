"""What the tools that measure Kubernetes have in common, seen from the source."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from outlay.sources.contract import Fold, Raw, Reject, Rows


@dataclass(frozen=True)
class Read:
    """What a dialect's rows mean.

    `source` is a relation of every raw row with what folds and usage rows look at. `period` is
    the SQL of the TIMESTAMP at which a row's usage begins. `reference` marks rows that every
    month needs.
    """

    usage: tuple[Rows, ...]
    source: str
    period: str
    folds: tuple[Fold, ...] = ()
    rejects: tuple[Reject, ...] = ()
    reference: str | None = None
    notes: tuple[str, ...] = ()
    formulas: Mapping[str, str] = field(default_factory=dict)


class Dialect(ABC):
    """One tool's way of telling usage. `cluster` names it where the rows do not; `currency` is
    that of the tool's prices."""

    tables: ClassVar[tuple[str, ...]]

    def __init__(self, *, cluster: str | None, currency: str) -> None:
        self.cluster = cluster
        self.currency = currency

    @abstractmethod
    def read(self, raw: Raw) -> Read:
        """What the rows of this dialect in `raw` mean."""
