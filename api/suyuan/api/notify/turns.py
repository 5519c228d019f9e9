"""Whose turn it is: so many messages are sent, or answers made, at once, and fewer of one party.

A receiver that keeps us waiting holds a turn of its own party. One party's slow receivers so never take all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

AT_ONCE = 20
OF_A_PARTY = 4


class Turns:
    """The turns of everybody, so many ``at_once`` and ``of_a_party``; used from one event loop."""

    def __init__(self, at_once: int = AT_ONCE, of_a_party: int = OF_A_PARTY) -> None:
        self._everybodys = asyncio.Semaphore(at_once)
        self._of_a_party = of_a_party
        # Forgotten as soon as nobody of the party holds or awaits a turn.
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, party: str) -> AsyncGenerator[None]:
        """The time of one turn: first among those of the party, then among all; first come, first served."""
        own = self._of.get(party)
        if own is None:
            own = self._of[party] = asyncio.Semaphore(self._of_a_party)
        async with own, self._everybodys:
            yield
