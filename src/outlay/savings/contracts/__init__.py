"""Contracts with vendors: what is owed, how far it is used up, and the prices that were agreed."""
