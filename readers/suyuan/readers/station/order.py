"""What a person or a system asks a station to do: the steps and their orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from suyuan.trace.epcis.event import QuantityElement, TypedReference


class Step(StrEnum):
    """The steps that a station knows; :mod:`suyuan.readers.station.steps` says how each is done."""

    COMMISSION = "commission"
    PACK = "pack"
    UNPACK = "unpack"
    TRANSFORM = "transform"
    INSPECT = "inspect"
    RELEASE = "release"
    SHIP = "ship"
    RECEIVE = "receive"
    MEASURE = "measure"
    STORE = "store"
    COUNT = "count"
    PICK = "pick"
    SELL = "sell"
    HOLD = "hold"
    RETURN = "return"
    DESTROY = "destroy"
    IMPORT = "import"


class Particulars:
    """What an order of one kind of step says beside the common fields: frozen dataclasses derive from it."""

    __slots__ = ()

    def asks(self) -> tuple[str, ...]:
        """Keys of the station's memory that the checks of this order look at beside those of its objects."""
        return ()


@dataclass(frozen=True, slots=True)
class Order:
    """What one step is about; what the tags do not tell.

    ``product`` is a GTIN of 8 to 14 digits, or the key of a product with an own code. ``typed`` says that
    nothing will be read: all identifiers come from the order. ``expected`` are the EPCs that the step should
    see (any spelling), ``expected_count`` how many where only the number is known. ``epcs`` and
    ``quantities`` are typed in beside what is read: the objects of an object event, the children of a
    packing. ``parent`` is the SSCC or crate packed into; left out, the one logistic unit that is read. A
    transformation takes ``input_epcs`` and ``inputs``, and makes ``output_epcs`` and ``outputs``; what is
    read joins the inputs (or the outputs with ``reads_outputs``). ``extra`` are further members of the event
    (with their prefix), ``ilmd`` further ones of its ILMD. ``tids`` are those of the tags that typed
    ``epcs`` were written on and read back from, by EPC; ``originals`` says of TIDs whether the chip's maker
    signed them. ``sensor_elements`` are as in EPCIS 2.0 §7.3.7.
    ``operator`` does it and ``approver``, another person, confirms it, both by pseudonyms; ``reason`` says
    why what is out of the ordinary is right. ``particulars`` are the step's own. ``order_id`` makes it an
    order that is carried out once: given again, it is answered from memory.
    """

    step: Step
    order_id: str = field(default="", kw_only=True)
    product: str | None = None
    lot: str | None = None
    produced: date | None = None
    best_before: date | None = None
    expires: date | None = None
    country_of_origin: str | None = None
    typed: bool = False
    expected: tuple[str, ...] | None = None
    expected_count: int | None = None
    epcs: tuple[str, ...] = ()
    quantities: tuple[QuantityElement, ...] = ()
    parent: str | None = None
    input_epcs: tuple[str, ...] = ()
    inputs: tuple[QuantityElement, ...] = ()
    output_epcs: tuple[str, ...] = ()
    outputs: tuple[QuantityElement, ...] = ()
    reads_outputs: bool = False
    transformation_id: str | None = None
    biz_transactions: tuple[TypedReference, ...] = ()
    sources: tuple[TypedReference, ...] = ()
    destinations: tuple[TypedReference, ...] = ()
    disposition: str | None = None
    tids: Mapping[str, str] = field(default_factory=dict[str, str])
    originals: Mapping[str, bool] = field(default_factory=dict[str, bool])
    sensor_elements: tuple[Mapping[str, Any], ...] = ()
    operator: str = ""
    approver: str = ""
    reason: str = ""
    particulars: Particulars | None = None
    ilmd: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


def person_key(text: str) -> str:
    """What tells persons apart who are written as text: spaces around it and capitals do not."""
    return text.strip().casefold()


def two_persons(order: Order) -> bool:
    """Whether somebody does it, and somebody else confirms it."""
    operator, approver = person_key(order.operator), person_key(order.approver)
    return bool(operator and approver) and operator != approver


Basis = Literal["read", "typed"]
"""How the station came to know what its event says."""
