"""The services of an incident: investigations with what is in them, and the answers to an investigator."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import count
from threading import Lock
from types import MappingProxyType
from typing import Any, cast

import orjson

from suyuan.api.house import House
from suyuan.api.incident import places, ranking
from suyuan.api.incident.inspected import Inspected
from suyuan.api.incident.reading import Linked, Pair, RankingWanted, ToHold, read_cases
from suyuan.api.incident.supposed import moved, supposed_doubts, unknown_among, with_doubts
from suyuan.portal.incident.atlas import Where
from suyuan.portal.incident.desk import Asked, Ranked, Room, Wish
from suyuan.portal.incident.waiting import Part, Progress, Unheard
from suyuan.portal.services import Label
from suyuan.trace.gs1 import identify
from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.lags import CONSUMPTION, LogNormal
from suyuan.trace.incident.reported import Reported, reported_json, reported_of
from suyuan.trace.lineage import Scope, Trace
from suyuan.trace.recall.dates import local_day
from suyuan.trace.scope.amounts import balances, overview
from suyuan.trace.scope.answer import Bounds, Choice, CommonLinks, Comparison, Holding, Of
from suyuan.trace.scope.asking import options_of, scoped, traced
from suyuan.trace.scope.choosing import choose
from suyuan.trace.scope.comparison import compare
from suyuan.trace.scope.holding import what_to_hold
from suyuan.trace.scope.links import common_links
from suyuan.trace.scope.reading import read_question
from suyuan.trace.scope.render import question_json
from suyuan.trace.scope.selection import Cases, Eaten, Question, Suppositions
from suyuan.trace.store import investigations as kept
from suyuan.trace.store.access import note_access
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import Reach, Viewer, conducts, reach_of

_UNHEARD = Unheard()
STEPS = 100
"""Steps of the history that are told at once."""
_REMEMBERED = 8
"""Rankings that are kept for whoever looks at a page of one again."""


class InvestigationDesk:
    """Everything that pages and routes need of incidents. Safe to use from several threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._engine = house.engine
        self._ranked: OrderedDict[tuple[object, ...], ranking.Sources] = OrderedDict()
        self._lock = Lock()

    # Investigations

    def listed(
        self, by: Viewer, *, state: kept.State | None = None, before: str = "", limit: int = 50
    ) -> Sequence[kept.Investigation]:
        """Those of the viewer, newest first."""
        with Reading(self._engine) as reading:
            return kept.investigations(reading, viewer=by, state=state, before=before, limit=limit)

    def may_begin(self, by: Viewer) -> bool:
        """Whether the viewer investigates at all."""
        return kept.may_investigate(by)

    def begin(self, by: Viewer, *, zh: str, en: str, suspicion: str) -> str:
        """Open an investigation; its number."""
        with Writing(self._engine) as writing:
            return kept.open_investigation(writing, by=by, zh=zh, en=en, suspicion=suspicion, now=self.now())

    def investigation(self, number: str, by: Viewer) -> kept.Investigation:
        """One investigation without what is in it, or ``NotFound``."""
        with Reading(self._engine) as reading:
            return kept.investigation(reading, number, viewer=by)

    def cases(self, number: str, by: Viewer) -> Sequence[kept.OutbreakCase]:
        """The cases of an investigation, or ``NotFound``."""
        with Reading(self._engine) as reading:
            kept.investigation(reading, number, viewer=by)
            return kept.cases(reading, number)

    def answers(self, number: str, by: Viewer) -> Sequence[kept.KeptHead]:
        """What the kept answers of an investigation are called, or ``NotFound``."""
        with Reading(self._engine) as reading:
            kept.investigation(reading, number, viewer=by)
            return kept.answers(reading, number)

    def whole_answers(self, number: str, by: Viewer) -> Iterator[kept.KeptAnswer]:
        """The kept answers of an investigation one at a time: together they may be 200 MiB."""
        with Reading(self._engine) as reading:
            kept.investigation(reading, number, viewer=by)
            for one in kept.answers(reading, number):
                yield kept.answer(reading, number, one.number)

    def history(
        self, number: str, by: Viewer, *, before: int | None = None, limit: int | None = None
    ) -> Sequence[kept.Entry]:
        """Steps of an investigation, newest first, or ``NotFound``."""
        with Reading(self._engine) as reading:
            kept.investigation(reading, number, viewer=by)
            return kept.history(reading, number, before=before, limit=limit or STEPS)

    def steps(self, number: str, by: Viewer) -> Iterator[kept.Entry]:
        """All steps of an investigation, newest first, a page of them at a time."""
        before: int | None = None
        while found := self.history(number, by, before=before):
            yield from found
            before = found[-1].number

    def room(self, number: str, by: Viewer) -> Room:
        """One investigation with what is in it, or ``NotFound``."""
        with Reading(self._engine) as reading:
            found = kept.investigation(reading, number, viewer=by)
            cases = kept.cases(reading, number)
            return Room(
                found,
                cases,
                tuple(reported_of(case.told) for case in cases),
                kept.answers(reading, number),
                kept.history(reading, number, limit=STEPS),
                kept.may_conduct(by, found),
            )

    def change(self, number: str, by: Viewer, *, zh: str, en: str, suspicion: str, state: kept.State) -> None:
        """Give it another title, suspicion or state, all at once; what is as it was is left alone."""
        with Writing(self._engine) as writing:
            before, now = kept.investigation(writing, number, viewer=by), self.now()
            if before.state == "closed" and state == "open":
                kept.reopen(writing, number, by=by, now=now)
            if (zh, en, suspicion) != (before.zh, before.en, before.suspicion):
                kept.amend(writing, number, by=by, zh=zh, en=en, suspicion=suspicion, now=now)
            if before.state == "open" and state == "closed":
                kept.close(writing, number, by=by, now=now)

    def close(self, number: str, by: Viewer) -> None:
        """Close it."""
        with Writing(self._engine) as writing:
            kept.close(writing, number, by=by, now=self.now())

    def reopen(self, number: str, by: Viewer) -> None:
        """Open it again."""
        with Writing(self._engine) as writing:
            kept.reopen(writing, number, by=by, now=self.now())

    def add(self, number: str, by: Viewer, told: Sequence[Mapping[str, Any]]) -> int:
        """Add cases as JSON objects (:mod:`suyuan.trace.incident.reported`), all or none; how many."""
        return len(self.add_cases(number, by, list(told)))

    def add_cases(self, number: str, by: Viewer, told: object) -> Sequence[int]:
        """The same, returning their numbers; a fault is told at its JSON pointer."""
        with Writing(self._engine) as writing:
            kept.investigation(writing, number, viewer=by)
            taken = tuple(case.label for case in kept.cases(writing, number))
            read = read_cases(told, self.today(), taken=taken)
            rows = [(case.label, reported_json(case)) for case in read]
            return kept.add_cases(writing, number, rows, by=by, now=self.now())

    def remove(self, number: str, by: Viewer, case: int) -> None:
        """Take a case out."""
        with Writing(self._engine) as writing:
            kept.remove_case(writing, number, case, by=by, now=self.now())

    def note(self, number: str, by: Viewer, text: str) -> None:
        """Write something down."""
        with Writing(self._engine) as writing:
            kept.note(writing, number, text, by=by, now=self.now())

    def hand_over(self, number: str, by: Viewer, case: str) -> None:
        """Write down that a hold or recall was drafted out of it."""
        with Writing(self._engine) as writing:
            kept.hand_over(writing, number, case, by=by, now=self.now())

    def keep(self, number: str, by: Viewer, name: str, told: Mapping[str, Any], asked: Asked) -> int:
        """Keep a scope under a name with what it came to; its number."""
        del told  # what is kept is the question as it was understood: keys in their first spelling
        summary = {"overview": _plain(asked.overview), "choice": _plain(asked.bounds.choice)}
        question = question_json(asked.question)
        return self.keep_answer(number, by, "scope", name, question, asked.evidence, summary, asked.at)

    def keep_answer(
        self,
        number: str,
        by: Viewer,
        kind: kept.AnswerKind,
        name: str,
        question: Mapping[str, Any],
        evidence: int,
        summary: Mapping[str, Any],
        asked: datetime | None = None,
    ) -> int:
        """Keep any answer, asked at that time or now; its number."""
        with Writing(self._engine) as writing:
            return kept.keep_answer(
                writing,
                number,
                kind=kind,
                name=name,
                question=question,
                evidence=evidence,
                summary=summary,
                by=by,
                now=self.now(),
                asked=asked,
            )

    def kept_answer(self, number: str, by: Viewer, answer: int) -> kept.KeptAnswer:
        """One kept answer, or ``NotFound``."""
        with Reading(self._engine) as reading:
            kept.investigation(reading, number, viewer=by)
            return kept.answer(reading, number, answer)

    def forget(self, number: str, by: Viewer, answer: int) -> None:
        """Take a kept answer out."""
        with Writing(self._engine) as writing:
            kept.remove_answer(writing, number, answer, by=by, now=self.now())

    # Answers

    def traced(self, by: Viewer, question: Question, progress: Progress = _UNHEARD) -> Bounds[Trace]:
        """The minimum and maximum trace of a question."""
        seen = self._inspected(by, progress)
        return with_doubts(traced(question, seen), seen)

    def scoped(self, by: Viewer, question: Question, progress: Progress = _UNHEARD) -> Bounds[Scope]:
        """The minimum and maximum scope of a question."""
        seen = self._inspected(by, progress)
        return with_doubts(scoped(question, seen), seen)

    def _inspected(self, by: Viewer, progress: Progress, traces: int = 0) -> Inspected:
        """What the viewer sees; of so many ``traces`` each is told as a part of nine tenths of the work."""
        done = count()

        def heard() -> None:
            progress.at(0.9 * min(1.0, next(done) / traces) if traces else progress.share, "trace")

        return Inspected(self._house, by, heard)

    def asked(self, by: Viewer, told: Mapping[str, Any], progress: Progress = _UNHEARD) -> Asked:
        """The answer to a question in JSON (:mod:`suyuan.trace.scope.reading`), with amounts."""
        question, inspected = read_question(told), self._inspected(by, progress)
        with self._house.settled() as evidence:
            at = self.now()
            progress.at(0.05, "trace")
            bounds = with_doubts(scoped(question, inspected), inspected)
            most = bounds.maximum
            progress.at(0.6, "amounts")
            balanced = balances(most, inspected)
        return Asked(question, bounds, overview(bounds.minimum, most), balanced, evidence, at)

    def compared(self, by: Viewer, first: Asked, second: Asked) -> Comparison:
        """What differs between two scopes, at most."""
        del by  # both are cut to what they may see
        return compare(first.bounds.maximum, second.bounds.maximum)

    def comparison(self, by: Viewer, pair: Pair, progress: Progress = _UNHEARD) -> Comparison:
        """What differs between the scopes of two questions, at most."""
        first = self.scoped(by, pair.first, Part(progress, 0.0, 0.4))
        second = self.scoped(by, pair.second, Part(progress, 0.4, 0.8))
        progress.at(0.8, "compare")
        doubts = (*moved(first.choice.doubts, "/first"), *moved(second.choice.doubts, "/second"))
        return replace(compare(first.maximum, second.maximum), doubts=doubts)

    def holding(self, by: Viewer, asked: Asked, of: Of, shops: bool) -> Holding:
        """The fewest things to hold so that nothing more reaches the shops, or whoever is last."""
        sinks: Sequence[str] = ()
        if shops:
            there = {line.place for line in asked.bounds.maximum.lines if line.place is not None}
            told = self.stages(sorted(there))
            sinks = [place for place, stage in told.items() if stage in ("retail", "catering")]
        del by
        return what_to_hold(asked.bounds.maximum, sinks, of=of)

    def to_hold(self, by: Viewer, wanted: ToHold, progress: Progress = _UNHEARD) -> Holding:
        """The smallest set to hold."""
        inspected = self._inspected(by, progress)
        bounds = with_doubts(scoped(wanted.question, inspected), inspected)
        progress.at(0.6, "hold")
        found = what_to_hold(
            bounds.maximum,
            wanted.sinks,
            of=wanted.of,
            by=wanted.by,
            values=wanted.values,
            amounts=inspected,
        )
        doubts = (
            *moved(bounds.choice.doubts, "/question"),
            *unknown_among(wanted.sinks, "/sinks", inspected),
        )
        return replace(found, doubts=doubts)

    def common(self, number: str, by: Viewer) -> CommonLinks:
        """What lies on every way to every case of an investigation."""
        ill = [case for case in self._reported(number, by) if case.kind == "ill"]
        cases = tuple(eaten(case, self._house.zone) for case in ill)
        return self.linked(by, Linked(cases, (), Suppositions()))

    def linked(self, by: Viewer, wanted: Linked, progress: Progress = _UNHEARD) -> CommonLinks:
        """What lies on every way to every case."""
        inspected = self._inspected(by, progress, len(wanted.cases))
        options = options_of(wanted.options, inspected)
        found = common_links(wanted.cases, inspected, options, sources=wanted.sources)
        return replace(found, doubts=(*found.doubts, *supposed_doubts(wanted.options, inspected)))

    def shared_sources(self, by: Viewer, question: Question, progress: Progress = _UNHEARD) -> Choice:
        """The lots that enough of some objects came from."""
        cases = sum(len(one.cases) for one in question.selections if isinstance(one, Cases))
        inspected = self._inspected(by, progress, cases)
        found = choose(question.selections, inspected, options_of(question.options, inspected))
        return replace(found, doubts=(*found.doubts, *supposed_doubts(question.options, inspected)))

    def sources(self, by: Viewer, wanted: RankingWanted, progress: Progress) -> ranking.Sources:
        """Which source explains the cases that were sent, or those of an investigation."""
        cases = wanted.cases
        if wanted.investigation:
            cases = self._reported(wanted.investigation, by)
        assumptions = Assumptions(
            pathogen=wanted.pathogen,
            incubation=None if wanted.incubation is None else LogNormal(*wanted.incubation),
            consumption=CONSUMPTION if wanted.consumption is None else LogNormal(*wanted.consumption),
            complete=wanted.complete,
            carry_over=wanted.carry_over,
            begins_only=wanted.begins_only,
        )
        if wanted.unrelated is not None:
            assumptions = replace(assumptions, unrelated=wanted.unrelated)
        if wanted.longest_run_days is not None:
            assumptions = replace(assumptions, longest_run_days=wanted.longest_run_days)
        asked = ranking.Wanted(
            cases, assumptions, wanted.since_days or ranking.SINCE_DAYS, wanted.most or ranking.MOST_SOURCES
        )
        return ranking.rank(Inspected(self._house, by), asked, self._house.zone, progress)

    def ranked(self, number: str, by: Viewer, wish: Wish, progress: Progress = _UNHEARD) -> Ranked:
        """Which sources explain the cases of an investigation; asked again of the same, the same answer.

        A case of the viewer's may have opened what it tells: to show it again is to look again.
        """
        changed, opening = self.investigation(number, by).changed, self._opening(by)
        asked = (number, by, wish, changed, self._house.records.state(), opening)
        with self._lock:
            found = self._ranked.get(asked)
        if found is not None and opening:
            with Writing(self._engine) as writing:
                for case, _, _ in opening:
                    told = f"sources of {number}"
                    note_access(writing, by=by.name, what=f"case {case}", purpose=told, now=self.now())
        if found is None:
            wanted = RankingWanted(
                investigation=number,
                pathogen=wish.pathogen,
                carry_over=wish.carry_over,
                begins_only=wish.begins_only,
            )
            found = self.sources(by, wanted, progress)
            with self._lock:
                self._ranked[asked] = found
                while len(self._ranked) > _REMEMBERED:
                    self._ranked.popitem(last=False)
        return found.ranked

    def _opening(self, by: Viewer) -> tuple[tuple[str, str, int], ...]:
        """The cases that open something to the viewer, each as it stands (decision 0005)."""
        if reach_of(by) is not Reach.COMPETENCE:
            return ()
        own = (case for case in self._house.cases() if conducts(by, [case.draft.party]))
        return tuple((case.number, case.state, len(case.log)) for case in own)

    def _reported(self, number: str, by: Viewer) -> tuple[Reported, ...]:
        return tuple(reported_of(case.told) for case in self.cases(number, by))

    # Words

    def today(self) -> date:
        """The local date."""
        return local_day(self.now(), self._house.zone)

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys."""
        return self._house.labels(keys)

    def stages(self, among: Sequence[str]) -> Mapping[str, str]:
        """The stage of the chain of those places of which it is told."""
        return places.stages(self._engine, self._house.records, among)

    def positions(self, among: Sequence[str]) -> Mapping[str, Where]:
        """Latitude and longitude of those places of which they are told."""
        return places.positions(self._house.records, among)

    def now(self) -> datetime:
        """The clock."""
        return self._house.now()


def eaten(case: Reported, zone: tzinfo) -> Eaten:
    """A reported case as a selection has it: goods that are products count at the places only."""
    products = tuple(key for key in case.goods if identify(key).kind == "product")
    last = case.to_day or case.onset
    return Eaten(
        case.label,
        tuple(key for key in case.goods if key not in products),
        case.places,
        products,
        None if case.from_day is None else ranking.midnight(case.from_day, zone),
        None if last is None or last == date.max else ranking.midnight(last + timedelta(days=1), zone),
    )


def _plain(value: object) -> Any:
    """An answer as JSON values, to be kept."""
    return orjson.loads(orjson.dumps(value, default=_members, option=orjson.OPT_UTC_Z))


def _members(value: object) -> Any:
    """The fields of a doubt that has none are a mapping that cannot change."""
    if isinstance(value, MappingProxyType):
        return dict(cast("Mapping[str, str]", value))
    raise TypeError(type(value).__name__)
