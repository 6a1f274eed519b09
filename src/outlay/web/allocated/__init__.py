"""Pages that prove allocation: platforms, coverage, why, replay."""
