"""A desk in memory: the real steps and the real replay, over a scope that never changes."""

# ruff: noqa: ARG002 (the methods have the shape of the protocol)

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from suyuan.portal.desk import NotReached, Reach, Situation, Work
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.lineage.contract import Scope, ScopeLine
from suyuan.trace.lineage.last_seen import LastSeen
from suyuan.trace.recall import steps
from suyuan.trace.recall.cases import Entry, case_number, check_draft, draft_payload, replay
from suyuan.trace.recall.complaints import typed_number
from suyuan.trace.recall.division import Request
from suyuan.trace.recall.dossier import Dossier, Flow, Passage
from suyuan.trace.recall.lost import Lost, Sighted
from suyuan.trace.recall.passport import Paper, Passport
from suyuan.trace.recall.recall import Act, Case, CaseDraft, CaseState, RiskWarning, Step
from suyuan.trace.recall.steps import Cover
from suyuan.trace.store.sight import EVERYTHING, Viewer

AUTHORITY = "https://ns.suyuan.example/party/market-bureau"
AGRICULTURE = "https://ns.suyuan.example/party/agriculture-bureau"
FIRST = Viewer("Li Wen", "regulator", AUTHORITY, EVERYTHING)
SECOND = Viewer("Wang Fang", "regulator", AUTHORITY, EVERYTHING)
FARMER = Viewer("Chen Nong", "regulator", AGRICULTURE, EVERYTHING)
OFFICERS = {viewer.name: viewer for viewer in (FIRST, SECOND, FARMER)}
FARM_LINE = ScopeLine("farm", "p1", "in_stock", "KGM", 1, 80.0, 0.0, None, 80.0, ("farm-lot",))


REPORT = "01Z3K-9QXDM"

_ON_THE_WAY = (CaseState.DRAFT, CaseState.HELD, CaseState.PUBLISHED)


