"""Whose word counts of goods: who brought them about, and to whom they were handed on since (decision 0039).

Nobody comes by goods through a claim of their own: that they were given to somebody is believed when one who
had them says so. Where a sending names nobody, whoever tells then of having taken the goods over is heard,
for somebody has them; but that accuses nothing. Everybody else is a stranger to the goods.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import IdentifierError, canonical_key, site
from suyuan.trace.lineage import Visit

_PARTIES = frozenset({"owning_party", "possessing_party"})
_PLACE = "location"
_SENDS = frozenset({"shipping", "departing"})
_TAKES_OVER = frozenset({"accepting", "arriving", "collecting", "receiving"})

OwnerOf = Callable[[str], str | None]
"""Whose a place is by the register; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Custody:
    """``holders`` were given the goods by one who had them; ``takers`` say that they took them over.

    Both by first names, as ``first_name`` of :func:`custody` gives them.
    """

    holders: frozenset[str] = frozenset()
    takers: frozenset[str] = frozenset()

    def joined(self, other: Custody) -> Custody:
        """Those of both: whoever has a piece may tell of its lot."""
        return Custody(self.holders | other.holders, self.takers | other.takers)


NOBODY = Custody()


@dataclass(frozen=True, slots=True)
class Told:
    """The checkpoints of goods by whose word they are, each part in order.

    ``heard`` are those of holders and takers, ``certain`` of holders alone, ``strange`` of strangers.
    """

    heard: tuple[Visit, ...]
    certain: tuple[Visit, ...]
    strange: tuple[Visit, ...]

    @property
    def uncertain(self) -> tuple[Visit, ...]:
        """Those that takers alone answer for."""
        sure = {visit.evidence for visit in self.certain}
        return tuple(visit for visit in self.heard if visit.evidence not in sure)


NOTHING_TOLD = Told((), (), ())


def key_of(party: str) -> str:
    """The canonical key of a party or place, or the text itself where it is no identifier of ours."""
    try:
        return canonical_key(party)
    except IdentifierError:
        return party


def no_register(_: str) -> str | None:
    """The :data:`OwnerOf` of who asks no register."""
    return None


def told_apart(visits: Sequence[Visit], of: Custody, first_name: Callable[[str], str] = str) -> Told:
    """``visits`` by whose word they are. Linear."""
    names = {party: first_name(key_of(party)) for party in {visit.party for visit in visits}}
    heard = of.holders | of.takers
    return Told(
        tuple(visit for visit in visits if names[visit.party] in heard),
        tuple(visit for visit in visits if names[visit.party] in of.holders),
        tuple(visit for visit in visits if names[visit.party] not in heard),
    )


def maker_of(
    begun: Iterable[Visit],
    events: Mapping[str, Event],
    known: Collection[str] = (),
    first_name: Callable[[str], str] = str,
) -> str | None:
    """The party that brought goods about, of the checkpoints that say so.

    Of several it is one of those that are ``known`` to answer for them, else who said so first by our own
    clock: times of events are as told.
    """
    told = list(begun)
    of_known = [visit for visit in told if first_name(key_of(visit.party)) in known]
    first = min(of_known or told, key=lambda visit: _recorded(visit, events), default=None)
    return None if first is None else first.party


def _recorded(visit: Visit, events: Mapping[str, Event]) -> float:
    event = events.get(visit.evidence)
    return 0.0 if event is None or event.record_time is None else event.record_time.timestamp()


def custody(
    visits: Sequence[Visit],
    events: Mapping[str, Event],
    makers: Iterable[str],
    *,
    owner_of: OwnerOf = no_register,
    first_name: Callable[[str], str] = str,
) -> Custody:
    """Who had the goods whose checkpoints are ``visits``, in order, beginning with ``makers``.

    ``first_name`` gives the key by which all spellings of a party are one. O(checkpoints) for each taker who
    took them over from another taker, and once without any.
    """
    way = _Way(visits, events, owner_of, first_name)
    holders = way.given_on({first_name(key_of(maker)) for maker in makers})
    takers: set[str] = set()
    while more := way.takers(holders | takers):
        takers |= way.given_on(more) - holders
    return Custody(frozenset(holders), frozenset(takers))


class _Way:
    """The checkpoints of goods with whom each names, read once."""

    def __init__(
        self,
        visits: Sequence[Visit],
        events: Mapping[str, Event],
        owner_of: OwnerOf,
        first_name: Callable[[str], str],
    ) -> None:
        self._visits = visits
        self._parties = [first_name(key_of(visit.party)) for visit in visits]
        self._named = [
            frozenset(first_name(one) for one in _named(events.get(visit.evidence), owner_of))
            for visit in visits
        ]
        self._bound = [_places(events.get(visit.evidence)) for visit in visits]

    def given_on(self, holders: set[str]) -> set[str]:
        """``holders``, whom they name as having had the goods, whom those name, and so on."""
        told: dict[str, set[str]] = {}
        for party, named in zip(self._parties, self._named, strict=True):
            told.setdefault(party, set()).update(named)
        found, new = set(holders), list(holders)
        while new:
            more = told.get(new.pop(), set()) - found
            found |= more
            new += more
        return found

    def takers(self, known: set[str]) -> set[str]:
        """Who took the goods over after one of ``known`` had sent them to nobody that is known."""
        found: set[str] = set()
        bound: set[str] = set()
        is_open = False
        for visit, party, named, places in zip(
            self._visits, self._parties, self._named, self._bound, strict=True
        ):
            if party in known and not named:
                bound |= places
                is_open = is_open or (visit.biz_step in _SENDS and not places)
            if party not in known and (_site(visit) in bound or (is_open and visit.biz_step in _TAKES_OVER)):
                found.add(party)
        return found


def _site(visit: Visit) -> str:
    return "" if visit.place is None else site(visit.place)


def _named(event: Event | None, owner_of: OwnerOf) -> Iterator[str]:
    """Who had the goods or got them, by an event: parties, or whose the places are if it names no party."""
    parties = [end for kind, end in _ends(event) if kind in _PARTIES]
    yield from parties
    if not parties:
        owners = (owner_of(end) for kind, end in _ends(event) if kind == _PLACE)
        yield from (key_of(owner) for owner in owners if owner is not None)


def _places(event: Event | None) -> frozenset[str]:
    """Where an event sends goods."""
    to = () if event is None else event.destination_list
    return frozenset(site(key_of(end.id)) for end in to if end.type == _PLACE)


def places_named(events: Iterable[Event]) -> set[str]:
    """The places that events name, instead of parties, as where goods came from or went to."""
    ends = (list(_ends(event)) for event in events)
    alone = (some for some in ends if not any(kind in _PARTIES for kind, _ in some))
    return {end for some in alone for kind, end in some if kind == _PLACE}


def _ends(event: Event | None) -> Iterator[tuple[str, str]]:
    if event is not None:
        for end in (*event.source_list, *event.destination_list):
            yield end.type or "", key_of(end.id)
