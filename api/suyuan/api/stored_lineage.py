"""The lineage in the store (decision 0026), asked while there is none in memory."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from suyuan.api.owners import Owners
from suyuan.trace.lineage import Tracer
from suyuan.trace.register.aliases import Aliases, alias_version, aliases
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.lineage_held import held


@dataclass(frozen=True, slots=True)
class Stored:
    """Who answers from the store, under which names, and as of which evidence."""

    tracer: Tracer
    aliases: Aliases
    evidence: int
    described: tuple[int, ...]
    """As :func:`suyuan.trace.store.vocabulary.latest_change`."""


class StoredLineage:
    """Whether the store can answer, which is looked at anew for each question: others may write to it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._latest: Stored | None = None

    def current(self) -> Stored | None:
        """Whom to ask, None where the store was not told all evidence there is under the names of now.

        What it holds may be replaced before it is asked: then it is absent to who asks for this one.
        """
        with Reading(self._engine) as reading:
            there, version = held(reading), alias_version(reading)
            if there is None or (there.evidence, there.aliases) != (newest_sequence(reading), version):
                return None
            described, latest = vocabulary.latest_change(reading), self._latest
            now = there.evidence, version, described
            if latest is not None and (latest.evidence, latest.aliases.version, latest.described) == now:
                return latest
            names = aliases(reading)
        # Who never asks the store pays for no compiler of machine code.
        from suyuan.api.lineage_tables import in_store  # noqa: PLC0415

        tracer = in_store(self._engine, there.evidence, Owners(self._engine, names))
        self._latest = Stored(tracer, names, there.evidence, described)
        return self._latest

    def forget(self) -> None:
        """Nobody asks any more, for now: what was kept for the next question is given back."""
        self._latest = None