class FakeDesk:
    """Implements ``suyuan.portal.desk.CaseDesk``."""

    alone = False

    def __init__(
        self, now: datetime, lines: tuple[ScopeLine, ...], keys: Iterable[str], passport: Passport
    ) -> None:
        self.now = now
        self.lines = lines
        self.cover = Cover(lines, frozenset(keys), 1)
        self.log: list[Entry] = []
        self.passport = passport

    def begin(self, number: str, draft: CaseDraft, until: CaseState, hours: int) -> None:
        """A case as it stands after two persons decided, one step an hour."""
        at = self.now - timedelta(hours=hours)
        draft = replace(draft, party=AUTHORITY)
        self.log.append(Entry(number, at, FIRST.name, Step.DRAFT.value, draft_payload(draft)))
        order = [state for state in CaseState if state in (*_ON_THE_WAY, until)]
        for hour, state in enumerate(order[1 : order.index(until) + 1], 1):
            then, act = at + timedelta(hours=hour), Act(state.value)
            why = "Sources cleaned" if act is Act.RELEASE else "Found in a sample"
            self._append(
                number, lambda c, a=act, t=then, w=why: steps.proposed(c, a, FIRST, w, self.cover, t)
            )
            self._append(number, lambda c, t=then: steps.confirmed(c, c.proposals, SECOND, self.cover, t))

            if act is Act.HOLD:
                request = Request(AGRICULTURE, "farm", "330110", (FARM_LINE,), frozenset(FARM_LINE.keys))
                self._append(
                    number,
                    lambda c, t=then, r=request: steps.transferred(c, SECOND.name, t, number=1, request=r),
                )

    def _append(self, number: str, step: Callable[[Case], Entry]) -> Case:
        self.log.append(step(replay(self.log)[number]))
        return replay(self.log)[number]

    def cases(self) -> Sequence[Case]:
        return list(replay(self.log).values())

    def work(self, by: Viewer) -> Work:
        requests = [(c, t) for c in self.cases() for t in c.transfers if t.to == by.party]
        return Work(self.cases(), requests, {"R2026-0007": 2}, 3, reports=2)

    def case(self, number: str, by: Viewer | None = None) -> Case:
        found = replay(self.log).get(number)
        if found is None:
            raise NotFound("No record found", where="number")
        return found

    def report_named(self, text: str, by: Viewer) -> str:
        return REPORT if by.role != "company" and typed_number(text) == REPORT else ""

    def situation(self, case: Case, by: Viewer) -> Situation:
        return Situation(self.sighted(None, by), Sighted((FARM_LINE,), ()), self.cover.keys, frozenset({"x"}))

    def sighted(self, scope: Scope | None, by: Viewer) -> Sighted:
        del by
        lines = self.lines if scope is None else scope.lines
        lost = tuple(
            Lost(
                "not-received",
                line,
                LastSeen(self.now - timedelta(days=9), "shipping", "plant", "p1", "ev-1"),
            )
            for line in lines
            if line.status in ("unaccounted", "in_transit")
        )
        return Sighted(tuple(line for line in lines if line not in [one.line for one in lost]), lost)

    def reach(self, case: Case, by: Viewer) -> Reach:
        missing = NotReached("shop-3 till", "station", "p2", "shop-0", None, self.now)
        return Reach(7, (missing,), ("old-till",))

    def dossier(self, key: str, by: Viewer) -> Dossier:
        paper = Paper("inspection", "QC-1", "Lab", "2026-11-13", "2026-12-13", attached=True)
        flow = Flow("farm-lot", self.now, ((12.5, "KGM"), (None, None)), 0, "possible", ("ev-1", "ev-2"))
        hour = timedelta(hours=1)
        course = (
            Passage("commissioning", "plant", "p1", 1200, self.now, self.now, 1, ("ev-1",)),
            Passage("retail_selling", "shop-0", "p2", 31, self.now, self.now + hour, 30, ("ev-2",)),
            Passage("retail_selling", None, "", 90, self.now, self.now + hour, 80, ("ev-3",), places=40),
        )
        return Dossier(
            passport=self.passport,
            papers=(paper,),
            inputs=(flow,),
            outputs=(),
            sighted=self.sighted(None, by),
            cases=tuple(self.cases()),
            dates_from=("ev-1",),
            made_at=self.now,
            made_by=by.name,
            course=course,
        )

    def draft(self, draft: CaseDraft, by: Viewer, investigation: str = "") -> Case:
        if draft.contact == "refuse":
            raise InvalidInput(
                "{field} is missing",
                where="contact",
                field="contact",
                remedy="Fill it in and send the form again.",
            )
        check_draft(draft, self.now)
        number = case_number(self.log, self.now)
        draft = replace(draft, party=by.party, role=by.role)
        self.log.append(Entry(number, self.now, by.name, Step.DRAFT.value, draft_payload(draft)))
        return self.case(number)

    def propose(
        self, number: str, act: Act, by: Viewer, reason: str, *, warning: RiskWarning | None = None
    ) -> Case:
        return self._append(
            number, lambda c: steps.proposed(c, act, by, reason, self.cover, self.now, warning=warning)
        )

    def confirm(self, number: str, proposal: int, by: Viewer) -> Case:
        done = self._append(number, lambda c: steps.confirmed(c, proposal, by, self.cover, self.now))
        if done.state is CaseState.HELD and not done.transfers:
            request = Request(AGRICULTURE, "farm", "330110", (FARM_LINE,), frozenset(FARM_LINE.keys))
            return self._append(
                number, lambda c: steps.transferred(c, by.name, self.now, number=1, request=request)
            )
        return done

    def withdraw(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        return self._append(number, lambda c: steps.withdrawn(c, proposal, by, reason, self.now))

    def refuse(self, number: str, proposal: int, by: Viewer, reason: str) -> Case:
        return self._append(number, lambda c: steps.refused(c, proposal, by, reason, self.now))

    def hold_at_once(self, number: str, by: Viewer, reason: str) -> Case:
        return self._append(number, lambda c: steps.held_at_once(c, by, reason, self.cover, self.now))

    def confirm_hold(self, number: str, by: Viewer) -> Case:
        return self._append(number, lambda c: steps.hold_confirmed(c, by, self.now))

    def refuse_hold(self, number: str, by: Viewer, reason: str) -> Case:
        return self._append(number, lambda c: steps.hold_refused(c, by, reason, self.now))

    def ask_others(self, number: str, by: Viewer, reason: str) -> Case:
        steps.check_may_ask(self.case(number), by, reason)
        return self.case(number)

    def answer(self, number: str, transfer: int, by: Viewer, answer: Step, reason: str) -> Case:
        return self._append(
            number, lambda c: steps.transfer_answered(c, transfer, by, answer, reason, self.now)
        )
