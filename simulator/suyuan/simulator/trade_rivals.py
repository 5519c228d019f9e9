"""The rivals of the trace engine on a trade: the shortest idiomatic form of the same questions.

Whoever wants to judge them fair reads this module. Both hold the trade thing by thing, know the instants at
which influence may pass, and tell since (backward: until) when everything found is of interest. Loading is
not timed; the answers are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Protocol, cast

import networkx as nx

from suyuan.simulator.trade_tables import Numbers, Trade
from suyuan.trace.errors import Unavailable
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER, NEVER

if TYPE_CHECKING:
    import psycopg

Reached = dict[int, tuple[int, int]]
"""Of each thing: since when, and at which place now (NONE where none is known)."""
Sources = dict[int, tuple[int, int]]
"""Of each thing: until when it passed on what reached the suspect, and at which place it is now."""
Places = dict[int, list[tuple[int, int]]]
"""Of each place: when anything was there, as maximal intervals."""


class Rival(Protocol):
    """What every engine is asked."""

    def clock(self) -> float:
        """Seconds of processor time that the engine has taken so far: other programs do not count."""
        ...

    def forward(self, suspects: Sequence[int]) -> Reached:
        """Everything that the suspects reached, since when and where it is now."""
        ...

    def backward(self, suspect: int) -> Sources:
        """Everything that may have reached the suspect."""
        ...

    def common(self, suspects: Sequence[int]) -> Mapping[int, Sequence[int]]:
        """What may have reached all of the suspects: until when for each of them."""
        ...

    def places(self, suspects: Sequence[int]) -> Places:
        """Where anything was that the suspects reached, and when."""
        ...


class Networkx:
    """A temporal multigraph, walked from Python."""

    def __init__(self, trade: Trade) -> None:
        self._graph = cast("Any", nx.MultiDiGraph)()
        self._graph.add_edges_from(
            (source, target, {"start": start, "end": end, "then": None if then == NONE else then})
            for source, target, start, end, then in _rows(trade.links())
        )
        self._container, self._place = (column.tolist() for column in trade.now())
        self._stays: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for thing, place, start, end in _rows(trade.stays()):
            self._stays[thing].append((place, start, end))

    def clock(self) -> float:
        """As :class:`Rival`."""
        return thread_time()

    def _reach(self, suspects: Sequence[int]) -> dict[int, int]:
        reached, stack = dict.fromkeys(suspects, EVER), list(suspects)
        while stack:
            thing = stack.pop()
            since = reached[thing]
            if thing not in self._graph:
                continue
            for _, target, link in self._graph.out_edges(thing, data=True):
                low = max(since, link["start"])
                if low < link["end"]:
                    then = low if link["then"] is None else link["then"]
                    if then < reached.get(target, NEVER):
                        reached[target] = then
                        stack.append(target)
        return reached

    def _where(self, thing: int) -> int:
        while self._container[thing] != NONE:
            thing = self._container[thing]
        place: int = self._place[thing]
        return place

    def forward(self, suspects: Sequence[int]) -> Reached:
        """As :class:`Rival`."""
        return {thing: (since, self._where(thing)) for thing, since in self._reach(suspects).items()}

    def backward(self, suspect: int) -> Sources:
        """As :class:`Rival`."""
        return {thing: (until, self._where(thing)) for thing, until in self._came(suspect).items()}

    def _came(self, suspect: int) -> dict[int, int]:
        reached, stack = {suspect: NEVER}, [suspect]
        while stack:
            thing = stack.pop()
            until = reached[thing]
            if thing not in self._graph:
                continue
            for source, _, link in self._graph.in_edges(thing, data=True):
                if (link["start"] if link["then"] is None else link["then"]) < until:
                    end = min(until, link["end"]) if link["then"] is None else link["end"]
                    if end > reached.get(source, EVER):
                        reached[source] = end
                        stack.append(source)
        return reached

    def common(self, suspects: Sequence[int]) -> Mapping[int, Sequence[int]]:
        """As :class:`Rival`."""
        found = [self._came(suspect) for suspect in suspects]
        return {
            thing: [one[thing] for one in found] for thing in found[0] if all(thing in one for one in found)
        }

    def places(self, suspects: Sequence[int]) -> Places:
        """As :class:`Rival`."""
        visits: Places = defaultdict(list)
        carried = {(thing, since, NEVER) for thing, since in self._reach(suspects).items()}
        stack = list(carried)
        while stack:
            thing, low, high = stack.pop()
            for place, start, end in self._stays.get(thing, ()):
                if max(low, start) < min(high, end):
                    visits[place].append((max(low, start), min(high, end)))
            for box, _, link in self._graph.in_edges(thing, data=True) if thing in self._graph else ():
                part = box, max(low, link["start"]), min(high, link["end"])
                if link["then"] is None and part[1] < part[2] and part not in carried:
                    carried.add(part)
                    stack.append(part)
        return {place: merged(spans) for place, spans in visits.items()}


_FORWARD = """
WITH RECURSIVE reached(thing, since) AS (
    SELECT unnest(%(suspects)s::int[]), %(ever)s::bigint
  UNION
    SELECT link.target, coalesce(link.happened, greatest(reached.since, link.start))
    FROM reached JOIN link ON link.source = reached.thing
    WHERE greatest(reached.since, link.start) < link.until
), first AS (SELECT thing, min(since) AS since FROM reached GROUP BY thing)
"""
_WHERE_NOW = """
SELECT found.thing, found.{instant}, coalesce(own.place, box.place, -1)
FROM {found} AS found
LEFT JOIN now AS own ON own.thing = found.thing
LEFT JOIN now AS box ON box.thing = own.container
"""
_SINCE = _WHERE_NOW.format(instant="since", found="first")
_UNTIL = _WHERE_NOW.format(instant="until", found="last")
_PLACES = """
, carried(thing, start, until) AS (
    SELECT thing, since, %(never)s::bigint FROM first
  UNION
    SELECT link.source, greatest(carried.start, link.start), least(carried.until, link.until)
    FROM carried JOIN link ON link.target = carried.thing
    WHERE link.happened IS NULL AND greatest(carried.start, link.start) < least(carried.until, link.until)
)
SELECT stay.place, greatest(stay.start, carried.start), least(stay.until, carried.until)
FROM carried JOIN stay ON stay.thing = carried.thing
WHERE greatest(stay.start, carried.start) < least(stay.until, carried.until)
"""
_BACKWARD = """
WITH RECURSIVE reached(suspect, thing, until) AS (
    SELECT number, thing, %(never)s::bigint
    FROM unnest(%(suspects)s::int[]) WITH ORDINALITY AS s(thing, number)
  UNION
    SELECT reached.suspect, link.source,
           CASE WHEN link.happened IS NULL THEN least(reached.until, link.until) ELSE link.until END
    FROM reached JOIN link ON link.target = reached.thing
    WHERE coalesce(link.happened, link.start) < reached.until
), last AS (SELECT suspect, thing, max(until) AS until FROM reached GROUP BY suspect, thing)
"""
_ALL = """
SELECT thing, array_agg(until ORDER BY suspect) FROM last
GROUP BY thing HAVING count(*) = cardinality(%(suspects)s::int[])
"""


class Postgres:
    """Recursive queries over temporary tables with the indexes that they want."""

    def __init__(self, trade: Trade, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._spent = Path(f"/proc/{connection.info.backend_pid}/schedstat")
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
            cursor.execute(
                "CREATE TEMP TABLE link (source int, target int, start bigint, until bigint, happened bigint)"
            )
            cursor.execute("CREATE TEMP TABLE stay (thing int, place int, start bigint, until bigint)")
            cursor.execute("CREATE TEMP TABLE now (thing int PRIMARY KEY, container int, place int)")
            with cursor.copy("COPY link FROM STDIN") as copy:
                for *row, then in _rows(trade.links()):
                    copy.write_row((*row, None if then == NONE else then))
            with cursor.copy("COPY stay FROM STDIN") as copy:
                for stay in _rows(trade.stays()):
                    copy.write_row(stay)
            with cursor.copy("COPY now FROM STDIN") as copy:
                for thing, (box, place) in enumerate(zip(*map(_list, trade.now()), strict=True)):
                    if box != NONE or place != NONE:
                        copy.write_row(
                            (thing, None if box == NONE else box, None if place == NONE else place)
                        )
            cursor.execute("CREATE INDEX ON link (source)")
            cursor.execute("CREATE INDEX ON link (target)")
            cursor.execute("CREATE INDEX ON stay (thing)")
            cursor.execute("ANALYZE link")
            cursor.execute("ANALYZE stay")
            cursor.execute("ANALYZE now")

    def clock(self) -> float:
        """As :class:`Rival`: with the time of the server's process if it runs here, else by the wall."""
        try:
            return thread_time() + int(self._spent.read_text().split()[0]) / 1e9
        except FileNotFoundError:
            return perf_counter()

    def _rows(self, query: str, suspects: Sequence[int]) -> list[Any]:
        asked = {"suspects": list(suspects), "ever": EVER, "never": NEVER}
        return self._connection.execute(cast("Any", query), asked).fetchall()

    def forward(self, suspects: Sequence[int]) -> Reached:
        """As :class:`Rival`."""
        return {thing: (since, place) for thing, since, place in self._rows(_FORWARD + _SINCE, suspects)}

    def backward(self, suspect: int) -> Sources:
        """As :class:`Rival`."""
        return {thing: (until, place) for thing, until, place in self._rows(_BACKWARD + _UNTIL, [suspect])}

    def common(self, suspects: Sequence[int]) -> Mapping[int, Sequence[int]]:
        """As :class:`Rival`."""
        return dict(self._rows(_BACKWARD + _ALL, suspects))

    def places(self, suspects: Sequence[int]) -> Places:
        """As :class:`Rival`."""
        visits: Places = defaultdict(list)
        for place, start, end in self._rows(_FORWARD + _PLACES, suspects):
            visits[place].append((start, end))
        return {place: merged(spans) for place, spans in visits.items()}


@contextmanager
def postgres(trade: Trade, address: str) -> Generator[Postgres]:
    """The trade in temporary tables of the database at ``address``, which are gone afterwards.

    Raises ``Unavailable`` where none answers there.
    """
    import psycopg  # noqa: PLC0415 (only where a database is named)

    try:
        connection = psycopg.connect(address, autocommit=True)
    except psycopg.Error as error:
        raise Unavailable(
            "No database answers: {reason}",
            where="--postgres",
            remedy="Give the postgresql:// address of one that runs; nothing is left in it.",
            reason=str(error),
        ) from error
    with connection:
        yield Postgres(trade, connection)


def merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What intervals cover together."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


_AT_ONCE = 1 << 18


def _rows(columns: Mapping[str, Numbers]) -> Iterator[Any]:
    """Row by row; the lists of Python are made piece by piece, for they take ten times the room."""
    arrays = list(columns.values())
    return chain.from_iterable(
        zip(*(_list(array[begin : begin + _AT_ONCE]) for array in arrays), strict=True)
        for begin in range(0, len(arrays[0]), _AT_ONCE)
    )


def _list(column: Numbers) -> list[int]:
    numbers: list[int] = column.tolist()
    return numbers
