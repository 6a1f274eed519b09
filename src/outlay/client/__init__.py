"""The typed Python client of a server's API. It knows nothing of the rest of the product."""
