"""The desk behind the pages of cases: casework as a viewer may see it, and what surrounds a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, exists, func, select

from suyuan.api.casework import Casework
from suyuan.api.competence import StoredRegister
from suyuan.api.records import LiveRecords
from suyuan.api.view import View
from suyuan.portal.desk import NotReached, Reach, Situation, Work
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.gs1 import identify
from suyuan.trace.lineage import Options, Scope, ScopeLine, Suspect
from suyuan.trace.recall.complaints import ComplaintState, typed_number
from suyuan.trace.recall.division import unasked
from suyuan.trace.recall.dossier import Dossier, course, flows, pieces_of
from suyuan.trace.recall.lost import Sighted
from suyuan.trace.recall.passport import Passport
from suyuan.trace.recall.recall import (
    Act,
    Case,
    CaseDraft,
    CaseState,
    Decision,
    RiskWarning,
    Step,
    Transfer,
)
from suyuan.trace.store import investigations
from suyuan.trace.store.accounts import AccountRole
from suyuan.trace.store.devices import EVERY, unreached
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.record_tables import ComplaintRow
from suyuan.trace.store.sight import Reach as Sight
from suyuan.trace.store.sight import (
    Viewer,
    conducts,
    is_own,
    reach_of,
    sees_case,
    visible_complaints,
    visible_devices,
)
from suyuan.trace.store.tables import AccountRow, TokenRow


class Desk:
    """Implements :class:`suyuan.portal.desk.CaseDesk` on one store."""

    def __init__(
        self,
        engine: Engine,
        casework: Casework,
        records: LiveRecords,
        passport: Callable[[str], Passport],
        seen_by: Callable[[Viewer], View],
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._casework = casework
        self._records = records
        self._passport = passport
        self._seen_by = seen_by
        self._now = now

    @property
    def alone(self) -> bool:
        """Whether this installation lets one person decide."""
        return self._casework.alone

    def work(self, by: Viewer) -> Work:
        """The worklist of a viewer; one look-up per block list that a case is waiting for."""
        cases = [seen for case in self._casework.cases() if (seen := self._seen(case, by)) is not None]
        requests = [
            (case, request)
            for case in self._casework.cases()
            for request in case.transfers
            if by.party and request.to == by.party and by.role == "regulator" and request.state == "open"
        ]
        since = self._casework.listed_since()
        waiting = {
            c.number: since.get(c.number, 0)
            for c in cases
            if c.state is not CaseState.DRAFT and _sees_whole(c, by)
        }
        with Reading(self._engine) as reading:
            behind = {one: len(unreached(reading, one)) for one in set(waiting.values()) if one}
            begins = by.role == "administrator" and not newest_sequence(reading)
            received = ComplaintRow.state == ComplaintState.RECEIVED.value
            reports = reading.connection.execute(
                select(func.count()).select_from(ComplaintRow).where(received, self._reports_seen(by))
            ).scalar()
        missing = {number: behind[one] for number, one in waiting.items() if one and behind[one]}
        return Work(cases, requests, missing, len(self._plain_tokens()), reports or 0, begins)

    def case(self, number: str, by: Viewer) -> Case:
        """One case of those that the viewer may see, as far as they may."""
        found = self._seen(self._casework.case(number), by)
        if found is None:
            raise NotFound("There is no case {number}", where="number", number=number)
        return found if by.role != "company" else _veiled_case(found, by.party)

    def covered(self, case: Case) -> Sequence[ScopeLine]:
        """Where what a case in force covers is by now; kept until evidence or decisions change it."""
        return self._casework.divided(case, case.competence)[1].lines

    def report_named(self, text: str, by: Viewer) -> str:
        """The number of the report that a text names, of those in sight; otherwise nothing. One look-up."""
        named = ComplaintRow.number == typed_number(text)
        with Reading(self._engine) as reading:
            found = reading.connection.execute(
                select(ComplaintRow.number).where(named, self._reports_seen(by))
            ).scalar()
        return found or ""

    def _reports_seen(self, by: Viewer) -> ColumnElement[bool]:
        conducted = [case.number for case in self._casework.cases() if conducts(by, [case.draft.party])]
        return visible_complaints(by, conducted)

    def situation(self, case: Case, by: Viewer) -> Situation:
        """Where what it concerns is now: one trace. Of others' cases, what lies within one's competence."""
        if not _sees_whole(case, by):
            scope, division = self._casework.divided(case, by.competence)
            mine = self._records.sighted(scope, division.lines, self._now(), division.left)
            return Situation(own=mine, beyond=Sighted((), ()), keys=division.keys)
        competence = by.competence if by.party == case.draft.party else case.competence
        scope, division = self._casework.divided(case, competence)
        fixed = case.keys if case.proposal is None else case.proposal.keys
        compared = fixed or division.keys
        own, beyond = (
            _as_seen(self._records.sighted(scope, lines, self._now(), left), by)
            for lines, left in (
                (division.lines, division.left),
                (division.beyond_lines, division.beyond_left),
            )
        )
        return Situation(
            own=own,
            beyond=beyond,
            keys=division.keys,
            nowhere=division.nowhere,
            added=len(division.keys - compared),
            dropped=len(compared - division.keys),
            unasked=any(unasked(division, case.asked)),
        )

    def sighted(self, scope: Scope, by: Viewer) -> Sighted:
        """A scope, as the viewer sees it, with what left our sight taken out."""
        in_sight = self._seen_by(by).in_sight
        return self._records.sighted(scope, scope.lines, self._now(), in_sight=in_sight)

    def reach(self, case: Case, by: Viewer) -> Reach:
        """Whom the list that has the case as it is now has not reached; to a company, which of its own."""
        sequence = self._casework.listed_since().get(case.number, 0)
        if not sequence or not _sees_whole(case, by):
            return Reach(0)
        theirs = visible_devices(by) if by.role == "company" else EVERY  # who conducts a case sees all of it
        with Reading(self._engine) as reading:
            missing = tuple(
                NotReached(
                    found.name,
                    found.kind,
                    found.party,
                    found.place,
                    found.last_seen,
                    found.block_list_time or found.enrolled,
                )
                for found in unreached(reading, sequence, theirs)
            )
        return Reach(sequence, missing, () if by.role == "company" else self._plain_tokens())

    def dossier(self, key: str, by: Viewer) -> Dossier:
        """A lot as far as the viewer sees it: its public passport, traces of one step, a scope, papers."""
        kind = identify(key).kind
        if kind != "lot":
            raise InvalidInput(
                "A dossier is made of a lot; {key} is none", where="key", key=key, remedy="Choose its lot."
            )
        view, suspect = self._seen_by(by), (Suspect(key),)
        back = view.trace(suspect, Options(direction="backward", depth=1))
        forth = view.trace(suspect, Options(depth=1))
        passport = self._passport(key)
        made = {one for t in (back, forth) for e in t.edges if e.kind == "transform" for one in e.evidence}
        events = self._records.evidence(made | set(passport.evidence))
        scope = view.scope(suspect, Options())
        journeys = self._records.journeys(pieces_of(forth, key)).values()
        seen = view.in_sight(key, {visit.evidence for journey in journeys for visit in journey})
        cases = tuple(c for c in self._casework.cases() if key in c.keys and self._seen(c, by) is not None)
        return Dossier(
            passport=passport,
            papers=tuple(view.papers(key)),
            inputs=flows(back, key, events, self._records.consumed, into=True),
            outputs=flows(forth, key, events, self._records.consumed, into=False),
            sighted=self._records.sighted(scope, scope.lines, self._now(), in_sight=view.in_sight),
            cases=cases,
            dates_from=tuple(one for one in passport.evidence if one in events and events[one].ilmd),
            made_at=self._now(),
            made_by=by.name,
            course=course([visit for visit in journey if visit.evidence in seen] for journey in journeys),
            withheld=max(back.withheld, forth.withheld, scope.trace.withheld),
        )

    # Steps, as far as the viewer may see the case

    def draft(self, draft: CaseDraft, by: Viewer, investigation: str = "") -> Case:
        """Begin a case; an investigation that it is out of says so, if the viewer conducts it."""
        if not investigation:
            return self._casework.draft(draft, by)
        with Reading(self._engine) as reading:
            investigations.check_conducted(reading, investigation, by=by)
        case = self._casework.draft(draft, by)
        with Writing(self._engine) as writing:
            investigations.hand_over(writing, investigation, case.number, by=by, now=self._now())
        return case

    def propose(
        self, number: str, act: Act, by: Viewer, reason: str, *, warning: RiskWarning | None = None
    ) -> Case:
        """Propose what a second person must confirm."""
        self.case(number, by)
        return self._casework.propose(number, act, by, reason, warning=warning)

    def confirm(self, number: str, proposal: int, by: Viewer) -> Case:
        """Confirm what somebody else proposed."""
        self.case(number, by)
        return self._casework.confirm(number, proposal, by)

    def withdraw(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        """Take one's own proposal back."""
        self.case(number, by)
        return self._casework.withdraw(number, proposal, by, reason)

    def refuse(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        """Refuse somebody else's proposal."""
        self.case(number, by)
        return self._casework.refuse(number, proposal, by, reason)

    def hold_at_once(self, number: str, by: Viewer, reason: str) -> Case:
        """An urgent hold."""
        self.case(number, by)
        return self._casework.hold_at_once(number, by, reason)

    def confirm_hold(self, number: str, by: Viewer) -> Case:
        """The second person of an urgent hold agrees."""
        self.case(number, by)
        return self._casework.confirm_hold(number, by)

    def refuse_hold(self, number: str, by: Viewer, reason: str) -> Case:
        """The second person of an urgent hold does not agree."""
        self.case(number, by)
        return self._casework.refuse_hold(number, by, reason)

    def ask_others(self, number: str, by: Viewer, reason: str) -> Case:
        """Send requests for what is beyond one's competence."""
        self.case(number, by)
        return self._casework.ask_others(number, by, reason)

    def answer(self, number: str, transfer: int, by: Viewer, answer: Step, reason: str) -> Case:
        """Accept, answer or refuse a request."""
        self.case(number, by)
        return self._casework.answer(number, transfer, by, answer, reason)

    def _seen(self, case: Case, by: Viewer) -> Case | None:
        """Decision 0005: whoever conducts a case sees all of it, an authority that it concerns its part."""
        if _sees_whole(case, by):
            return case
        if reach_of(by) is not Sight.COMPETENCE:
            return None
        asked = tuple(request for request in case.transfers if is_own(by, request.to))
        # Who asked for a case sees what became of it.
        sent = bool(case.draft.origin) and is_own(by, self._party_of(case.draft.origin))
        return _concerning(case, asked) if asked or sent or self._lies_with(case, by) else None

    def _party_of(self, number: str) -> str:
        return self._casework.case(number).draft.party

    def _lies_with(self, case: Case, by: Viewer) -> bool:
        """Whether goods that the case stops, or is about to stop, were at places of their competence."""
        lines = (*case.scope, *(case.proposal.lines if case.proposal is not None else ()))
        facts = StoredRegister(self._engine).facts({line.place for line in lines if line.place})
        return any(by.competence.covers(*told) for told in facts.values()) if by.competence else False

    def _plain_tokens(self) -> tuple[str, ...]:
        """Stations that have a token and no key of their own: what they hold, they do not say."""
        now = self._now()
        valid = exists().where(
            TokenRow.account == AccountRow.name,
            TokenRow.revoked.is_(None),
            TokenRow.expires.is_(None) | (TokenRow.expires > now),
        )
        with Reading(self._engine) as reading:
            names = reading.connection.execute(
                select(AccountRow.name)
                .where(AccountRow.role == AccountRole.STATION.value, valid)
                .order_by(AccountRow.name)
            ).scalars()
            return tuple(names)


def _sees_whole(case: Case, by: Viewer) -> bool:
    if not case.draft.party and by.role == "regulator":
        return True  # of before cases had an authority: any may take it up
    return sees_case(by, [case.draft.party], touches_competence=False)


_EFFECTS = frozenset((Step.DRAFT.value, *(act.value for act in Act)))


def _concerning(case: Case, asked: tuple[Transfer, ...]) -> Case:
    """A case as an authority may see it that it concerns: its texts, the requests to it, what took effect.

    Scopes are left out (the part of now is found for their competence), and so are proposals, notes and
    requests to others.
    """
    log = tuple(
        Decision(one.time, one.by, one.what, urgent=one.urgent) for one in case.log if one.what in _EFFECTS
    )
    nothing: frozenset[str] = frozenset()
    return replace(
        case, scope=(), keys=nothing, carriers=nothing, log=log, proposal=None, urgent=None, transfers=asked
    )


def _as_seen(found: Sighted, by: Viewer) -> Sighted:
    """To a company, goods at others' are a quantity: whom its customers sell to is theirs to tell."""
    if by.role != "company":
        return found
    lost = tuple(
        one if one.last is not None and one.last.holder == by.party else replace(one, last=None, to="")
        for one in found.lost
    )
    return Sighted(_veiled(found.lines, by.party), lost)


def _veiled(lines: Iterable[ScopeLine], party: str) -> tuple[ScopeLine, ...]:
    """Lines at others' places added up per status and unit, without their places."""
    own = [line for line in lines if line.party == party]
    others: dict[tuple[str, str | None, bool], ScopeLine] = {}
    for line in lines:
        if line.party == party:
            continue
        head = (line.status, line.uom, line.hold is None)
        before = others.get(head)
        others[head] = replace(
            line,
            place=None,
            party=None,
            objects=line.objects + (before.objects if before else 0),
            hold=_sum(line.hold, before.hold) if before else line.hold,
            contaminated_min=line.contaminated_min + (before.contaminated_min if before else 0.0),
            contaminated_expected=_sum(line.contaminated_expected, before.contaminated_expected)
            if before
            else line.contaminated_expected,
            contaminated_max=_sum(line.contaminated_max, before.contaminated_max)
            if before
            else line.contaminated_max,
            keys=(*line.keys, *(before.keys if before else ())),
        )
    return (*own, *others.values())


def _veiled_case(case: Case, party: str) -> Case:
    """A case with every scope in it as the company may see it."""
    proposal = case.proposal
    return replace(
        case,
        scope=_veiled(case.scope, party),
        log=tuple(replace(one, lines=_veiled(one.lines, party)) for one in case.log),
        proposal=None if proposal is None else replace(proposal, lines=_veiled(proposal.lines, party)),
    )


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second
