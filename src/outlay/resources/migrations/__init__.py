"""Alembic migrations of the workspace's database; shipped with the package, run on open."""
