"""Contracts: what is owed to vendors, how far it is used up, and the prices agreed."""
