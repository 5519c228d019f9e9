"""Which numbers of each station came: what is missing is seen, and two stations under one name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC


def upgrade() -> None:
    op.create_table(
        "station",
        sa.Column("party", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("heard", INSTANT, nullable=False),
        sa.Column("repeated", INSTANT, nullable=True),
        sa.Column("repeated_number", ID, nullable=True),
        sa.PrimaryKeyConstraint("party", "name", name="pk_station"),
    )
    op.create_table(
        "station_run",
        sa.Column("party", WORDS, nullable=False),
        sa.Column("station", WORDS, nullable=False),
        sa.Column("first", ID, nullable=False, autoincrement=False),
        sa.Column("last", ID, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("party", "station", "first", name="pk_station_run"),
    )
    for statement in (STATIONS, RUNS):
        op.execute(sa.text(statement))


# Of evidence that is there, by its fields: an error declaration has a number of its own within itself.
NUMBERED = """
    SELECT DISTINCT e.party AS party, s.text AS name, e.record_time AS record_time,
           CAST(n.number AS BIGINT) AS number
    FROM event_path sp
    JOIN event_field s ON s.path_id = sp.id
    JOIN evidence e ON e.sequence = s.sequence
    JOIN event_path np ON np.name = CASE WHEN e.declaration_time IS NULL
        THEN 'event https://ns.suyuan.example#sequence'
        ELSE 'errorDeclaration https://ns.suyuan.example#sequence' END
    JOIN event_field n ON n.path_id = np.id AND n.sequence = e.sequence
    WHERE sp.name = 'event https://ns.suyuan.example#station'
      AND s.text <> '' AND n.number >= 1 AND n.number < 9007199254740992
      AND n.number = CAST(n.number AS BIGINT)
"""
STATIONS = f"""
    INSERT INTO station (party, name, heard)
    SELECT party, name, max(record_time) FROM ({NUMBERED}) told GROUP BY party, name
"""  # noqa: S608 (constants)
RUNS = f"""
    INSERT INTO station_run (party, station, first, last, since)
    SELECT party, name, min(number), max(number), min(record_time) FROM (
        SELECT party, name, number, min(record_time) AS record_time,
               number - row_number() OVER (PARTITION BY party, name ORDER BY number) AS island
        FROM ({NUMBERED}) told GROUP BY party, name, number
    ) islands GROUP BY party, name, island
"""  # noqa: S608 (constants)
