"""What several suspects have in common: what may be behind them, and where what they reached was.

Of ten complaints one asks first what they have in common. The answer to that is the backward traces of each,
told by what was found; an engine that knows a shorter way offers it as :class:`Common`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from suyuan.trace.lineage.contract import Certainty, Kind, Options, State, Suspect, Tracer

_EVERYTHING = Options(direction="backward")
UNBOUNDED = datetime.max.replace(tzinfo=UTC)
"""Later than any instant."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Something may have passed on, before ``until`` (None: at any time), what reached a suspect.

    ``suspect`` is its place among those asked about. What is certain until one instant and possible until a
    later one is told twice.
    """

    suspect: int
    certainty: Certainty
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Source:
    """Something that is behind suspects, and which; itself, where it is one."""

    key: str
    kind: Kind
    behind: tuple[Behind, ...]

    @property
    def suspects(self) -> int:
        """How many it is behind."""
        return len({one.suspect for one in self.behind})


@dataclass(frozen=True, slots=True)
class Exposure:
    """Something that the suspects reached was at a place during [from_time, to_time)."""

    place: str
    certainty: Certainty
    from_time: datetime | None
    to_time: datetime | None


@runtime_checkable
class Common(Protocol):
    """An engine that walks the way back from many suspects at once."""

    def common_sources(self, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
        """As the function of this name."""
        ...


def common_sources(
    tracer: Tracer, suspects: Sequence[Suspect], options: Options = _EVERYTHING
) -> tuple[Source, ...]:
    """Everything behind any of the suspects: first what is behind most, certainly, and then by key.

    The direction of ``options`` is backward whatever it says. Raises ``InvalidInput`` as the tracer does.
    """
    options = replace(options, direction="backward")
    if isinstance(tracer, Common):
        return tracer.common_sources(suspects, options)
    return one_by_one(tracer, suspects, options)


def one_by_one(tracer: Tracer, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
    """The same by a trace of each suspect."""
    kinds: dict[str, Kind] = {}
    found: dict[str, list[Behind]] = defaultdict(list)
    for number, suspect in enumerate(suspects):
        ends: dict[str, dict[Certainty, datetime]] = defaultdict(dict)
        for state in tracer.trace([suspect], options).states:
            if not state.carrier:
                kinds[state.key] = state.kind
                end = state.to_time or UNBOUNDED
                of_key = ends[state.key]
                of_key[state.certainty] = max(end, of_key.get(state.certainty, end))
        for key, of_key in ends.items():
            found[key] += behind_one(number, of_key.get("certain"), of_key.get("possible"))
    return in_order(Source(key, kinds[key], tuple(behind)) for key, behind in found.items())


def behind_one(suspect: int, certain: datetime | None, possible: datetime | None) -> Iterator[Behind]:
    """Until when something is behind a suspect; ``possible`` counts where it is later than ``certain``."""
    if certain is not None:
        yield Behind(suspect, "certain", None if certain == UNBOUNDED else certain)
    if possible is not None and (certain is None or possible > certain):
        yield Behind(suspect, "possible", None if possible == UNBOUNDED else possible)


def in_order(sources: Iterable[Source]) -> tuple[Source, ...]:
    """First what is behind most, then what is so certainly, then by key."""
    return tuple(sorted(sources, key=lambda one: (-one.suspects, -_certain(one), one.key)))


def _certain(source: Source) -> int:
    return sum(one.certainty == "certain" for one in source.behind)


def exposed_places(
    tracer: Tracer, suspects: Sequence[Suspect], options: Options = _EVERYTHING
) -> tuple[Exposure, ...]:
    """Where anything was that any of the suspects reached, or what carried it, and when; by place and time.

    The direction of ``options`` is forward whatever it says. Raises ``InvalidInput`` as the tracer does.
    """
    states = tracer.trace(suspects, replace(options, direction="forward")).states
    return tuple(sorted(map(_exposure, filter(_is_place, states)), key=_place_and_time))


def _is_place(state: State) -> bool:
    return state.kind == "place"


def _exposure(state: State) -> Exposure:
    return Exposure(state.key, state.certainty, state.from_time, state.to_time)


def _place_and_time(one: Exposure) -> tuple[str, bool, datetime]:
    return one.place, one.from_time is not None, one.from_time or UNBOUNDED
