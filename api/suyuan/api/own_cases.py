"""The cases that a viewer's authority conducts, and what they let the viewer see; each look is logged."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from suyuan.api.around import Around
from suyuan.api.openings import Opened
from suyuan.api.records import LiveRecords
from suyuan.trace.store.access import note_access
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import NO_PURPOSE, Purpose, Reach, Viewer, conducts, reach_of


class OwnCases:
    """What the cases of one viewer's authority open, for the time of one request."""

    def __init__(self, house: Around, records: LiveRecords, viewer: Viewer) -> None:
        self._house = house
        self._records = records
        self._viewer = viewer
        self._reach = reach_of(viewer)
        self._opened: Sequence[Opened] | None = None

    def _cases(self) -> Sequence[Opened]:
        """The cases that the viewer's authority conducts, each with the whole of its trace."""
        if self._opened is None:
            own = self._house.cases() if self._reach is Reach.COMPETENCE else ()
            mine = [case for case in own if conducts(self._viewer, [case.draft.party])]
            self._opened = self._house.openings.of(mine)
        return self._opened

    def purpose(self, keys: Collection[str], what: str) -> Purpose:
        """What a case of the viewer's opens, if all of ``keys`` (things or evidence) belong to it; logged."""
        spellings = [self._records.aliases().spellings(one) for one in keys] if self._cases() else []
        for case in self._cases():
            if keys and all(map(case.covers, spellings)):
                with Writing(self._house.engine) as writing:
                    told = f"{what} {', '.join(sorted(keys))}"[:1000]
                    note_access(
                        writing,
                        by=self._viewer.name,
                        what=f"case {case.number}",
                        purpose=told,
                        now=self._house.now(),
                    )
                return Purpose(case.evidence, case.keys)
        return NO_PURPOSE
