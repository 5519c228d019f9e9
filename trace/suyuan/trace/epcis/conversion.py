"""A whole document in the spelling of identifiers that somebody asked for: its events and its master data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from suyuan.trace.epcis.envelope import Document, VocabularyElement, vocabulary_lists
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.representation import EpcFormat, Spell, as_digital_link, as_epc_urn, represent
from suyuan.trace.gs1.prefixes import LengthOf


def in_form(document: Document, epc_format: EpcFormat, length_of: LengthOf) -> Document:
    """``document`` with every EPC spelled so, where it has such a spelling; others stay as they were sent.

    ``length_of`` tells lengths of company prefixes, which URNs need (:mod:`suyuan.trace.gs1.prefixes`).
    """
    spell: Spell
    if epc_format == "Always_GS1_Digital_Link":
        spell = as_digital_link
    elif epc_format == "Always_EPC_URN":
        spell = partial(as_epc_urn, length_of=length_of)
    else:
        return document
    shell: Mapping[str, Any] = document.shell
    for path, listed in vocabulary_lists(shell):
        shell = _with(shell, path, [_vocabulary(one, spell) for one in listed])
    return replace(
        document,
        events=tuple(represent(event, epc_format, length_of=length_of) for event in document.events),
        vocabularies=tuple(_element(one, spell) for one in document.vocabularies),
        shell=shell,
    )


def _element(element: VocabularyElement, spell: Spell) -> VocabularyElement:
    return replace(element, id=spell(element.id), children=tuple(map(spell, element.children)))


def _vocabulary(vocabulary: Mapping[str, Any], spell: Spell) -> Mapping[str, Any]:
    listed = vocabulary.get("vocabularyElementList")
    if not is_list(listed):
        return vocabulary
    return {**vocabulary, "vocabularyElementList": [_described(one, spell) for one in listed]}


def _described(member: Any, spell: Spell) -> Any:
    told = {**member, "id": spell(member["id"])}
    if "children" in member:
        told["children"] = [spell(child) for child in member["children"]]
    return told


def _with(value: Mapping[str, Any], path: tuple[str, ...], found: Any) -> Mapping[str, Any]:
    """A copy of an object in which ``found`` stands at the path."""
    name, *rest = path
    inner = value.get(name)
    return {**value, name: _with(inner, tuple(rest), found) if rest and is_object(inner) else found}
