"""Words to tell small stories of food in: objects, places, events by the hour, and answers by the hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

from suyuan.trace.lineage.contract import Edge, Options, Scope, State, Suspect, Trace
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

from .engines import Build

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
DIGITAL_LINK = "https://id.gs1.org"


def checked(digits: str) -> str:
    """With its GS1 check digit (General Specifications 7.9)."""
    total = sum(int(digit) * (3, 1)[n % 2] for n, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


FARM, MILL, BAKERY, SHOP, MARKET = (f"{DIGITAL_LINK}/414/{checked(f'95060000000{n}')}" for n in range(1, 6))
DOCK = f"{MILL}/254/DOCK"
OVEN = f"{BAKERY}/254/OVEN"

Amounts = tuple[float | None, float | None, float | None]


def item(serial: str) -> str:
    return f"{DIGITAL_LINK}/01/09506000134352/21/{serial}"


def lot(number: str) -> str:
    return f"{DIGITAL_LINK}/01/09506000134352/10/{number}"


def unit(number: int) -> str:
    return f"{DIGITAL_LINK}/00/{checked(f'{number:017d}')}"


A, B, C, D, E = (item(serial) for serial in "ABCDE")
CASE, CRATE, PALLET = unit(1), unit(2), unit(3)
FLOUR, DOUGH, BREAD = lot("FLOUR"), lot("DOUGH"), lot("BREAD")


def at(hour: float | None) -> datetime | None:
    return None if hour is None else MIDNIGHT + timedelta(hours=hour)


def clock(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def just_after(hour: float) -> float:
    """The bound of "up to and including" that hour: one microsecond later (1.3)."""
    return (timedelta(hours=hour) + timedelta(microseconds=1)) / timedelta(hours=1)


def hour_of(time: datetime | None) -> float | None:
    return None if time is None else (time - MIDNIGHT) / timedelta(hours=1)


def some(key: str, quantity: float | None = None, uom: str | None = "KGM") -> Holding:
    """An amount of a lot."""
    return Holding(key, quantity, None if quantity is None else uom, is_class=True)


class Words(TypedDict, total=False):
    """What an event may say besides its objects; hours count from MIDNIGHT."""

    place: str
    read_point: str
    step: str
    disposition: str
    party: str
    recorded: float
    sequence: int
    event_id: str
    transformation: str
    lots: Iterable[tuple[str, str]]
    basis: Basis
    wrong_at: float
    to: Iterable[str]


def told(evidence: str, hour: float, kind: str, action: str | None, words: Words) -> Occurrence:
    return Occurrence(
        evidence=evidence,
        party=words.get("party", "acme"),
        type=kind,
        time=clock(hour),
        record_time=clock(words.get("recorded", hour)),
        sequence=words.get("sequence", 0),
        event_id=words.get("event_id"),
        action=action,
        biz_step=words.get("step"),
        disposition=words.get("disposition"),
        read_point=words.get("read_point"),
        biz_location=words.get("place"),
        destinations=tuple(words.get("to", ())),
        transformation_id=words.get("transformation"),
        lot_of=tuple(words.get("lots", ())),
        basis=words.get("basis", Basis.READ),
        declared_wrong_at=at(words.get("wrong_at")),
    )


def holdings(things: Iterable[str | Holding]) -> tuple[Holding, ...]:
    return tuple(thing if isinstance(thing, Holding) else Holding(thing) for thing in things)


def commission(evidence: str, hour: float, *what: str | Holding, **words: Unpack[Words]) -> Occurrence:
    return replace(told(evidence, hour, "ObjectEvent", "ADD", words), what=holdings(what))


def observe(evidence: str, hour: float, *what: str | Holding, **words: Unpack[Words]) -> Occurrence:
    return replace(told(evidence, hour, "ObjectEvent", "OBSERVE", words), what=holdings(what))


def delete(evidence: str, hour: float, *what: str | Holding, **words: Unpack[Words]) -> Occurrence:
    return replace(told(evidence, hour, "ObjectEvent", "DELETE", words), what=holdings(what))


def pack(
    evidence: str, hour: float, parent: str, *children: str | Holding, **words: Unpack[Words]
) -> Occurrence:
    packed = told(evidence, hour, "AggregationEvent", "ADD", words)
    return replace(packed, parent=parent, children=holdings(children))


def unpack(
    evidence: str, hour: float, parent: str, *children: str | Holding, **words: Unpack[Words]
) -> Occurrence:
    unpacked = told(evidence, hour, "AggregationEvent", "DELETE", words)
    return replace(unpacked, parent=parent, children=holdings(children))


def make(
    evidence: str,
    hour: float,
    inputs: Iterable[str | Holding],
    outputs: Iterable[str | Holding],
    **words: Unpack[Words],
) -> Occurrence:
    made = told(evidence, hour, "TransformationEvent", None, words)
    return replace(made, inputs=holdings(inputs), outputs=holdings(outputs))


def suspect(key: str, since: float | None = None, until: float | None = None) -> Suspect:
    return Suspect(key, at(since), at(until))


# --- questions


def ask(
    build: Build, story: Sequence[Occurrence], *suspects: Suspect, options: Options | None = None
) -> Trace:
    """The answer, which must be the same when the story arrives backwards."""
    options = options or Options()
    answer = build(story, {}).trace(suspects, options)
    assert build(list(reversed(story)), {}).trace(suspects, options) == answer
    return answer


def sum_up(build: Build, story: Sequence[Occurrence], owner: dict[str, str], *suspects: Suspect) -> Scope:
    return build(story, owner).scope(suspects, Options())


# --- answers, to be written out literally in the examples


def mark(state: State) -> str:
    return f"{state.certainty} carrier" if state.carrier else state.certainty


def objects(trace: Trace) -> set[tuple[str, float | None, float | None, str]]:
    """(key, from hour, to hour, certainty) of every state that is not a place."""
    return {
        (state.key, hour_of(state.from_time), hour_of(state.to_time), mark(state))
        for state in trace.states
        if state.kind != "place"
    }


def places(trace: Trace) -> set[tuple[str, float | None, float | None, str]]:
    """The same of every place."""
    return {
        (state.key, hour_of(state.from_time), hour_of(state.to_time), mark(state))
        for state in trace.states
        if state.kind == "place"
    }


def affected(trace: Trace) -> set[str]:
    """The keys of interest, without carriers and places."""
    return {state.key for state in trace.states if not state.carrier and state.kind != "place"}


def hold_of(trace: Trace, key: str) -> tuple[float, str | None] | None:
    state = the(trace, key)
    return None if state.hold is None else (state.hold.quantity, state.hold.uom)


def contaminated_of(trace: Trace, key: str) -> Amounts | None:
    share = the(trace, key).contaminated
    return None if share is None else (share.min, share.expected, share.max)


def the(trace: Trace, key: str) -> State:
    """The one affected state of a key."""
    (state,) = [state for state in trace.states if state.key == key and not state.carrier]
    return state


def edge(trace: Trace, kind: str, source: str, target: str) -> Edge:
    """The one edge of that kind between two keys."""
    (found,) = [e for e in trace.edges if (e.kind, e.source, e.target) == (kind, source, target)]
    return found


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 9)


def lines(scope: Scope) -> list[tuple[str | None, str | None, str, str | None, int, float | None, Amounts]]:
    """(place, party, status, unit, objects, hold, contaminated) of each line, but for rounding."""
    return [
        (
            line.place,
            line.party,
            line.status,
            line.uom,
            line.objects,
            rounded(line.hold),
            (
                rounded(line.contaminated_min),
                rounded(line.contaminated_expected),
                rounded(line.contaminated_max),
            ),
        )
        for line in scope.lines
    ]
