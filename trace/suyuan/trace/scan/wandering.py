"""Where scans of a code were, under the two suppositions: it is one thing, or there are copies beside it.

One thing is somewhere: where its records say, or somewhere it was taken to without being told; that is a
hidden Markov chain over the cities of the scans, in which nothing travels faster than a flight, after
Lehtonen et al. (2009), who did so with the reads of a chain. A scan tells its city, a neighbouring one, or,
if the device is wrong, any; a device that always tells the same wrong city is a state of its own. Of copies a
scan may be of one of them: in a city where copies were scanned before, or in a new one; and they come later
than what they were copied from.

O(scans x cities²) for each supposition.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import mul

from suyuan.trace.scan import parameters as by
from suyuan.trace.scan.cities import PROVINCE_KM, is_province
from suyuan.trace.scan.past import Channel, History, Scan, Spot, Stay

_NEVER = 1e-12
_LONGEST = timedelta(hours=6)  # no flight within the country takes longer
_HOUR = timedelta(hours=1)
CLOCKS_OF_DAYS = (timedelta(0), timedelta(hours=8))
"""By which the salt of a day may go: in UTC, and in China."""
_ANYBODYS = frozenset({Channel.PHONE, Channel.KIOSK})  # anybody can say that a kiosk asks


@dataclass(frozen=True, slots=True)
class Placed:
    """One visit with its place; ``km`` from where the records say, None where they do not."""

    scan: Scan
    spot: Spot
    km: float | None


@dataclass(frozen=True, slots=True)
class Way:
    """Scans with places in order, ready to be weighed.

    Of each scan: the chance of its city for each city where the thing may be (the first is where the records
    say) and then for each that its owner's device may always tell while the thing is where the records say;
    how the thing gets from one to the other since the scan before; and the chance that it has such an owner
    since then, for each city.
    """

    placed: tuple[Placed, ...]
    emissions: tuple[tuple[float, ...], ...]
    moves: tuple[tuple[tuple[float, ...], ...], ...]
    astray: tuple[float, ...]
    too_fast: int

    def of_one(self) -> float:
        """Natural logarithm of the likelihood if it is one thing."""
        here = [1.0, *(0.0 for _ in self.emissions[0][1:])]
        found = 0.0
        for emission, move, astray in zip(self.emissions, self.moves, self.astray, strict=True):
            here = [*map(mul, _came(here, move, astray), emission)]
            total = sum(here)
            here = [a / total for a in here]
            found += math.log(total)
        return found

    def with_copies(self, number: int, spread: float) -> float:
        """The same if there are so many copies beside it, spread so far.

        How much each is scanned is as uneven as it is with genuine things, so the share of scans that are of
        copies, and of each of their cities, is learned on the way (a Pólya urn, and a Pitman-Yor process).
        The first scans are less often of copies: these are sold later.
        """
        here = [1.0, *(0.0 for _ in self.emissions[0][1:])]
        of_copies = Copies(number * by.EVEN, spread)
        of_item = by.EVEN
        found, on_sale = 0.0, 0.0
        for one, emission, move, astray in zip(
            self.placed, self.emissions, self.moves, self.astray, strict=True
        ):
            on_sale = 1 - (1 - on_sale) * by.NOT_YET_SOLD
            share = on_sale * of_copies.weight / (of_copies.weight + of_item)
            error = by.WRONG_PLACE[one.scan.channel] + by.ON_A_JOURNEY
            there = share * (1 - error) * of_copies.chance(one.spot)
            of_copy = there + share * error * by.ONE_CITY
            came = _came(here, move, astray)
            here = [a * ((1 - share) * chance + of_copy) for a, chance in zip(came, emission, strict=True)]
            total = sum(here)
            here = [a / total for a in here]
            found += math.log(total)
            scale = sum(came) / total  # what is too fast takes from the mass: less than 1 came here
            of_copies.take(one.spot, there * scale, of_copy * scale)
            of_item += 1 - of_copy * scale
        return found


def _came(here: Sequence[float], move: Sequence[Sequence[float]], astray: float) -> list[float]:
    """Where the thing is now; whose device tells a wrong city goes on doing so."""
    places = len(move)
    return [*(sum(map(mul, here, column)) for column in move), *(a + here[0] * astray for a in here[places:])]


class Copies:
    """The cities in which copies were scanned so far, each by how likely the scans there were of a copy."""

    def __init__(self, weight: float, spread: float) -> None:
        self.weight = weight
        self._spread = spread
        self._cities: dict[Spot, float] = {}
        self._seen = 0.0
        self._known = 0.0  # cities, as far as scans there were of copies

    def chance(self, city: Spot) -> float:
        """Of the next scan of a copy to be there."""
        again = max(0.0, self._cities.get(city, 0.0) - by.DISCOUNT)
        again += sum(seen * by.NEXT_DOOR for one, seen in self._cities.items() if _is_next_door(one, city))
        fresh = (self._spread + by.DISCOUNT * self._known) * by.ONE_CITY
        return (again + fresh) / (self._seen + self._spread)

    def take(self, city: Spot, there: float, at_all: float) -> None:
        """A scan was of a copy with the chance ``at_all``, and of one that is there with ``there``."""
        before = self._cities.get(city, 0.0)
        self._cities[city] = before + there
        self._known += min(1.0, before + there) - min(1.0, before)
        self._seen += there
        self.weight += at_all


@lru_cache(maxsize=65_536)
def kilometres(one: Spot, other: Spot) -> float | None:
    """Between the middles of two places, less what a whole province leaves open; None where not known."""
    if one.code == other.code:
        return 0.0
    if one.point is None or other.point is None:
        return None
    open_km = sum(PROVINCE_KM for spot in (one, other) if is_province(spot))
    return max(0.0, one.point.km_to(other.point) - open_km)


@lru_cache(maxsize=65_536)
def _is_next_door(one: Spot, other: Spot) -> bool:
    km = kilometres(one, other)
    return km is not None and by.SAME_CITY_KM < km <= by.NEIGHBOURS_KM


def place_on_record(stays: Sequence[Stay], at: datetime) -> tuple[Spot | None, Stay | None]:
    """Where the records say that the thing was, and the stay that says so; before the first: there."""
    last = next((stay for stay in reversed(stays) if stay.since <= at), stays[0] if stays else None)
    if last is None:
        return None, None
    gone = last.until is not None and last.until <= at
    return (last.bound or last.spot) if gone else last.spot, last


def is_followed(stays: Sequence[Stay]) -> bool:
    """Whether anything tells where it came to after its maker: else buyers are away from there as a rule."""
    return len(stays) > 1 or any(stay.retail for stay in stays)


def way_of(history: History, visits: Sequence[Scan]) -> Way | None:
    """The visits that have a place; None if there is none."""
    placed = _placed(history, visits)
    if not placed:
        return None
    cities = [spot for spot, _ in Counter(one.spot for one in placed).most_common(by.MOST_CITIES)]
    emissions: list[tuple[float, ...]] = []
    moves: list[tuple[tuple[float, ...], ...]] = []
    astrays: list[float] = []
    fast = 0
    before: Placed | None = None
    for number, one in enumerate(placed):
        recorded, stay = place_on_record(history.stays, one.scan.time)
        emissions.append(_emission(placed[:number], one, recorded, cities))
        last = None if before is None else before.scan.time
        astrays.append(_astray(history, one.scan.time, last))
        leaves = _leaves(history, stay, one.scan.time, last)
        moves.append(_moves(before, one, recorded, cities, leaves, astrays[-1]))
        fast += before is not None and _is_too_fast(before.spot, one.spot, one.scan.time - before.scan.time)
        before = one
    return Way(tuple(placed), tuple(emissions), tuple(moves), tuple(astrays), fast)


def _placed(history: History, visits: Sequence[Scan]) -> list[Placed]:
    found: list[Placed] = []
    for scan in visits:
        if scan.spot is not None:
            recorded, _ = place_on_record(history.stays, scan.time)
            km = None if recorded is None else kilometres(recorded, scan.spot)
            found.append(Placed(scan, scan.spot, km))
    return found


def _emission(
    before: Sequence[Placed], one: Placed, recorded: Spot | None, cities: Sequence[Spot]
) -> tuple[float, ...]:
    """Two visitors of one day are two devices, so not both are the owner's, which tells the wrong city."""
    there = [other.scan for other in before if other.spot.code == one.spot.code]
    wrong = _wrong(one, again=bool(there))
    right = 1 - by.WRONG_PLACE[one.scan.channel] - by.ON_A_JOURNEY
    at_record = by.ONE_CITY if recorded is None else right * _seen_from(recorded, one.spot) + wrong
    mine = by.OWNERS_DEVICE if one.scan.channel in _ANYBODYS else 0.0
    another = any(_is_one_day(scan.time, one.scan.time) for scan in there)
    astray = (
        at_record
        if another and city.code == one.spot.code
        else (1 - mine) * at_record + mine * (city.code == one.spot.code)
        for city in cities
    )
    return (at_record, *(right * _seen_from(city, one.spot) + wrong for city in cities), *astray)


