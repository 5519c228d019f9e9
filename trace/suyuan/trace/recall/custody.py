"""Whose word counts of goods: who brought them about, and to whom they were handed on since (decision 0039).

Nobody comes by goods through a claim of their own: that they were given to somebody is believed when one who
had them says so. Where a sending names nobody, or one who never told of these goods, whoever tells then of
having taken the goods over is heard, for somebody has them; but that accuses nothing. Everybody else is a
stranger to the goods.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain, takewhile
from types import MappingProxyType

from suyuan.trace.epcis.event import Event, TypedReference
from suyuan.trace.gs1 import IdentifierError, canonical_key, identify, site
from suyuan.trace.gs1.digital_links import CANONICAL_STEM
from suyuan.trace.lineage import Visit

_PARTIES = frozenset({"owning_party", "possessing_party"})
_PLACE = "location"
SENDS = frozenset({"shipping", "departing"})
_TAKES_OVER = frozenset({"accepting", "arriving", "collecting", "receiving"})
SELLS = "retail_selling"
INSPECTS = "inspecting"
_PREFIX_DIGITS = {"690": 7, "691": 7, "692": 8, "693": 8, "694": 8, "695": 8, "696": 8, "697": 9, "952": 7}
"""Digits of a company prefix by its first three: of GS1 China (GB 12904), and of examples."""
_LONGEST_PREFIX = 12
"""Elsewhere prefixes of one country differ in length: only a GLN of the number itself is surely its own."""
_PLACE_GLN, _PARTY_GLN = f"{CANONICAL_STEM}/414/", f"{CANONICAL_STEM}/417/"

OwnerOf = Callable[[str], str | None]
"""Whose a place is by the register, or a GLN that stands for a party; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Custody:
    """``holders`` were given the goods by one who had them; ``takers`` say since when they took them over.

    Both by first names, as ``first_name`` of :func:`custody` gives them.
    """

    holders: frozenset[str] = frozenset()
    takers: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))

    def joined(self, other: Custody) -> Custody:
        """Those of both: whoever has a piece may tell of its lot."""
        return Custody(self.holders | other.holders, earliest(self.takers, other.takers))

    def hears(self, party: str, time: datetime) -> bool:
        """Whether what a party told of an instant is heard: of takers nothing from before they had it."""
        return party in self.holders or (party in self.takers and self.takers[party] <= time)


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


def told_apart(
    visits: Sequence[Visit],
    of: Custody,
    first_name: Callable[[str], str] = str,
    inspectors: Collection[str] = (),
) -> Told:
    """``visits`` by whose word they are; of ``inspectors`` their inspections are certain. Linear."""
    names = {party: first_name(key_of(party)) for party in {visit.party for visit in visits}}

    def is_certain(visit: Visit) -> bool:
        name = names[visit.party]
        return name in of.holders or (visit.biz_step == INSPECTS and name in inspectors)

    def is_heard(visit: Visit) -> bool:
        return is_certain(visit) or of.hears(names[visit.party], visit.time)

    return Told(
        tuple(visit for visit in visits if is_heard(visit)),
        tuple(visit for visit in visits if is_certain(visit)),
        tuple(visit for visit in visits if not is_heard(visit)),
    )


def earliest(*taken: Mapping[str, datetime]) -> Mapping[str, datetime]:
    """Takers with the first instant that any of these tells of them."""
    found: dict[str, datetime] = {}
    for party, time in chain.from_iterable(each.items() for each in taken):
        found[party] = min(time, found.get(party, time))
    return found


