"""The tables of the workspace's database. The migrations create them; a test holds both equal."""

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()

resources = Table(
    "resources",
    metadata,
    Column("kind", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("author", String(200), nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("kind", "name", name="pk_resources"),
)

resource_versions = Table(
    "resource_versions",
    metadata,
    Column("kind", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(16), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("author", String(200), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("kind", "name", "version", name="pk_resource_versions"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False),
    Column("author", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("diff", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_audit_kind_name", "kind", "name"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(64), nullable=False),
    Column("action", String(16), nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("ended_at", DateTime, nullable=True),
    Column("outcome", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_runs_source_started_at", "source", "started_at"),
)
