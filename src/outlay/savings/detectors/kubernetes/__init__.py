"""Detectors for Kubernetes: what is requested against what is used, and nodes against requests."""
