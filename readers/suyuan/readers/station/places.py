"""Where in the store things were put: the last storage place of each, and the one before, for an undo.

Functions over a connection, inside the transactions of :mod:`suyuan.readers.station.journal`. An empty place
is none: the thing left where it lay. What was put there last is told by turns, not by the clock, which may
have been set back; ``learned`` says by which step it was.
"""

from __future__ import annotations

from suyuan.readers.station.connection import Connection

# The key's columns come first: of a table without rowid where one stands behind another column, the integrity
# check of SQLite 3.40 takes empty text for NULL, and an outbox that fails it is set aside.
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS lies_at(
        key TEXT NOT NULL, learned TEXT NOT NULL, place TEXT NOT NULL,
        turn INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (key, learned)) STRICT, WITHOUT ROWID""",
)
LAST_PLACE = "SELECT place FROM lies_at WHERE lies_at.key = k.key ORDER BY turn DESC, learned DESC LIMIT 1"
"""Of a row ``k`` of what is known: where it was put last."""


def prepare(db: Connection) -> None:
    """Give the table of an older version its turns; inside the transaction of the others."""
    if "turn" not in {row[1] for row in db.execute("PRAGMA table_info(lies_at)").fetchall()}:
        db.execute("ALTER TABLE lies_at ADD COLUMN turn INTEGER NOT NULL DEFAULT 0")


def note(db: Connection, key: str, place: str, learned: str) -> None:
    """Remember that a thing was put somewhere, or taken away."""
    last = db.execute("SELECT coalesce(max(turn), 0) FROM lies_at WHERE key = ?", (key,)).fetchone()
    turn = 1 if last is None else last[0] + 1
    db.execute("INSERT OR REPLACE INTO lies_at VALUES (?, ?, ?, ?)", (key, learned, place, turn))
    db.execute("DELETE FROM lies_at WHERE key = ? AND turn < ?", (key, turn - 1))


def take_back(db: Connection, key: str, learned: str) -> None:
    """Forget what was noted of a thing then; the place before stands again."""
    db.execute("DELETE FROM lies_at WHERE key = ? AND learned = ?", (key, learned))


def forget(db: Connection) -> None:
    """Let go the places of what the station has forgotten."""
    db.execute("DELETE FROM lies_at WHERE key NOT IN (SELECT key FROM known)")
