"""Detectors for AWS."""