def _seen_from(city: Spot, spot: Spot) -> float:
    """The chance that a scan of a thing in ``city`` is made in ``spot``."""
    km = kilometres(city, spot)
    if km is None or km > by.FAR_KM:
        return 0.0
    if km <= by.SAME_CITY_KM:
        return by.AT_HOME
    return by.NEXT_DOOR if km <= by.NEIGHBOURS_KM else by.OUT_OF_TOWN


def _wrong(one: Placed, *, again: bool) -> float:
    """The chance that a scan of a thing that is at home tells this place: an error of once, a journey."""
    error = by.WRONG_PLACE[one.scan.channel] * by.ONE_CITY
    return error + by.ON_A_JOURNEY * (by.SAME_JOURNEY if again else by.ONE_CITY)


def _is_one_day(one: datetime, other: datetime) -> bool:
    """By every clock that the salt of a day may go by."""
    return all((one + offset).date() == (other + offset).date() for offset in CLOCKS_OF_DAYS)


def _leaves(history: History, stay: Stay | None, at: datetime, last: datetime | None) -> float:
    """The chance that since the last scan the thing was taken from where the records say."""
    if history.sold is not None and history.sold <= at:
        return by.GOES_WITH_BUYER if last is None or last < history.sold else by.GOES_LATER
    if stay is None:
        return by.UNDER_WAY
    if not is_followed(history.stays) or (stay.until is not None and stay.until <= at):
        return by.UNDER_WAY  # where it came to nobody told, as everywhere that only makers keep records
    return by.GOES_FROM_SHELF if stay.retail else by.GOES_FROM_CHAIN


