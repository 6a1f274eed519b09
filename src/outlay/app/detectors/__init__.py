"""Detectors: what looks for savings in the bill, what each needs, and what it last found."""
