"""References of the register as people write them: codes and names on the way in, names on the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from suyuan.portal.register.desk import Card
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.recall.passport import Text
from suyuan.trace.register import book
from suyuan.trace.register.fields import Field, is_key, parts_of
from suyuan.trace.register.importing import Reading as Table
from suyuan.trace.register.sheets import KINDS, SHEETS, Entry, EntryKind
from suyuan.trace.register.telling import entry_of, told_by_owners
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import Viewer

MOST_WAYS = 200  # entries to choose a reference from; others are named by their code
MOST_NAMES = 200  # different names in a table that are looked up
_KINDS: Mapping[str, EntryKind] = {kind: kind for kind in KINDS}


def typed_for(key: str, code: str) -> str:
    """What is typed for an entry: its number of GS1, or its own code where no other has it, or its key."""
    try:
        found = identify(key)
    except IdentifierError:
        return key
    if found.own or len(found.ais) != 1:
        return code or key
    return found.ais[0][1]


def meant_by(reading: Reading, by: Viewer, field: Field, text: str) -> str:
    """A reference that is written as a name, if one entry alone bears it; everything else as it is."""
    of = _KINDS.get(field.of)
    if of is None or is_key(text) or text.isdigit():
        return text
    found = [
        one
        for one in book.entries(reading, viewer=by, kind=of, search=text, limit=MOST_WAYS).entries
        if one.state in ("approved", "pending")
    ]
    if any(text in (one.entry.value("code"), one.entry.value("uscc")) for one in found):
        return text  # the book looks codes up, and a code goes before a name
    named = [one.key for one in found if text in (one.entry.value("name_zh"), one.entry.value("name_en"))]
    return named[0] if len(named) == 1 else text


def with_keys(reading: Reading, by: Viewer, table: Table) -> Sequence[Entry]:
    """The entries of a table with names of other entries replaced by their keys.

    Two queries for each different text; texts beyond the first 200 must be codes.
    """
    fields = [field for field in SHEETS[table.kind].fields if field.value == "reference"]
    meant: dict[tuple[str, str], str] = {}
    for entry in table.entries:
        for field in fields:
            text = entry.value(field.name)
            if text and (field.name, text) not in meant and len(meant) < MOST_NAMES:
                meant[field.name, text] = meant_by(reading, by, field, text)
    changed = {written: key for written, key in meant.items() if written[1] != key}
    if not changed:
        return table.entries
    return [
        replace(
            entry,
            values={name: changed.get((name, value), value) for name, value in entry.values.items()},
        )
        for entry in table.entries
    ]


def referred(cards: Iterable[Card]) -> list[str]:
    """The keys that entries and their owners are, in order, each once."""
    keys: dict[str, None] = {}
    for card in cards:
        keys.setdefault(card.owner)
        for field in SHEETS[card.kind].fields:
            value = card.values.get(field.name, "")
            if value and field.value == "reference":
                keys.setdefault(value)
            elif value and field.value == "parts":
                keys.update(dict.fromkeys(part.product for part in parts_of(value)))
    return [key for key in keys if key]


def names_of(reading: Reading, keys: Sequence[str]) -> dict[str, Text]:
    """What entries are called, by key; a lot by its number."""
    told = told_by_owners(reading, keys)
    found: dict[str, Text] = {}
    for key in keys:
        values = entry_of("product", key, told.get(key, {})).values
        found[key] = Text(values.get("name_zh", ""), values.get("name_en", ""))
    return found
