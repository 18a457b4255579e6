"""Alembic's entry: runs the revisions on the connection that `store.migrate` hands over."""

from alembic import context

from backstride_shared.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column: the table is copied
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
