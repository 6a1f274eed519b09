"""KPIs: how well the practice saves, by owner and month."""
