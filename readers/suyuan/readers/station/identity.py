"""What an identifier is to a station: how it stands in events, its one canonical key, its product and lot.

The reading of texts and tags itself is :mod:`suyuan.trace.gs1`'s; a station asks it through the two functions
of :class:`Identities`, so that simulations and tests may bring their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from suyuan.trace.gs1 import Identifier, Kind, decode_epc, link_of, scanned
from suyuan.trace.gs1.short_links import in_full

CANONICAL = "https://id.gs1.org"
_NAME = re.compile(r"(?:https?://|urn:)[^?#\s]*", re.IGNORECASE)
"""A spelling that can stand in events as it is."""
_SSCC_LENGTH = 18


@dataclass(frozen=True, slots=True)
class Identity:
    """One object: ``epc`` as in events, ``key`` canonical; product and lot where the spelling tells them."""

    epc: str
    key: str
    kind: Kind
    gtin: str | None = None
    lot_key: str | None = None
    product_key: str | None = None


@dataclass(frozen=True, slots=True)
class Identities:
    """How identifiers are read: ``from_tag`` takes EPC memory, ``from_text`` what is written.

    Both raise :class:`suyuan.trace.errors.InvalidInput` for what cannot be an identifier.
    """

    from_tag: Callable[[bytes], Identity]
    from_text: Callable[[str], Identity]


def lot_number(lot_key: str) -> str:
    """The lot number in the canonical key of a lot, as people write it."""
    return unquote(lot_key.rpartition("/")[2])


def of_identifier(identifier: Identifier, epc: str | None = None) -> Identity:
    """The identity of ``identifier``, spelled ``epc`` or else as its link with all that is known."""
    linked = identifier.ais or identifier.own
    spelled = epc or (link_of(identifier, identifier.namespace or CANONICAL) if linked else identifier.key)
    return Identity(
        spelled,
        identifier.key,
        identifier.kind,
        identifier.gtin,
        identifier.lot_key,
        identifier.product_key,
    )


def from_text(text: str) -> Identity:
    """The identity that ``text`` spells: an EPC URN, a Digital Link or an element string, typed or scanned.

    A URI keeps its spelling, but without query and fragment: a tag that signs each of its answers would
    otherwise have another name in every event. An element string stands in events as a Digital Link, and so
    does a short link: EPCIS knows only plain ones.

    Raises:
        IdentifierError: ``text`` cannot be an identifier.
    """
    keeps = _NAME.fullmatch(text) and in_full(text) is None
    return of_identifier(scanned(text), text if keeps else None)


def from_tag(memory: bytes) -> Identity:
    """The identity in the EPC memory of a tag.

    Raises:
        IdentifierError: the memory holds no EPC that we know.
    """
    return of_identifier(decode_epc(memory).identifier)


def as_typed(text: str) -> str:
    """What a person typed, as it is read: an SSCC stands on labels as 18 bare digits."""
    bare = text.strip()
    return f"00{bare}" if bare.isascii() and bare.isdigit() and len(bare) == _SSCC_LENGTH else bare


GS1 = Identities(from_tag, from_text)
"""How identifiers are read in earnest."""
