"""Migrations of the store's schema; Alembic loads the files of ``versions`` by path."""
