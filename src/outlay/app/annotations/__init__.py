"""Annotations: what happened on a day, shown on the charts that it concerns."""
