"""Rows of the store made from the tables in memory, of some tens of thousands of nodes at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.chronicle.names import Spelling, spelled
from suyuan.trace.lineage.chronicle.record import TableNames
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.names import Names
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import NEVER
from suyuan.trace.store.lineage.world.lines import in_lines
from suyuan.trace.store.lineage.world.rows import KINDS, LINES, PAGE, PART, filled

PARTY, UNIT = range(2)
"""Kinds of words."""
VISITORS = 128
"""Of so many nodes, of numbers in sequence, the visits to a site stand in one row; a multiple of PAGE."""
AT_ONCE = 1 << 16
"""Of so many nodes, groups or statements rows are made at a time; a multiple of VISITORS."""
Row = tuple[Any, ...]
_Lines = dict[str, tuple[Any, Made]]


class Rows(NamedTuple):
    """Rows of one table of the store."""

    table: str
    columns: tuple[str, ...]
    rows: Iterable[Row]


class Making:
    """Makes rows of one record. Of names and words it tells each once."""

    def __init__(self, record: Record) -> None:
        # Any of numpy's: what tables are to functions that walk them says less than is asked of them here.
        self._tables: Any = record.tables
        self._told: Any = record.told
        self._names = record.names
        self._guests = record.guests
        names = record.names
        self._spelled: _Called = _Spelled(names) if isinstance(names, TableNames) else _Counted(names)
        self._known: dict[str, set[Any]] = {"prefix": set(), "site": set(), "word": set()}

    def everything(self) -> Iterator[Rows]:
        """All that is on record; each is to be written before the next is made."""
        t = self._tables
        for nodes in _chunks(len(t.nodes)):
            yield from self._of_nodes(nodes)
            yield self._visits(nodes)
        for groups in _chunks(len(t.groups)):
            yield from self._of_groups(groups)
        for statements in _chunks(len(t.statements)):
            yield from self._of_statements(statements)

    # Nodes

    def _of_nodes(self, nodes: Made) -> Iterator[Rows]:
        """Their pages, the parts of their long lines, and their names."""
        lines = self._lines(nodes)
        stored = self._nodes(nodes, lines)
        yield Rows("lineage_page", ("number", "nodes", *LINES), _pages(stored, lines))
        columns = ("node", "line", "number", "since", "until", "rows")
        yield Rows("lineage_part", columns, _parts(nodes, lines))
        units = (lines[name][0]["uom"] for name in ("made", "contents", "containers", "mentions"))
        yield self._words(UNIT, stored["made_uom"], *units)
        yield from self._called(stored[self._are_known(nodes)])

    def _lines(self, nodes: Made) -> _Lines:
        """The stored rows of each line of ``nodes``, and how many each has."""
        t, told, of = self._tables, self._told, self._tables.nodes[nodes]
        eaten, eaten_of = in_lines(of["first_consumption"], t.consumptions["next"])
        made, made_of = in_lines(of["first_production"], t.productions["next"])
        contents, contents_of = in_lines(of["first_content"], t.containments["next_content"])
        containers, containers_of = in_lines(of["first_container"], t.containments["next_container"])
        stays, stays_of = in_lines(of["first_episode"], t.episodes["next"])
        members, members_of = in_lines(of["first_member"], t.nodes["next_member"])
        mentions, mentions_of = in_lines(
            _other(of["goods"], told.goods["first_mention"]), told.mentions["next"]
        )
        return {
            "eaten": (self._consumptions(eaten), eaten_of),
            "made": (self._productions(made), made_of),
            "contents": (self._containments(contents), contents_of),
            "containers": (self._containments(containers), containers_of),
            "stays": (self._episodes(stays), stays_of),
            "members": (filled(KINDS["members"], lot=t.nodes["lot"][members], node=members), members_of),
            "mentions": (self._mentions(mentions), mentions_of),
        }

    def _nodes(self, nodes: Made, lines: _Lines) -> Any:
        t = self._tables
        of = t.nodes[nodes]
        stored = filled(KINDS["nodes"], number=nodes)
        same = ("birth", "made", "made_uom", "count", "lot", "inside", "here", "last", "ended", "lot_told")
        for name in (*same, "goods", "site", "is_class", "is_place", "consumed"):
            stored[name] = of[name]
        stored["container"] = _other(of["inside"], t.containments["parent"])
        stored["place"] = _other(of["here"], t.episodes["place"])
        stored["prefix"] = NONE
        is_known = self._are_known(nodes)
        stored["prefix"][is_known], stored["first"][is_known] = self._spelled.of(nodes[is_known])
        for number, name in enumerate(LINES):
            stored["longer"] |= np.where(lines[name][1] > PART, 1 << number, 0)
        return stored

    def _are_known(self, nodes: Made) -> Made:
        """Which of them may be asked for: what was named, and places where things may have been."""
        of, guests = self._tables.nodes[nodes], self._guests
        is_known: Made = (of["birth"] != NEVER) | (of["site"] != NONE)
        return is_known & ((nodes < guests.start) | (nodes >= guests.stop))

    def _visits(self, nodes: Made) -> Rows:
        """Who of them was at each site, by visitors."""
        t = self._tables
        rows, _ = in_lines(t.nodes["first_episode"][nodes], t.episodes["next"])
        stored = self._episodes(rows)
        order = np.lexsort((stored["start"], stored["site"], stored["node"] // VISITORS))
        columns = ("site", "number", "since", "until", "visits")
        return Rows("lineage_visit", columns, _by_visitors(stored.take(order)))

    def _called(self, known: Any) -> Iterator[Rows]:
        """Names of what may be asked for, and sites of places."""
        columns = ("prefix", "first", "number", "count")
        rows = zip(*(known[name].tolist() for name in columns), strict=True)
        yield Rows("lineage_name", ("prefix", "first", "node", "count"), rows)
        fresh = self._fresh("prefix", np.unique(known["prefix"]).tolist())
        spellings = ((number, self._spelled.spelling(number)) for number in fresh)
        told = ((number, one.text, one.width, one.checked) for number, one in spellings)
        yield Rows("lineage_prefix", ("number", "text", "width", "checked"), told)
        places = known[known["site"] != NONE]
        sites = dict(zip(places["site"].tolist(), places["number"].tolist(), strict=True))
        named = ((number, site(self._names.key(sites[number]))) for number in self._fresh("site", sites))
        yield Rows("lineage_site", ("number", "name"), named)

    def _fresh(self, kind: str, numbers: Iterable[Any]) -> list[Any]:
        """Those that were not told yet."""
        known = self._known[kind]
        fresh = [number for number in numbers if number not in known]
        known.update(fresh)
        return fresh

    def _words(self, kind: int, *columns: Made) -> Rows:
        """Parties or units that stand in any of ``columns``."""
        found: list[int] = np.unique(np.concatenate(columns)).tolist()
        tell = self._names.party if kind == PARTY else self._names.unit
        fresh = self._fresh("word", ((kind, number) for number in found if number != NONE))
        rows = ((kind, number, tell(number)) for _, number in fresh)
        return Rows("lineage_word", ("kind", "number", "text"), rows)

    # Groups and statements

    def _of_groups(self, numbers: Made) -> Iterator[Rows]:
        t, of = self._tables, self._tables.groups[numbers]
        output, output_of = in_lines(of["first_production"], t.productions["next_of_group"])
        put_in, input_of = in_lines(of["first_consumption"], t.consumptions["next_of_group"])
        draws, draws_of = in_lines(of["first_draw"], t.draws["next"])
        drawn = t.draws[draws]
        same = {name: drawn[name] for name in ("amount", "uom", "consumption")}
        of_group = t.consumptions["group"][drawn["consumption"]]
        lines = (
            (self._productions(output), output_of),
            (self._consumptions(put_in), input_of),
            (filled(KINDS["draws"], group=of_group, **same), draws_of),
        )
        rows = zip(numbers.tolist(), *(_cut(*line) for line in lines), strict=True)
        yield Rows("lineage_group", ("number", "output", "input", "draws"), rows)
        yield self._words(UNIT, drawn["uom"])

    def _of_statements(self, numbers: Made) -> Iterator[Rows]:
        told = self._told
        of = self._tables.statements[numbers]
        stored = filled(KINDS["statements"], number=numbers, **{name: of[name] for name in of.dtype.names})
        told_of = numbers[numbers < len(told.sayings)]  # of the others nothing else is told
        words = told.sayings[told_of]
        names = ("known", "place", "read_site", "parent", "was", "step", "group", "type", "action", "basis")
        sayings = filled(KINDS["sayings"], number=told_of, **{name: words[name] for name in names})
        counts = words["mentions"].astype(np.int64)
        begins = np.repeat(words["first_mention"] - np.cumsum(counts) + counts, counts)
        named = begins + np.arange(len(begins))
        sent, sent_of = in_lines(words["first_destination"], told.destinations["next"])
        to = {name: told.destinations[name][sent] for name in ("site", "party", "is_place")}
        rows = zip(
            numbers.tolist(),
            _cut(stored, _each(stored)),
            _padded(_cut(sayings, _each(sayings)), len(stored)),
            _padded(_cut(self._mentions(named), counts), len(stored)),
            _padded(_cut(filled(KINDS["sent"], by=np.repeat(told_of, sent_of), **to), sent_of), len(stored)),
            map(self._names.evidence, numbers.tolist()),
            strict=True,
        )
        columns = ("number", "statements", "sayings", "named", "sent", "evidence")
        yield Rows("lineage_statement", columns, rows)
        yield self._words(PARTY, of["party"], to["party"])
        yield self._words(UNIT, told.mentions["uom"][named])

    # Rows of tables

    def _consumptions(self, rows: Made) -> Any:
        told = self._tables.consumptions[rows]
        same = {name: told[name] for name in ("at", "node", "group", "by", "marks")}
        return filled(KINDS["eaten"], number=rows, count=self._tables.nodes["count"][told["node"]], **same)

    def _productions(self, rows: Made) -> Any:
        told = self._tables.productions[rows]
        same = {name: told[name] for name in ("at", "amount", "uom", "node", "group", "by")}
        return filled(KINDS["made"], number=rows, count=self._tables.nodes["count"][told["node"]], **same)

    def _containments(self, rows: Made) -> Any:
        told = self._tables.containments[rows]
        names = ("start", "end", "peak", "uom", "child", "parent", "by", "ended", "was", "is_class")
        return filled(KINDS["contents"], number=rows, **{name: told[name] for name in names})

    def _episodes(self, rows: Made) -> Any:
        told = self._tables.episodes[rows]
        same = {name: told[name] for name in ("start", "end", "node", "place", "by", "marks")}
        return filled(KINDS["stays"], number=rows, site=self._tables.nodes["site"][told["place"]], **same)

    def _mentions(self, rows: Made) -> Any:
        told = self._told.mentions[rows]
        same = {name: told[name] for name in ("amount", "uom", "node", "by", "role", "is_class")}
        return filled(KINDS["mentions"], **same)


# Names


class _Called(Protocol):
    """How nodes are called."""

    def of(self, nodes: Made) -> tuple[Made, Made]:
        """Their prefixes, and the number of the first key of each."""
        ...

    def spelling(self, prefix: int) -> Spelling:
        """How the keys of a prefix are written."""
        ...


class _Spelled:
    """As the chronicle numbers them."""

    def __init__(self, names: TableNames) -> None:
        self._lives: Any = names.books.lives
        self.spelling = names.names.spelling

    def of(self, nodes: Made) -> tuple[Made, Made]:
        lives = self._lives[nodes]
        return lives["prefix"], lives["first"]


class _Counted:
    """Of other names: in the order of asking."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._numbers: dict[Spelling, int] = {}
        self._spellings: list[Spelling] = []

    def of(self, nodes: Made) -> tuple[Made, Made]:
        prefixes, firsts = np.zeros((2, len(nodes)), dtype=np.int64)
        for place, node in enumerate(nodes.tolist()):
            told, firsts[place] = spelled(self._names.key(node))
            if told not in self._numbers:
                self._numbers[told] = len(self._spellings)
                self._spellings.append(told)
            prefixes[place] = self._numbers[told]
        return prefixes, firsts

    def spelling(self, prefix: int) -> Spelling:
        return self._spellings[prefix]


