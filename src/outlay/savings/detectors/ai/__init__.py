"""Detectors for models of AI vendors."""
