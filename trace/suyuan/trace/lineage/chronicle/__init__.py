"""The chronicle: lineage replayed in machine code, in runs of keys in sequence, kept live.

::

    Occurrence ── encode ──> rows of statements, words and mentions ── go_on ──> the tables that are walked
    Suspect, Options ── single ──> nodes ── record ──> compiled engine ──> states and lines in runs

It replays what :mod:`suyuan.trace.lineage.replaying` does, and repairs what comes late or was declared wrong
by undoing and telling again only the statements that stand on it (decision 0021).
"""

from __future__ import annotations

from suyuan.trace.lineage.chronicle.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.tracer import ChronicleTracer

__all__ = ["Chronicle", "ChronicleTracer"]