# Cutting


def _chunks(count: int) -> Iterator[Made]:
    """The numbers of so many rows, some at a time."""
    return (np.arange(begin, min(begin + AT_ONCE, count)) for begin in range(0, count, AT_ONCE))


def _other(rows: Made, column: Made) -> Made:
    """What ``column`` says in each of ``rows``, NONE where there is none."""
    found: Made = np.full(len(rows), NONE, dtype=np.int32)
    some = rows != NONE
    found[some] = column[rows[some]]
    return found


def _pages(stored: Any, lines: _Lines) -> Iterator[Row]:
    """Nodes by the page; of a line that is too long only what parts do not hold: nothing."""
    columns = [_short(*lines[name]) for name in LINES]
    told = [_cut(stored, _summed(_each(stored)))]
    told += [_cut(rows, _summed(lengths)) for rows, lengths in columns]
    pages = stored["number"][::PAGE] // PAGE
    yield from zip(pages.tolist(), *told, strict=True)


def _summed(lengths: Made) -> Made:
    """How many rows each page has, of which only the last may have less than PAGE owners."""
    found: Made = np.add.reduceat(lengths, np.arange(0, len(lengths), PAGE))
    return found


def _short(rows: Any, lengths: Made) -> tuple[Any, Made]:
    """The same without the lines that are longer than a part."""
    kept = np.repeat(lengths <= PART, lengths)
    # Of records an index copies the fields alone, and leaves between them what was in memory.
    return rows.compress(kept), np.where(lengths <= PART, lengths, 0)


