"""The OpenAPI description of an application: what the framework sees of its routes, and our tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from suyuan.api.openapi import epcis_rows, incident_rows, incident_schemas, own_rows, query_rows
from suyuan.api.openapi.components import (
    ASKED_FOR,
    BEHAVIOUR,
    BROUGHT,
    FORMATS_ASKED,
    HEADERS,
    PAGING,
    SECURITY_SCHEMES,
    problem_responses,
)
from suyuan.api.openapi.event_query import EVENT_QUERY
from suyuan.api.openapi.rows import Answer, Row
from suyuan.api.openapi.schemas import SCHEMAS

ROWS: Mapping[tuple[str, str], Row] = {
    **epcis_rows.ROWS,
    **query_rows.ROWS,
    **own_rows.ROWS,
    **incident_rows.ROWS,
}
_ANYWHERE = (414, 500, 503)
_PART = re.compile(r"\{[^}]*\}")
_JSONS = ("/json", "+json")
_PARAMETERS: Mapping[str, Any] = {
    **ASKED_FOR,
    **BROUGHT,
    **{f"Wanted-{name}": told for name, told in FORMATS_ASKED.items()},
    **{f"Wanted-{name}": told for name, told in BEHAVIOUR.items()},
    **PAGING,
    **EVENT_QUERY,
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
    },
}
_OTHERWISE = {*FORMATS_ASKED, *BEHAVIOUR}
_OURS_TO_SAY = {"HTTPValidationError", "ValidationError"}  # the framework's own, which nobody gets here


def describe(app: FastAPI) -> None:
    """Have ``app`` tell its interface as it is; made once, when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = description(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 description of the routes of ``app`` as they are now."""
    told = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    for (method, path), operation in operations(told):
        row = ROWS.get((method, _PART.sub("{}", path)))
        if row is not None:
            operation.update(_told(row, operation))
    schemas = {
        name: schema for name, schema in told["components"]["schemas"].items() if name not in _OURS_TO_SAY
    }
    told["components"] = {
        "schemas": {**schemas, **SCHEMAS, **incident_schemas.SCHEMAS},
        "responses": dict(problem_responses()),
        "headers": dict(HEADERS),
        "parameters": dict(_PARAMETERS),
        "securitySchemes": dict(SECURITY_SCHEMES),
    }
    return told


def operations(told: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Every operation of a description with its method and path."""
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield (method, path), operation


def _told(row: Row, operation: Mapping[str, Any]) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "parameters": [*_seen(row, operation), *map(_parameter, row.parameters)],
        "responses": {
            **{str(status): _answer(answer) for status, answer in row.answers.items()},
            **{str(status): _ref("responses", f"Problem{status}") for status in (*row.refused, *_ANYWHERE)},
        },
        "security": [] if row.public else [{name: []} for name in SECURITY_SCHEMES],
    }
    if row.body is not None:
        described: dict[str, Any] = {"schema": _ref("schemas", row.body.schema)}
        if row.body.example is not None:
            described["example"] = row.body.example
        content = {
            media_type: {} if media_type.endswith("xml") else described for media_type in row.body.media_types
        }
        told["requestBody"] = {
            "required": True,
            "description": row.body.description,
            "content": content,
        }
    return told


def _seen(row: Row, operation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The parameters that the framework sees, but for those that the row tells better."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in row.parameters:
            continue
        example = row.path.get(parameter["name"], row.path.get("")) if parameter["in"] == "path" else None
        yield parameter if example is None else {**parameter, "example": example}


def _answer(answer: Answer) -> Mapping[str, Any]:
    told: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        told["headers"] = {name: _ref("headers", name) for name in answer.headers}
    if answer.media_types:
        of_json = {"schema": _ref("schemas", answer.schema)}
        told["content"] = {name: of_json if name.endswith(_JSONS) else {} for name in answer.media_types}
    return told


def _parameter(name: str) -> Mapping[str, str]:
    return _ref("parameters", f"Wanted-{name}" if name in _OTHERWISE else name)


def _ref(kind: str, name: str) -> Mapping[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
