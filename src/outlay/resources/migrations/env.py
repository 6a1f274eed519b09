"""Run the migrations on the connection that `outlay.resources.database.migrate` hands over."""

from alembic import context

from outlay.resources.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds every step, all or nothing
)
context.run_migrations()