def maker_of(
    key: str,
    begun: Iterable[Visit],
    events: Mapping[str, Event],
    known: Collection[str] = (),
    first_name: Callable[[str], str] = str,
    *,
    told: Sequence[Visit] = (),
    owner_of: OwnerOf = no_register,
) -> Visit | None:
    """The checkpoint that brought ``key`` about, of those that say so.

    Of several it is one of who is ``known`` to answer for it, or whose number it is, else what was said first
    by our own clock: times of events are as told. Of what others ``told`` before, nobody else says late that
    they made it, unless those name them, or they name those as who got it.
    """
    begun = list(begun)
    of_known = [visit for visit in begun if first_name(key_of(visit.party)) in known]
    if of_known:
        return min(of_known, key=lambda visit: recorded(visit, events))
    own_number = first_told(key, begun, events)
    if own_number is not None and shared_prefix(own_number.party, key):
        return own_number
    own = [visit for visit in told if visit.through is None]
    way: _Way | None = None
    firsts: dict[str, Visit] = {}
    for visit in sorted(begun, key=lambda visit: recorded(visit, events)):
        firsts.setdefault(first_name(key_of(visit.party)), visit)
    for maker, visit in firsts.items():
        before = [one for one in own if recorded(one, events) < recorded(visit, events)]
        others = {first_name(key_of(one.party)) for one in before} - {maker}
        if not others:
            return visit
        way = way or _Way(own, events, owner_of, first_name)
        is_first = all(visit.time <= one.time for one in before)
        if maker in way.given_on(others) or (is_first and way.given_on({maker}) & others):
            return visit
    return None


def first_told(key: str, visits: Iterable[Visit], events: Mapping[str, Event]) -> Visit | None:
    """What was told of ``key`` first by our own clock, by whose number it is if they told anything."""
    return min(
        visits,
        key=lambda visit: (-shared_prefix(visit.party, key), recorded(visit, events)),
        default=None,
    )


