"""Outlay: one exact ledger for cloud, data-platform, SaaS and AI bills."""

__version__ = "0.1.0"
