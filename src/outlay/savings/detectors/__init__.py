"""Detectors: small declared units that look for one kind of saving each."""
