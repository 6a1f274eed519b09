"""Benchmarks: one command each, every figure a ratio against a baseline of the same run."""
