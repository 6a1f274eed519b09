"""Commitments: coverage, use, what they save, when they end, and what to buy."""
