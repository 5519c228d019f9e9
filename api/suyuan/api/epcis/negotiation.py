"""What the headers of a request ask of the answer: versions of the standards, spellings of EPCs and terms.

Source: EPCIS 2.0 §12 (REST bindings; GS1-* headers). What cannot be had is told before anything is done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import HTTPConnection

from suyuan.api.problems import NotAcceptable
from suyuan.trace.epcis.representation import CBV_FORMATS, EPC_FORMATS, CbvFormat, EpcFormat

ANSWERED = "2.0.0"
"""The edition of EPCIS and of the CBV in which everything is answered."""
OLDEST_READ = "1.2.0"
"""The oldest edition of both in which documents are taken."""
VERSIONS = {
    "GS1-EPCIS-Version": ANSWERED,
    "GS1-EPCIS-Min": OLDEST_READ,
    "GS1-EPCIS-Max": ANSWERED,
    "GS1-CBV-Version": ANSWERED,
    "GS1-CBV-Min": OLDEST_READ,
    "GS1-CBV-Max": ANSWERED,
    "GS1-Extensions": "suyuan=https://ns.suyuan.example/",
    "GS1-Vendor-Version": "0.1.0",
}
FORMATS = {"GS1-EPC-Format": "No_Preference", "GS1-CBV-XML-Format": "No_Preference"}
"""What OPTIONS tells: any of them may be asked for."""

_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}")
_Format = TypeVar("_Format", bound=str)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The spelling that an answer is to have. Without a header, the standard's default."""

    epc_format: EpcFormat = "Always_GS1_Digital_Link"
    cbv_format: CbvFormat = "No_Preference"


def wanted(request: HTTPConnection) -> Wanted:
    """What the request asks for.

    Raises:
        NotAcceptable: a format that there is not.
    """
    default = Wanted()
    return Wanted(
        _format(request, "GS1-EPC-Format", EPC_FORMATS, default.epc_format),
        _format(request, "GS1-CBV-XML-Format", CBV_FORMATS, default.cbv_format),
    )


def extensions(request: HTTPConnection) -> dict[str, str]:
    """Prefixes of extension fields that the request declares: ``name=https://namespace/, …``."""
    pairs = (part.partition("=") for part in request.headers.get("GS1-Extensions", "").split(","))
    return {prefix.strip(): namespace.strip() for prefix, _, namespace in pairs if namespace.strip()}


def check_headers(request: HTTPConnection) -> None:
    """A dependency of every route of the standard, before it does anything.

    Raises:
        NotAcceptable: an edition that is not spoken here, or a format that there is not.
    """
    wanted(request)
    # A document that is sent may be of an older edition; what is answered is always of this one.
    oldest = OLDEST_READ if request.scope.get("method") == "POST" else ANSWERED
    for standard in ("EPCIS", "CBV"):
        _check_versions(request, standard, oldest)


def _check_versions(request: HTTPConnection, standard: str, oldest: str) -> None:
    exactly, lowest, highest = (
        _version(request, f"GS1-{standard}-{name}") for name in ("Version", "Min", "Max")
    )
    ours, first = _numbers(ANSWERED), _numbers(oldest)
    if exactly is not None and not first <= exactly <= ours:
        raise _not_spoken(request, standard, "Version", oldest)
    if lowest is not None and lowest > ours:
        raise _not_spoken(request, standard, "Min", oldest)
    if highest is not None and highest < first:
        raise _not_spoken(request, standard, "Max", oldest)


def _version(request: HTTPConnection, header: str) -> tuple[int, ...] | None:
    text = request.headers.get(header)
    if text is None:
        return None
    if not _VERSION.fullmatch(text.strip()):
        raise NotAcceptable(
            "{header} is {given}, which is no version",
            where=header,
            header=header,
            given=text[:100],
            remedy="Write it as 2.0.0, or leave the header out.",
        )
    return _numbers(text.strip())


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(part) for part in version.split(".")]
    return tuple(found + [0] * (3 - len(found)))


def _not_spoken(request: HTTPConnection, standard: str, name: str, oldest: str) -> NotAcceptable:
    header = f"GS1-{standard}-{name}"
    return NotAcceptable(
        "{header} is {given}; {standard} {oldest} to {newest} is spoken here",
        where=header,
        header=header,
        given=request.headers[header][:100],
        standard=standard,
        oldest=oldest,
        newest=ANSWERED,
        remedy="Leave the header out, or ask for a version that is spoken.",
    )


def _format(request: HTTPConnection, header: str, known: Sequence[_Format], default: _Format) -> _Format:
    text = request.headers.get(header)
    if text is None:
        return default
    for one in known:
        if one == text.strip():
            return one
    raise NotAcceptable(
        "{header} is one of {known}, not {given}",
        where=header,
        header=header,
        known=", ".join(known),
        given=text[:100],
        remedy="Ask for one of these, or leave the header out.",
    )
