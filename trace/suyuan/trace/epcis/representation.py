"""One event in the spelling that somebody asked for: EPCs as URNs or Digital Links, CBV terms as web URIs.

Source: EPCIS 2.0 §12 (GS1-EPC-Format, GS1-CBV-XML-Format), EPC Tag Data Standard 2.3 §7. What an identifier
names never changes, only how it is written: what has no exact spelling in the form asked for stays as it was
sent (decision 0014). Own identifiers, ``urn:uuid`` and extension fields are nobody's EPCs and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, get_args

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.gs1.prefixes import LengthOf, known_prefixes, known_urn, prefix_of_urn

EpcFormat = Literal["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
CbvFormat = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]
EPC_FORMATS: tuple[EpcFormat, ...] = get_args(EpcFormat)
CBV_FORMATS: tuple[CbvFormat, ...] = get_args(CbvFormat)

Spell = Callable[[str], str]
Way = tuple[str, ...]
"""Member names from the event to a value; lists on the way mean each of their entries."""

# Where the standard has EPCs, classes, places and parties. Addresses of documents (rawData, bizRules) say
# where to look, which a URN would lose.
_IDENTIFIERS: tuple[Way, ...] = (
    ("epcList",),
    ("parentID",),
    ("childEPCs",),
    ("inputEPCList",),
    ("outputEPCList",),
    ("quantityList", "epcClass"),
    ("childQuantityList", "epcClass"),
    ("inputQuantityList", "epcClass"),
    ("outputQuantityList", "epcClass"),
    ("transformationID",),
    ("readPoint", "id"),
    ("bizLocation", "id"),
    ("bizTransactionList", "bizTransaction"),
    ("sourceList", "source"),
    ("destinationList", "destination"),
    ("sensorElementList", "sensorMetadata", "deviceID"),
    ("sensorElementList", "sensorReport", "deviceID"),
)
_TERMS: tuple[tuple[Way, Vocabulary], ...] = (
    (("bizStep",), BIZ_STEP),
    (("disposition",), DISPOSITION),
    (("persistentDisposition", "set"), DISPOSITION),
    (("persistentDisposition", "unset"), DISPOSITION),
    (("errorDeclaration", "reason"), ERROR_REASON),
    (("bizTransactionList", "type"), BIZ_TRANSACTION_TYPE),
    (("sourceList", "type"), SOURCE_DESTINATION_TYPE),
    (("destinationList", "type"), SOURCE_DESTINATION_TYPE),
    (("sensorElementList", "sensorReport", "type"), MEASUREMENT_TYPE),
    (("sensorElementList", "sensorReport", "exception"), SENSOR_ALERT_TYPE),
    (("sensorElementList", "sensorReport", "component"), COMPONENT),
)
_URN = "urn:epc:"
_TRANSLATED_SPACES = frozenset(("id", "class", "idpat"))


def represent(
    event: Event,
    epc_format: EpcFormat = "Never_Translates",
    cbv_format: CbvFormat = "No_Preference",
    length_of: LengthOf = known_prefixes(()),  # noqa: B008 - a function without state
) -> Event:
    """``event`` in the spelling asked for; the same object where nothing is to be written differently.

    ``length_of`` tells lengths of company prefixes (:mod:`suyuan.trace.gs1.prefixes`); the URNs of the event
    itself are believed as well. ``Always_URN`` leaves the bare words, which the XML writer spells as URNs.
    """
    body = event.body
    if epc_format == "Always_GS1_Digital_Link":
        body = _respelled(body, _IDENTIFIERS, as_digital_link)
    elif epc_format == "Always_EPC_URN":
        known = _with_own_urns(event.body, length_of)
        body = _respelled(body, _IDENTIFIERS, lambda uri: as_epc_urn(uri, known))
    if cbv_format == "Always_Web_URI":
        for way, vocabulary in _TERMS:
            body = _respelled(body, (way,), _web_uri(vocabulary))
    if body is event.body:
        return event
    told = event_from_body(body, event.context)
    return replace(told, event_id=event.event_id, record_time=event.record_time)


def with_terms_of(event: Event, sent: Mapping[str, Any]) -> Event:
    """``event`` with its CBV terms as ``sent`` spells them, the body that it had in XML; other terms stay.

    What is not in ``event`` does not come back from there: only its own words are spelled.
    """
    body = event.body
    for way, vocabulary in _TERMS:
        spelled = {vocabulary.xml_spellings.get(text, text): text for text in _texts(sent, way)}
        body = _respelled(body, (way,), partial(_found_in, spelled))
    if body is event.body:
        return event
    told = event_from_body(body, event.context)
    return replace(told, event_id=event.event_id, record_time=event.record_time)


def _found_in(spelled: Mapping[str, str], word: str) -> str:
    return spelled.get(word, word)


def is_in_form(event: Event, epc_format: EpcFormat) -> bool:
    """Whether every EPC of ``event`` is spelled so, as it stands."""
    if epc_format == "Always_GS1_Digital_Link":
        return not any(uri[: len(_URN)].lower() == _URN for uri in _identifiers(event.body))
    if epc_format == "Always_EPC_URN":
        return not any(_is_link(uri) for uri in _identifiers(event.body))
    return True


def as_digital_link(uri: str) -> str:
    """The canonical Digital Link of an EPC URN; anything else, and an EPC of no GS1 key, as it stands.

    >>> as_digital_link("urn:epc:class:lgtin:9506000.013435.A%2FB")
    'https://id.gs1.org/01/09506000134352/10/A%2FB'
    """
    if uri[: len(_URN)].lower() != _URN or uri.split(":", 3)[2].lower() not in _TRANSLATED_SPACES:
        return uri  # what a tag's URN says beside the EPC, a link cannot
    try:
        found = identify(uri)
    except IdentifierError:
        return uri
    return found.key if found.ais else uri


def as_epc_urn(uri: str, length_of: LengthOf) -> str:
    """The EPC URN of a Digital Link, where it says all that the link does; anything else as it stands.

    A link that also tells an item's lot or a date stays: a URN has no room for them. So does one of which
    nobody knows the company prefix.

    >>> as_epc_urn("https://id.gs1.org/00/395060003000000017", known_prefixes(["9506000"]))
    'urn:epc:id:sscc:9506000.3300000001'
    """
    if uri[:4].lower() != "http" or "?" in uri or "#" in uri:
        return uri
    try:
        found = identify(uri)
        urn = known_urn(found, length_of) if found.ais else None
        return urn if urn is not None and identify(urn).ais == found.ais else uri
    except IdentifierError:  # among them a key of which the prefix is not what it was said to be
        return uri


def _is_link(uri: str) -> bool:
    try:
        return uri[:4].lower() == "http" and bool(identify(uri).ais)
    except IdentifierError:
        return False


def _with_own_urns(body: Mapping[str, Any], length_of: LengthOf) -> LengthOf:
    """Lengths as known, and as the URNs of the event spell them; where these disagree, nobody knows."""
    told = {prefix for uri in _identifiers(body) if (prefix := prefix_of_urn(uri))}
    if not told:
        return length_of
    own = known_prefixes(told)

    def either(digits: str) -> int | None:
        lengths = {own(digits), length_of(digits)} - {None}
        return lengths.pop() if len(lengths) == 1 else None

    return either


def _web_uri(vocabulary: Vocabulary) -> Spell:
    return lambda value: vocabulary.web + value if value in vocabulary.words else value


def _identifiers(body: Mapping[str, Any]) -> Iterator[str]:
    for way in _IDENTIFIERS:
        yield from _texts(body, way)


def _texts(value: Any, way: Way) -> Iterator[str]:
    if is_list(value):
        for entry in value:
            yield from _texts(entry, way)
    elif way:
        if is_object(value) and way[0] in value:
            yield from _texts(value[way[0]], way[1:])
    elif isinstance(value, str):
        yield value


def _respelled(body: Mapping[str, Any], ways: tuple[Way, ...], spell: Spell) -> Mapping[str, Any]:
    """A copy with the values at ``ways`` spelled anew; ``body`` itself where that changes none."""
    for way in ways:
        if way[0] in body:
            found = _spelled(body[way[0]], way[1:], spell)
            if found != body[way[0]]:
                body = {**body, way[0]: found}
    return body


def _spelled(value: Any, way: Way, spell: Spell) -> Any:
    if is_list(value):
        entries = [_spelled(entry, way, spell) for entry in value]
        return entries if way else _each_once(value, entries)
    if way:
        if is_object(value) and way[0] in value:
            return {**value, way[0]: _spelled(value[way[0]], way[1:], spell)}
        return value
    return spell(value) if isinstance(value, str) else value


def _each_once(sent: list[Any], spelled: list[Any]) -> list[Any]:
    """``spelled``, but as sent where two spellings of one thing would become one entry twice."""
    if len(set(spelled)) == len(spelled):
        return spelled
    taken = set(sent)
    kept: list[Any] = []
    for before, after in zip(sent, spelled, strict=True):
        chosen = before if after != before and after in taken else after
        taken.add(chosen)
        kept.append(chosen)
    return kept
