"""Whom a device's company deals with, for lists to choose from: parties and places with their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Engine

from suyuan.portal.services import Principal
from suyuan.trace.register.identifiers import namespace
from suyuan.trace.register.listing import MOST_IN_A_PAGE, Registered, entries
from suyuan.trace.register.sheets import EntryKind
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import Viewer

_KINDS: tuple[EntryKind, ...] = ("party", "place")


def partners(engine: Engine, by: Principal) -> Mapping[str, object]:
    """The answer to ``GET /api/partners``: at most 200 parties and 200 places that ``by`` may see.

    Those are their own, and those with whom goods were exchanged (decision 0005). ``namespace`` is that of
    this platform's own codes, empty before the first of them.
    """
    viewer = Viewer(by.name, by.role, by.party)
    with Reading(engine) as reading:
        return {
            "namespace": namespace(reading),
            "partners": [_told(one) for kind in _KINDS for one in _seen(reading, viewer, kind)],
        }


def _seen(reading: Reading, viewer: Viewer, kind: EntryKind) -> Iterator[Registered]:
    page = entries(reading, viewer=viewer, kind=kind, state="approved", limit=MOST_IN_A_PAGE)
    yield from page.entries


def _told(found: Registered) -> Mapping[str, object]:
    zh, en = found.entry.value("name_zh"), found.entry.value("name_en")
    told = {"key": found.key, "kind": found.kind, "name": {"zh": zh or en, "en": en or zh}}
    if found.kind != "party":
        return {**told, "party": found.party or found.owner}
    licence, until = found.entry.value("licence"), found.entry.value("licence_until")
    return {**told, **({"licence": licence, "licence_until": until} if until else {})}
