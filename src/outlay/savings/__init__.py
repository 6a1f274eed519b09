"""Savings: findings of tools and of our own detectors, netted, followed, and seen on the bill.

The rules alone: nothing here asks the lake or keeps anything (see ``outlay.app.savings``).
"""
