"""Anomalies: what was expected, what came, and which of the differences are events.

``detect.detect`` finds events in series, ``grouping.group`` makes one event of one cause,
``explain.smallest_set`` says what drove it. `model` holds what they take and give and needs no
NumPy.
"""
