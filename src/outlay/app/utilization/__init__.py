"""Utilisation: how busy resources are, by resource, metric and statistic."""
