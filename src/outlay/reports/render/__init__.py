"""A document in each of its forms. Amounts are rounded here, for showing, and nowhere before."""
