"""Lineage from memory into the store, all of it at once.

What was there is replaced in one transaction: whoever reads meanwhile reads what was there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from suyuan.trace.errors import Conflict
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.chronicle.names import Spelling, spelled
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import NEVER, instant
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.lineage.reading import raised
from suyuan.trace.store.lineage.world.lines import in_lines
from suyuan.trace.store.lineage.world.rows import FORM, KINDS, LINES, PAGE, PART, filled
from suyuan.trace.store.lineage_tables import DERIVED

PARTY, UNIT = range(2)
"""Kinds of words."""
_Row = tuple[Any, ...]


class LineageNewer(Conflict):
    """The store holds lineage that was told more than what is to be written."""

    code = "lineage-newer"
    title = "The store holds newer lineage"


def write(writing: Writing, record: Record, *, evidence: int, aliases: int, known: datetime | None) -> None:
    """Replace the lineage in the store by ``record``; O(all that is in it).

    Args:
        writing: where to.
        record: what was told.
        evidence: up to which sequence number it was told.
        aliases: the version of the second names under which it was told.
        known: the latest record time among what was told, declarations and what they take out included: from
            then on what is known is what ``record`` says. None where nothing was told.

    Raises:
        LineageNewer: the store holds what was told more evidence or later names; that stays.
    """
    held = writing.connection.execute(_HELD).first()
    if held is not None and (held.evidence > evidence or held.aliases > aliases):
        raise LineageNewer(
            "The store holds lineage as of {held}, newer than what was to be written, as of {evidence}",
            held=held.evidence,
            evidence=evidence,
            remedy="Another has written it meanwhile; what the store holds was left as it is.",
        )
    forget(writing)
    latest = 0 if known is None else instant(known)
    _Writer(writing.connection, record).write(evidence, aliases, latest)


_HELD = text("SELECT evidence, aliases FROM lineage")


def forget(writing: Writing) -> None:
    """Take the lineage out of the store."""
    for table in DERIVED:
        writing.connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 (names of our own)


class _Writer:
    def __init__(self, connection: Connection, record: Record) -> None:
        self._connection = connection
        self._record = record
        # Any of numpy's: what tables are to functions that walk them says less than is asked of them here.
        self._tables: Any = record.tables
        self._told: Any = record.told
        guests = record.guests
        nodes: Any = self._tables.nodes
        is_known = (nodes["birth"] != NEVER) | (nodes["site"] != NONE)
        is_known[guests.start : guests.stop] = False
        self._known: Made = np.flatnonzero(is_known)

    def write(self, evidence: int, aliases: int, known_at: int) -> None:
        """Fill the tables, which are empty."""
        prefixes, names = self._names()
        lines = self._lines()
        stored = self._nodes(prefixes, names, lines)
        self._insert("lineage_page", ("number", "nodes", *LINES), self._pages(stored, lines))
        for number, name in enumerate(LINES):
            rows, lengths = lines[name]
            parts = _parts(rows, lengths, _span_of(name, rows), number)
            self._insert("lineage_part", ("node", "line", "number", "since", "until", "rows"), parts)
        self._insert("lineage_group", ("number", "output", "input", "draws"), self._groups(lines))
        self._insert(
            "lineage_statement",
            ("number", "statements", "sayings", "named", "sent", "evidence"),
            self._statements(),
        )
        self._insert("lineage_site", ("number", "name"), self._sites())
        self._insert("lineage_visit", ("site", "number", "since", "until", "visits"), self._visits())
        spellings = ((number, one.text, one.width, one.checked) for one, number in prefixes.items())
        self._insert("lineage_prefix", ("number", "text", "width", "checked"), spellings)
        known, counts = self._known.tolist(), self._tables.nodes["count"][self._known].tolist()
        named = zip(names[0].tolist(), names[1].tolist(), known, counts, strict=True)
        self._insert("lineage_name", ("prefix", "first", "node", "count"), named)
        self._insert("lineage_word", ("kind", "number", "text"), self._words())
        sizes = len(self._tables.nodes), len(self._tables.statements)
        self._insert(
            "lineage",
            ("number", "form", "evidence", "aliases", "known", "nodes", "statements"),
            [(1, FORM, evidence, aliases, known_at, *sizes)],
        )
        if self._connection.dialect.name == "postgresql":
            for table in DERIVED:
                self._connection.execute(text(f"ANALYZE {table}"))

    def _insert(self, table: str, columns: Sequence[str], rows: Iterable[_Row]) -> None:
        try:
            self._send(table, columns, rows)
        except self._connection.dialect.loaded_dbapi.Error as error:
            raise raised(self._connection, error) from error

    def _send(self, table: str, columns: Sequence[str], rows: Iterable[_Row]) -> None:
        if self._connection.dialect.name == "sqlite":
            places = ", ".join("?" * len(columns))
            driver: Any = self._connection.connection.driver_connection
            driver.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 (names of our own)
                rows,
            )
            return
        driver = self._connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def _names(self) -> tuple[dict[Spelling, int], tuple[Made, Made]]:
        """Prefixes, and of each known node its prefix and the number of its first key."""
        prefixes: dict[Spelling, int] = {}
        of, firsts = np.zeros((2, len(self._known)), dtype=np.int64)
        for place, node in enumerate(self._known.tolist()):
            spelling, firsts[place] = spelled(self._record.names.key(node))
            of[place] = prefixes.setdefault(spelling, len(prefixes))
        return prefixes, (of, firsts)

    def _sites(self) -> Iterator[_Row]:
        """The sites of places; nobody asks by name of others."""
        nodes: Any = self._tables.nodes
        places = self._known[nodes["site"][self._known] != NONE]
        _, first = np.unique(nodes["site"][places], return_index=True)
        for node in places[first].tolist():
            yield int(nodes["site"][node]), site(self._record.names.key(node))

    def _words(self) -> Iterator[_Row]:
        """Parties and units that anything names."""
        t, told, names = self._tables, self._told, self._record.names
        for party in _numbers(t.statements["party"], told.destinations["party"]):
            yield PARTY, party, names.party(party)
        amounts = (t.nodes["made_uom"], t.productions["uom"], t.draws["uom"], t.containments["uom"])
        for unit in _numbers(*amounts, told.mentions["uom"]):
            yield UNIT, unit, names.unit(unit)

    def _lines(self) -> dict[str, tuple[Any, Made]]:
        """The stored rows of each line of nodes and groups, and how many each node or group has."""
        t, told = self._tables, self._told
        nodes, groups = t.nodes, t.groups
        eaten, eaten_of = in_lines(nodes["first_consumption"], t.consumptions["next"])
        made, made_of = in_lines(nodes["first_production"], t.productions["next"])
        contents, contents_of = in_lines(nodes["first_content"], t.containments["next_content"])
        containers, containers_of = in_lines(nodes["first_container"], t.containments["next_container"])
        stays, stays_of = in_lines(nodes["first_episode"], t.episodes["next"])
        members, members_of = in_lines(nodes["first_member"], nodes["next_member"])
        first_mention = np.full(len(nodes), NONE, dtype=np.int32)
        named = nodes["goods"] != NONE
        if len(told.goods):
            first_mention[named] = told.goods["first_mention"][nodes["goods"][named]]
        mentions, mentions_of = in_lines(first_mention, told.mentions["next"])
        output, output_of = in_lines(groups["first_production"], t.productions["next_of_group"])
        put_in, input_of = in_lines(groups["first_consumption"], t.consumptions["next_of_group"])
        draws, draws_of = in_lines(groups["first_draw"], t.draws["next"])
        drawn = t.draws[draws]
        return {
            "eaten": (self._consumptions(eaten), eaten_of),
            "made": (self._productions(made), made_of),
            "contents": (_containments(t, contents), contents_of),
            "containers": (_containments(t, containers), containers_of),
            "stays": (self._episodes(stays), stays_of),
            "members": (filled(KINDS["members"], lot=nodes["lot"][members], node=members), members_of),
            "mentions": (self._mentions(mentions), mentions_of),
            "output": (self._productions(output), output_of),
            "input": (self._consumptions(put_in), input_of),
            "draws": (
                filled(
                    KINDS["draws"],
                    amount=drawn["amount"],
                    uom=drawn["uom"],
                    consumption=drawn["consumption"],
                    group=t.consumptions["group"][drawn["consumption"]],
                ),
                draws_of,
            ),
        }

    def _consumptions(self, rows: Made) -> Any:
        told = self._tables.consumptions[rows]
        same = {name: told[name] for name in ("at", "node", "group", "by", "marks")}
        return filled(KINDS["eaten"], number=rows, count=self._count(told["node"]), **same)

    def _productions(self, rows: Made) -> Any:
        told = self._tables.productions[rows]
        same = {name: told[name] for name in ("at", "amount", "uom", "node", "group", "by")}
        return filled(KINDS["made"], number=rows, count=self._count(told["node"]), **same)

    def _count(self, nodes: Made) -> Made:
        counts: Made = self._tables.nodes["count"][nodes]
        return counts

    def _episodes(self, rows: Made) -> Any:
        told = self._tables.episodes[rows]
        same = {name: told[name] for name in ("start", "end", "node", "place", "by", "marks")}
        return filled(KINDS["stays"], number=rows, site=self._tables.nodes["site"][told["place"]], **same)

    def _mentions(self, rows: Made) -> Any:
        told = self._told.mentions[rows]
        same = {name: told[name] for name in ("amount", "uom", "node", "by", "role", "is_class")}
        return filled(KINDS["mentions"], **same)

    def _nodes(
        self,
        prefixes: dict[Spelling, int],
        names: tuple[Made, Made],
        lines: dict[str, tuple[Any, Made]],
    ) -> Any:
        t = self._tables
        nodes = t.nodes
        stored = filled(KINDS["nodes"], number=np.arange(len(nodes)))
        same = ("birth", "made", "made_uom", "count", "lot", "inside", "here", "last", "ended", "lot_told")
        for name in (*same, "goods", "site", "is_class", "is_place", "consumed"):
            stored[name] = nodes[name]
        stored["container"] = _other(nodes["inside"], t.containments["parent"])
        stored["place"] = _other(nodes["here"], t.episodes["place"])
        stored["prefix"] = NONE
        if prefixes:
            stored["prefix"][self._known], stored["first"][self._known] = names
        for number, name in enumerate(LINES):
            stored["longer"] |= np.where(lines[name][1] > PART, 1 << number, 0)
        return stored

    def _pages(self, stored: Any, lines: dict[str, tuple[Any, Made]]) -> Iterator[_Row]:
        """Nodes by the page; of a line that is too long only what parts do not hold: nothing."""
        columns = [_short(*lines[name]) for name in LINES]
        count = -(-len(stored) // PAGE)
        cuts = [_cuts(lengths, PAGE) for _, lengths in columns]
        whole = _bytes(stored)
        of = stored.itemsize * PAGE
        texts = [_bytes(rows) for rows, _ in columns]
        sizes = [rows.itemsize for rows, _ in columns]
        for page in range(count):
            yield (
                page,
                bytes(whole[page * of : (page + 1) * of]),
                *(
                    bytes(told[cut[page] * size : cut[page + 1] * size]) or None
                    for told, cut, size in zip(texts, cuts, sizes, strict=True)
                ),
            )

    def _groups(self, lines: dict[str, tuple[Any, Made]]) -> Iterator[_Row]:
        told = [_cut(*lines[name]) for name in ("output", "input", "draws")]
        yield from ((number, *row) for number, row in enumerate(zip(*told, strict=True)))

    def _statements(self) -> Iterator[_Row]:
        statements, told = self._tables.statements, self._told
        same = {name: statements[name] for name in statements.dtype.names}
        stored = filled(KINDS["statements"], number=np.arange(len(statements)), **same)
        words = told.sayings
        names = ("known", "place", "read_site", "parent", "was", "step", "group", "type", "action", "basis")
        same = {name: words[name] for name in names}
        sayings = filled(KINDS["sayings"], number=np.arange(len(words)), **same)
        counts = words["mentions"].astype(np.int64)
        named = np.repeat(words["first_mention"] - np.cumsum(counts) + counts, counts) + np.arange(
            int(counts.sum())
        )
        sent, sent_of = in_lines(words["first_destination"], told.destinations["next"])
        by = np.repeat(np.arange(len(words)), sent_of)
        columns = {name: told.destinations[name][sent] for name in ("site", "party", "is_place")}
        rows = zip(
            _cut(stored, np.ones(len(stored), dtype=np.int64)),
            _padded(_cut(sayings, np.ones(len(sayings), dtype=np.int64)), len(stored)),
            _padded(_cut(self._mentions(named), counts), len(stored)),
            _padded(_cut(filled(KINDS["sent"], by=by, **columns), sent_of), len(stored)),
            strict=True,
        )
        evidence = self._record.names.evidence
        yield from ((number, *row, evidence(number)) for number, row in enumerate(rows))

    def _visits(self) -> Iterator[_Row]:
        rows, lengths = in_lines(self._told.sites["first_visit"], self._tables.episodes["next_visit"])
        stored = self._episodes(rows)
        begin = 0
        for number, length in enumerate(lengths.tolist()):
            line = stored[begin : begin + length]
            begin += length
            yield from ((number, *part) for part in _in_time(line, line["start"], line["end"]))


def _numbers(*columns: Made) -> list[int]:
    """All numbers that stand in any of ``columns``."""
    found: list[int] = np.unique(np.concatenate(columns)).tolist()
    return [number for number in found if number != NONE]


def _containments(t: Any, rows: Made) -> Any:
    told = t.containments[rows]
    names = ("start", "end", "peak", "uom", "child", "parent", "by", "ended", "was", "is_class")
    return filled(KINDS["contents"], number=rows, **{name: told[name] for name in names})


def _other(rows: Made, column: Made) -> Made:
    """What ``column`` says in each of ``rows``, NONE where there is none."""
    found: Made = np.full(len(rows), NONE, dtype=np.int32)
    some = rows != NONE
    found[some] = column[rows[some]]
    return found


def _span_of(line: str, rows: Any) -> tuple[Made, Made]:
    """From when until when each row matters; members and mentions do at any time."""
    if line in ("eaten", "made"):
        return rows["at"], rows["at"] + 1
    if line in ("contents", "containers", "stays"):
        return rows["start"], np.maximum(rows["end"], rows["start"] + 1)
    return np.full(len(rows), -NEVER), np.full(len(rows), NEVER)


def _short(rows: Any, lengths: Made) -> tuple[Any, Made]:
    """The same without the lines that are longer than a part."""
    kept = np.repeat(lengths <= PART, lengths)
    return rows[kept], np.where(lengths <= PART, lengths, 0)


def _cuts(lengths: Made, together: int) -> list[int]:
    """Where the rows of each so many owners begin, and where the last ones end."""
    ends = np.concatenate([[0], np.cumsum(lengths)])
    cuts = ends[::together].tolist()
    return cuts if (len(lengths) % together) == 0 else [*cuts, int(ends[-1])]


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


def _parts(rows: Any, lengths: Made, spans: tuple[Made, Made], line: int) -> Iterator[_Row]:
    """The lines that are longer than a part, cut into parts by time."""
    begins = np.cumsum(lengths) - lengths
    for node in np.flatnonzero(lengths > PART).tolist():
        of = slice(int(begins[node]), int(begins[node] + lengths[node]))
        for part in _in_time(rows[of], spans[0][of], spans[1][of]):
            yield (node, line, *part)


def _in_time(rows: Any, since: Made, until: Made) -> Iterator[_Row]:
    """Parts of a line by time: number, from when until when, and rows."""
    order = np.lexsort((until, since))
    for number, begin in enumerate(range(0, len(rows), PART)):
        some = order[begin : begin + PART]
        yield number, int(since[some].min()), int(until[some].max()), rows[some].tobytes()
