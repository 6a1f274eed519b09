"""Detectors for any bill."""
