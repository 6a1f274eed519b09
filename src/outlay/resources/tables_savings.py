"""The tables of savings: recommendations, native findings, tickets, baselines, the ledger."""

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from outlay.resources.tables_base import metadata

recommendations = Table(
    "recommendations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("provider", String(128), nullable=False),
    Column("account", String(256), nullable=False),
    Column("region", String(64), nullable=False),
    Column("service", String(256), nullable=False),
    Column("resource", String(1024), nullable=False),
    Column("resource_name", String(512), nullable=False),
    Column("scope", String(512), nullable=False),
    Column("group", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("nature", String(16), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("monthly_saving", String(64), nullable=False),
    Column("owner_tag", String(64), nullable=False),
    Column("owner", String(256), nullable=False),
    Column("assignee", String(200), nullable=False),
    Column("detectors", String(1024), nullable=False),
    Column("first_seen", DateTime, nullable=False),
    Column("last_seen", DateTime, nullable=False),
    Column("due_on", Date, nullable=True),
    Column("snoozed_until", Date, nullable=True),
    Column("accepted_at", DateTime, nullable=True),
    Column("implemented_at", DateTime, nullable=True),
    Column("updated_at", DateTime, nullable=False),
    Column("document", JSON, nullable=False),
    UniqueConstraint("key", name="uq_recommendations_key"),
    Index("ix_recommendations_state", "state", "owner"),
    Index("ix_recommendations_last_seen", "last_seen"),
)

recommendation_steps = Table(
    "recommendation_steps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("recommendation", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("author", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_recommendation_steps_recommendation", "recommendation", "at"),
)

saving_looks = Table(
    "saving_looks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False),
    Column("snapshot", String(64), nullable=False),
    Column("found", Integer, nullable=False),
    Column("insufficient", Integer, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_saving_looks_at", "at"),
)

native_deliveries = Table(
    "native_deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("items", Integer, nullable=False),
    Column("format", String(64), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_native_deliveries_source", "source", "id"),
)

native_findings = Table(
    "native_findings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("delivery", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Index("ix_native_findings_delivery", "delivery", "number"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("recommendation", Integer, nullable=False),
    Column("system", String(64), nullable=False),
    Column("external", String(256), nullable=False),
    Column("url", String(1024), nullable=False),
    Column("state", String(64), nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(200), nullable=False),
    Column("synced_at", DateTime, nullable=True),
    Column("document", JSON, nullable=False),
    UniqueConstraint("system", "external", name="uq_tickets_external"),
    Index("ix_tickets_recommendation", "recommendation"),
)

saving_baselines = Table(
    "saving_baselines",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("recommendation", Integer, nullable=False),
    Column("frozen_at", DateTime, nullable=False),
    Column("snapshot", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("document", JSON, nullable=False),
    Index("ix_saving_baselines_recommendation", "recommendation", "frozen_at"),
)

saving_entries = Table(
    "saving_entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("recommendation", Integer, nullable=False),
    Column("month", Date, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("snapshot", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("nature", String(16), nullable=False),
    Column("promised", String(64), nullable=False),
    Column("realised", String(64), nullable=False),
    Column("document", JSON, nullable=False),
    Index("ix_saving_entries_recommendation", "recommendation", "month"),
)
