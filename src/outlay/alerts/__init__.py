"""Alerts: what is to be known, who is told, when, and what they did about it."""
