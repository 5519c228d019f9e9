"""What everybody may read of a place, a party, an asset or a document: what its code names, and whose it is.

Goods have a passport instead (:mod:`suyuan.trace.recall.passports`). What stands here is told by whitelist:
names, city, who is responsible and their licence. Streets, coordinates, telephones and the rest of master
data stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from suyuan.trace.gs1 import Identifier, site
from suyuan.trace.recall.facts import Records, not_known
from suyuan.trace.recall.names import city, name, party
from suyuan.trace.recall.passport import Entered, Party, Text

_NO_TEXT = Text()
_GOODS = frozenset({"00", "01", "8006"})
_OWN_GOODS = frozenset({"product", "unit"})
_PARTIES = frozenset({"417", "party"})
_RESPONSIBLE = ("party", "producer")
"""Attributes that name whoever is responsible, by their local names."""


@dataclass(frozen=True, slots=True)
class Nameplate:
    """``what`` is the primary key of the code (414, 8004 …), or the kind of an own one (place, party).

    ``point`` is the part of a place that the code names; it has no name where nothing is on record of it,
    and the rest is of the place as a whole. ``entered`` is how the place or thing itself came to count.
    """

    key: str
    what: str
    name: Text = _NO_TEXT
    city: Text = _NO_TEXT
    party: Party | None = None
    entered: Entered | None = None
    point: str = ""
    point_name: Text = _NO_TEXT


def is_on_goods(identifier: Identifier) -> bool:
    """Whether such a code stands on goods or on what they are packed in, by its kind alone.

    Of assets and other pieces (GRAI, GIAI, CPID) only events say that they are packed and shipped.
    """
    if identifier.own:
        return identifier.own[0][0] in _OWN_GOODS
    return bool(identifier.ais) and identifier.ais[0][0] in _GOODS


def may_be_packed(identifier: Identifier) -> bool:
    """Whether things under such a code can have a journey: a place or a document has none."""
    return identifier.kind not in ("place", "other")


def nameplate(identifier: Identifier, records: Records, *, today: date) -> Nameplate:
    """What is told of ``identifier``; two look-ups of master data and two of the register.

    Raises:
        NotFound: master data tell nothing of it; ``where`` is the AI of the part that is not known.
    """
    key = identifier.key
    whole = site(key)
    told = records.attributes({key, whole})
    attributes = told.get(whole) or told.get(key)
    if attributes is None:
        raise not_known(identifier, records)
    what, _ = (identifier.ais or identifier.own)[0]
    point = (identifier.value("254") or identifier.own_part("point") or "") if whole != key else ""
    responsible = next((attributes[one] for one in _RESPONSIBLE if attributes.get(one)), "")
    by = key if what in _PARTIES else responsible
    return Nameplate(
        key=key,
        what=what,
        name=name(attributes),
        city=city(attributes),
        party=_party(by, records, today) if by else None,
        entered=records.entered(whole),
        point=point,
        point_name=name(told.get(key, {})) if point else _NO_TEXT,
    )


def _party(key: str, records: Records, today: date) -> Party | None:
    """Who is responsible, without what is not for everybody."""
    found = party(key, records.attributes([key]).get(key, {}))
    if found is None:
        return None
    until = found.licence_until
    is_over = until is not None and until < today
    return replace(found, phone="", licence_over=is_over, entered=records.entered(key))
