"""Anomalies and what people said of them; versions of plans; alerts and whom they went to.

This migration spells its tables out: it must stay what it was when later ones change them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_anomalies()
    _create_plans()
    _create_budget_marks()
    _create_alerts()


def _create_anomalies() -> None:
    op.create_table(
        "anomaly_events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("monitor", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("grouping", sa.String(256), nullable=False),
        sa.Column("value", sa.String(512), nullable=False),
        sa.Column("measure", sa.String(32), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("direction", sa.String(8), nullable=False),
        sa.Column("start_at", sa.DateTime, nullable=False),
        sa.Column("end_at", sa.DateTime, nullable=True),
        sa.Column("impact", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(256), nullable=False),
        sa.Column("assignee", sa.String(200), nullable=False),
        sa.Column("feedback", sa.String(16), nullable=False),
        sa.Column("detected_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.UniqueConstraint("key", name="uq_anomaly_events_key"),
    )
    op.create_index("ix_anomaly_events_state", "anomaly_events", ["state", "start_at"])
    op.create_table(
        "anomaly_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("ix_anomaly_steps_event", "anomaly_steps", ["event", "at"])
    op.create_table(
        "anomaly_runs",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("snapshot", sa.String(64), nullable=False),
        sa.Column("series", sa.Integer, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("ix_anomaly_runs_at", "anomaly_runs", ["at"])


def _create_plans() -> None:
    op.create_table(
        "plan_versions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("plan", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("submitted_at", sa.DateTime, nullable=True),
        sa.Column("submitter", sa.String(200), nullable=False),
        sa.Column("approved_at", sa.DateTime, nullable=True),
        sa.Column("approver", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("plan", "version", name="uq_plan_versions_version"),
    )


def _create_budget_marks() -> None:
    op.create_table(
        "budget_marks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("budget", sa.String(64), nullable=False),
        sa.Column("period", sa.String(32), nullable=False),
        sa.Column("threshold", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("amount", sa.String(64), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.UniqueConstraint("budget", "period", "threshold", name="uq_budget_marks_once"),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(256), nullable=False),
        sa.Column("occurrence", sa.String(128), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(256), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("raised_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("snoozed_until", sa.DateTime, nullable=True),
        sa.Column("acknowledged_by", sa.String(200), nullable=False),
        sa.Column("escalation", sa.Integer, nullable=False),
        sa.Column("next_step_at", sa.DateTime, nullable=True),
        sa.Column("document", sa.JSON, nullable=False),
        sa.UniqueConstraint("key", name="uq_alerts_key"),
    )
    op.create_index("ix_alerts_state", "alerts", ["state", "next_step_at"])
    op.create_index("ix_alerts_subject", "alerts", ["kind", "subject"])
    op.create_table(
        "alert_steps",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("alert", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("delivery", sa.Integer, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_alert_steps_alert", "alert_steps", ["alert", "at"])


def downgrade() -> None:
    """Remove them, with everything in them."""
    for table in (
        "alert_steps",
        "alerts",
        "budget_marks",
        "plan_versions",
        "anomaly_runs",
        "anomaly_steps",
        "anomaly_events",
    ):
        op.drop_table(table)
