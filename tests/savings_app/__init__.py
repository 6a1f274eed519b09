"""Savings as people use them: looks, owners, the life of recommendations, pages."""
