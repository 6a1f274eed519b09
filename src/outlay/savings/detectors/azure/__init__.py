"""Detectors for Azure."""
