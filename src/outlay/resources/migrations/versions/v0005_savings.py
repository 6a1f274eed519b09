"""Recommendations and what became of them, native findings, tickets, frozen baselines, the ledger
of what was saved.

This migration spells its tables out: it must stay what it was when later ones change them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_recommendations()
    _create_proofs()


def _create_recommendations() -> None:
    op.create_table(
        "recommendations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("provider", sa.String(128), nullable=False),
        sa.Column("account", sa.String(256), nullable=False),
        sa.Column("region", sa.String(64), nullable=False),
        sa.Column("service", sa.String(256), nullable=False),
        sa.Column("resource", sa.String(1024), nullable=False),
        sa.Column("resource_name", sa.String(512), nullable=False),
        sa.Column("scope", sa.String(512), nullable=False),
        sa.Column("group", sa.String(64), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("nature", sa.String(16), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("monthly_saving", sa.String(64), nullable=False),
        sa.Column("owner_tag", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(256), nullable=False),
        sa.Column("assignee", sa.String(200), nullable=False),
        sa.Column("detectors", sa.String(1024), nullable=False),
        sa.Column("first_seen", sa.DateTime, nullable=False),
        sa.Column("last_seen", sa.DateTime, nullable=False),
        sa.Column("due_on", sa.Date, nullable=True),
        sa.Column("snoozed_until", sa.Date, nullable=True),
        sa.Column("accepted_at", sa.DateTime, nullable=True),
        sa.Column("implemented_at", sa.DateTime, nullable=True),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.UniqueConstraint("key", name="uq_recommendations_key"),
    )
    op.create_index("ix_recommendations_state", "recommendations", ["state", "owner"])
    op.create_index("ix_recommendations_last_seen", "recommendations", ["last_seen"])
    op.create_table(
        "recommendation_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recommendation", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index(
        "ix_recommendation_steps_recommendation", "recommendation_steps", ["recommendation", "at"]
    )
    op.create_table(
        "saving_looks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("insufficient", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("ix_saving_looks_at", "saving_looks", ["at"])
    op.create_table(
        "native_deliveries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("format", sa.String(64), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("ix_native_deliveries_source", "native_deliveries", ["source", "id"])
    op.create_table(
        "native_findings",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("delivery", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index("ix_native_findings_delivery", "native_findings", ["delivery", "number"])


def _create_proofs() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recommendation", sa.Integer, nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("external", sa.String(256), nullable=False),
        sa.Column("url", sa.String(1024), nullable=False),
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("synced_at", sa.DateTime, nullable=True),
        sa.Column("document", sa.JSON, nullable=False),
        sa.UniqueConstraint("system", "external", name="uq_tickets_external"),
    )
    op.create_index("ix_tickets_recommendation", "tickets", ["recommendation"])
    op.create_table(
        "saving_baselines",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recommendation", sa.Integer, nullable=False),
        sa.Column("frozen_at", sa.DateTime, nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index(
        "ix_saving_baselines_recommendation", "saving_baselines", ["recommendation", "frozen_at"]
    )
    op.create_table(
        "saving_entries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recommendation", sa.Integer, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("nature", sa.String(16), nullable=False),
        sa.Column("promised", sa.String(64), nullable=False),
        sa.Column("realised", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index(
        "ix_saving_entries_recommendation", "saving_entries", ["recommendation", "month"]
    )


def downgrade() -> None:
    """Remove them, with everything in them."""
    for table in (
        "saving_entries",
        "saving_baselines",
        "tickets",
        "native_findings",
        "native_deliveries",
        "saving_looks",
        "recommendation_steps",
        "recommendations",
    ):
        op.drop_table(table)
