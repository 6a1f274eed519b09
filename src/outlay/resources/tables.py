"""The tables of the workspace's database. The migrations create them; a test holds both equal."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
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

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("display", String(200), nullable=False),
    Column("email", String(320), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("role", String(64), nullable=False),
    Column("persona", String(32), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("last_login_at", DateTime, nullable=True),
    UniqueConstraint("name", name="uq_users_name"),
    Index("ix_users_subject", "issuer", "subject"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(400), nullable=False),
    Column("id_token", Text, nullable=False),
    PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    Index("ix_sessions_user_id", "user_id"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", DateTime, nullable=False),
    PrimaryKeyConstraint("token_hash", name="pk_invitations"),
    Index("ix_invitations_user_id", "user_id"),
)

pending_logins = Table(
    "pending_logins",
    metadata,
    Column("state_hash", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("next", Text, nullable=False),
    Column("expires_at", DateTime, nullable=False),
    PrimaryKeyConstraint("state_hash", name="pk_pending_logins"),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("key_hash", String(64), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime, nullable=False),
    Column("wait_until", DateTime, nullable=True),
    PrimaryKeyConstraint("key_hash", name="pk_login_attempts"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("user_id", Integer, nullable=True),
    Column("token_hash", String(64), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("level", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", DateTime, nullable=True),
    Column("last_used_at", DateTime, nullable=True),
    Column("revoked_at", DateTime, nullable=True),
    UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False),
    Column("author", String(200), nullable=False),
    Column("via", String(16), nullable=False),
    Column("address", String(64), nullable=False),
    Column("action", String(32), nullable=False),
    Column("target", String(400), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_events_at", "at"),
    Index("ix_events_action", "action", "at"),
)

report_runs = Table(
    "report_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("report", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime, nullable=True),
    Column("claim", String(64), nullable=False),
    Column("started_at", DateTime, nullable=True),
    Column("ended_at", DateTime, nullable=True),
    Column("author", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("files", JSON, nullable=False),
    Column("log", JSON, nullable=False),
    UniqueConstraint("key", name="uq_report_runs_key"),
    Index("ix_report_runs_state", "state", "next_attempt_at"),
    Index("ix_report_runs_report", "report", "due_at"),
)
