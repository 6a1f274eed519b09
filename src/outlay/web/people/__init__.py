"""Logging in, people, tokens, roles, the audit log."""
