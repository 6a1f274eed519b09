"""Native recommendations: those of the vendors' own tools, read as they give them."""