def _each(rows: Any) -> Made:
    return np.ones(len(rows), dtype=np.int64)


def _cut(rows: Any, lengths: Made) -> Iterator[bytes | None]:
    """The bytes of the rows of each owner, None where there are none."""
    told, size = _bytes(rows), rows.itemsize
    begin = 0
    for length in lengths.tolist():
        end = begin + length * size
        yield bytes(told[begin:end]) if length else None
        begin = end


def _bytes(rows: Any) -> memoryview:
    told: Any = np.ascontiguousarray(rows).view(np.uint8)
    return memoryview(told)


def _padded(some: Iterator[bytes | None], count: int) -> Iterator[bytes | None]:
    """The same, and None for those that nothing is told of."""
    for _ in range(count):
        yield next(some, None)


def _parts(nodes: Made, lines: _Lines) -> Iterator[Row]:
    """The lines that are longer than a part, cut into parts by time."""
    for line, name in enumerate(LINES):
        rows, lengths = lines[name]
        begins = np.cumsum(lengths) - lengths
        for owner in np.flatnonzero(lengths > PART).tolist():
            some = rows[int(begins[owner]) : int(begins[owner] + lengths[owner])]
            yield from ((int(nodes[owner]), line, *part) for part in _in_time(some, *_span_of(name, some)))


