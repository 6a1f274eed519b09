"""Everything a person can configure: kinds, resources with versions and audit, files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from outlay.resources.diff import spec_diff
from outlay.resources.errors import (
    ResourceConflictError,
    ResourceError,
    ResourceInUseError,
    ResourceNotFoundError,
)
from outlay.resources.files import Document, parse_resources, read_resources, write_resources
from outlay.resources.kinds import Kind, Registry, Spec, registry
from outlay.resources.names import check_name, valid_name
from outlay.resources.secrets import refuse_secrets
from outlay.resources.types import Change, FieldChange, Resource, Write

if TYPE_CHECKING:
    from outlay.resources.database import open_database, sqlite_url
    from outlay.resources.store import Prospect, ResourceStore

__all__ = [
    "Change",
    "Document",
    "FieldChange",
    "Kind",
    "Prospect",
    "Registry",
    "Resource",
    "ResourceConflictError",
    "ResourceError",
    "ResourceInUseError",
    "ResourceNotFoundError",
    "ResourceStore",
    "Spec",
    "Write",
    "check_name",
    "open_database",
    "parse_resources",
    "read_resources",
    "refuse_secrets",
    "registry",
    "spec_diff",
    "sqlite_url",
    "valid_name",
    "write_resources",
]

if not TYPE_CHECKING:
    # What needs SQLAlchemy is loaded when asked for: a question about cost needs no database, and
    # the import would take longer than the answer.
    _LAZY = {
        **dict.fromkeys(("open_database", "sqlite_url"), "outlay.resources.database"),
        **dict.fromkeys(("Prospect", "ResourceStore"), "outlay.resources.store"),
    }

    def __getattr__(name: str) -> Any:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LAZY[name]), name)
