"""Detectors for data platforms."""
