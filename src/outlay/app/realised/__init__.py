"""Realised savings: what was promised, and what the bill shows of it."""
