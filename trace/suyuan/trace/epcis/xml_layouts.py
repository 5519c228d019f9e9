"""In which order, and within which wrappers, EPCIS XML wants the fields of each event type: 2.0 and 1.2.

Source: the GS1 schemas EPCglobal-epcis-2_0.xsd and EPCglobal-epcis-1_2.xsd. What came after 1.2 (sensor data,
persistent disposition, certification, associations) stands in the innermost ``extension`` of 1.2, the place
that its schema keeps for later fields (decision 0016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Version = Literal["2.0", "1.2"]

LOCALS: Final = "*"
"""Stands in a layout for the fields that came from an ``extension`` and have no namespace of their own."""


@dataclass(frozen=True, slots=True)
class Within:
    """A wrapper with the parts in it; left out where all of them are."""

    wrapper: str
    parts: Layout


Layout = tuple[str | Within, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of EPCIS XML.

    ``spaces`` are the namespaces of its documents, ``layouts`` the parts of the five event types, ``around``
    the wrappers of a type in the EventList, ``always`` the lists that stand there even if they are empty.
    ``has_own_types`` tells whether event types outside the standard may stand there, ``has_locals`` whether
    the innermost ``extension`` of an event takes fields without namespace.
    """

    version: Version
    spaces: Mapping[str, tuple[str, str]]
    head: Layout
    layouts: Mapping[str, Layout]
    around: Mapping[str, tuple[str, ...]]
    always: Mapping[str, frozenset[str]]
    has_own_types: bool
    has_locals: bool


def _spaces(number: int) -> Mapping[str, tuple[str, str]]:
    """Form → prefix and namespace of its root."""
    return {
        "EPCISDocument": ("epcis", f"urn:epcglobal:epcis:xsd:{number}"),
        "EPCISQueryDocument": ("epcisq", f"urn:epcglobal:epcis-query:xsd:{number}"),
        "EPCISMasterDataDocument": ("epcismd", f"urn:epcglobal:epcis-masterdata:xsd:{number}"),
    }


_WHY = ("bizStep", "disposition", "readPoint", "bizLocation")
_PARTIES = ("sourceList", "destinationList")
_TAIL = (*_PARTIES, "sensorElementList", "persistentDisposition")
_MADE = ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID")

_HEAD_2: Layout = (
    *("eventTime", "recordTime", "eventTimeZoneOffset"),
    *("eventID", "errorDeclaration", "certificationInfo"),
)
_LAYOUTS_2: Mapping[str, Layout] = {
    "ObjectEvent": (*("epcList", "action", *_WHY, "bizTransactionList", "quantityList", *_TAIL, "ilmd"),),
    "AggregationEvent": (
        *("parentID", "childEPCs", "action", *_WHY, "bizTransactionList", "childQuantityList", *_TAIL),
    ),
    "TransactionEvent": (
        *("bizTransactionList", "parentID", "epcList", "action", *_WHY, "quantityList", *_TAIL),
    ),
    "TransformationEvent": (*_MADE, *_WHY, "bizTransactionList", *_TAIL, "ilmd"),
    "AssociationEvent": (
        *("parentID", "childEPCs", "childQuantityList", "action", *_WHY, "bizTransactionList", *_TAIL),
    ),
}

_NEWER: Layout = (Within("extension", ("sensorElementList", "persistentDisposition", LOCALS)),)
_HEAD_1: Layout = (
    *("eventTime", "recordTime", "eventTimeZoneOffset"),
    Within("baseExtension", ("eventID", "errorDeclaration", Within("extension", ("certificationInfo",)))),
)
_LAYOUTS_1: Mapping[str, Layout] = {
    "ObjectEvent": (
        *("epcList", "action", *_WHY, "bizTransactionList"),
        Within("extension", ("quantityList", *_PARTIES, "ilmd", *_NEWER)),
    ),
    "AggregationEvent": (
        *("parentID", "childEPCs", "action", *_WHY, "bizTransactionList"),
        Within("extension", ("childQuantityList", *_PARTIES, *_NEWER)),
    ),
    "TransactionEvent": (
        *("bizTransactionList", "parentID", "epcList", "action", *_WHY),
        Within("extension", ("quantityList", *_PARTIES, *_NEWER)),
    ),
    "TransformationEvent": (*_MADE, *_WHY, "bizTransactionList", *_PARTIES, "ilmd", *_NEWER),
    # Unknown to 1.2: told whole, as a later field.
    "AssociationEvent": (*_LAYOUTS_2["AssociationEvent"], Within("extension", (LOCALS,))),
}

EDITIONS: Mapping[Version, Edition] = {
    "2.0": Edition(
        version="2.0",
        spaces=_spaces(2),
        head=_HEAD_2,
        layouts=_LAYOUTS_2,
        around={},
        always={},
        has_own_types=True,
        has_locals=False,
    ),
    "1.2": Edition(
        version="1.2",
        spaces=_spaces(1),
        head=_HEAD_1,
        layouts=_LAYOUTS_1,
        around={
            "TransformationEvent": ("extension",),
            "AssociationEvent": ("extension", "extension"),
        },
        always={
            "ObjectEvent": frozenset(("epcList",)),
            "TransactionEvent": frozenset(("epcList",)),
            "AggregationEvent": frozenset(("childEPCs",)),
        },
        has_own_types=False,
        has_locals=True,
    ),
}
