"""Everything a person can configure: kinds, resources with versions and audit, files."""

from outlay.resources.database import open_database, sqlite_url
from outlay.resources.errors import ResourceConflictError, ResourceError, ResourceNotFoundError
from outlay.resources.files import Document, parse_resources, read_resources, write_resources
from outlay.resources.kinds import Kind, Registry, Spec, registry
from outlay.resources.names import check_name, valid_name
from outlay.resources.secrets import refuse_secrets
from outlay.resources.store import Change, FieldChange, Resource, ResourceStore, spec_diff

__all__ = [
    "Change",
    "Document",
    "FieldChange",
    "Kind",
    "Registry",
    "Resource",
    "ResourceConflictError",
    "ResourceError",
    "ResourceNotFoundError",
    "ResourceStore",
    "Spec",
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
