"""Whose cost it is: virtual tags, dictionaries, splits, Kubernetes and metrics.

Labels and weights are worked out over contexts (each distinct combination of what describes a
charge, once), never over charges: a changed rule shows its effect over all history at once.
"""
