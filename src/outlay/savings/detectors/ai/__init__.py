"""Detectors for language models: which model, what is cached, what could wait for a batch."""
