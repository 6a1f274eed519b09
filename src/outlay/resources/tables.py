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

statement_months = Table(
    "statement_months",
    metadata,
    Column("plan", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("closed_at", DateTime, nullable=False),
    Column("author", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("plan", "month", name="pk_statement_months"),
)

statements = Table(
    "statements",
    metadata,
    Column("plan", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("value", String(256), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("plan", "month", "value", name="pk_statements"),
)

statement_disputes = Table(
    "statement_disputes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("plan", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("value", String(256), nullable=False),
    Column("line", Text, nullable=False),
    Column("amount", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("proposed", String(256), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", String(16), nullable=False),
    Column("answer_reason", Text, nullable=False),
    Column("settled_month", String(7), nullable=False),
    Index("ix_statement_disputes_plan", "plan", "state"),
)

statement_events = Table(
    "statement_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False),
    Column("author", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("plan", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("dispute", Integer, nullable=True),
    Column("note", Text, nullable=False),
    Index("ix_statement_events_plan", "plan", "month"),
)
