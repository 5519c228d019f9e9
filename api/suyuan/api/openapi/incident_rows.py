"""The operations of the incident laboratory: questions, jobs, investigations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from suyuan.api.incident.exports.making import MEDIA_TYPES
from suyuan.api.openapi.rows import JSON, Answer, Row, Taken

_MET = (400, 401, 403)
_ASKED = (*_MET, 404, 413, 415, 429)
_LINES = (*JSON, "application/x-ndjson")
_LOT = "https://id.gs1.org/01/09521234000013/10/L1"
_ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
_PLACE = "https://id.gs1.org/414/9521234000006"
_QUESTION = {
    "selections": [{"kind": "objects", "keys": [_ITEM]}],
    "options": {"direction": "forward", "depth": 3},
}
_CASE = {"kind": "ill", "label": "C-01", "onset": "2026-11-19", "places": [_PLACE]}
_NUMBER = {"number": "I2026-0001", "case": 1, "answer": 1, "job": "00000000-000000000000000000000000"}
_NETWORK = {"deliveries": [{"id": "d1", "from": "farm", "to": "shop"}]}
_LATER = Answer("It takes longer; `Location` tells how far it is.", "Job", JSON, ("Location", "Retry-After"))


def _question(told: str, body: Taken, *, lines: bool = False, schema: str = "IncidentAnswer") -> Row:
    refused = (*_ASKED, 406) if lines else _ASKED
    return Row({200: Answer(told, schema, _LINES if lines else JSON), 202: _LATER}, refused, body=body)


def _questions() -> Iterator[tuple[tuple[str, str], Row]]:
    asked = Taken("What is suspected, and what is supposed.", "Question", JSON, _QUESTION)
    yield (
        ("post", "/trace"),
        _question("The least and the most that is of interest.", asked, lines=True, schema="TraceBounds"),
    )
    yield (
        ("post", "/scope"),
        _question("The least and the most that is affected.", asked, lines=True, schema="ScopeBounds"),
    )
    pair = Taken("Two questions.", "Pair", JSON, {"first": _QUESTION, "second": _QUESTION})
    yield ("post", "/scope/compare"), _question("What differs.", pair, schema="Compared")
    cut = Taken("A question, and what is to be reached no more.", "ToHold", JSON, {"question": _QUESTION})
    yield ("post", "/scope/cut"), _question("The smallest set to hold, with its proof.", cut, schema="Held")
    linked = Taken(
        "What each case ate, or where.", "Linked", JSON, {"cases": [{"case": "C-01", "objects": [_ITEM]}]}
    )
    yield (
        ("post", "/common-links"),
        _question("What lies on every way to every case.", linked, schema="Links"),
    )
    objects = Taken("Things with common sources.", "SharedSources", JSON, {"objects": [_ITEM]})
    yield ("post", "/common-sources"), _question("The lots that they came from.", objects, schema="Chosen")
    rank = Taken("Cases, and what is assumed.", "Ranking", JSON, {"cases": [_CASE]})
    yield ("post", "/rank"), _question("Sources by how far they are believed.", rank, schema="Sources")
    checks = Taken("What of the findings is wanted; all without.", "ChecksWanted", JSON, {})
    yield ("post", "/checks"), _question("What does not add up.", checks, schema="Findings")
    network = Taken(
        "A network as FoodChain-Lab writes it: JSON, or its All-in-One workbook.",
        "Network",
        (*JSON, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        _NETWORK,
    )
    yield (
        ("post", "/score"),
        _question("The scores of all stations and deliveries.", network, schema="Scores"),
    )


def _exports() -> Iterator[tuple[tuple[str, str], Row]]:
    media_types = tuple(one.partition(";")[0] for one in MEDIA_TYPES.values())
    file = {200: Answer("The file.", "File", media_types, ("Content-Disposition",)), 202: _LATER}
    asked = Taken("What is suspected, and what is supposed.", "Question", JSON, _QUESTION)
    for path in ("/trace/export", "/scope/export"):
        yield ("get", path), Row(file, (*_MET, 404, 413, 429))
        yield ("post", path), Row(file, _ASKED, body=asked)
    path = "/investigations/{}"
    yield ("get", f"{path}/export"), Row(file, (*_MET, 404, 429), path=_NUMBER)
    yield ("get", f"{path}/answers/{{}}/export"), Row(file, (*_MET, 404, 413, 429), path=_NUMBER)


def _jobs() -> Iterator[tuple[tuple[str, str], Row]]:
    met = (*_MET, 404, 410)
    yield ("get", "/jobs/{}"), Row({200: Answer("How far it is.", "Job", JSON)}, met, path=_NUMBER)
    made = Answer("The answer.", "IncidentAnswer", _LINES)
    yield ("get", "/jobs/{}/answer"), Row({200: made}, (*met, 409, 413), path=_NUMBER)
    yield ("delete", "/jobs/{}"), Row({204: Answer("Nobody waits any more.")}, met, path=_NUMBER)


def _investigations() -> Iterator[tuple[tuple[str, str], Row]]:
    one = Answer("The investigation.", "Investigation", JSON)
    made = Answer("Opened; `Location` is where.", "Investigation", JSON, ("Location",))
    sent = (*_MET, 413, 415)
    changed = (*sent, 404, 409)
    head = Taken(
        "A title in one language or both.", "NewInvestigation", JSON, {"title": {"zh": "沙门氏菌事件"}}
    )
    listed = Answer("Those in sight.", "Investigations", JSON)
    yield ("get", "/investigations"), Row({200: listed}, (*_MET, 404))
    yield ("post", "/investigations"), Row({201: made}, sent, body=head)
    path = "/investigations/{}"
    yield ("get", path), Row({200: one}, (*_MET, 404), path=_NUMBER)
    change = Taken("What changes.", "ChangedInvestigation", JSON, {"suspicion": "salmonella"})
    yield ("patch", path), Row({200: one}, changed, body=change, path=_NUMBER)
    cases = Answer("The cases.", "Cases", JSON)
    yield ("get", f"{path}/cases"), Row({200: cases}, (*_MET, 404), path=_NUMBER)
    case = Taken("Cases, without anybody's name.", "NewCases", JSON, [_CASE])
    numbers = Answer("Added.", "Numbers", JSON)
    yield ("post", f"{path}/cases"), Row({201: numbers}, changed, body=case, path=_NUMBER)
    gone = {204: Answer("Taken out.")}
    yield ("delete", f"{path}/cases/{{}}"), Row(gone, (*_MET, 404, 409), path=_NUMBER)
    answers = Answer("What was kept.", "KeptAnswers", JSON)
    yield ("get", f"{path}/answers"), Row({200: answers}, (*_MET, 404), path=_NUMBER)
    answer = Taken(
        "A question with what came of it.",
        "NewAnswer",
        JSON,
        {"kind": "scope", "name": "all of it", "question": _QUESTION, "summary": {}},
    )
    kept = Answer("Kept; `Location` is where.", "KeptAnswer", JSON, ("Location",))
    yield ("post", f"{path}/answers"), Row({201: kept}, changed, body=answer, path=_NUMBER)
    found = Answer("The answer.", "KeptAnswer", JSON)
    yield ("get", f"{path}/answers/{{}}"), Row({200: found}, (*_MET, 404), path=_NUMBER)
    yield ("delete", f"{path}/answers/{{}}"), Row(gone, (*_MET, 404, 409), path=_NUMBER)
    note = Taken("A text.", "Note", JSON, {"text": "Warehouse 3 was visited."})
    history = Answer("What was done, newest first.", "History", JSON)
    yield ("post", f"{path}/notes"), Row({201: history}, changed, body=note, path=_NUMBER)
    yield ("get", f"{path}/history"), Row({200: history}, (*_MET, 404), path=_NUMBER)


ROWS: Mapping[tuple[str, str], Row] = {
    **dict(_questions()),
    **dict(_exports()),
    **dict(_jobs()),
    **dict(_investigations()),
}
