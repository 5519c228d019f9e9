"""Steps upon cases, taken and stored: proposals, holds, recalls, requests; and what they block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from sqlalchemy import Engine

from suyuan.api.block_lists import BlockLists
from suyuan.api.competence import NO_REGISTER, Register
from suyuan.api.records import LiveRecords
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage import Options, Scope
from suyuan.trace.recall import steps
from suyuan.trace.recall.blocklist import blocked_keys, listed_sequence
from suyuan.trace.recall.cases import (
    Entry,
    affected_keys,
    carrying_units,
    case_number,
    check_draft,
    draft_payload,
    replay,
)
from suyuan.trace.recall.division import (
    Division,
    divided_by_owner,
    divided_by_place,
    places_left,
    requests,
)
from suyuan.trace.recall.recall import Act, Case, CaseDraft, CaseState, RiskWarning, Step
from suyuan.trace.recall.steps import Cover
from suyuan.trace.register.aliases import Aliases
from suyuan.trace.store.decisions import append_decision, decisions
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import Competence, Viewer

_KEPT = 100  # divided scopes, for the pages of cases that are looked at again and again
_FIXES_SCOPE = (Act.HOLD, Act.PUBLISH)


class Casework:
    """The cases of one store. The log is read anew when it has grown; scopes in force follow new evidence.

    ``alone``: one person may confirm what they proposed themselves, as the installation's setting allows.
    """

    def __init__(
        self,
        engine: Engine,
        records: LiveRecords,
        now: Callable[[], datetime],
        *,
        alone: bool = False,
        register: Register = NO_REGISTER,
    ) -> None:
        self._engine = engine
        self._records = records
        self._now = now
        self._register = register
        self.alone = alone
        self._log: list[Entry] = []
        self._read_to = 0
        self._cases: dict[str, Case] = {}
        self._followed: dict[str, Case] = {}
        self._as_of: tuple[int, ...] = (-1, -1)  # decisions and records that ``_followed`` knows
        self._blocked: dict[str, dict[str, str]] = {}
        self._lists = BlockLists(engine, now)
        self._divided: dict[
            tuple[str, CaseState, Competence | None], tuple[tuple[int, ...], Scope, Division]
        ] = {}
        self._lock = RLock()

    # Reading

    def cases(self) -> Sequence[Case]:
        """All cases, the newest decision first. Cases in force cover what the evidence says by now."""
        with self._lock:
            self._follow()
            return sorted(self._followed.values(), key=lambda case: case.log[-1].time, reverse=True)

    def case(self, number: str) -> Case:
        """One case with its scope as it was decided upon, or ``NotFound``."""
        with self._lock, Reading(self._engine) as reading:
            self._read_log(reading)
            return self._known(number)

    def divided(self, case: Case, competence: Competence | None) -> tuple[Scope, Division]:
        """The scope of a case as it is now, and what of it is for whoever conducts the case."""
        asked, state = (case.number, case.state, competence), self._records.state()
        found = self._divided.get(asked)
        if found is None or found[0] != state:
            found = state, *self._divided_now(case, competence)
            self._divided = {**self._divided, asked: found} if len(self._divided) < _KEPT else {asked: found}
        return found[1], found[2]

    def _divided_now(self, case: Case, competence: Competence | None) -> tuple[Scope, Division]:
        scope = self._records.scope(case.draft.suspects, Options())
        share = self._records.share(scope)
        if case.draft.role == "company":
            owner = case.draft.party
            owners = self._register.owners(affected_keys(scope))
            return scope, divided_by_owner(scope, lambda key: owners.get(key) == owner, share)
        facts = self._register.facts(_places(scope) | places_left(scope, share))
        return scope, divided_by_place(scope, competence, facts, share)

    # Steps

    def draft(self, draft: CaseDraft, by: Viewer) -> Case:
        """A new case of the author's authority or company; nothing is stopped by it yet."""
        draft = replace(draft, party=by.party, role=by.role)
        check_draft(draft, self._now())
        steps.check_may_conduct(by)
        if by.role == "company":
            steps.check_own_goods(draft, by, self._register.owners([s.key for s in draft.suspects]))
        with self._lock:
            with Writing(self._engine) as writing:
                self._read_log(writing)  # another process may have taken the next number meanwhile
                number = case_number(self._log, self._now())
                entry = Entry(number, self._now(), by.name, Step.DRAFT.value, draft_payload(draft))
                self._append(writing, entry)
            return self.case(number)

    def propose(
        self, number: str, act: Act, by: Viewer, reason: str, *, warning: RiskWarning | None = None
    ) -> Case:
        """Propose what a second person must confirm."""
        with self._lock:
            case = self.case(number)
            steps.check_proposable(case, act, by, reason)  # before the trace, which may take long
            cover = self._cover(case, act, by)[0]
            return self._take(
                number,
                lambda case: [steps.proposed(case, act, by, reason, cover, self._now(), warning=warning)],
            )

    def confirm(self, number: str, proposal: int, by: Viewer) -> Case:
        """The second person confirms: the act takes effect, its scope as it is now."""
        with self._lock:
            case = self.case(number)
            act = steps.check_confirmable(case, proposal, by, alone=self.alone).act
            cover, division = self._cover(case, act, by)

            def step(case: Case) -> list[Entry]:
                now = self._now()
                effect = steps.confirmed(case, proposal, by, cover, now, alone=self.alone)
                return [effect, *self._requests(case, division, by, now)]

            return self._take(number, step)

    def hold_at_once(self, number: str, by: Viewer, reason: str) -> Case:
        """An urgent hold: in force now, waiting for its second person."""
        with self._lock:
            case = self.case(number)
            steps.check_urgent(case, by, reason)
            cover, division = self._cover(case, Act.HOLD, by)

            def step(case: Case) -> list[Entry]:
                now = self._now()
                effect = steps.held_at_once(case, by, reason, cover, now)
                return [effect, *self._requests(case, division, by, now)]

            return self._take(number, step)

    def confirm_hold(self, number: str, by: Viewer) -> Case:
        """The second person of an urgent hold agrees."""
        return self._take(number, lambda c: [steps.hold_confirmed(c, by, self._now(), alone=self.alone)])

    def refuse_hold(self, number: str, by: Viewer, reason: str) -> Case:
        """The second person of an urgent hold does not agree: it is lifted."""
        return self._take(number, lambda c: [steps.hold_refused(c, by, reason, self._now())])

    def withdraw(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        """Who proposed it takes it back."""
        return self._take(number, lambda c: [steps.withdrawn(c, proposal, by, reason, self._now())])

    def refuse(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        """A second person says no."""
        return self._take(number, lambda c: [steps.refused(c, proposal, by, reason, self._now())])

    def ask_others(self, number: str, by: Viewer, reason: str) -> Case:
        """Send requests for everything beyond one's competence that nobody was asked for yet."""
        with self._lock:
            case = self.case(number)
            steps.check_may_ask(case, by, reason)
            _, division = self._divided_now(case, by.competence)

            def step(case: Case) -> list[Entry]:
                return steps.asked(case, self._requests(case, division, by, self._now(), reason))

            return self._take(number, step)

    def answer(self, number: str, transfer: int, by: Viewer, answer: Step, reason: str) -> Case:
        """Answer or refuse a request; accepting it begins a case of one's own, which is returned."""
        if answer is not Step.TRANSFER_ACCEPTED:
            return self._take(
                number,
                lambda c: [steps.transfer_answered(c, transfer, by, answer, reason, self._now())],
            )
        with self._lock, Writing(self._engine) as writing:
            self._read_log(writing)
            case, now = self._known(number), self._now()
            steps.check_answerable(case, transfer, by)
            own = case_number(self._log, now)
            draft = replace(case.draft, party=by.party, role=by.role, origin=number, known_at=now)
            entry = steps.transfer_answered(case, transfer, by, answer, reason, now, new_case=own)
            self._append(writing, Entry(own, now, by.name, Step.DRAFT.value, draft_payload(draft)))
            self._append(writing, entry)
        return self.case(own)

    # The block list

    def block_list(self) -> bytes:
        """The signed list of now; signed anew only when decisions or evidence changed it.

        Evidence that arrives after a decision (a station that was offline) may widen the scope: what it adds
        is blocked without waiting for anybody.
        """
        with self._lock:
            self._follow()
            return self._lists.of(self._blocked, self._as_of)

    def listed_since(self) -> Mapping[str, int]:
        """Case number -> the first block list that has the case as it is now, of those that were on one."""
        sequence = listed_sequence(self.block_list())
        changed = self._lists.changed()
        with self._lock:  # a case that another one outranks everywhere, or of before this was kept
            unsaid = {number: sequence for number, case in self._cases.items() if case.keys}
        return {**unsaid, **changed}

    def public_key(self) -> bytes:
        """The 32 bytes that verify the block list."""
        with self._lock:
            return self._lists.public_key()

    def _follow(self) -> None:
        """Bring cases in force up to the evidence of now: one trace for each, if anything is new."""
        with Reading(self._engine) as reading:
            self._read_log(reading)
        names = self._records.aliases()
        as_of = (self._read_to, *self._records.state())
        if as_of != self._as_of:
            widened = {number: self._widened(case) for number, case in self._cases.items()}
            self._followed = {number: _under_first_names(case, names) for number, case in widened.items()}
            blocked = blocked_keys(self._followed.values())
            # A station compares what a tag says: every name of what is stopped must be on its list.
            self._blocked = {name: why for key, why in blocked.items() for name in names.spellings(key)}
            self._as_of = as_of

    def _widened(self, case: Case) -> Case:
        if case.stops is None:
            return case
        scope, division = self.divided(case, case.competence)
        keys = case.keys | division.keys
        return replace(case, keys=keys, carriers=carrying_units(scope, keys, self._is_in(scope)))

    def _is_in(self, scope: Scope) -> Callable[[str, str], bool]:
        """Whether some of a thing is in a unit. What was packed without an amount is, until unpacked."""
        carried = {edge.source for edge in scope.trace.edges if edge.kind == "carry"}
        lying = self._records.lying(carried)
        packed = {lot: {portion.container for _, portion in found} for lot, found in lying.items()}

        def is_in(key: str, unit: str) -> bool:
            if key not in packed or unit in packed[key]:
                return True
            return (key, None, None) in self._records.contents(unit)

        return is_in

    # Writing

    def _cover(self, case: Case, act: Act, by: Viewer) -> tuple[Cover, Division | None]:
        if act not in _FIXES_SCOPE:
            return Cover(), None
        _, division = self._divided_now(case, by.competence)  # the register may have changed
        return Cover(division.lines, division.keys, len(division.beyond_keys)), division

    def _requests(
        self, case: Case, division: Division | None, by: Viewer, now: datetime, note: str = ""
    ) -> list[Entry]:
        """Requests for what is beyond and was not asked for yet."""
        if division is None or case.draft.role != "regulator":
            return []
        authorities = self._register.authorities() if division.beyond_lines else ()
        wanted = requests(division, authorities, asked=case.asked)
        first = len(case.transfers) + 1
        return [
            steps.transferred(case, by.name, now, number=number, request=request, note=note)
            for number, request in enumerate(wanted, first)
        ]

    def _take(self, number: str, step: Callable[[Case], Iterable[Entry]]) -> Case:
        """Take a step upon the case as it stands when nobody else can take one."""
        with self._lock:
            with Writing(self._engine) as writing:
                self._read_log(writing)
                for entry in step(self._known(number)):
                    self._append(writing, entry)
            self.block_list()
            return self.case(number)

    def _known(self, number: str) -> Case:
        found = self._cases.get(number)
        if found is None:
            raise NotFound("There is no case {number}", where="number", number=number)
        return found

    @staticmethod
    def _append(writing: Writing, entry: Entry) -> None:
        append_decision(
            writing, case=entry.case, time=entry.time, by=entry.by, what=entry.what, payload=entry.payload
        )

    def _read_log(self, reading: Reading) -> None:
        fresh = list(decisions(reading, after=self._read_to))
        if fresh:
            self._log.extend(Entry(row.case, row.time, row.by, row.what, row.payload) for row in fresh)
            self._read_to = fresh[-1].sequence
            self._cases = replay(self._log)


def _places(scope: Scope) -> set[str]:
    now = {state.where_now.place for state in scope.trace.states if state.where_now is not None}
    return {place for place in (*now, *(line.place for line in scope.lines)) if place}


def _under_first_names(case: Case, names: Aliases) -> Case:
    """A case decided before a code was linked covers the same things after it."""
    if not names.entries:
        return case
    return replace(
        case, keys=frozenset(map(names.key, case.keys)), carriers=frozenset(map(names.key, case.carriers))
    )
