"""Roles: what the people who have one may do, and which part of the ledger they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator

from outlay.access.principal import EVERYTHING, Level
from outlay.expression import canonical
from outlay.expression.errors import QueryError
from outlay.resources import ResourceStore
from outlay.resources.kinds import Kind, Spec, registry


class RoleSpec(Spec):
    """`level` is what may be done, `scope` a condition on the charges seen (empty: all)."""

    level: Literal["viewer", "editor", "approver", "admin"]
    scope: str = EVERYTHING
    description: str = Field(default="", max_length=500)

    @field_validator("scope")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            return canonical(text, "scope") if text.strip() else EVERYTHING
        except QueryError as error:
            raise ValueError(error.message) from None


ROLE = registry.register(
    Kind(
        name="Role",
        spec=RoleSpec,
        title="Role",
        level="admin",
        description=(
            "What the people who have it may do (viewer, editor, approver or admin) and the part "
            "of the ledger that they see: a condition on charges, which every page, export, API "
            "answer and report keeps to."
        ),
        example="""\
kind: Role
name: storefront-team
spec:
  level: editor
  scope: tags.team = 'storefront'
  description: The people of the storefront; they see their own cost alone.
""",
    )
)


@dataclass(frozen=True)
class Role:
    """A role as it is in force."""

    name: str
    level: Level
    scope: str = EVERYTHING
    description: str = ""
    built_in: bool = False

    @property
    def administers(self) -> bool:
        """Whether whoever has it may do everything."""
        return self.level is Level.ADMIN and not self.scope


BUILT_IN = {
    role.name: role
    for role in (
        Role(
            "viewer", Level.VIEWER, description="Sees everything, changes nothing.", built_in=True
        ),
        Role(
            "editor",
            Level.EDITOR,
            description="Also changes views, dashboards, tags, splits, metrics and reports.",
            built_in=True,
        ),
        Role(
            "approver",
            Level.APPROVER,
            description="Also closes months, answers disputes and enters invoices.",
            built_in=True,
        ),
        Role(
            "admin",
            Level.ADMIN,
            description="Also changes sources, people, roles and tokens.",
            built_in=True,
        ),
    )
}
"""The roles that are always there; they have no scope."""


def find(store: ResourceStore, name: str) -> Role | None:
    """A role by name, or None."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = store.find(ROLE.name, name)
    return None if known is None else of_spec(name, known.spec)


def listed(store: ResourceStore) -> list[Role]:
    """Every role: the built-in ones from least to most, then those of the workspace by name."""
    own = [of_spec(found.name, found.spec) for found in store.list(ROLE.name)]
    return [*BUILT_IN.values(), *own]


def of_spec(name: str, spec: object) -> Role:
    """The role that a resource says."""
    assert isinstance(spec, RoleSpec)
    return Role(name, Level.of(spec.level), spec.scope, spec.description)


def narrowed(scope: str, further: str) -> str:
    """Both scopes at once, canonical."""
    parts = [part for part in (scope, further) if part]
    if len(parts) < 2:
        return canonical(parts[0], "scope") if parts else EVERYTHING
    return canonical(" AND ".join(f"({part})" for part in parts), "scope")
