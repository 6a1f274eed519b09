"""Detectors for Kubernetes."""
