"""Realised savings, as pure functions: what is frozen, what a day shows, what it proves."""
