"""Detectors for Google Cloud."""