def _span_of(line: str, rows: Any) -> tuple[Made, Made]:
    """From when until when each row matters; members and mentions do at any time."""
    if line in ("eaten", "made"):
        return rows["at"], rows["at"] + 1
    if line in ("contents", "containers", "stays"):
        return rows["start"], np.maximum(rows["end"], rows["start"] + 1)
    return np.full(len(rows), -NEVER), np.full(len(rows), NEVER)


def _in_time(rows: Any, since: Made, until: Made) -> Iterator[Row]:
    """Parts of a line by time: number, from when until when, and rows."""
    order = np.lexsort((until, since))
    for number, begin in enumerate(range(0, len(rows), PART)):
        some = order[begin : begin + PART]
        yield number, int(since[some].min()), int(until[some].max()), rows.take(some).tobytes()


def _by_visitors(visits: Any) -> Iterator[Row]:
    """Rows of visits that are in order of visitors and sites."""
    if not len(visits):
        return
    numbers, sites = visits["node"] // VISITORS, visits["site"]
    is_next = (np.diff(numbers) != 0) | (np.diff(sites) != 0)
    begins = np.concatenate([[0], np.flatnonzero(is_next) + 1])
    since = np.minimum.reduceat(visits["start"], begins)
    until = np.maximum.reduceat(np.maximum(visits["end"], visits["start"] + 1), begins)
    told = _cut(visits, np.diff(np.concatenate([begins, [len(visits)]])))
    columns = (sites[begins], numbers[begins], since, until)
    yield from zip(*(column.tolist() for column in columns), told, strict=True)
