"""The exact tracer: answers straight from the law of tracing (docs/decisions/0002), in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.amounts import Amounts
from suyuan.trace.lineage.assembled import assembled
from suyuan.trace.lineage.backward import Backward
from suyuan.trace.lineage.contract import Certainty, Edge, Options, Scope, State, Suspect, Trace
from suyuan.trace.lineage.edges import (
    carried_in,
    carry_edge,
    influence_edges,
    influence_edges_back,
    move_edge,
)
from suyuan.trace.lineage.extents import Extent, Gathering
from suyuan.trace.lineage.forward import Forward
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.question import Question
from suyuan.trace.lineage.records import Containment
from suyuan.trace.lineage.runs import check_rows
from suyuan.trace.lineage.scope import scope_lines
from suyuan.trace.lineage.statement import EVER, moment
from suyuan.trace.lineage.where import Owner, nobody, where_now

_EVERYTHING = Options()
_Part = tuple[Certainty, int, int]


class ExactTracer:
    """Traces over a live :class:`Lineage`. ``owner`` tells from master data whose a place is.

    The work is that of the states and steps found; it does not depend on what else is in the lineage (but
    see :class:`Lineage` for what a late arrival costs the next question).
    """

    def __init__(self, lineage: Lineage, *, owner: Owner = nobody) -> None:
        self._lineage = lineage
        self._owner = owner

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """Everything of interest that follows from the suspects.

        Raises ``InvalidInput`` for a time without zone and for a window that ends before it begins, and
        ``TooLarge`` for an answer of more than two million rows: of a transformation, each input with each
        output is one.
        """
        question = Question(self._lineage.history(options.known_at), suspects, options)
        answer = _forward(question) if options.direction == "forward" else _backward(question)
        return answer.trace(self._owner)

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        """What is affected now, per place, party, status and unit.

        Raises ``InvalidInput`` as :meth:`trace` does, and for a backward direction.
        """
        if options.direction != "forward":
            raise InvalidInput(
                "A scope is summed from a forward trace.",
                where="options/direction",
                remedy="Trace back first, then ask for the scope of the source that was found.",
            )
        question = Question(self._lineage.history(options.known_at), suspects, options)
        answer = _forward(question)
        trace = answer.trace(self._owner)
        return Scope(trace, scope_lines(question.history, trace.states, answer.amounts, self._owner))


class _Answer:
    """States and edges in the making."""

    def __init__(self, question: Question, affected: dict[str, Extent], amounts: Amounts | None) -> None:
        self.question = question
        self.affected = affected
        self.amounts = amounts
        self.carriers: dict[str, Extent] = {}
        self.edges: list[Edge] = []
        self._carriages: dict[Containment, None] = {}
        self._along = Gathering()  # what matters only along with what is affected: containers and places

    def tell(self, steps: Iterable[Edge]) -> None:
        """Add edges, as long as the answer does not get too large."""
        for rows, edge in enumerate(steps, len(self.affected) + len(self.edges) + 1):
            check_rows(rows)
            self.edges.append(edge)

    def carry(self) -> None:
        """Follow the containers of what is affected outward, while they carry it."""
        carried = self._along
        found: dict[str, Extent] = {}
        wave = {key: extent for key, extent in self.affected.items() if not self.question.is_place(key)}
        while wave:
            touched: dict[str, None] = {}
            for key, reach in wave.items():
                for containment in carried_in(self.question, key, reach.all):
                    self._carriages[containment] = None
                    touched[containment.parent] = None
                    for certainty, start, end in reach.parts():
                        low, high = max(start, containment.start), min(end, containment.end)
                        if low < high:
                            carried.add(containment.parent, low, high, possible=certainty == "possible")
            grown = {key: extent for key in touched if (extent := carried.extent(key)) is not None}
            wave = {key: extent for key, extent in grown.items() if extent != found.get(key)}
            found.update(wave)
        self.tell(map(carry_edge, self._carriages))
        self._admit()

    def move(self) -> None:
        """Say where everything was by its own word."""
        parts: defaultdict[str, list[_Part]] = defaultdict(list)
        for extents in (self.affected, self.carriers):
            for key, extent in extents.items():
                parts[key].extend(extent.parts())
        self.tell(self._moves(parts))
        self._admit()

    def _moves(self, parts: Mapping[str, Sequence[_Part]]) -> Iterator[Edge]:
        for key, of_interest in parts.items():
            for episode in self.question.history.episodes.get(key, ()):
                met = False
                for certainty, start, end in of_interest:
                    low, high = max(start, episode.start), min(end, episode.end)
                    if low < high:
                        met = True
                        self._along.add(episode.place, low, high, possible=certainty == "possible")
                if met:
                    yield move_edge(key, episode)

    def _admit(self) -> None:
        for key, extent in self._along.extents().items():
            affected = self.affected.get(key)
            rest = extent if affected is None else extent.outside(affected.all)
            if rest.all:
                self.carriers[key] = rest

    def trace(self, owner: Owner) -> Trace:
        """The answer in the contract's order."""
        told, question = self.question.history.statements, self.question
        return assembled(
            question.suspects,
            question.options,
            self._states(owner),
            self.edges,
            lambda evidence: told[evidence].occurrence.party,
        )

    def _states(self, owner: Owner) -> Iterator[State]:
        for carrier, extents in ((False, self.affected), (True, self.carriers)):
            for key, extent in extents.items():
                kind = self.question.kind(key)
                # What a move leads to is a place, whatever its name looks like.
                if carrier and key not in self.question.history.births:
                    kind = "place"
                where = None if kind == "place" else where_now(self.question.history, key, owner)
                amounts = None if carrier or kind == "place" else self.amounts
                hold = None if amounts is None else amounts.hold(key)
                for certainty, start, end in extent.parts():
                    possible = certainty == "possible"
                    share = None if amounts is None else amounts.contaminated(key, possible=possible)
                    yield State(key, kind, moment(start), moment(end), certainty, carrier, hold, share, where)


def _forward(question: Question) -> _Answer:
    forward = Forward(question)
    gathered = Gathering()
    for key, labels in forward.frontier.labels.items():
        for label in labels:
            gathered.add(key, label.start, label.end, possible=label.possible)
    affected = gathered.extents()
    answer = _Answer(question, affected, Amounts(forward, affected))
    answer.tell(influence_edges(question, forward.frontier.labels))
    answer.carry()
    answer.move()
    return answer


def _backward(question: Question) -> _Answer:
    backward = Backward(question)
    gathered = Gathering()
    labels = {key: list(found) for key, found in backward.frontier.labels.items()}
    for key, found in labels.items():
        for label in found:
            gathered.add(key, EVER, label.end, possible=label.possible)
    for key, seeds in backward.seeds.items():
        labels.setdefault(key, []).extend(seeds)
    for suspect, (start, end) in zip(question.suspects, question.windows, strict=True):
        gathered.add(suspect.key, start, end, possible=False)
    answer = _Answer(question, gathered.extents(), None)
    answer.tell(influence_edges_back(question, labels))
    answer.move()
    return answer
