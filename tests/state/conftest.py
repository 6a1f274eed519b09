"""A database of each make, and workspaces on it."""

from tests.resources.conftest import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]
