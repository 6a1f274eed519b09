"""Dashboards: panels on a grid, each a question; what they answer, and those that are shipped."""
