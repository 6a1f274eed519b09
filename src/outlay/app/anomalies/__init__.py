"""Use cases of anomalies."""
