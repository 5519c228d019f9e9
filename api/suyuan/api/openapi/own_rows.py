"""The operations of our own: tills, devices, phones, labels, tracing, and the server itself."""

from __future__ import annotations

from collections.abc import Mapping

from suyuan.api.openapi.rows import JSON, Answer, Row, Taken

_MET = (400, 401, 403)
_LINES = (*JSON, "application/x-ndjson")
_PHOTO = Taken(
    "The photo as it is, at most 10 MiB.", "Photo", ("image/jpeg", "image/png", "image/webp", "image/gif")
)
_LINK_TABLE = Taken(
    "The table: a row for each link, with the code that it is of; a code's rows are all its links.",
    "LinkTable",
    ("text/csv",),
    "code,linkType,href,title\r\n09521234000013,gs1:pip,https://brand.example/p,Page\r\n",
)

ROWS: Mapping[tuple[str, str], Row] = {
    ("get", "/api/check"): Row({200: Answer("The verdict.", "Checked", JSON)}, _MET),
    ("post", "/phone/decode"): Row(
        {200: Answer("What is in the photo.", "Symbols", JSON)}, (*_MET, 413), body=_PHOTO
    ),
    ("get", "/phone/expected"): Row({200: Answer("What should be in it.", "Delivery", JSON)}, _MET),
    ("post", "/enrol"): Row(
        {201: Answer("The device is in; what it is told of itself.", "Device", JSON)},
        (400, 409, 413, 429),
        public=True,
    ),
    ("get", "/device"): Row({200: Answer("Who the device is.", "Device", JSON)}, (401, 403)),
    ("post", "/blocklist/ack"): Row({204: Answer("Noted.")}, (*_MET, 413)),
    ("get", "/blocklist"): Row(
        {
            200: Answer("The signed list.", "BlockList", JSON, ("ETag",)),
            304: Answer("It is the one that `If-None-Match` names.", headers=("ETag",)),
        },
        (401, 403),
        ("If-None-Match",),
    ),
    ("get", "/blocklist/key"): Row({200: Answer("The key.", "BlockListKey", JSON)}, (), public=True),
    ("get", "/api/partners"): Row({200: Answer("Names and keys.", "Partners", JSON)}, (401, 403)),
    ("get", "/api/stations"): Row({200: Answer("Their numbers.", "Stations", JSON)}, (401, 403)),
    ("get", "/api/deliveries"): Row({200: Answer("What is on its way.", "Deliveries", JSON)}, (*_MET,)),
    ("get", "/api/recall-tasks"): Row(
        {200: Answer("What is to be taken out of trade.", "RecallTasks", JSON)}, (*_MET,)
    ),
    ("get", "/api/labels"): Row({200: Answer("The newest jobs.", "LabelJobs", JSON)}, (401, 403)),
    ("get", "/api/labels/{}"): Row({200: Answer("The job and its labels.", "Labels", JSON)}, (401, 403, 404)),
    ("get", "/.well-known/jwks.json"): Row(
        {200: Answer("The keys, the newest first.", "JwkSet", JSON)}, (), public=True
    ),
    ("get", "/api/suspicions"): Row(
        {200: Answer("The codes, the most suspected first.", "Suspicions", JSON)}, _MET
    ),
    ("get", "/api/links"): Row(
        {200: Answer("Its links.", "LinksOfCode", JSON, ("ETag",))}, (*_MET, 404, 409)
    ),
    ("get", "/api/links/table"): Row(
        {200: Answer("The table.", "LinkTable", ("text/csv",), ("ETag",))}, (401, 403, 413)
    ),
    ("put", "/api/links/table"): Row(
        {200: Answer("What it did, or would do.", "LinkTally", JSON)}, (*_MET, 412, 413), body=_LINK_TABLE
    ),
    ("put", "/api/links"): Row(
        {200: Answer("Its links now.", "LinksOfCode", JSON)}, (*_MET, 404, 409, 412, 413)
    ),
    ("get", "/api/verdict"): Row(
        {200: Answer("The verdict, as on the page of the code.", "PublicVerdict", JSON)},
        (400, 404),
        public=True,
    ),
    ("post", "/api/verdicts"): Row(
        {200: Answer("The verdicts, in the order of the codes.", "PublicVerdicts", JSON)},
        (400, 413),
        public=True,
        body=Taken("The codes.", "CodesAsked", JSON, {"codes": ["/01/09521234000105/10/L1"]}),
    ),
    ("get", "/api/recalls"): Row({200: Answer("The notices.", "PublicRecalls", JSON)}, (), public=True),
    ("get", "/verification/{}"): Row(
        {200: Answer("Whether it is verified, and why not.", "Verification", JSON)},
        (*_MET, 404, 429),
        path={"": "01/09521234000013/21/A1"},
    ),
    ("get", "/trace"): Row({200: Answer("The trace.", "Trace", _LINES)}, (*_MET, 404, 406)),
    ("get", "/scope"): Row({200: Answer("The scope.", "Scope", _LINES)}, (*_MET, 404, 406)),
    ("get", "/livez"): Row({200: Answer("Alive.", "Alive", JSON)}, (), public=True),
    ("get", "/readyz"): Row({200: Answer("Ready.", "Ready", JSON)}, (), public=True),
    ("get", "/problems/{}"): Row(
        {200: Answer("The meaning.", "Meaning", JSON)}, (404,), public=True, path={"": "query-parameter"}
    ),
}
