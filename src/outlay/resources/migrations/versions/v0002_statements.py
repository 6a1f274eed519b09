"""Closed statements, disputes of their lines, and what was done with both.

This migration spells its tables out: it must stay what it was when later ones change them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "statement_months",
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("closed_at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("plan", "month", name="pk_statement_months"),
    )
    op.create_table(
        "statements",
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("value", sa.String(256), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("plan", "month", "value", name="pk_statements"),
    )
    _create_disputes()


def _create_disputes() -> None:
    op.create_table(
        "statement_disputes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("value", sa.String(256), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("amount", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("proposed", sa.String(256), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("answer", sa.String(16), nullable=False),
        sa.Column("answer_reason", sa.Text, nullable=False),
        sa.Column("settled_month", sa.String(7), nullable=False),
    )
    op.create_index("ix_statement_disputes_plan", "statement_disputes", ["plan", "state"])
    op.create_table(
        "statement_events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("dispute", sa.Integer, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_statement_events_plan", "statement_events", ["plan", "month"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("statement_events", "statement_disputes", "statements", "statement_months"):
        op.drop_table(table)
