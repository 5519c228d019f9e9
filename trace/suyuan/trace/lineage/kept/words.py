"""What statements said, in full: read back from evidence when a question needs it, since it never changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import Statement, statement

ReadBack = Callable[[Collection[str]], Iterable[Occurrence]]
"""The occurrences of evidence keys, in any order."""

_REMEMBERED = 1 << 14
"""Things that they name, some hundred bytes each: one statement may name thousands."""


class Words:
    """Statements by evidence key; the latest that were asked for are remembered, in all of so many things.

    One thread at a time. Reading back is asked for all that is missing at once.
    """

    def __init__(self, read_back: ReadBack, remembered: int = _REMEMBERED) -> None:
        self._read_back = read_back
        self._remembered = remembered
        self._known: dict[str, Statement] = {}
        self._size = 0

    def __call__(self, evidence: Iterable[str]) -> Mapping[str, Statement]:
        """The statements of evidence keys that are on record."""
        found: dict[str, Statement] = {}
        missing: list[str] = []
        for key in dict.fromkeys(evidence):
            told = self._known.pop(key, None)
            if told is None:
                missing.append(key)
            else:
                found[key] = self._known[key] = told  # the last to be forgotten
        if missing:
            found.update((one.evidence, statement(one)) for one in self._read_back(missing))
            for key in missing:
                self._known[key] = found[key]
                self._size += _size(found[key])
            while self._size > self._remembered:
                self._size -= _size(self._known.pop(next(iter(self._known))))
        return found


def _size(told: Statement) -> int:
    said = told.occurrence
    return 1 + sum(map(len, (said.what, said.children, said.inputs, said.outputs, said.lot_of)))
