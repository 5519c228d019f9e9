"""The evidence store: tables and migrations, capture, history, queries, accounts, decisions, settings.

SQLAlchemy lives here and nowhere below. The same statements run on SQLite (embedded, one file) and on
PostgreSQL; times are kept as whole microseconds since 1970 in UTC, so that both compare and sort alike.
Nothing in evidence or decisions is ever updated or deleted; the database itself refuses it.
"""