@lru_cache(maxsize=4096)
def shared_prefix(party: str, key: str) -> int:
    """With how many digits a GTIN or SSCC begins like the GLN of a party; 0 if not with a whole prefix.

    Of neighbours the prefixes differ in their last digit at least, so less than a whole one is nobody's own.
    No prefix begins with another: nobody's GLN shares more digits with a number than that of whoever it
    belongs to. A party cannot choose its GLN: the operator gave its accounts that.

    >>> shared_prefix("https://id.gs1.org/417/9521234000013", "https://id.gs1.org/00/095212349000000016")
    7
    """
    try:
        gln, named = identify(party).gln, identify(key)
    except IdentifierError:
        return 0
    number = (named.sscc or named.gtin or "")[1:]  # behind the extension or indicator digit
    pairs = zip(gln or "", number, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return shared if shared >= _PREFIX_DIGITS.get(number[:3], _LONGEST_PREFIX) else 0


def recorded(visit: Visit, events: Mapping[str, Event]) -> float:
    """When we were told, by our own clock."""
    event = events.get(visit.evidence)
    return 0.0 if event is None or event.record_time is None else event.record_time.timestamp()


def custody(
    visits: Sequence[Visit],
    events: Mapping[str, Event],
    makers: Iterable[str],
    *,
    owner_of: OwnerOf = no_register,
    first_name: Callable[[str], str] = str,
    doubted: Mapping[str, datetime] = MappingProxyType({}),
) -> Custody:
    """Who had the goods whose checkpoints are ``visits``, in order, beginning with ``makers``.

    ``first_name`` gives the key by which all spellings of a party are one. ``doubted`` are takers from the
    beginning. O(checkpoints) for each taker who took them over from another taker, and once without any.
    """
    way = _Way(visits, events, owner_of, first_name)
    holders = way.given_on({first_name(key_of(maker)) for maker in makers})
    takers: dict[str, datetime] = {}
    more = {party: time for party, time in doubted.items() if party not in holders}
    more = more or way.takers(holders) or way.seller(holders)
    while more:
        since = min(more.values())
        takers.update(
            (one, more.get(one, since)) for one in way.given_on(set(more)) - holders - takers.keys()
        )
        more = way.takers(holders | takers.keys())
    return Custody(frozenset(holders), takers)


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
        self._events = events
        self._owner_of = owner_of
        self._first_name = first_name
        self._parties = [first_name(key_of(visit.party)) for visit in visits]
        self._told = frozenset(self._parties)
        found = [events.get(visit.evidence) for visit in visits]
        self._from = [self._end(() if event is None else event.source_list)[0] for event in found]
        self._to = [self._end(() if event is None else event.destination_list) for event in found]

    def _end(self, ends: Iterable[TypedReference]) -> tuple[frozenset[str], frozenset[str]]:
        """Whom one end of an event names as having the goods, and the places that it names.

        Parties, or whose the places are if it names no party. A GLN in the place of a party is that party's,
        else that of whoever runs the place with it, else a place.
        """
        parties: set[str] = set()
        places: dict[str, None] = {}
        for end in ends:
            key = key_of(end.id)
            if end.type == _PLACE:
                places[key] = None
            elif end.type in _PARTIES:
                party = self._party(key)
                parties.update(() if party is None else (party,))
                places.update({} if party is not None else {key: None})
        if not parties:
            owners = (self._owner_of(place) or self._owner_of(site(place)) for place in places)
            parties = {self._first_name(key_of(owner)) for owner in owners if owner is not None}
        return frozenset(parties), frozenset(map(site, places))

    def _party(self, key: str) -> str | None:
        """The party that a key in the place of one means; None where it is a place of nobody we know."""
        gln = as_party(key)
        named = next((name for name in map(self._first_name, (key, gln)) if name in self._told), None)
        if named is not None:
            return named
        owner = self._owner_of(gln)
        if owner is not None:
            return self._first_name(key_of(owner))
        return self._first_name(key) if gln == key else None

    def given_on(self, holders: set[str]) -> set[str]:
        """``holders``, whom they name as having had the goods, whom those name, and so on."""
        told: dict[str, set[str]] = {}
        for party, come, (gone, _) in zip(self._parties, self._from, self._to, strict=True):
            told.setdefault(party, set()).update(come | gone)
        found, new = set(holders), list(holders)
        while new:
            more = told.get(new.pop(), set()) - found
            found |= more
            new += more
        return found

    def takers(self, known: Collection[str]) -> dict[str, datetime]:
        """Who took the goods over after one of ``known`` had sent them to nobody that told of them."""
        found: dict[str, datetime] = {}
        bound: set[str] = set()
        is_open = False
        for visit, party, (to, places) in zip(self._visits, self._parties, self._to, strict=True):
            if party not in known:
                if _site(visit) in bound or (is_open and visit.biz_step in _TAKES_OVER):
                    found.setdefault(party, visit.time)
            elif to.isdisjoint(self._told):
                bound |= places if not to else frozenset()
                is_open = is_open or (visit.biz_step in SENDS and (bool(to) or not places))
        return found

    def seller(self, known: Collection[str]) -> dict[str, datetime]:
        """Who sold goods that nobody says to have taken over, though they were sent to nobody, or never sent.

        Of several the one who said so first by our clock; a shop may tell of its sales only.
        """
        since: datetime | None = None
        sales: list[Visit] = []
        is_open = True
        for visit, party, (to, places) in zip(self._visits, self._parties, self._to, strict=True):
            if party in known:
                sends = visit.biz_step in SENDS
                is_open = to.isdisjoint(self._told) and (bool(to) or not places) if sends else is_open
                since = visit.time if since is None or sends else since
            elif is_open and since is not None and visit.biz_step == SELLS and visit.through is None:
                sales.append(visit)
        first = min(sales, key=lambda visit: recorded(visit, self._events), default=None)
        if first is None or since is None:
            return {}
        return {self._first_name(key_of(first.party)): min(since, first.time)}


def _site(visit: Visit) -> str:
    return "" if visit.place is None else site(visit.place)


def as_party(key: str) -> str:
    """The GLN of a place as that of a party; other keys stand as they are."""
    return key.replace(_PLACE_GLN, _PARTY_GLN, 1).partition("/254/")[0] if key.startswith(_PLACE_GLN) else key


def as_place(key: str) -> str:
    """The GLN of a party as that of a place: many a sender has but one number of a shop."""
    return key.replace(_PARTY_GLN, _PLACE_GLN, 1)
