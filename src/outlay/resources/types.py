"""What the store gives and takes: resources, their changes, and parts of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

Action = Literal["create", "update", "delete", "restore"]


@dataclass(frozen=True)
class Resource:
    """A configured thing. `spec` is the kind's own pydantic model; `updated_at` is UTC, naive."""

    kind: str
    name: str
    spec: BaseModel
    version: int
    author: str
    updated_at: datetime
    note: str

    def document(self) -> dict[str, Any]:
        """The resource as in a file: kind, name, spec without values that are the default."""
        spec = self.spec.model_dump(mode="json", exclude_defaults=True)
        return {"kind": self.kind, "name": self.name, "spec": spec}


@dataclass(frozen=True)
class FieldChange:
    """One field that differs: `before` or `after` is None when the field was or is not there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One version of a resource: who did what when, and the fields that changed."""

    kind: str
    name: str
    version: int
    action: Action
    author: str
    at: datetime
    note: str
    diff: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Write:
    """One part of a batch: the spec that a resource shall have; None removes it.

    `expected_version` is the version that the caller has seen (0: it must not exist yet,
    None: any).
    """

    kind: str
    name: str
    spec: BaseModel | Mapping[str, Any] | None
    expected_version: int | None = None