def _astray(history: History, at: datetime, last: datetime | None) -> float:
    """The chance that since the last scan it came to somebody whose device always tells a certain city."""
    new = last is None or (history.sold is not None and last < history.sold <= at)
    return (by.WRONG_PLACE[Channel.PHONE] * by.SAME_WRONG if new else by.GOES_LATER) * by.ONE_CITY


def _moves(
    before: Placed | None,
    one: Placed,
    recorded: Spot | None,
    cities: Sequence[Spot],
    leaves: float,
    astray: float,
) -> tuple[tuple[float, ...], ...]:
    """To each city from each, the place on record first; before the first scan it is there or has left."""
    time = None if before is None else one.scan.time - before.scan.time
    each = by.ONE_CITY
    stays, *goes = _row(0, [1 - leaves, *(_goes_to(recorded, city, leaves) for city in cities)])
    rows: list[tuple[float, ...]] = [(stays - len(cities) * astray, *goes)]
    for number in range(len(cities)):
        chances = [by.COMES_BACK, *(by.GOES_LATER * each for _ in cities)]
        chances[number + 1] = 1 - by.COMES_BACK - by.GOES_LATER
        rows.append(_row(number + 1, chances))
    if time is not None and time < _LONGEST:
        spots = (recorded, *cities)
        rows = [
            tuple(
                _NEVER if from_ != to and _is_too_fast(spots[from_], spots[to], time) else chance
                for to, chance in enumerate(row)
            )
            for from_, row in enumerate(rows)
        ]
    return tuple(zip(*rows, strict=True))


def _goes_to(recorded: Spot | None, city: Spot, leaves: float) -> float:
    """Buyers live in the next city more often than in any other."""
    if recorded is not None and _is_next_door(recorded, city):
        return max(leaves * by.ONE_CITY, by.LIVES_NEXT_DOOR)
    return leaves * by.ONE_CITY


def _row(own: int, chances: list[float]) -> tuple[float, ...]:
    """What goes to cities where nobody scanned it stays, for all that is seen of it."""
    chances[own] += 1 - sum(chances)
    return tuple(chances)


def _is_too_fast(one: Spot | None, other: Spot | None, time: timedelta) -> bool:
    km = None if one is None or other is None else kilometres(one, other)
    return km is not None and km - by.COARSE_KM > by.FASTEST_KMH * ((time + by.CLOCKS) / _HOUR)
