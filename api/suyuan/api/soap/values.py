"""The parameters of a query as a SOAP message brings them: typed by XML Schema, and read leniently.

A value is a text, a list of texts (ArrayOfString) or nothing (VoidHolder). Its form tells which of them; an
``xsi:type`` is believed of numbers and truth values only. Source: EPCIS 1.2 §8.2.5, §11.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suyuan.api.soap.envelope import SoapWrong, child_text, children
from suyuan.trace.epcis.context import STANDARD_PREFIXES
from suyuan.trace.epcis.query import QueryParameterWrong
from suyuan.trace.epcis.xml_values import XSI, Element, local_name, text_of, typed

_MOST = 200  # parameters, as many as a query may have
_NIL = f"{{{XSI}}}nil"
_TYPE = f"{{{XSI}}}type"


def required(message: Element, name: str) -> str:
    """The text that a message must bring under that name.

    Raises:
        SoapWrong: it is missing or empty.
    """
    told = child_text(message, name)
    if not told:
        raise SoapWrong(
            "{name} is missing",
            where=f"/Envelope/Body/{local_name(message)}",
            remedy="Add it; /soap?wsdl describes the message.",
            name=name,
        )
    return told


def params(message: Element) -> Sequence[tuple[str, Any]]:
    """The parameters in their order; values are texts, numbers, truth values, lists of texts, or None.

    Raises:
        SoapWrong: there are two lists of them.
        QueryParameterWrong: one has no name, several values, or a value with a structure of its own.
    """
    found = [one for holder in _holder(message) for one in children(holder, "param")]
    if len(found) > _MOST:
        raise QueryParameterWrong("The query has more than {most} parameters", most=_MOST)
    return [_param(one) for one in found]


def prefixes(message: Element) -> dict[str, str]:
    """Prefixes of extension fields: those that a message declares around its parameters.

    What the standard's own prefixes mean stays; ``xsd``, for one, is the schema's in every message.
    """
    return {
        prefix: namespace
        for element in (message, *_holder(message))
        for prefix, namespace in element.nsmap.items()
        if prefix and prefix not in STANDARD_PREFIXES
    }


def _holder(message: Element) -> Sequence[Element]:
    """The element around the parameters, if there is one; each element that is asked for prefixes costs."""
    found = children(message, "params")
    if len(found) > 1:
        raise SoapWrong("{name} is given twice", where=local_name(message), name="params")
    return found


def _param(param: Element) -> tuple[str, Any]:
    name = child_text(param, "name")
    held = children(param, "value")
    if not name:
        raise QueryParameterWrong("A parameter has no name", where="params", remedy="Name it.")
    if len(held) != 1:
        raise QueryParameterWrong(
            "{name} has {count} values in its param",
            where=name[:100],
            remedy="Give one value; several texts are an ArrayOfString in it.",
            name=name[:100],
            count=len(held),
        )
    return name, _value(name, held[0])


def _value(name: str, value: Element) -> Any:
    if not len(value):
        text = text_of(value)
        if not text or value.get(_NIL, "").strip() in ("1", "true"):
            return None
        kind = value.get(_TYPE)
        return text if kind is None else typed(text, kind, value.nsmap)
    strange = next((one for one in value if local_name(one) != "string" or len(one)), None)
    if strange is not None:
        raise QueryParameterWrong(
            "The value of {name} holds {element}, which is not read here",
            where=name[:100],
            remedy="Give a text, or an ArrayOfString: elements named string with a text each.",
            name=name[:100],
            element=local_name(strange)[:100],
        )
    return [text_of(one) for one in value]
