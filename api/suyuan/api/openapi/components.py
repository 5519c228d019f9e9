"""The parts that operations share: headers, parameters, problems, and who is asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suyuan.api.epcis.negotiation import FORMATS, VERSIONS
from suyuan.trace.epcis.representation import CBV_FORMATS, EPC_FORMATS

SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of an account (`suyuan account token`), or what a device signs.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-suyuan",
        "description": "A signed-in browser. Without TLS the cookie is called `suyuan`.",
    },
}
TITLES: Mapping[int, str] = {
    400: "The request cannot be understood: `detail` says what is wrong, `where` says where.",
    401: "Nobody is known to be asking, or the credentials are not valid.",
    403: "Whoever asks may not do this.",
    404: "There is no such thing, or it is not in sight of whoever asks.",
    406: "It is not available in the form that was asked for.",
    409: "It exists already, or what stands there does not allow it.",
    410: "It was there, and is not any more: ask again.",
    412: "It is not as `If-Match` says: somebody changed it since.",
    413: "The body, or what would have to be answered, is too large.",
    414: "The address has more than 32768 characters.",
    415: "A body of this media type or encoding is not read here.",
    429: "Too many attempts: try again after `Retry-After` seconds.",
    500: "A fault of this server; nothing was stored.",
    503: "The store is away, or all hands are full: try again.",
}
_EXAMPLE = {
    "type": "epcisException:QueryParameterException",
    "title": "The query is not valid",
    "status": 400,
    "detail": "There is no parameter EQ_nothing",
    "instance": "/events",
    "code": "query-parameter",
    "where": "EQ_nothing",
}
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457, with the exception names of EPCIS 2.0 as types where one fits.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "Ours, stable: /problems/{code} tells its meaning."},
        "where": {"type": "string", "description": "A parameter, header, JSON pointer or XPath."},
        "remedy": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "detail", "remedy"],
                "properties": {name: {"type": "string"} for name in ("where", "detail", "remedy")},
            },
        },
    },
    "additionalProperties": {"type": ["string", "integer", "boolean", "array"]},
}


def problem_responses() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A response for each status of a problem, by the name of its component."""
    for status, title in TITLES.items():
        told: dict[str, Any] = {
            "description": title,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
                "application/problem+xml": {},
                "text/html": {},  # to a browser, whose Accept asks for pages
            },
        }
        if status == 400:  # noqa: PLR2004 (RFC 9110)
            told["content"]["application/problem+json"]["example"] = _EXAMPLE
        headers = {401: "WWW-Authenticate", 429: "Retry-After"}
        if status in headers:
            name = headers[status]
            told["headers"] = {name: {"$ref": f"#/components/headers/{name}"}}
        yield f"Problem{status}", told


def _header(description: str, **schema: Any) -> Mapping[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: Mapping[str, Any] = {
    **{name: _header("What this server speaks.", examples=[value]) for name, value in VERSIONS.items()},
    "GS1-EPC-Format": _header("How EPCs are spelled in the answer.", enum=list(EPC_FORMATS)),
    "GS1-CBV-XML-Format": _header("How terms of the CBV are spelled in XML.", enum=list(CBV_FORMATS)),
    "GS1-EPCIS-Capture-Limit": _header("The most events of one document.", pattern="^[0-9]+$"),
    "GS1-EPCIS-Capture-File-Size-Limit": _header("The most bytes of one body.", pattern="^[0-9]+$"),
    "GS1-Capture-Error-Behaviour": _header("Which behaviours may be asked for.", enum=["all"]),
    "GS1-Next-Page-Token-Expires": _header("Until when the next page can be asked for.", format="date-time"),
    "GS1-Query-Min-Record-Time": _header(
        "From which recordTime on the next delivery tells.", format="date-time"
    ),
    "Link": _header('The next page, rel="next"; absent on the last one.'),
    "Content-Disposition": _header("What the file is called."),
    "Location": _header("Where to find what was made.", format="uri-reference"),
    "Allow": _header("The methods of this resource."),
    "ETag": _header("Names this content."),
    "WWW-Authenticate": _header("How to say who is asking.", examples=["Bearer"]),
    "Retry-After": _header("Seconds.", pattern="^[0-9]+$"),
}
OF_EVERY_ANSWER = tuple(VERSIONS)
DISCOVERED = ("Allow", *VERSIONS, *FORMATS)


def _parameter(name: str, where: str, description: str, **schema: Any) -> Mapping[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


_SPOKEN = "^2[.]0([.]0)?$"
_READ = "^(1[.]2|2[.]0)([.]0)?$"


def _editions(*, newest_only: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for standard in ("EPCIS", "CBV"):
        for name, which in (
            ("Version", "The edition"),
            ("Min", "The oldest edition"),
            ("Max", "The newest edition"),
        ):
            header = f"GS1-{standard}-{name}"
            pattern = _SPOKEN if newest_only and name != "Min" else _READ
            told = f"{which} of {standard} that is wanted; 406 if it is not spoken here."
            yield header, _parameter(header, "header", told, pattern=pattern, examples=["2.0.0"])


ASKED_FOR: Mapping[str, Any] = dict(_editions(newest_only=True))
BROUGHT: Mapping[str, Any] = {f"Brought-{name}": told for name, told in _editions(newest_only=False)}
"""Of documents that are sent, which may be of an older edition."""
FORMATS_ASKED: Mapping[str, Any] = {
    "GS1-EPC-Format": _parameter(
        "GS1-EPC-Format", "header", "How EPCs are to be spelled.", enum=list(EPC_FORMATS)
    ),
    "GS1-CBV-XML-Format": _parameter(
        "GS1-CBV-XML-Format", "header", "How terms are to be spelled in XML.", enum=list(CBV_FORMATS)
    ),
}
BEHAVIOUR: Mapping[str, Any] = {
    "GS1-Capture-Error-Behaviour": _parameter(
        "GS1-Capture-Error-Behaviour",
        "header",
        "All or nothing (rollback, as without the header), or whatever is valid (proceed).",
        enum=["rollback", "proceed"],
    )
}
PAGING: Mapping[str, Any] = {
    "perPage": {
        "name": "perPage",
        "in": "query",
        "required": False,
        "description": "The most members of a page; 30 if not told, and never more than 1000.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    },
    "nextPageToken": _parameter("nextPageToken", "query", "From the `Link` of the page before."),
}
