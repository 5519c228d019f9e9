"""The bodies of requests and answers. Of events only the frame is told: the standard has many more rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suyuan.api.openapi.components import PROBLEM
from suyuan.trace.epcis.representation import EPC_FORMATS
from suyuan.trace.recall.passport import VerdictState
from suyuan.trace.resolver.verification import FAILURES, RECALLED, SUSPECT

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_MAYBE = {"type": ["string", "null"]}
_COUNT = {"type": "integer", "minimum": 0}
_TALLIED = ("lines", "codes", "new", "ended", "stay", "defaults_lost", "left_without")


def _object(required: Sequence[str], properties: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return {"type": "object", "required": list(required), "properties": dict(properties), **more}


def _texts(*names: str) -> Mapping[str, Any]:
    return dict.fromkeys(names, _TEXT)


def _list(of: Mapping[str, Any] | str, **more: Any) -> Mapping[str, Any]:
    items = {"$ref": f"#/components/schemas/{of}"} if isinstance(of, str) else of
    return {"type": "array", "items": items, **more}


_CONTEXT = {
    "description": "The context of EPCIS, and the namespaces of extensions. Nothing is fetched.",
    "type": ["string", "array", "object"],
}
_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
_ID = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uri"}}}
_EPCS = {"type": "array", "items": {"type": "string", "format": "uri"}}
_QUANTITIES = _list(_object(["epcClass"], {"epcClass": _TEXT, "quantity": {"type": "number"}, "uom": _TEXT}))
_LISTS = ("bizTransactionList", "sourceList", "destinationList", "sensorElementList")
_OBJECTS = _list({"type": "object"})
EVENT = _object(
    ["type", "eventTime", "eventTimeZoneOffset"],
    {
        "@context": _CONTEXT,
        "type": {"type": "string", "examples": list(_TYPES)},
        "eventID": {"type": "string", "format": "uri"},
        "eventTime": _TIME,
        "recordTime": _TIME,
        "eventTimeZoneOffset": {
            "type": "string",
            "pattern": "^([+]|[-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$",
        },
        "action": {"enum": ["ADD", "OBSERVE", "DELETE"]},
        **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _EPCS),
        **dict.fromkeys(
            ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _QUANTITIES
        ),
        **_texts("parentID", "transformationID", "bizStep", "disposition"),
        "readPoint": _ID,
        "bizLocation": _ID,
        "persistentDisposition": {"type": "object"},
        **dict.fromkeys(_LISTS, _OBJECTS),
        "ilmd": {"type": "object"},
        "errorDeclaration": {"type": "object"},
    },
)
DOCUMENT = _object(
    ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    {
        "@context": _CONTEXT,
        "type": {"enum": ["EPCISDocument"]},
        "schemaVersion": {"type": "string", "examples": ["2.0"]},
        "creationDate": _TIME,
        "epcisHeader": {"type": "object"},
        "epcisBody": _object(
            [], {"eventList": _list("Event"), "event": {"$ref": "#/components/schemas/Event"}}
        ),
    },
)
QUERY_DOCUMENT = _object(
    ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    {
        "@context": _CONTEXT,
        "type": {"enum": ["EPCISQueryDocument"]},
        "schemaVersion": {"enum": ["2.0"]},
        "creationDate": _TIME,
        "epcisBody": _object(
            ["queryResults"],
            {
                "queryResults": _object(
                    ["resultsBody"],
                    {
                        "queryName": _TEXT,
                        "subscriptionID": _TEXT,
                        "resultsBody": _object(["eventList"], {"eventList": _list("Event")}),
                    },
                )
            },
        ),
    },
)
CAPTURE_JOB = _object(
    ["captureID", "createdAt", "finishedAt", "running", "success", "captureErrorBehaviour", "errors"],
    {
        "captureID": _TEXT,
        "createdAt": _TIME,
        "finishedAt": _TIME,
        "running": {"type": "boolean"},
        "success": {"type": "boolean"},
        "captureErrorBehaviour": {"enum": ["rollback", "proceed"]},
        "errors": _list(_object(["type", "title", "status", "detail"], {"status": {"type": "integer"}})),
        **dict.fromkeys(("suyuan:captured", "suyuan:duplicates", "suyuan:conflicts"), _COUNT),
    },
)
_NAME = _object(["zh", "en"], _texts("zh", "en"))
_VERDICTS = ["sell", "stop", "cannot-decide"]
CHECKED = _object(
    ["verdict", "reason", "as_of", "block_list_sequence", "object"],
    {
        "verdict": {"enum": _VERDICTS},
        "reason": _object(["code", "zh", "en"], _texts("code", "zh", "en")),
        "case": _MAYBE,
        "disposition": _MAYBE,
        "as_of": _TIME,
        "block_list_sequence": _COUNT,
        "object": _object(
            ["key", "kind"],
            {
                **_texts("key", "kind"),
                **dict.fromkeys(("gtin", "lot", "lot_key", "serial", "sscc", "last_day"), _MAYBE),
                "name": _NAME,
            },
        ),
        "lots": _list(_object(["key", "lot", "state", "case"], _texts("key", "lot", "state", "case"))),
        "more_lots": _COUNT,
    },
)
DEVICE = _object(
    ["device", "kind", "name", "party", "place", "audience", "namespace", "block_list_key", "server_time"],
    {
        **_texts("device", "name", "party", "place", "audience", "namespace", "block_list_key", "time_zone"),
        "kind": {"enum": ["station", "phone"]},
        "party_name": _NAME,
        "place_name": _NAME,
        "server_time": _TIME,
    },
)
_LINE = _object(
    ["key", "kind", "code", "name"],
    {**_texts("key", "kind", "code"), "name": _NAME, "quantity": {"type": ["number", "null"]}, "uom": _MAYBE},
)
DELIVERY = _object(
    ["unit", "shipped", "known", "contents"],
    {"unit": _TEXT, "shipped": _MAYBE, "known": {"type": "boolean"}, "contents": _list(_LINE)},
)
LABEL_JOB = _object(
    ["job", "subject", "carrier", "count", "created", "about"],
    {**_texts("job", "subject", "carrier"), "count": _COUNT, "created": _TIME, "about": {"type": "object"}},
)
LABELS = {
    "allOf": [
        {"$ref": "#/components/schemas/LabelJob"},
        _object(
            ["labels"],
            {
                "labels": _list(
                    _object(
                        ["position", "key", "link"],
                        {"position": _COUNT, **_texts("key", "link", "epc")},
                    )
                )
            },
        ),
    ]
}
_KEPT_LINK = _object(
    ["linkType", "href", "title", "role", "owner", "created", "createdBy"],
    {
        **_texts("linkType", "href", "title", "type", "role", "owner", "createdBy", "endedBy"),
        "hreflang": _list(_TEXT),
        "context": _list(_TEXT),
        "fwqs": {"type": "boolean"},
        "created": _TIME,
        "ended": _TIME,
    },
)
LINKS_OF_CODE = _object(
    ["code", "links", "before"], {"code": _TEXT, "links": _list(_KEPT_LINK), "before": _list(_KEPT_LINK)}
)
_DAY_OR_NOT = {"type": ["string", "null"], "format": "date"}
PUBLIC_VERDICT = _object(
    ["state", "tone", "word", "sentence", "checked_at", "page", "link", "kind", "name", "recalls"],
    {
        "state": {"enum": [state.value for state in VerdictState]},
        "tone": {"enum": ["stop", "attention", "verified", "registered", "unknown"]},
        **dict.fromkeys(("word", "sentence", "name"), _NAME),
        "checked_at": _TIME,
        **_texts("page", "link", "kind"),
        **dict.fromkeys(("lot", "serial"), _MAYBE),
        **dict.fromkeys(("production_date", "last_day"), _DAY_OR_NOT),
        "days_left": {"type": ["integer", "null"]},
        "recalls": _list(_TEXT),
    },
)
PUBLIC_RECALL = _object(
    [
        "number",
        "kind",
        "in_force",
        "title",
        "reason",
        "what_to_do",
        "contact",
        "published_at",
        "page",
        "lots",
    ],
    {
        **_texts("number", "contact", "page"),
        "kind": {"enum": ["recall", "warning", "past-recall", "past-warning"]},
        "in_force": {"type": "boolean"},
        **dict.fromkeys(("title", "reason", "what_to_do"), _NAME),
        "published_at": _TIME,
        "ended_at": {"type": ["string", "null"], "format": "date-time"},
        "lots": _list(
            _object(
                ["link", "lot", "name"],
                {**_texts("link", "lot"), "gtin": _MAYBE, "name": _NAME}
                | dict.fromkeys(("production_date", "last_day"), _DAY_OR_NOT),
            )
        ),
        **dict.fromkeys(("more_lots", "single_items"), _COUNT),
        "all_listed": {"type": "boolean"},
    },
)
TRACE = _object(
    ["suspects", "options", "parties", "places", "withheld", "states", "edges"],
    {
        "suspects": _list({"type": "object"}),
        "options": {"type": "object"},
        "states": _list({"type": "object"}),
    }
    | {"edges": _list({"type": "object"})},
)
NEW_QUERY = _object(
    ["name", "query"],
    {"@context": _CONTEXT, "name": {"type": "string", "minLength": 1}, "query": {"type": "object"}},
    additionalProperties=False,
)
_SCHEDULE_FIELD = {"type": "string", "examples": ["0,30", "[6-18]"]}
_WHEN = {
    "schedule": {
        "type": "object",
        "minProperties": 1,
        "properties": dict.fromkeys(
            ("second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek"), _SCHEDULE_FIELD
        ),
        "additionalProperties": False,
    },
    "stream": {"enum": [True]},
}
_WANTED = {
    "dest": {"type": "string", "format": "uri"},
    "initialRecordTime": _TIME,
    "reportIfEmpty": {"type": "boolean"},
    "epcFormat": {"enum": list(EPC_FORMATS)},
}
NEW_SUBSCRIPTION = _object(
    ["dest"],
    {**_WANTED, **_WHEN, "signatureToken": {"type": "string", "minLength": 1, "maxLength": 1000}},
    additionalProperties=False,
    oneOf=[{"required": ["schedule"]}, {"required": ["stream"]}],
)
SUBSCRIPTION = _object(
    ["subscriptionID", "queryName", "dest", "createdAt", "minRecordTime", "epcFormat", "reportIfEmpty"],
    {
        **_texts("subscriptionID", "queryName", "suyuan:account", "suyuan:reason"),
        **dict.fromkeys(
            ("createdAt", "lastNotifiedAt", "minRecordTime", "suyuan:failingSince", "suyuan:suspendedAt"),
            _TIME,
        ),
        **_WANTED,
        **_WHEN,
        "suyuan:state": {"enum": ["active", "failing", "suspended"]},
        "suyuan:name": {"type": "string"},
        "suyuan:form": {"enum": ["XML 2.0", "XML 1.2"]},
        "suyuan:params": {"type": "object"},
    },
    additionalProperties=False,
)
SCHEMAS: Mapping[str, Any] = {
    "Problem": PROBLEM,
    "Event": EVENT,
    "EPCISDocument": DOCUMENT,
    "EPCISQueryDocument": QUERY_DOCUMENT,
    "CaptureJob": CAPTURE_JOB,
    "CaptureJobs": _list("CaptureJob"),
    "Collection": _object(
        ["@context", "type", "member"],
        {"@context": _CONTEXT, "type": {"enum": ["Collection"]}, "member": _list(_TEXT)},
    ),
    "NewQuery": NEW_QUERY,
    "Queries": _list("NewQuery"),
    "NewSubscription": NEW_SUBSCRIPTION,
    "Subscription": SUBSCRIPTION,
    "Subscriptions": _list("Subscription"),
    "Checked": CHECKED,
    "Device": DEVICE,
    "Delivery": DELIVERY,
    "LabelJob": LABEL_JOB,
    "LabelJobs": _object(["jobs"], {"jobs": _list("LabelJob")}),
    "Labels": LABELS,
    "JwkSet": _object(
        ["keys"],
        {
            "keys": _list(
                _object(
                    ["kty", "crv", "use", "alg", "kid", "x"], _texts("kty", "crv", "use", "alg", "kid", "x")
                )
            )
        },
    ),
    "LinksOfCode": LINKS_OF_CODE,
    "Verification": _object(
        ["verificationTimestamp", "data"],
        {
            "verificationTimestamp": _TIME,
            **_texts("responderGLN", "corrUUID"),
            "data": _object(
                ["verified"],
                {
                    "verified": {"type": "boolean"},
                    "verificationFailureReason": {"enum": list(FAILURES)},
                    "additionalInfo": {"enum": [RECALLED, SUSPECT]},
                },
            ),
        },
    ),
    "PublicVerdict": PUBLIC_VERDICT,
    "PublicVerdicts": _object(
        ["verdicts"],
        {"verdicts": _list({"oneOf": [{"$ref": "#/components/schemas/PublicVerdict"}, {"type": "null"}]})},
    ),
    "CodesAsked": _object(["codes"], {"codes": _list(_TEXT, maxItems=50)}),
    "PublicRecalls": _object(["recalls"], {"recalls": _list(PUBLIC_RECALL)}),
    "Trace": TRACE,
    "Scope": _object(
        ["lines", "trace"],
        {"lines": _list({"type": "object"}), "trace": {"$ref": "#/components/schemas/Trace"}},
    ),
    "BlockList": _object(["payload", "signature", "key_id"], _texts("payload", "signature", "key_id")),
    "BlockListKey": _object(["alg", "public_key"], {"alg": {"enum": ["Ed25519"]}, "public_key": _TEXT}),
    "Partners": _object(
        ["namespace", "partners"],
        {
            "namespace": _TEXT,
            "partners": _list(
                _object(["key", "kind", "name"], {**_texts("key", "kind", "party"), "name": _NAME})
            ),
        },
    ),
    "Suspicions": _object(
        ["suspicions"],
        {
            "suspicions": _list(
                _object(
                    ["key", "state", "score", "scans", "since", "reasons"],
                    {
                        "key": _TEXT,
                        "state": {"enum": ["suspicious", "known-copy"]},
                        "score": {"type": "number"},
                        "scans": _COUNT,
                        "since": _TIME,
                        "judged": _TIME,
                        "reasons": _list(
                            _object(
                                ["code", "weight", "fields"],
                                {
                                    "code": _TEXT,
                                    "weight": {"type": "number"},
                                    "fields": {"type": "object", "additionalProperties": {"type": "number"}},
                                },
                            )
                        ),
                    },
                )
            ),
            "next": {**_TEXT, "description": "For `before`, where there are more."},
        },
    ),
    "Stations": _object(
        ["stations"],
        {
            "stations": _list(
                _object(
                    ["party", "station", "highest", "heard", "overdue", "missing"],
                    {
                        **_texts("party", "station"),
                        "highest": _COUNT,
                        "heard": _TIME,
                        "overdue": {
                            "type": "boolean",
                            "description": "A number is missing for over a minute.",
                        },
                        "missing": _list(
                            _object(
                                ["first", "last", "since"], {"first": _COUNT, "last": _COUNT, "since": _TIME}
                            )
                        ),
                        "repeated": {**_MAYBE, "format": "date-time"},
                        "repeatedNumber": {"type": ["integer", "null"]},
                    },
                )
            )
        },
    ),
    "Deliveries": _object(
        ["as_of", "deliveries", "next"],
        {
            "as_of": _TEXT,
            "next": _MAYBE,
            "deliveries": _list(
                _object(
                    ["id", "sent", "from", "to", "documents", "goods", "lots", "whole"],
                    {
                        **_texts("id", "sent"),
                        "from": _object(
                            ["key", "name"],
                            {**_texts("key", "address", "contact", "licence_until"), "name": _NAME},
                        ),
                        "to": _list(_TEXT),
                        "documents": _list({"type": "object"}),
                        "goods": _list(_object(["epc", "key"], _texts("epc", "key", "in", "lot", "tid"))),
                        "lots": {"type": "object"},
                        "whole": {"type": "boolean"},
                    },
                )
            ),
        },
    ),
    "RecallTasks": _object(
        ["as_of", "tasks", "next"],
        {
            "as_of": _TEXT,
            "next": _MAYBE,
            "tasks": _list(
                _object(
                    ["case", "class", "title", "reason", "what_to_do", "since", "goods", "places", "whole"],
                    {
                        **_texts("case", "contact", "since"),
                        "class": _COUNT,
                        **dict.fromkeys(("title", "reason", "what_to_do"), _NAME),
                        "goods": _list(_object(["key"], _texts("key", "place", "lot"))),
                        "places": {"type": "object", "additionalProperties": _NAME},
                        "whole": {"type": "boolean"},
                    },
                )
            ),
        },
    ),
    "Symbols": _object(
        ["symbols"], {"symbols": _list(_object(["format", "text"], _texts("format", "text")))}
    ),
    "Alive": _object(["status"], {"status": {"enum": ["alive"]}}),
    "Ready": _object(["status", "evidence"], {"status": {"enum": ["ready"]}, "evidence": _COUNT}),
    "Meaning": _object(
        ["code", "title", "status", "meaning"], {**_texts("code", "title", "meaning"), "status": _COUNT}
    ),
    "Photo": {"type": "string", "format": "binary"},
    "LinkTable": {"type": "string"},
    "LinkTally": _object(
        [*_TALLIED, "recorded"], {**dict.fromkeys(_TALLIED, _COUNT), "recorded": {"type": "boolean"}}
    ),
}
