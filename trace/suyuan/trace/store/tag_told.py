"""Chips that events tell of: taken down at capture, together with which chip is on which object.

Events name them in the member ``tags`` of our namespace, a list of objects: ``epc`` and ``tid``; with
``original``, whether the signature of the chip's maker was right, and ``secretFound``, ``secretWritten``,
``secretMaybe`` and ``secretNear``, digests of what stations read and wrote (:mod:`suyuan.trace.sun.renewal`).
What a foreign program writes there is no reason to refuse its event: entries that cannot be are left out.

An event that brings an item about says which chip is on it. Nobody can bind chips to it but whoever had its
label made, or without such a label the party that brought it about first: whoever knows a code could else
give it to the chip of a copy.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import ColumnElement, Engine, delete, exists, func, select, true, update
from sqlalchemy.orm import aliased

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.lineage.digest import own_member
from suyuan.trace.store.bulk import insert_rows
from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import LabelJobRow, LabelRow
from suyuan.trace.store.scans import ask_again
from suyuan.trace.store.tables import ContextRow, EvidenceRow, IncidenceRow, ObjectRow
from suyuan.trace.store.tag_bindings import Binding, Bound, ChipKind, bind_all, bindings_of_keys, take_back
from suyuan.trace.store.tag_tables import TagBindingRow, TagReadingRow
from suyuan.trace.store.tag_told_tables import TagToldRow

MOST_TOLD = 300
"""Entries of one object that are looked at, the latest: nothing is read more often by honest stations."""
MOST_TELLERS = 30
"""Parties whose word of the chips of one object is looked at, the first: it does not pass more hands."""
MOST_MAYBE = 16
MOST_OF_ONE = 8
"""Chips of one object that are taken from one event: goods bear one or two."""
MOST_ENTRIES = 10_000
"""Chips that are taken from one event: it names no more objects."""
_CHIP = re.compile(r"[0-9A-F]{10,64}")  # four bytes name a model, or an NFC session
_DIGEST = re.compile(r"[0-9a-f]{32}")
_log = logging.getLogger(__name__)
_UIDS = (14, 20)  # hexadecimal digits of the UID of an NFC chip: ISO/IEC 14443-3


class TagEntry(NamedTuple):
    """One entry of ``tags``. ``makes``: the event brings the object about; ``sound``: its clock was right."""

    key: str
    chip: str
    original: bool | None
    found: str
    written: str
    maybe: tuple[str, ...]
    near: tuple[str, ...]
    makes: bool
    sound: bool


@dataclass(frozen=True, slots=True)
class TagTold:
    """What an event of ``party`` told of a chip on an object. ``evidence`` is the key of the event.

    ``time`` is when it was by the event, ``known`` when that was recorded here.
    """

    key: str
    chip: str
    party: str
    time: datetime
    known: datetime
    evidence: str
    original: bool | None = None
    found: str = ""
    written: str = ""
    maybe: tuple[str, ...] = ()
    sound: bool = True
    near: tuple[str, ...] = ()


def tag_entries(event: Event) -> tuple[TagEntry, ...]:
    """The chips that an event tells of, of objects that it names itself; a few of each, the first ones."""
    listed = own_member(event, "tags")
    if listed is None:
        return ()
    named = {_key(epc) for epc in (*event.epc_list, *event.child_epcs, *_of_units(event))}
    made = event.type == "ObjectEvent" and event.action == "ADD"
    sound = own_member(event, "clockQuality") != "unsynchronised"
    taken: list[TagEntry] = []
    of_one = Counter[str]()
    for entry in _entries(listed, made=made, sound=sound):
        of_one[entry.key] += 1
        if entry.key in named and of_one[entry.key] <= MOST_OF_ONE:
            taken.append(entry)
        if len(taken) == MOST_ENTRIES:
            break
    return tuple(taken)


def _of_units(event: Event) -> Iterator[str]:
    yield from event.input_epc_list
    yield from event.output_epc_list
    if event.parent_id is not None:
        yield event.parent_id


def _entries(listed: object, *, made: bool, sound: bool) -> Iterator[TagEntry]:
    for entry in cast("list[object]", listed if isinstance(listed, list) else [listed]):
        if not isinstance(entry, Mapping):
            continue
        told = {name.rpartition(":")[2]: value for name, value in cast("Mapping[str, Any]", entry).items()}
        epc, tid, original = told.get("epc"), told.get("tid"), told.get("original")
        if not (isinstance(epc, str) and isinstance(tid, str) and _CHIP.fullmatch(tid.upper())):
            continue
        if (key := _key(epc)) is None:
            continue
        yield TagEntry(
            key,
            tid.upper(),
            original if isinstance(original, bool) else None,
            _digest(told.get("secretFound")),
            _digest(told.get("secretWritten")),
            _digests(told.get("secretMaybe")),
            _digests(told.get("secretNear")),
            made,
            sound,
        )


def _key(epc: str) -> str | None:
    try:
        return canonical_key(epc)
    except IdentifierError:
        return None


def _digests(value: object) -> tuple[str, ...]:
    listed = cast("list[object]", value)[:MOST_MAYBE] if isinstance(value, list) else []
    return tuple(digest for each in listed if (digest := _digest(each)))


def _digest(value: object) -> str:
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else ""


class TagsOfEvent(NamedTuple):
    """The entries of one stored event, and who told it."""

    sequence: int
    party: str
    event_id: str
    time: datetime
    is_declaration: bool
    entries: tuple[TagEntry, ...]


def store_tags(writing: Writing, stored: Sequence[TagsOfEvent]) -> None:
    """Take down what new evidence tells of chips, and which are on what. Linear in the entries."""
    rows = [
        (
            one.sequence,
            position,
            entry.key,
            entry.chip,
            entry.original,
            entry.found,
            entry.written,
            orjson.dumps([entry.maybe, entry.near]),
            entry.sound,
        )
        for one in stored
        if not one.is_declaration
        for position, entry in enumerate(one.entries)
    ]
    insert_rows(writing.connection, _COLUMNS, rows)
    ask_again(writing, {entry.key for one in stored for entry in one.entries})
    for (told_by, is_declaration), some in groupby(stored, lambda one: (one.party, one.is_declaration)):
        (_take_back if is_declaration else _bind)(writing, told_by, list(some))


def _bind(writing: Writing, told_by: str, stored: Sequence[TagsOfEvent]) -> None:
    made = [(entry, one) for one in stored for entry in one.entries if entry.makes]
    keys = {entry.key for entry, _ in made}
    party, makers = party_key(told_by), makers_of(writing, keys)
    others = {b.key for b in bindings_of_keys(writing, keys) if b.party != party}
    bindings = [
        Binding(entry.key, entry.chip, kind_of(entry.chip), party, one.time, one.event_id)
        for entry, one in made
        if makers.get(entry.key, party) == party and entry.key not in others
    ]
    came = zip(bindings, bind_all(writing, bindings), strict=True)
    if taken := [binding for binding, bound in came if bound is Bound.TAKEN]:
        _log.warning(
            "%d chips that %s told of are elsewhere by the word of others; the first is %s, told of %s",
            len(taken),
            party,
            taken[0].chip,
            taken[0].key,
        )


def kind_of(chip: str) -> ChipKind:
    """Whether a number is the UID of an NFC chip, or the TID of a UHF one, which begins with E2."""
    return ChipKind.NFC if len(chip) in _UIDS and not chip.startswith("E2") else ChipKind.UHF


def makers_of(reading: Reading, keys: Collection[str]) -> dict[str, str]:
    """Who had the label of each of these objects made; without one, who first told that it was made."""
    makers: dict[str, str] = {}
    for chunk in chunks(keys):
        rows = reading.connection.execute(
            select(ObjectRow.key, EvidenceRow.party)
            .join(IncidenceRow, IncidenceRow.object_id == ObjectRow.id)
            .join(EvidenceRow, EvidenceRow.sequence == IncidenceRow.sequence)
            .where(ObjectRow.key.in_(chunk), *_BRINGS_ABOUT)
            .order_by(EvidenceRow.sequence.desc())
        )
        makers.update((key, party_key(party)) for key, party in rows)
        labels = reading.connection.execute(
            select(LabelRow.key, LabelJobRow.owner)
            .join(LabelJobRow, LabelJobRow.id == LabelRow.job)
            .where(LabelRow.key.in_(chunk))
        )
        makers.update((key, party_key(owner)) for key, owner in labels)
    return makers


_BRINGS_ABOUT = (
    EvidenceRow.action == "ADD",
    EvidenceRow.type == "ObjectEvent",
    EvidenceRow.status == "accepted",
)


def _take_back(writing: Writing, told_by: str, stored: Sequence[TagsOfEvent]) -> None:
    """What was bound by events that their party declares wrong was never so."""
    wrong = {one.event_id for one in stored}
    chips: set[str] = set()
    for chunk in chunks(wrong):
        chips.update(
            writing.connection.execute(
                select(TagToldRow.chip)
                .join(EvidenceRow, EvidenceRow.sequence == TagToldRow.sequence)
                .where(EvidenceRow.event_id.in_(chunk), EvidenceRow.party == told_by)
            ).scalars()
        )
    take_back(writing, chips, party=party_key(told_by), evidence=wrong)


def made_with(reading: Reading, keys: Collection[str], chip: str) -> frozenset[str]:
    """Whoever brought one of these objects about and said then that ``chip`` is on it."""
    makers = makers_of(reading, keys)
    rows = reading.connection.execute(
        select(TagToldRow.key, EvidenceRow.party)
        .join(EvidenceRow, EvidenceRow.sequence == TagToldRow.sequence)
        .where(TagToldRow.key.in_(keys), TagToldRow.chip == chip, *_BRINGS_ABOUT, ~_taken_back())
    )
    return frozenset(party for key, told_by in rows if (party := party_key(told_by)) == makers.get(key))


def tellers(reading: Reading, keys: Collection[str]) -> Mapping[str, str]:
    """Who told anything of the chips of these objects: as evidence names them -> their keys.

    At most ``MOST_TELLERS``, those who did so first: each costs a look, and who comes late displaces nobody.
    """
    parties = reading.connection.execute(
        select(EvidenceRow.party)
        .join(TagToldRow, TagToldRow.sequence == EvidenceRow.sequence)
        .where(TagToldRow.key.in_(keys))
        .group_by(EvidenceRow.party)
        .order_by(func.min(EvidenceRow.sequence))
        .limit(MOST_TELLERS)
    )
    return {party: party_key(party) for party in parties.scalars()}


def tags_told(
    reading: Reading, key: str, by: Collection[str] | None = None, limit: int = MOST_TOLD
) -> Sequence[TagTold]:
    """What events told of the chips of an object, in the order in which it became known.

    ``by`` are the parties whose events are asked, as :func:`tellers` names them; None for all. Of more than
    ``limit`` entries the latest of every party stay: from however many places one of them tells, it crowds
    out nobody's word.

    Events that were declared wrong tell nothing of whose chip it is; but what was done to a tag was done:
    stations tell it in events of their own, which nobody undoes.
    """
    row = TagToldRow
    turn = func.row_number().over(
        partition_by=EvidenceRow.party, order_by=(row.sequence.desc(), row.position.desc())
    )
    found = (
        select(
            row.sequence,
            row.position,
            turn.label("turn"),
            row.key,
            row.chip,
            EvidenceRow.party,
            EvidenceRow.event_time,
            EvidenceRow.record_time,
            EvidenceRow.key.label("evidence"),
            row.original,
            row.found,
            row.written,
            row.maybe,
            row.sound,
        )
        .join(EvidenceRow, EvidenceRow.sequence == row.sequence)
        .where(row.key == key, EvidenceRow.status == "accepted", ~_taken_back())
        .where(true() if by is None else EvidenceRow.party.in_(by))
        .subquery()
    )
    latest = select(found).order_by(found.c.turn, found.c.sequence.desc()).limit(limit)
    rows = sorted(reading.connection.execute(latest), key=lambda one: (one.sequence, one.position))
    return [
        TagTold(
            k,
            chip,
            party_key(party),
            time,
            known,
            evidence,
            original,
            read,
            written,
            tuple(maybe[0]),
            sound,
            tuple(maybe[1]),
        )
        for _, _, _, k, chip, party, time, known, evidence, original, read, written, maybe, sound in rows
    ]


def _taken_back() -> ColumnElement[bool]:
    """Whether the party of an event has declared it wrong."""
    declaration = aliased(EvidenceRow)
    return exists(
        select(declaration.sequence).where(
            declaration.event_id == EvidenceRow.event_id,
            declaration.party == EvidenceRow.party,
            declaration.declaration_time.is_not(None),
        )
    )


def tell_anew(engine: Engine, at_once: int = 1000) -> int:
    """Read all evidence again for what it tells of chips; how many entries there are.

    What people entered by hand stays, and that a chip signs, which no event tells. In steps, so that the
    writer is free between them: what is captured meanwhile is taken down as ever.
    """
    with Writing(engine) as writing:
        newest = writing.connection.execute(select(func.max(EvidenceRow.sequence))).scalar() or 0
        writing.connection.execute(delete(TagToldRow))
        of_events = select(EvidenceRow.event_id)
        writing.connection.execute(delete(TagBindingRow).where(TagBindingRow.evidence.in_(of_events)))
    count, after = 0, 0
    while True:
        with Writing(engine) as writing:
            some = _stored_tags(writing, after, newest, at_once)
            if not some:
                signed = TagBindingRow.chip.in_(select(TagReadingRow.chip))
                writing.connection.execute(
                    update(TagBindingRow).where(signed).values(kind=ChipKind.SUN.value)
                )
                return count
            store_tags(writing, [one for one in some if one.entries])
        count += sum(len(one.entries) for one in some if not one.is_declaration)
        after = some[-1].sequence


def _stored_tags(reading: Reading, after: int, last: int, limit: int) -> Sequence[TagsOfEvent]:
    rows = reading.connection.execute(
        select(
            EvidenceRow.sequence,
            EvidenceRow.party,
            EvidenceRow.event_id,
            EvidenceRow.event_time,
            EvidenceRow.declaration_time,
            EvidenceRow.status,
            EvidenceRow.body,
            ContextRow.entries,
        )
        .outerjoin(ContextRow, ContextRow.id == EvidenceRow.context_id)
        .where(EvidenceRow.sequence > after, EvidenceRow.sequence <= last)
        .order_by(EvidenceRow.sequence)
        .limit(limit)
    )
    found: list[TagsOfEvent] = []
    for sequence, party, event_id, time, declared, status, body, context in rows:
        event = event_from_body(orjson.loads(body), tuple(context or ()))
        entries = tag_entries(event) if status == "accepted" else ()
        found.append(TagsOfEvent(sequence, party, event_id, time, declared is not None, entries))
    return found


_COLUMNS = (
    TagToldRow.sequence,
    TagToldRow.position,
    TagToldRow.key,
    TagToldRow.chip,
    TagToldRow.original,
    TagToldRow.found,
    TagToldRow.written,
    TagToldRow.maybe,
    TagToldRow.sound,
)
