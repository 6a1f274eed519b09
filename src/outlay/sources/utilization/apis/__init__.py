"""Monitoring tools asked by API: Prometheus, CloudWatch, Azure Monitor and Cloud Monitoring.

What they answer is read by the same code as files of theirs, and kept as pages of whole days, so
that it can be replayed and audited (`days`). Which days are asked, of what, `collect` decides.
"""
