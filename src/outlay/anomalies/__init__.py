"""Anomalies: what was expected, what came, and which of the differences are events."""
